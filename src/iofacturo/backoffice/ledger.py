"""A company's folios as staff see them, and adjustments that take two people."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import staff
from iofacturo.accounts.company import Company
from iofacturo.accounts.furniture import Furnished
from iofacturo.accounts.seated import StaffRequest
from iofacturo.folios import adjustment, grace, reading, summary
from iofacturo.folios.adjustment import AdjustmentProposal
from iofacturo.folios.errors import FoliosError
from iofacturo.folios.ledger_page import ASKED, lots_of
from iofacturo.folios.lot import GRACE, FolioLot
from iofacturo.lib import clock, folding

DECIDED = 30  # decided adjustments that are shown
FOUND = 20  # companies a search shows


class ProposalForm(Furnished, forms.Form):
    """How many folios more or fewer, in which lot, and why."""

    lot = forms.ModelChoiceField(label="Lote", queryset=FolioLot.objects.none(), empty_label=None)
    qty = forms.IntegerField(
        label="Folios",
        min_value=-1_000_000_000,
        max_value=1_000_000_000,
        help_text="Con signo menos si se restan.",
    )
    reason = forms.CharField(
        label="Motivo", max_length=200, help_text="Lo verá la empresa en su libro."
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lot"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the types only
        field.queryset = company.lots.filter(only_for="", voided_at__isnull=True).exclude(
            kind=GRACE
        )
        field.queryset = field.queryset.order_by("-activated_at", "-id")
        field.label_from_instance = lambda lot: f"{lot.name} {lot.contract}: quedan {lot.remaining}"  # type: ignore[method-assign,assignment]


class AnswerForm(Furnished, forms.Form):
    answer = forms.CharField(label="Respuesta", max_length=200, required=False)


@staff("see")
@require_safe
def ledger(request: StaffRequest, public_id: str) -> HttpResponse:
    """Lots, entries and, for who may, the form of a proposal."""
    return _page(request, _company(public_id))


@staff("second")
@require_POST
def proposal(request: StaffRequest, public_id: str) -> HttpResponse:
    """Propose an adjustment; it does nothing until a second person approves it."""
    row = _company(public_id)
    form = ProposalForm(request.POST, company=row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            adjustment.propose(
                data["lot"], data["qty"], data["reason"], by=request.user, at=clock.now()
            )
        except FoliosError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Ajuste propuesto. Lo tiene que aprobar otra persona.")
            return redirect("backoffice:ledger", row.public_id)
    return _page(request, row, form)


@staff("second")
@require_safe
def adjustments(request: StaffRequest) -> HttpResponse:
    """What waits for a second person, what was decided lately, and the way to a company's book."""
    rows = AdjustmentProposal.objects.select_related("lot__company", "proposed_by", "decided_by")
    words = request.GET.get("q", "").strip()[:100]
    context = {
        "waiting": rows.filter(state="open").order_by("proposed_at", "id"),
        "decided": rows.exclude(state="open").order_by("-decided_at", "-id")[:DECIDED],
        "q": words,
        "found": _search(words) if words else [],
    }
    return render(request, "backoffice/adjustments.html", context)


@staff("second")
@require_POST
def approval(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(AdjustmentProposal.objects.select_related("lot"), pk=pk)
    try:
        entry = row.approve(by=request.user, at=clock.now())
    except FoliosError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Ajuste hecho: el lote quedó con {entry.balance} folios.")
    return redirect("backoffice:adjustments")


@staff("second")
@require_POST
def refusal(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(AdjustmentProposal.objects.select_related("lot"), pk=pk)
    form = AnswerForm(request.POST)
    try:
        answer = form.cleaned_data["answer"] if form.is_valid() else ""
        row.decline(by=request.user, at=clock.now(), answer=answer)
    except FoliosError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, "Ajuste rechazado. No cambió ningún folio.")
    return redirect("backoffice:adjustments")


def _company(public_id: str) -> Company:
    return get_object_or_404(Company, public_id=public_id)


def _search(words: str) -> list[Company]:
    found = Company.objects.order_by("folded", "pk")
    for word in folding.fold(words).split():
        number = word.replace("-", "")
        found = found.filter(folded__contains=number if number.isdigit() else word)
    return list(found[:FOUND])


def _page(
    request: StaffRequest, company: Company, form: ProposalForm | None = None
) -> HttpResponse:
    now = clock.now()
    lots = lots_of(company)
    asked = {name: request.GET[name] for name in ASKED if request.GET.get(name)}
    filters = reading.filters_from(asked, lots.values())
    waiting = AdjustmentProposal.objects.filter(lot__company=company, state="open")
    context = {
        "company": company,
        "rows": summary.lines(company, now),
        "available": summary.available(company, now),
        "grace": grace.standing(company),
        "page": reading.page(company, filters, request.GET.get("antes", ""), lots),
        "filters": filters,
        "asked": asked,
        "query": urlencode(asked),
        "beginning": not request.GET.get("antes"),
        "lots": lots.values(),
        "kinds": reading.MOVEMENTS.items(),
        "staff_side": True,
        "may_adjust": request.staff.may("second"),
        "waiting": waiting.select_related("lot", "proposed_by").order_by("id"),
        "form": form or ProposalForm(company=company),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "backoffice/ledger.html", context, status=status)


urlpatterns = [
    path("empresas/<str:public_id>/folios/", ledger, name="ledger"),
    path("empresas/<str:public_id>/folios/ajuste/", proposal, name="adjustment_proposal"),
    path("ajustes/", adjustments, name="adjustments"),
    path("ajustes/<int:pk>/aprobar/", approval, name="adjustment_approval"),
    path("ajustes/<int:pk>/rechazar/", refusal, name="adjustment_refusal"),
]
