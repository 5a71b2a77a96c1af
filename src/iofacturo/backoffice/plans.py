"""`/gestion/planes/`: what is sold and with which promotions, version by version.

Publishing adds a version; what was quoted or bought keeps the one it was given. Every form can be
looked at first: the preview shows the offers as customers would see them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.seated import StaffRequest
from iofacturo.backoffice.forms_plans import NewPlanForm, NewPromotionForm, PlanForm, PromotionForm
from iofacturo.folios import plan as domain
from iofacturo.folios.errors import CatalogueError
from iofacturo.folios.offer import Offer, offers
from iofacturo.folios.plan import Plan, PlanVersion
from iofacturo.folios.promotion import Promotion, PromotionVersion
from iofacturo.lib import clock


@staff("catalogue")
@require_safe
def plans(request: StaffRequest) -> HttpResponse:
    """The offers as customers see them now, then every plan and every promotion."""
    now = clock.now()
    current = {version.plan_id: version for version in domain.in_force(now)}
    coming = PlanVersion.objects.filter(sold_from__gt=now).order_by("sold_from", "number")
    next_of: dict[int, PlanVersion] = {}
    for version in coming:
        next_of.setdefault(version.plan_id, version)
    rows: list[dict[str, Any]] = [
        {
            "plan": row,
            "version": current.get(row.pk) or next_of.get(row.pk),
            "next": next_of.get(row.pk) if row.pk in current else None,
            "state": plan_state(current.get(row.pk), now),
        }
        for row in Plan.objects.order_by("code")
        if row.pk in current or row.pk in next_of
    ]
    rows.sort(key=lambda row: row["version"].folios)
    newest: dict[int, PromotionVersion] = {}
    for gift in PromotionVersion.objects.order_by("number").select_related("promotion"):
        newest[gift.promotion_id] = gift
    gifts = [
        (row, newest.get(row.pk), promotion_state(newest.get(row.pk), now))
        for row in Promotion.objects.order_by("-created_at", "-pk")
    ]
    context = {"offers": offers(None, now), "rows": rows, "gifts": gifts, "now": now}
    return render(request, "backoffice/plans.html", context)


def plan_state(version: PlanVersion | None, now: datetime) -> tuple[str, str, str]:
    """Word, tone and icon."""
    if version is None:
        return ("Programado", "info", "clock")
    if version.is_sold(now):
        return ("A la venta", "ok", "good")
    return ("Retirado", "", "used")


def promotion_state(version: PromotionVersion | None, now: datetime) -> tuple[str, str, str]:
    """Word, tone and icon."""
    if version is None or now < version.starts_at:
        return ("Programada", "info", "clock")
    if now >= version.ends_at:
        return ("Terminada", "", "used")
    if version.limit_total is not None and version.promotion.used >= version.limit_total:
        return ("Agotada", "warn", "used")
    return ("En vigor", "ok", "good")


@staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    form = NewPlanForm(request.POST or None, now=now, initial=PlanForm.start(None))

    def publish() -> PlanVersion:
        row = Plan.objects.create(
            code=form.cleaned_data["code"], created_at=now, created_by=request.user
        )
        return row.publish(by=request.user, at=now, **form.values())

    return _publication(request, form, publish, "backoffice/plan.html", {"now": now})


@staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: StaffRequest, code: str) -> HttpResponse:
    """Every version of a plan and, by POST, a new one."""
    now = clock.now()
    row = get_object_or_404(Plan, code=code)
    versions = list(row.versions.select_related("created_by").order_by("-number"))
    current = row.version_at(now)
    form = PlanForm(
        request.POST or None, now=now, initial=PlanForm.start(current or versions[0])
    )  # a plan is made together with its first version

    def publish() -> PlanVersion:
        return row.publish(by=request.user, at=now, **form.values())

    context = {
        "plan": row,
        "versions": versions,
        "current": current,
        "state": plan_state(current, now),
        "now": now,
    }
    return _publication(request, form, publish, "backoffice/plan.html", context)


@staff("catalogue")
@require_POST
def plan_withdrawal(request: StaffRequest, code: str) -> HttpResponse:
    row = get_object_or_404(Plan, code=code)
    try:
        version = row.withdraw(by=request.user, at=clock.now())
    except CatalogueError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{version.name} ya no está a la venta.")
    return redirect("backoffice:plan", code)


@staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def promotion_new(request: StaffRequest) -> HttpResponse:
    now = clock.now()
    form = NewPromotionForm(request.POST or None, now=now, initial=PromotionForm.start(None))

    def publish() -> PromotionVersion:
        row = Promotion.objects.create(
            code=form.cleaned_data["code"], created_at=now, created_by=request.user
        )
        return row.publish(by=request.user, at=now, **form.values())

    return _publication(request, form, publish, "backoffice/promotion.html", {"now": now})


@staff("catalogue")
@require_http_methods(["GET", "HEAD", "POST"])
def promotion(request: StaffRequest, code: str) -> HttpResponse:
    """Every version of a promotion and, by POST, a new one."""
    now = clock.now()
    row = get_object_or_404(Promotion, code=code)
    versions = list(row.versions.select_related("created_by").order_by("-number"))
    form = PromotionForm(
        request.POST or None,
        now=now,
        initial=PromotionForm.start(versions[0] if versions else None),
    )

    def publish() -> PromotionVersion:
        return row.publish(by=request.user, at=now, **form.values())

    context = {
        "promotion": row,
        "versions": versions,
        "current": versions[0] if versions else None,
        "state": promotion_state(versions[0] if versions else None, now),
        "now": now,
    }
    return _publication(request, form, publish, "backoffice/promotion.html", context)


@staff("catalogue")
@require_POST
def promotion_withdrawal(request: StaffRequest, code: str) -> HttpResponse:
    row = get_object_or_404(Promotion, code=code)
    try:
        version = row.withdraw(by=request.user, at=clock.now())
    except CatalogueError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"La promoción «{version.name}» terminó.")
    return redirect("backoffice:promotion", code)


def _publication(
    request: StaffRequest,
    form: PlanForm | PromotionForm,
    publish: Callable[[], PlanVersion | PromotionVersion],
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Show the form, show what it would lead to, or do it."""
    if request.method == "POST" and form.is_valid():
        try:
            if "vista" in request.POST:
                context |= {"preview": _preview(publish), "previewed": True}
            else:
                with transaction.atomic():
                    made = publish()
                messages.success(request, f"Se publicó la versión {made.number} de {made.name}.")
                return redirect("backoffice:plans")
        except CatalogueError as refusal:
            for field, message in refusal.problems.items():
                form.add_error(field if field in form.fields else None, message)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def _preview(publish: Callable[[], PlanVersion | PromotionVersion]) -> list[Offer]:
    """The offers as they would be once this begins; nothing of it stays."""
    with transaction.atomic():
        made = publish()
        start = made.sold_from if isinstance(made, PlanVersion) else made.starts_at
        found = offers(None, max(start, made.created_at))
        transaction.set_rollback(True)
    return found


urlpatterns = [
    path("planes/", plans, name="plans"),
    path("planes/nuevo/", plan_new, name="plan_new"),
    path("planes/<slug:code>/", plan, name="plan"),
    path("planes/<slug:code>/retirar/", plan_withdrawal, name="plan_withdrawal"),
    path("promociones/nueva/", promotion_new, name="promotion_new"),
    path("promociones/<slug:code>/", promotion, name="promotion"),
    path("promociones/<slug:code>/terminar/", promotion_withdrawal, name="promotion_withdrawal"),
]
