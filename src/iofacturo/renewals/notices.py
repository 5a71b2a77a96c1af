"""What customers are told about their requests, and when: one function for each moment.

Each is called in the transaction of what it tells, under a key that exists once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse

from iofacturo import notifications
from iofacturo.lib import formats

if TYPE_CHECKING:
    from iofacturo.accounts.user import User
    from iofacturo.folios.grace import Standing
    from iofacturo.folios.lot import FolioLot
    from iofacturo.renewals.bank import BankLine
    from iofacturo.renewals.group import RenewalGroup
    from iofacturo.renewals.provider_invoice import ProviderInvoice
    from iofacturo.renewals.request import RenewalRequest
    from iofacturo.renewals.return_order import ReturnOrder
    from iofacturo.renewals.withdrawal import Withdrawal


def _tell(
    request: RenewalRequest,
    moment: str,
    subject: str,
    *body: str,
    at: datetime,
    page: str = "status",
    but: User | None = None,
) -> None:
    """Tell the company's people who renew, *but* one; *moment* is part of the key."""
    from iofacturo.notifications import telling  # models exist only once the apps are loaded

    people = telling.recipients(request.company, "renew") if but else None
    notifications.notify(
        f"renewal.{moment.split(':')[0]}",
        company=request.company,
        users=None if people is None else [one for one in people if one != but],
        act="renew",
        subject=subject,
        body="\n\n".join(line for line in body if line),
        url=reverse(f"renewals:{page}", args=[request.number]),
        key=f"renewal:{request.pk}:{moment}",
        at=at,
    )


def _due(request: RenewalRequest) -> str:
    return f"Le responderemos a más tardar el {formats.momento(request.due_at)}" if (
        request.due_at
    ) else ""  # fmt: skip


def received(request: RenewalRequest, grace: Standing | None, *, at: datetime) -> None:
    """Who sends for many companies at once reads one notice of them all (`group_received`)."""
    quote = request.given
    _tell(
        request,
        "received",
        f"Recibimos su solicitud {request.number}",
        f"Recibimos su solicitud de {quote.plan_name}, por "
        f"{formats.dinero(quote.total, quote.currency)}.",
        _due(request),
        f"Si mientras tanto se le acaban los folios, puede emitir hasta {_folios(grace.granted)} de "
        "gracia: los que use se reponen con los del plan, cuando se active."
        if grace
        else "",
        at=at,
        but=request.submitted_by if request.group_id is not None else None,
    )


def group_received(
    group: RenewalGroup, requests: Sequence[RenewalRequest], *, at: datetime
) -> None:
    """To whoever sent it: one notice for all companies."""
    assert group.total is not None  # noqa: S101 - it was sent
    last = max(requests, key=lambda one: one.due_at or at)
    notifications.notify(
        "renewal.group_received",
        users=[group.created_by],
        subject=f"Recibimos la renovación de {len(requests)} empresas",
        body=f"Es el grupo {group.number}, por {formats.dinero(group.total, group.currency)} en "
        f"total, con la referencia {group.reference}. Cada empresa tiene su solicitud y tendrá su "
        f"factura.\n\n{_due(last)}",
        url=reverse("portfolio:group", args=[group.number]),
        key=f"group:{group.pk}:received",
        at=at,
    )


def handed_over(request: RenewalRequest, to: User, by: User, reason: str, *, at: datetime) -> None:
    """To the colleague who has it now."""
    notifications.notify(
        "desk.handed_over",
        users=[to],
        params={"number": request.number, "company": request.company.nombre, "by": str(by),
                "reason": reason, "until": request.taken_until},
        url=f"/gestion/renovaciones/{request.number}/",
        key=f"renewal:{request.pk}:handed:{at.isoformat()}",
        at=at,
    )  # fmt: skip


def taken(request: RenewalRequest, *, at: datetime) -> None:
    _tell(
        request,
        "taken",
        f"Estamos revisando su solicitud {request.number}",
        "Una persona de nuestro equipo está comparando su comprobante con el banco. "
        "No tiene que hacer nada.",
        _due(request),
        at=at,
    )


def correction(
    request: RenewalRequest, reason: str, message: str, missing: str | None, *, at: datetime
) -> None:
    from iofacturo.renewals.review import CORRECTIONS

    quote = request.given
    if missing is not None:
        subject = f"Falta transferir {formats.dinero(Decimal(missing), quote.currency)}"
        what = (
            f"Su pago suma {formats.dinero(quote.total - Decimal(missing), quote.currency)} de "
            f"{formats.dinero(quote.total, quote.currency)}. Transfiera la diferencia con la "
            f"referencia {request.reference} y agregue el segundo comprobante. El precio se le "
            "respeta."
        )
    else:
        subject = f"Su solicitud {request.number} necesita una corrección"
        what = f"{CORRECTIONS[reason][0]}. Corrija solo eso: lo demás quedó guardado."
    until = (
        f"Puede hacerlo hasta el {formats.dia_largo(request.last_day_to_correct)}."
        if request.last_day_to_correct
        else ""
    )
    _tell(request, f"correction:{request.version}", subject, what, message, until, at=at)


def answered(request: RenewalRequest, *, at: datetime) -> None:
    _tell(
        request,
        f"answered:{request.version}",
        f"Recibimos su corrección de la solicitud {request.number}",
        "Seguimos con la revisión.",
        _due(request),
        at=at,
    )


def activated(
    request: RenewalRequest, lot: FolioLot, excess: Decimal, repaid: int, *, at: datetime
) -> None:
    quote = request.given
    folios = f"{formats.numero(quote.all_folios)} folios nuevos"
    _tell(
        request,
        "activated",
        "Su plan está activo",
        f"Tiene {folios}, vigentes hasta el {formats.dia_largo(lot.last_day)}. "
        "Sus folios anteriores conservan su fecha.",
        f"De los nuevos se {'tomó' if repaid == 1 else 'tomaron'} {_folios(repaid)} para reponer "
        f"{'el' if repaid == 1 else 'los'} de gracia que usó mientras esperaba."
        if repaid
        else "",
        f"La factura electrónica por {formats.dinero(quote.total, quote.currency)} le llegará por correo, "
        "en PDF y XML, cuando Hacienda la acepte. Mientras tanto puede seguirla en su solicitud.",
        f"Pagó {formats.dinero(excess, quote.currency)} de más: quedaron como saldo a su favor y "
        "puede usarlos en la próxima renovación."
        if excess
        else "",
        at=at,
    )


def rejected(
    request: RenewalRequest,
    reason: str,
    message: str,
    credited: Decimal,
    owed: int,
    *,
    at: datetime,
) -> None:
    from iofacturo.renewals.review import REJECTIONS

    _tell(
        request,
        "rejected",
        f"No pudimos aprobar su solicitud {request.number}",
        f"{REJECTIONS[reason]}.",
        message,
        _credit(request, credited),
        _owed(owed),
        "Puede enviar una nueva con los mismos datos, sin escribirlos de nuevo.",
        at=at,
    )


def cancelled(request: RenewalRequest, owed: int, *, at: datetime) -> None:
    _tell(
        request,
        "cancelled",
        f"Se canceló la solicitud {request.number}",
        "La canceló su empresa antes de que la revisáramos.",
        _owed(owed),
        at=at,
    )


def expired(request: RenewalRequest, credited: Decimal, owed: int, *, at: datetime) -> None:
    _tell(
        request,
        f"expired:{request.version}",
        f"Se venció la solicitud {request.number}",
        "Pasó el plazo para enviar la corrección que le pedimos.",
        _credit(request, credited),
        _owed(owed),
        "Si ya transfirió, escríbanos: la podemos reabrir.",
        at=at,
    )


def lapsed(request: RenewalRequest, *, at: datetime) -> None:
    """A draft's guarantee ended: nothing is lost."""
    _tell(
        request,
        f"lapsed:{request.quote_id}",
        f"Venció el precio garantizado de {request.given.plan_name}",
        "Su borrador sigue guardado. Al abrirlo verá el precio de hoy; si ya transfirió, ponga la "
        "fecha de la transferencia y se le respeta el anterior.",
        at=at,
        page="renew",
    )


def resurrected(request: RenewalRequest, *, at: datetime) -> None:
    _tell(
        request,
        f"resurrected:{request.version}",
        f"Reabrimos su solicitud {request.number}",
        "Encontramos su transferencia y seguimos con la revisión.",
        _due(request),
        at=at,
    )


def rescheduled(request: RenewalRequest, before: datetime | None, *, at: datetime) -> None:
    was = f" Antes le habíamos dicho el {formats.momento(before)}" if before else ""
    _tell(
        request,
        f"rescheduled:{request.version}",
        f"Cambió la hora de respuesta de la solicitud {request.number}",
        f"Cambió nuestro calendario de atención. {_due(request)}{was}",
        at=at,
    )


def reversed_(
    request: RenewalRequest,
    reason: str,
    unused: int,
    credited: Decimal,
    owed: Decimal = Decimal(0),
    *,
    at: datetime,
) -> None:
    from iofacturo.renewals.reversal import REVERSALS

    quote = request.given
    note = (
        f"Emitiremos una nota de crédito por {formats.dinero(credited, quote.currency)}."
        if credited
        else ""
    )
    _tell(
        request,
        "reversed",
        f"Se revirtió su {quote.plan_name}",
        f"{REVERSALS[reason]}. Los folios usados siguen siendo válidos; los que quedaban de este "
        f"plan ({formats.numero(unused)}) ya no se pueden usar.",
        note,
        f"Por los folios que ya usó quedan pendientes {formats.dinero(owed, quote.currency)}."
        if owed
        else "",
        at=at,
    )


def invoice_rejected(row: ProviderInvoice, *, at: datetime) -> None:
    """Hacienda rejected the provider's document: its people are told, and who can mend the data."""
    from iofacturo.accounts.staff import Staff

    request, document = row.request, row.comprobante
    assert document is not None  # noqa: S101 - it was rejected
    seats = Staff.objects.filter(removed_at=None, user__is_active=True).select_related("user")
    notifications.notify(
        "provider.rejected",
        users=[seat.user for seat in seats if seat.may("review")],
        params={"document": document.named, "number": request.number, "said": row.reason},
        url=reverse("backoffice:invoices"),
        key=f"provider.rejected:{document.clave}",
        at=at,
    )
    if row.asks_customer:
        _tell(
            request,
            f"invoice_rejected:{document.clave}",
            "Corrija los datos de su factura",
            f"Hacienda rechazó la factura de su {request.given.plan_name} con los datos que tenemos. "
            "Su plan sigue activo y no cambia.",
            row.reason,
            "Revise los datos y emitimos la factura de nuevo.",
            at=at,
            page="invoice",
        )


def withdrawn(request: RenewalRequest, amount: Decimal, row: Withdrawal, *, at: datetime) -> None:
    """The bank took back what had come for a request that is not activated yet."""
    shown = formats.dinero(amount, request.given.currency)
    _tell(
        request,
        f"withdrawn:{row.pk}",
        f"El banco retiró {shown} de su pago",
        f"Los {shown} que habían llegado para su solicitud {request.number} ya no están en nuestra "
        "cuenta: el banco los retiró. Consulte con su banco; la solicitud sigue abierta y la "
        "activamos cuando el dinero llegue de nuevo.",
        at=at,
    )


def money_waits(request: RenewalRequest, line: BankLine, *, at: datetime) -> None:
    """A transfer names a draft that was never sent."""
    quote = request.given
    shown = formats.dinero(line.amount, line.currency)
    kept = (
        "Como llegó dentro del plazo del precio, se le respeta."
        if quote.covers(line.booked_on)
        else ""
    )
    _tell(
        request,
        f"money_waits:{line.pk}",
        "Llegó su transferencia: falta enviar la solicitud",
        f"El banco tiene {shown} con la referencia {request.reference}, de su pedido de "
        f"{quote.plan_name}. Complete el borrador y envíelo para que lo activemos.",
        kept,
        at=at,
        page="renew",
    )


def money_returned(order: ReturnOrder, *, at: datetime) -> None:
    """What the company had with us was transferred back to it."""
    shown = formats.dinero(order.amount, order.currency)
    notifications.notify(
        "renewal.returned",
        company=order.company,
        act="renew",
        subject=f"Le devolvimos {shown}",
        body=f"Transferimos {shown} de su saldo a favor a la cuenta {formats.iban(order.iban)}, a "
        f"nombre de {order.holder}. La referencia del banco es {order.bank_reference}.",
        url=reverse("renewals:mi_plan"),
        key=f"return:{order.pk}:paid",
        at=at,
    )


def _folios(number: int) -> str:
    return f"{formats.numero(number)} {'folio' if number == 1 else 'folios'}"


def _owed(owed: int) -> str:
    """What becomes of the folios of grace that were used."""
    if not owed:
        return ""
    return (
        f"Mientras esperaba usó {_folios(owed)} de gracia: se "
        f"{'repone' if owed == 1 else 'reponen'} con los del próximo plan que active. Lo que emitió "
        "sigue siendo válido."
    )


def _credit(request: RenewalRequest, amount: Decimal) -> str:
    if not amount:
        return ""
    return (
        f"Los {formats.dinero(amount, request.given.currency)} que recibimos quedaron como saldo "
        "a su favor."
    )
