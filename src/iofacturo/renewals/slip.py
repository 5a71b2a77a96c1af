"""What the customer copies into the bank: amount, reference, account, and the QR of that text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import qrcode
from qrcode.constants import ERROR_CORRECT_M

from iofacturo.lib import formats
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest


@dataclass(frozen=True)
class Entry:
    """One line of the slip; `copied` is the compact value that the button copies."""

    label: str
    shown: str
    copied: str = ""
    said: str = ""
    what: str = ""
    hint: str = ""
    key: bool = False
    mono: bool = False


def entries(request: RenewalRequest, quote: Quote, amount: Decimal | None = None) -> list[Entry]:
    """The lines of the slip, what must be exact first; *amount* when it is not the whole."""
    due = quote.total if amount is None else amount
    return _entries(quote, due, request.reference)


def group_entries(group: RenewalGroup, quote: Quote, total: Decimal) -> list[Entry]:
    """The lines of one transfer for several requests; *quote* is that of any of them."""
    return _entries(quote, total, group.reference)


def _entries(quote: Quote, due: Decimal, reference: str) -> list[Entry]:
    payee = quote.payee
    return [
        Entry("Monto exacto", formats.dinero(due, quote.currency), f"{due:.2f}",
              "Monto copiado", "el monto", key=True),
        Entry("Referencia", reference, reference, "Referencia copiada",
              "la referencia", "va en el detalle", key=True, mono=True),
        Entry("Cuenta IBAN", formats.iban(payee.iban), payee.iban,
              "Cuenta IBAN copiada, sin espacios", "la cuenta IBAN", mono=True),
        Entry("Banco", payee.bank),
        Entry("Nombre de empresa", payee.holder, payee.holder, "Nombre de empresa copiado",
              "el nombre de empresa"),
        Entry("Cédula Jurídica", payee.cedula_shown, payee.cedula, "Cédula jurídica copiada",
              "la cédula jurídica"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Code:
    """A QR code as one SVG path of unit squares; `size` counts its modules, margin included."""

    size: int
    path: str
    text: str


def qr(request: RenewalRequest, quote: Quote, amount: Decimal) -> Code:
    """The data of the transfer as plain text: there is no Costa Rican standard for an IBAN's QR."""
    payee = quote.payee
    text = "\n".join(
        [
            f"IBAN: {payee.iban}",
            f"Monto: {amount:.2f} {quote.currency}",
            f"Detalle: {request.reference}",
            f"A nombre de: {payee.holder}",
            f"Cédula: {payee.cedula}",
            f"Banco: {payee.bank}",
        ]
    )
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return Code(len(rows), path, text)
