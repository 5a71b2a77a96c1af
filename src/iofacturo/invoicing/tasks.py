"""What of its documents waits for the company: for the portal's first page, in two queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.urls import reverse

from iofacturo.accounts.membership import Membership
from iofacturo.invoicing.setup import steps

RECENT = timedelta(days=7)
MOST = 99  # counted; above it the page says «más de»

WAITING = f"""
SELECT
  (SELECT COUNT(*) FROM (
     SELECT 1 FROM invoicing_comprobante
     WHERE company_id = %s AND state = 'rejected' AND fecha >= %s LIMIT {MOST + 1}) AS r),
  (SELECT COUNT(*) FROM (
     SELECT 1 FROM invoicing_received
     WHERE company_id = %s AND reply = '' AND apart = '' LIMIT {MOST + 1}) AS w)
"""  # noqa: S608 - one number of ours is put in


@dataclass(frozen=True)
class Task:
    """One line: `tone` as icons have it."""

    icon: str
    tone: str
    title: str
    text: str
    url: str


def of(seat: Membership, at: datetime) -> list[Task]:
    """The tasks of *seat*'s company that its role can do something about."""
    return [*_setting_up(seat, at), *_waiting(seat, at)]


def _setting_up(seat: Membership, at: datetime) -> Iterator[Task]:
    if not seat.may("configure"):
        return
    found = steps.of(seat.company, at)
    missing = [step for step in found if step.blocks]
    if missing:
        what = "Falta un paso" if len(missing) == 1 else f"Faltan {len(missing)} pasos"
        labels = ", ".join(step.label.lower() for step in missing)
        url = reverse("invoicing:setup")
        yield Task("key", "warn", f"{what} para poder facturar", f"{labels.capitalize()}.", url)
        return
    for step in found:
        if step.state == steps.ATTENTION:
            yield Task("alert", "warn", f"Revise: {step.label.lower()}", step.text, step.url)


def _waiting(seat: Membership, at: datetime) -> Iterator[Task]:
    if not seat.may("issue"):
        return
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [seat.company_id, at - RECENT, seat.company_id])
        rejected, received = cursor.fetchone()
    if rejected:
        several = f"Hacienda rechazó {_words(rejected)} comprobantes"
        yield Task(
            "stop", "bad", "Hacienda rechazó un comprobante" if rejected == 1 else several,
            "En los últimos 7 días. El folio volvió a su plan; vea por qué y emita el reemplazo.",
            reverse("invoicing:documents") + "?estado=rechazado",
        )  # fmt: skip
    if received:
        several = f"{_words(received).capitalize()} facturas recibidas esperan su respuesta"
        one = "Una factura recibida espera su respuesta"
        yield Task(
            "inbox", "", one if received == 1 else several,
            "Acéptelas o rechácelas; no usa folios.", reverse("invoicing:received"),
        )  # fmt: skip


def _words(count: int) -> str:
    return f"más de {MOST}" if count > MOST else str(count)
