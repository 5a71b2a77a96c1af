"""Dropping files, and the page that tells what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from iofacturo.accounts.access import member
from iofacturo.accounts.company import Company
from iofacturo.accounts.seated import SeatedRequest
from iofacturo.invoicing.reception import intake
from iofacturo.invoicing.reception.batch import ReceptionBatch
from iofacturo.invoicing.reception.intake import Outcome
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock

SHOWN = 500  # outcomes on one page; what is refused comes first
WORDS = {
    Outcome.REFUSED: ("stop", "bad", "No se recibió", "No se recibieron"),
    Outcome.APART: ("alert", "warn", "Quedó aparte", "Quedaron aparte"),
    Outcome.NEW: ("good", "ok", "Se recibió", "Se recibieron"),
    Outcome.AGAIN: ("check", "", "Ya estaba", "Ya estaban"),
    Outcome.ANSWER: ("good", "", "Respuesta de Hacienda", "Respuestas de Hacienda"),
    Outcome.IGNORED: ("minus", "", "No hacía falta", "No hacían falta"),
}


@member("issue")
@require_POST
def receive(request: SeatedRequest) -> HttpResponse:
    """POST of `archivos`, several at once; the page of the batch follows."""
    files = request.FILES.getlist("archivos")
    try:
        token = UUID(request.POST.get("token", ""))
    except ValueError:
        token = None
    if not files or token is None:
        messages.error(request, "Elija al menos un archivo XML o ZIP.")
        return redirect("invoicing:received")
    batch = intake.receive(
        request.company,
        [(file.name or "", file) for file in files],
        token=token,
        by=request.user,
        at=clock.now(),
    )
    return redirect("invoicing:received_batch", public_id=batch.public_id)


@member("see")
@never_cache
@require_safe
def batch(request: SeatedRequest, public_id: str) -> HttpResponse:
    """`/facturar/recibidos/cargas/<id>/`: every file with its outcome, what needs care first."""
    row = get_object_or_404(request.company.reception_batches, public_id=public_id)
    context = {"batch": row, "groups": groups_of(row, request.company)}
    return render(request, "invoicing/reception/batch.html", context)


@dataclass
class Group:
    """The files of one kind; each told with its row where it has one."""

    kind: str
    icon: str
    tone: str
    word: str
    count: int
    rows: list[tuple[dict[str, str], Received | None]]

    @property
    def told(self) -> str:
        """Its word inside a sentence, after the number."""
        return self.word[0].lower() + self.word[1:]

    @property
    def hidden(self) -> int:
        return self.count - len(self.rows)


def groups_of(batch: ReceptionBatch, company: Company) -> list[Group]:
    """The outcomes of *batch*, what needs care first, `SHOWN` in all. One query."""
    by_kind: dict[str, list[dict[str, str]]] = {}
    for told in batch.outcomes:
        by_kind.setdefault(told["kind"], []).append(told)
    shown: dict[str, list[dict[str, str]]] = {}
    left = SHOWN
    for kind in WORDS:
        shown[kind] = by_kind.get(kind, [])[:left]
        left -= len(shown[kind])
    ids = [told["received"] for some in shown.values() for told in some if told["received"]]
    known = {one.public_id: one for one in company.received.filter(public_id__in=ids)}
    return [
        Group(
            kind,
            icon,
            tone,
            one if len(by_kind[kind]) == 1 else many,
            len(by_kind[kind]),
            [(told, known.get(told["received"])) for told in shown[kind]],
        )
        for kind, (icon, tone, one, many) in WORDS.items()
        if kind in by_kind
    ]
