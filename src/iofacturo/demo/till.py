"""Which document comes next at the counter, and what becomes of the odd ones."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.demo.counter import WRONG, Counter
from iofacturo.demo.office import Office
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.documents import notes
from iofacturo.lib import clock

KEPT = 12  # facturas a note may still be about
SHARES = [("TE", 52), ("FE", 34), ("credit", 3), ("NC", 3), ("ND", 1), ("FEC", 3), ("FEE", 2),
          ("wrong", 2)]  # fmt: skip


class Till:
    """The order of the day. What was rejected is mended with the next document."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.recent: deque[Comprobante] = deque(maxlen=KEPT)
        self.owed: deque[Comprobante] = deque()
        self.rejected: Comprobante | None = None

    def ring_up(self, office: Office, company: Company, *, by: User, at: datetime) -> Comprobante:
        """Issue one document at *at*."""
        chance, counter = self.counter.chance, self.counter
        counter.day = clock.local(at).replace(microsecond=0).isoformat()
        kinds, weights = zip(*SHARES, strict=True)
        kind = chance.choices(kinds, weights)[0]
        replaced, self.rejected = self.rejected, None
        if replaced is not None:
            data = notes.replacement(replaced)
            data |= {"Receptor": counter.factura()["Receptor"]}
        elif self.owed and chance.random() < 0.3:
            data = notes.payment(self.owed.popleft())
        elif kind == "NC" and self.recent:
            reason = chance.choice(["Devolución del cliente", "Se facturó dos veces"])
            data = notes.annulment(self.recent.popleft(), reason)
        elif kind == "ND" and self.recent:
            data = _charged(notes.debit(self.recent.popleft()))
        elif kind == "FEC":
            data = counter.compra()
        elif kind == "FEE":
            data = counter.exportacion()
        elif kind == "wrong":
            data = counter.factura(WRONG)
        elif kind in ("FE", "credit"):
            data = counter.factura(credit_days=30 if kind == "credit" else 0)
        else:
            data = counter.tiquete()
        row = office.issue(company, data, by=by, at=at, replaces=replaced)
        if row.state == Comprobante.REJECTED:
            self.rejected = row
        elif data["tipo"] == "FE":
            (self.owed if kind == "credit" else self.recent).append(row)
        return row


def _charged(data: dict[str, Any]) -> dict[str, Any]:
    """A note that charges the carriage that the factura forgot, on its first line."""
    details = data["DetalleServicio"]
    details["LineaDetalle"] = details["LineaDetalle"][:1]
    details["LineaDetalle"][0] |= {"Cantidad": "1", "PrecioUnitario": "1500"}
    data["InformacionReferencia"][0]["Razon"] = "Diferencia de precio acordada"
    return data
