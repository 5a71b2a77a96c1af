"""A request after it was sent: its confirmation, its state, its correction, its cancellation."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from iofacturo.accounts.access import member
from iofacturo.business_time import calendar
from iofacturo.folios import summary
from iofacturo.lib import clock
from iofacturo.renewals import (
    approval,
    bank,
    billing_form,
    billing_lookup,
    draft,
    grace,
    posted,
    proof,
    proof_checks,
    provider_invoice,
    receiving,
    renew_page,
    slip,
    submission,
    timeline,
    transfer,
)
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.conflict import conflict
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.errors import Invalid, RenewalError, Repeated, Stale, WrongState
from iofacturo.renewals.proof import Upload
from iofacturo.renewals.request import BILLING, RenewalRequest
from iofacturo.renewals.review import CORRECTIONS, REJECTIONS, REVERSALS
from iofacturo.renewals.seated import SeatedRequest
from iofacturo.renewals.sent_form import new_token

BILLED = (RenewalRequest.ACTIVE, RenewalRequest.REVERSED)


def _found(request: SeatedRequest, number: str) -> RenewalRequest:
    rows = request.company.renewal_requests.select_related(
        "quote", "quote__payee", "quote__terms", "quote__plan_version__plan", "billing",
        "submitted_by", "previous", "due_calendar", "group",
    )  # fmt: skip
    found: RenewalRequest = get_object_or_404(rows, number=number)
    return found


@member("renew")
@require_safe
def received(request: SeatedRequest, number: str) -> HttpResponse:
    """`…/recibida/`: that it arrived, by when we answer, and what comes next."""
    now, found = clock.now(), _found(request, number)
    if found.state != RenewalRequest.IN_REVIEW:
        return redirect("renewals:status", number)
    return render(request, "renewals/received.html", _context(request, found, now))


@member("see")
@require_safe
def status(request: SeatedRequest, number: str) -> HttpResponse:
    """`/mi-plan/solicitudes/SR-…/`: where it is, what was said, what can be done."""
    now, found = clock.now(), _found(request, number)
    if found.in_making and found.group and found.group.created_by_id == request.user.pk:
        return redirect("portfolio:group", found.group.number)
    if renew_page.is_open(found) and request.membership.may("renew"):
        return redirect("renewals:renew", number)
    return render(request, "renewals/status.html", _context(request, found, now))


def _context(request: SeatedRequest, found: RenewalRequest, now: datetime) -> dict[str, Any]:
    decisions = list(
        ReviewDecision.objects.filter(request=found).select_related("actor").order_by("id")
    )
    may_renew = request.membership.may("renew")
    last = decisions[-1] if decisions else None
    asked = next((row for row in reversed(decisions) if row.action == "correction"), None)
    hours = calendar.current(now)
    invoices = provider_invoice.of(found) if found.state in BILLED else []
    given = grace.of(found)
    return {
        "now": now,
        "found": found,
        "quote": found.given,
        "word": found.word(now),
        "late": found.is_late(now),
        "steps": timeline.steps(found, decisions, invoices, now),
        "invoices": invoices,
        "invoice": invoices[0] if invoices else None,
        "last": last,
        "asked": asked,
        "asked_reason": CORRECTIONS[asked.reason][0] if asked else "",
        "missing": Decimal(asked.detail["missing"])
        if asked and "missing" in asked.detail
        else None,
        "last_reason": (REJECTIONS | REVERSALS).get(last.reason, "") if last else "",
        "promised": settings.PROMISED_HOURS,
        "paid": bank.paid(found) if asked and asked.reason == "underpaid" else None,
        "hours": hours.describe(),
        "closed": _closed_days(found, hours),
        "may_renew": may_renew,
        "can_cancel": may_renew and found.can_cancel(now),
        "proofs": proof_checks.shown(found, found.given, now=now) if may_renew else [],
        "lots": approval.lots(found) if found.state in BILLED else [],
        "successor": found.successors.order_by("-id").first(),
        "available": summary.available(request.company, now),
        "grace": given,
        "grace_repaid": given.repaid if given else 0,
        "token": new_token(),
    }


def _closed_days(found: RenewalRequest, hours: calendar.Calendar) -> list[tuple[Any, str]]:
    """Holidays between sending and answering, which explain a late hour."""
    if found.submitted_at is None or found.due_at is None:
        return []
    first, last = clock.local(found.submitted_at).date(), clock.local(found.due_at).date()
    years = {first.year, last.year}
    days = [row for year in sorted(years) for row in hours.closures(year)]
    return [
        (day, name) for day, name in days if first <= day <= last and hours.hours[day.weekday()]
    ]


# -- correcting ----------------------------------------------------------------------------------


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: SeatedRequest, number: str) -> HttpResponse:
    """`…/corregir/`: only what was asked for; the rest stays as it was sent."""
    now, found = clock.now(), _found(request, number)
    if request.method == "POST":
        return _corrected(request, found, now)
    if found.state != RenewalRequest.NEEDS_INFO:
        return redirect("renewals:status", number)
    return _correction_page(request, found, now)


def _corrected(request: SeatedRequest, found: RenewalRequest, now: datetime) -> HttpResponse:
    act = request.POST.get("accion", "enviar")
    upload: Upload | None = None
    if act == billing_lookup.ACT and found.state == RenewalRequest.NEEDS_INFO:
        return _correction_page(request, found, now)
    try:
        upload = receiving.receive(request, now)
        if act == "enviar":
            _answer(request, found, upload, now)
            messages.success(request, "Recibimos su corrección. Seguimos con la revisión.")
            return redirect("renewals:status", found.number)
        if upload is not None:
            proof.add(found, upload, by=request.user, at=now)
        taken_out = posted.removed(act)
        if taken_out is not None:
            proof.remove(found, taken_out, at=now)
    except Repeated as error:
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    except RenewalError as error:
        return _uncorrected(request, found, now, error, upload)
    return redirect(f"/mi-plan/solicitudes/{found.number}/corregir/#prueba")


def _answer(
    request: SeatedRequest, found: RenewalRequest, upload: Upload | None, now: datetime
) -> None:
    post = request.POST
    kept = dict(found.draft)
    kept["transfer"] = {name: post.get(name, "").strip()[:120] for name in transfer.FIELDS}
    submission.answer(
        found,
        by=request.user,
        at=now,
        token=post.get("token", ""),
        contents=posted.contents(request, upload),
        billing=billing_form.read(post) if "tipo" in post else None,
        upload=upload,
        typed=kept,
        message=post.get("mensaje", ""),
        seen=posted.version(request),
    )


def _uncorrected(
    request: SeatedRequest,
    found: RenewalRequest,
    now: datetime,
    error: RenewalError,
    upload: Upload | None,
) -> HttpResponse:
    seen = _found(request, found.number)
    if seen.state != RenewalRequest.NEEDS_INFO:
        return conflict(request, error, f"/mi-plan/solicitudes/{found.number}/")
    if upload is not None and not isinstance(error, Stale):
        proof.add(seen, upload, by=request.user, at=now)  # the file need not be chosen again
        seen = _found(request, found.number)
    status = 409 if isinstance(error, WrongState) else 422
    return _correction_page(request, seen, now, error, status=status)


def _correction_page(
    request: SeatedRequest,
    found: RenewalRequest,
    now: datetime,
    error: RenewalError | None = None,
    status: int = 200,
) -> HttpResponse:
    post = request.method == "POST"
    problems = error.problems if isinstance(error, Invalid) else {}
    wants_billing = BILLING in found.to_correct
    billing = None
    if wants_billing:
        data = billing_form.read(request.POST) if post else _sent_billing(found)
        if post and request.POST.get("accion") == billing_lookup.ACT:
            word = billing_lookup.ask(request.company, data)
            (messages.success if word.found else messages.warning)(request, word.text)
            data = word.billing
        billing = billing_form.shown(data, problems=bool(problems))
    context = _context(request, found, now) | {
        "billing": billing,
        "wants_proof": bool({"proof", "payment"} & set(found.to_correct)),
        "new_proofs": proof_checks.shown(found, found.given, now=now, unsent=True),
        "told": {name: request.POST.get(name, "") for name in transfer.FIELDS},
        "problems": problems,
        "problem_links": renew_page.problem_links(problems),
        "error": error,
        "stale": isinstance(error, Stale),
        "message": request.POST.get("mensaje", ""),
        "token": request.POST.get("token") or new_token(),
    }
    context["newer_payee"] = renew_page.newer_payee(found.given, now)
    context["reading"] = any(one.waiting for one in context["new_proofs"])
    context["slip"] = slip.entries(found, found.given, context["missing"])
    return render(request, "renewals/correct.html", context, status=status)


def _sent_billing(found: RenewalRequest) -> Billing:
    assert found.billing is not None  # noqa: S101 - it was sent
    return found.billing.as_billing()


# -- cancelling ----------------------------------------------------------------------------------


@member("renew")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: SeatedRequest, number: str) -> HttpResponse:
    """`…/cancelar/`: asks first; possible while nobody took it."""
    now, found = clock.now(), _found(request, number)
    if request.method != "POST":
        if not found.can_cancel(now):
            return redirect("renewals:status", number)
        return render(
            request,
            "renewals/cancel.html",
            {"found": found, "quote": found.given, "grace": grace.of(found)},
        )
    try:
        draft.cancel(found, by=request.user, at=now)
    except WrongState as error:
        return conflict(request, error, f"/mi-plan/solicitudes/{number}/")
    messages.success(request, f"Se canceló la solicitud {number}.")
    return redirect("renewals:mi_plan")
