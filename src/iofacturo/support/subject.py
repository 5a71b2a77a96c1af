"""What a ticket is about, as a page named it: looked up among the person's own, never believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404

from iofacturo.accounts.membership import Membership
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.renewals.request import RenewalRequest
from iofacturo.support.ticket import Ticket

REQUEST, DOCUMENT, TICKET = "solicitud", "clave", "ticket"
NAMES = (REQUEST, DOCUMENT, TICKET)


@dataclass(frozen=True)
class Subject:
    """A request, a document or an earlier ticket of the company; mostly none of them."""

    request: RenewalRequest | None = None
    comprobante: Comprobante | None = None
    previous: Ticket | None = None

    @property
    def names(self) -> dict[str, str]:
        """As it stands in an address or in a form's hidden fields."""
        pairs = (
            (REQUEST, self.request.number if self.request else ""),
            (DOCUMENT, self.comprobante.clave if self.comprobante else ""),
            (TICKET, self.previous.number if self.previous else ""),
        )
        return {name: value for name, value in pairs if value}

    @property
    def suggested(self) -> str:
        """The subject that most people would write."""
        if self.request is not None:
            return f"Solicitud {self.request.number}"
        if self.comprobante is not None:
            return f"{self.comprobante.label}"
        if self.previous is not None:
            return self.previous.subject
        return ""


def read(seat: Membership, named: Mapping[str, str]) -> Subject:
    """What *named* stands for in the company of *seat*; 404 for what is not there to be seen."""
    number, clave, ticket = (named.get(name, "").strip() for name in NAMES)
    earlier = _ticket(seat, ticket)
    return Subject(
        _request(seat, number) or (earlier.request if earlier else None),
        _document(seat, clave) or (earlier.comprobante if earlier else None),
        earlier,
    )


def _request(seat: Membership, number: str) -> RenewalRequest | None:
    if not number:
        return None
    rows = seat.company.renewal_requests.select_related("quote")
    found: RenewalRequest | None = rows.filter(number=number).first()
    # a draft is known to those who may send it
    if found is None or (found.submitted_at is None and not seat.may("renew")):
        raise Http404
    return found


def _document(seat: Membership, clave: str) -> Comprobante | None:
    if not clave:
        return None
    found: Comprobante | None = seat.company.comprobantes.filter(clave=clave).first()
    if found is None:
        raise Http404
    return found


def _ticket(seat: Membership, number: str) -> Ticket | None:
    if not number:
        return None
    found = Ticket.seen_by(seat).select_related("request", "comprobante").filter(number=number)
    row = found.first()
    if row is None:
        raise Http404
    return row
