"""What the roaster sold to the café, as the café received it: some answered, the last ones not."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from uuid import uuid4

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.demo.office import Office
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.reception import intake, journey, reply
from iofacturo.invoicing.reception.reply import Decision

UNANSWERED = timedelta(days=6)


def receive(
    company: Company, sold: Comprobante, office: Office, *, by: User, at: datetime, now: datetime
) -> None:
    """Drop the XML of *sold*, ask Hacienda about it, and accept it unless it is recent."""
    name = f"{sold.clave}.xml"
    intake.receive(company, [(name, BytesIO(sold.xml))], token=uuid4(), by=by, at=at)
    _ask(office, at)
    row = company.received.get(clave=sold.clave)
    if now - at < UNANSWERED:
        return
    answered = at + timedelta(hours=3)
    reply.answer(
        row,
        Decision(mensaje="1", condicion_impuesto="01", actividad=company.actividad),
        by=by,
        at=answered,
    )
    _ask(office, answered)


def _ask(office: Office, at: datetime) -> None:
    """The worker's rounds about received documents: send or ask, then ask again."""
    for minutes in (1, 3, 10):
        office.server.hacienda.clock.set(at + timedelta(minutes=minutes))
        journey.run(at + timedelta(minutes=minutes))
