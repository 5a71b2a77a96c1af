"""Mailing a document: to its receiver when Hacienda accepts it, and to whom a member names.

The mail carries PDF, XML and Hacienda's answer, made when it is sent, and the public link. Answers
go to the company, in whose name it is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

import hacienda
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import Comprobante, other_side
from iofacturo.invoicing.paper import enclosure, public_link
from iofacturo.invoicing.paper.mail_copy import MailCopy
from iofacturo.invoicing.setup import letterhead
from iofacturo.lib import formats
from iofacturo.lib.visible import visible
from iofacturo.outbox import mail, page
from iofacturo.outbox.attachment import File

MAKER = "comprobante"
MOST_RECEIVERS = 4  # addresses that a document's XML may name
MOST_AT_ONCE = 10
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20  # copies of one document that people ask for
MOST_OF_COMPANY = 200
AGAIN_AFTER = timedelta(seconds=30)  # asked twice within it is a double click


class Refused(Exception):
    """It is not mailed; the message says why, and `address` to whom, if it is about one."""

    def __init__(self, message: str, address: str = "") -> None:
        super().__init__(message)
        self.message, self.address = message, address


@dataclass(frozen=True)
class Delivery:
    """How a mail fares: `state` is `waiting`, `sent` or `failed`, `at` when it came to that."""

    to: str
    state: str
    at: datetime
    asked_at: datetime
    by: User | None
    error: str

    WORDS = {"waiting": "Por enviar", "sent": "Enviado", "failed": "No se pudo enviar"}

    @property
    def word(self) -> str:
        return self.WORDS[self.state]


def to_receiver(row: Comprobante, *, at: datetime) -> list[MailCopy]:
    """Mail an accepted document to its receiver, at every address that is theirs.

    Called once for each document, in the transaction that says so.
    """
    to = addresses(row)
    return [
        _copy(row, address, f"{MAKER}:{row.clave}:{_short(address)}", None, at) for address in to
    ]


def also_to(row: Comprobante, addresses: Iterable[str], *, at: datetime) -> list[MailCopy]:
    """Mail an accepted document to addresses for which its XML had no room.

    Called once for each document, in the transaction that says that it was accepted.
    """
    named = {address.lower() for address in receivers(row.document())}
    others = [one for one in _distinct(addresses) if mail.is_address(one)]
    return [
        _copy(row, address, f"{MAKER}:{row.clave}:{_short(address)}", None, at)
        for address in others[:MOST_AT_ONCE]
        if address.lower() not in named
    ]


def addresses(row: Comprobante) -> list[str]:
    """The addresses its XML names, and those of the customer who receives it.

    The law has room for one address of a receiver; a customer may have several. Who typed another
    address than the customer's meant that one alone.
    """
    named = receivers(row.document())
    known = _of_customer(row)
    lower = {address.lower() for address in known}
    if named and not any(address.lower() in lower for address in named):
        return named
    return _distinct([*named, *known])[:MOST_RECEIVERS]


def _of_customer(row: Comprobante) -> list[str]:
    if not row.receptor_numero:
        return []
    found = row.company.customers.filter(
        identificacion=row.receptor_numero, archived_at__isnull=True
    ).values_list("emails", flat=True)
    return [one for one in _distinct(found.first() or []) if mail.is_address(one)]


def receivers(document: hacienda.Comprobante) -> list[str]:
    """The addresses of the other side, each once."""
    other = other_side(document)
    named = other.correo_electronico if other else None
    several: Sequence[str] = (named,) if isinstance(named, str) else named or ()
    return _distinct(several)[:MOST_RECEIVERS]


def send(
    row: Comprobante, to: str | Iterable[str], *, by: User | None, at: datetime
) -> list[MailCopy]:
    """Mail *row* to one or several addresses. Refused when one is no address, or it is too much."""
    addresses = _distinct([to] if isinstance(to, str) else to)
    if not addresses:
        raise Refused("Escriba al menos un correo.")
    if len(addresses) > MOST_AT_ONCE:
        raise Refused(f"Escriba {MOST_AT_ONCE} correos como máximo cada vez.")
    for address in addresses:
        if not mail.is_address(address):
            raise Refused(f"«{visible(address)[:80]}» no es un correo. Revíselo.", address)
    with transaction.atomic():
        Company.locked(row.company_id)  # the limits hold for two windows as well
        just_now = _asked_since(row, at - AGAIN_AFTER)
        new = [address for address in addresses if address.lower() not in just_now]
        _within_limits(row, len(new), at)
        return [
            _copy(row, address, f"{MAKER}:{row.clave}:{uuid4().hex}", by, at) for address in new
        ]


def status(row: Comprobante) -> list[Delivery]:
    """Every mail of *row*, the newest first."""
    copies = row.mail_copies.select_related("message", "by").order_by("-id")
    return [_delivery(copy) for copy in copies]


def _delivery(copy: MailCopy) -> Delivery:
    message = copy.message
    if message.sent_at:
        state, when = "sent", message.sent_at
    elif message.failed_at:
        state, when = "failed", message.failed_at
    else:
        state, when = "waiting", copy.at
    return Delivery(message.to, state, when, copy.at, copy.by, message.last_error)


def files(clave: str) -> list[File]:
    """What goes with the mail of a document, made now: the outbox asks for it."""
    row = Comprobante.objects.select_related("company", "signed_xml").get(clave=clave)
    return [File(one.name, one.kind, one.body) for one in enclosure.everything(row)]


def _copy(row: Comprobante, to: str, key: str, by: User | None, at: datetime) -> MailCopy:
    company, head = row.company, letterhead.of(row.company)
    subject = f"{row.label} de {company.nombre}"
    text = words(row, head.mail_text, public_link.of(row, at=at, by=by).url)
    answers = head.reply_to or next(iter(company.emails), "")
    foot = f"{company.nombre} le envía este correo con ioFacturo."
    if answers:
        foot += f" Si lo contesta, le llega a {answers}."
    message = mail.enqueue(
        key=key,
        to=to,
        subject=subject,
        text=f"{text}\n\n-- \n{company.nombre}\n",
        html=page.html(subject, text, name=company.nombre_comercial or company.nombre, foot=foot),
        sender=company.nombre_comercial or company.nombre,
        reply_to=answers,
        attachments=[(MAKER, row.clave)],
        at=at,
    )
    copy: MailCopy = row.mail_copies.create(company=company, message=message, by=by, at=at)
    return copy


def words(row: Comprobante, own: str, url: str) -> str:
    """The text of the mail: the company's own words first, then what it is, then the link."""
    what = f"{row.named} del {formats.dia_largo(row.fecha)}"
    total = formats.dinero(row.total, row.moneda)
    parts = [own.strip()] if own.strip() else []
    parts.append(f"Le enviamos {what}, por {total}.")
    if row.state == Comprobante.ACCEPTED:
        parts.append(
            "Hacienda aceptó este documento. Con el correo van el PDF, el XML firmado y la respuesta."
        )
    elif row.state == Comprobante.REJECTED:
        parts.append("Hacienda rechazó este documento: no tiene valor.")
    else:
        parts.append(
            "Hacienda todavía no ha respondido. Con este correo van el PDF y el XML firmado."
        )
    parts.append(f"Ver el documento:\n{url}")
    return "\n\n".join(parts)


def _asked_since(row: Comprobante, since: datetime) -> set[str]:
    asked = row.mail_copies.filter(by__isnull=False, at__gt=since)
    return {to.lower() for to in asked.values_list("message__to", flat=True)}


def _within_limits(row: Comprobante, more: int, at: datetime) -> None:
    asked = MailCopy.objects.filter(company=row.company, by__isnull=False, at__gt=at - HOUR)
    if (
        asked.filter(comprobante=row).count() + more > MOST_AN_HOUR
        or asked.count() + more > MOST_OF_COMPANY
    ):
        raise Refused("Ya se enviaron muchas copias en la última hora. Espere un rato.")


def _distinct(addresses: Iterable[str]) -> list[str]:
    """Trimmed, each once whatever its case, in their order."""
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(address.strip().lower(), address.strip())
    return [one for one in found.values() if one]


def _short(address: str) -> str:
    return hashlib.sha256(address.lower().encode()).hexdigest()[:32]
