"""`/facturar/preparar/`: what is set up, what is missing, and who can do it."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.permissions import COMPANY_ACTS
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.accounts.user import User
from iofacturo.invoicing.catalogue import actividad
from iofacturo.invoicing.setup import key_watch, steps
from iofacturo.lib import clock

MOST_NAMED = 8


@member("see")
@require_safe
def overview(request: SeatedRequest) -> HttpResponse:
    now = clock.now()
    all_steps = [_named(step, request.company) for step in steps.of(request.company, now)]
    required = [step for step in all_steps if step.required]
    following = next((step for step in required if step.blocks), None)
    may = request.membership.may("configure")
    return render(
        request,
        "invoicing/setup/overview.html",
        {
            "required": required,
            "further": [step for step in all_steps if not step.required],
            "following": following,
            "done": sum(not step.blocks for step in required),
            "begun": any(not step.blocks for step in required[1:]),
            "warning": key_watch.warning(request.company, now),
            "may": may,
            "people": [] if may else configurers(request.company),
            "may_issue": request.membership.may("issue"),
            "has_provider": Company.objects.filter(is_provider=True).exists(),
        },
    )


def _named(step: steps.Step, company: Company) -> steps.Step:
    """The step of the company's data, with what its activity is called."""
    if step.name != "data" or step.state != steps.DONE:
        return step
    return replace(step, text=f"{company.nombre}, actividad {actividad.shown(company.actividad)}.")


def configurers(company: Company) -> list[User]:
    """Those of *company* who may set it up."""
    seats = company.memberships.filter(
        role__in=COMPANY_ACTS["configure"], removed_at__isnull=True, user__is_active=True
    )
    return [seat.user for seat in seats.select_related("user").order_by("id")[:MOST_NAMED]]
