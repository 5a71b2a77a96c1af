"""The way of a request as its customer sees it: what happened, where it is, what comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from iofacturo.lib import formats
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.provider_invoice import ProviderInvoice
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.review import CORRECTIONS, REJECTIONS, REVERSALS

ICONS = {"done": "good", "now": "half", "next": "ring", "stop": "stop"}
WORDS = {
    "submitted": "Enviada",
    "taken": "En revisión",
    "correction": "Corrección solicitada",
    "answered": "Corrección enviada",
    "first_approval": "Primera aprobación",
    "approved": "Aprobada y activada",
    "rejected": "Rechazada",
    "cancelled": "Cancelada",
    "expired": "Vencida",
    "resurrected": "Reabierta",
    "reversed": "Revertida",
    "rescheduled": "Cambió la hora de respuesta",
}
STOPS = {"rejected", "cancelled", "expired", "reversed"}


@dataclass(frozen=True)
class Step:
    """One line: `state` is done, now, next or stop."""

    state: str
    word: str
    at: datetime | None = None
    who: str = ""
    text: str = ""
    message: str = ""  # what a person wrote

    @property
    def icon(self) -> str:
        return ICONS[self.state]


def steps(
    request: RenewalRequest,
    decisions: list[ReviewDecision],
    invoices: list[ProviderInvoice],
    now: datetime,
) -> list[Step]:
    """The whole way, oldest first. *decisions* are the request's, with their actors."""
    told = [_step(row, request) for row in decisions if _is_shown(row, decisions)]
    billed = [_billed(row) for row in invoices if row.state != ProviderInvoice.DROPPED]
    told += [step for step in billed if step.at is not None]
    told.sort(key=lambda step: step.at or now)
    return [*told, *_ahead(request, now), *(step for step in billed if step.at is None)]


def _billed(row: ProviderInvoice) -> Step:
    """How far the provider's document is."""
    label = row.comprobante.label if row.comprobante else str(row.intent.get_kind_display())
    if row.state == ProviderInvoice.WAITING:
        what = "Nota de crédito" if row.is_note else "Factura"
        return Step("next", f"{what} en su correo", text=f"En PDF y XML, a {row.listed}.")
    answered = row.comprobante.answered_at if row.comprobante else None
    if row.state == ProviderInvoice.ISSUED or answered is None:
        return Step("now", f"{label} emitida", text=row.told)
    if row.state == ProviderInvoice.ACCEPTED:
        return Step("done", label, at=answered, who="Hacienda", text=row.told)
    return Step("stop", f"{label} rechazada", at=answered, who="Hacienda", text=row.told)


def _is_shown(row: ReviewDecision, decisions: list[ReviewDecision]) -> bool:
    """Customers read the first taking only: who holds it is the desk's own affair."""
    if row.action == "taken":
        return row is next(one for one in decisions if one.action == "taken")
    return row.action in WORDS


def _step(row: ReviewDecision, request: RenewalRequest) -> Step:
    return Step(
        state="stop" if row.action in STOPS else "done",
        word=WORDS[row.action],
        at=row.at,
        who=row.who_for_customer,
        text=_text(row, request),
        message=row.note,
    )


def _text(row: ReviewDecision, request: RenewalRequest) -> str:
    if row.action == "correction":
        missing = row.detail.get("missing")
        if missing:
            return f"Faltan {formats.dinero(Decimal(missing), request.given.currency)}."
        return f"{CORRECTIONS[row.reason][0]}."
    if row.action == "rejected":
        return f"{REJECTIONS[row.reason]}."
    if row.action == "reversed":
        return f"{REVERSALS[row.reason]}."
    if row.action == "rescheduled" and row.detail.get("due_after"):
        after = datetime.fromisoformat(row.detail["due_after"])
        return f"Ahora le respondemos a más tardar el {formats.momento(after)}"
    if row.action == "expired" and row.from_state == RenewalRequest.NEEDS_INFO:
        return "Pasó el plazo para enviar la corrección."
    return ""


def _ahead(request: RenewalRequest, now: datetime) -> list[Step]:
    if request.state == RenewalRequest.IN_REVIEW:
        looking = (
            "Comparamos su comprobante con el estado de cuenta del banco. No tiene que hacer nada."
        )
        word = "En revisión" if request.word(now) == "En revisión" else "En espera de revisión"
        return [Step("now", word, text=looking), *_end(request)]
    if request.state == RenewalRequest.NEEDS_INFO:
        return [
            Step("now", "Esperamos su corrección", text="El plazo de respuesta está detenido."),
            *_end(request),
        ]
    return []


def _end(request: RenewalRequest) -> list[Step]:
    folios = formats.numero(request.given.all_folios)
    return [
        Step("next", "Aprobada y activada",
             text=f"Le avisamos por correo y aquí mismo. Los {folios} folios quedan listos."),
        Step("next", "Factura en su correo", text=_mail(request)),
    ]  # fmt: skip


def _mail(request: RenewalRequest) -> str:
    if request.billing is None:
        return ""
    emails = request.billing.correos
    joined = ", ".join(emails[:-1]) + (" y " if len(emails) > 1 else "") + emails[-1]
    return f"En PDF y XML, a {joined}."
