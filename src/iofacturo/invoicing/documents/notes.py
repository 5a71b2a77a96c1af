"""From a stored document to the draft of another that is about it: JSON as a person would state it.

Who may receive what (annexes v4.4, notes 9 and 10): a credit note goes to a factura, a tiquete, a
factura de exportación or de compra, or a debit note; a debit note to those and to a credit note; a
payment (REP) to a sale with condition 08 or 10. A receipt of payment gets no note: those go to the
sale it pays. A rejected document gets none either, for it does not exist: it is replaced.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import hacienda
from hacienda import comprobante as ley
from hacienda.comprobante import texto_fecha
from iofacturo.invoicing.comprobante import REJECTED_REFERENCE, Comprobante
from iofacturo.invoicing.documents import leftover, limits, receipt, stated
from iofacturo.invoicing.documents.stated import Json

CREDITABLE = frozenset({"01", "02", "04", "08", "09"})
DEBITABLE = frozenset({"01", "03", "04", "08", "09"})
COPYABLE = frozenset({"01", "04", "08", "09"})
PAYABLE = frozenset({"01", "04"})
PAYS = {"08": "09", "10": "11"}
"""Condition of the sale → condition of the receipt that pays it."""

ANNULS, CORRECTS_AMOUNT, REFERS, REPLACES = "01", "02", "04", "07"
KIND_OF_REFERENCE = {
    ("NC", "08"): "17",
    ("ND", "08"): "18",
    ("NC", "09"): "19",
    ("ND", "09"): "19",
}
"""TipoDocIR where it is not the type of the document itself."""

NOT_A_TAXPAYER = "06"


def credit(row: Comprobante) -> Json:
    """A credit note of what earlier ones left of *row*, to be cut down by a person."""
    return _credit(row, CORRECTS_AMOUNT, "")


def annulment(row: Comprobante, razon: str) -> Json:
    """The credit note that takes back all that is left of *row*, never more, for *razon*."""
    data = _credit(row, ANNULS, razon)
    return leftover.within(data, limits.balance(row).to_annul)


def debit(row: Comprobante) -> Json:
    """A debit note about *row*: its lines without prices, for what is charged is still to be said.

    Of a credit note it takes back the whole of it.
    """
    value = row.document()
    whole = row.tipo == "03"
    data = _note("ND", row, value, ANNULS if whole else CORRECTS_AMOUNT, "")
    if not whole:
        for line in stated.lines(data):
            line.pop("PrecioUnitario", None)
            line.pop("Descuento", None)
        data.pop("OtrosCargos", None)
        data["ResumenFactura"].pop("TotalIVADevuelto", None)
    return data


def copy(row: Comprobante) -> Json:
    """The same sale once more, about nothing else; another currency's rate is still to be given."""
    data = stated.of(row.document())
    data.pop("InformacionReferencia", None)
    money = data.get("ResumenFactura", {}).get("CodigoTipoMoneda", {})
    if money.get("CodigoMoneda", "CRC") != "CRC":
        money.pop("TipoCambio", None)
    return data


def replacement(row: Comprobante) -> Json:
    """What takes the place of the rejected *row*: the same, to be corrected, under a new number.

    The reference to the rejected one stands last, after those the document had of its own.
    """
    data = stated.of(row.document())
    own = [
        one
        for one in data.get("InformacionReferencia", [])
        if one.get("TipoDocIR") != REJECTED_REFERENCE
    ]
    data["InformacionReferencia"] = [
        *own,
        _reference(REJECTED_REFERENCE, row, REPLACES, "Sustituye el comprobante rechazado"),
    ]
    return data


def payment(row: Comprobante) -> Json:
    """The receipt (REP) of what is still to be paid of *row*.

    One line for each IVA of the sale, and one for what bears none; in equal shares when a part was
    paid before.
    """
    value = row.document()
    standing = limits.balance(row)
    paid = row.company.comprobantes.filter(referencia=row.clave, tipo="10")
    number = paid.exclude(state=Comprobante.REJECTED).count() + 1
    share = standing.to_pay / row.total if row.total else Decimal(0)
    resumen = hacienda.to_json(value)["ResumenFactura"]
    data = stated.fitted(
        {
            **stated.of(value),
            "CondicionVenta": PAYS.get(value.condicion_venta or "", "09"),
            "DetalleServicio": {
                "LineaDetalle": receipt.lines(value, f"Pago {number} de {row.label}", share)
            },
            "ResumenFactura": {
                "CodigoTipoMoneda": resumen.get(
                    "CodigoTipoMoneda", {"CodigoMoneda": "CRC", "TipoCambio": "1"}
                ),
                "MedioPago": [{"TipoMedioPago": receipt.first_means(value)}],
            },
            "InformacionReferencia": [_reference(row.tipo, row, REFERS, f"Pago {number}")],
        },
        "REP",
    )
    return receipt.within(data, standing.to_pay)


# -- the credit note -----------------------------------------------------------------------------


def _credit(row: Comprobante, codigo: str, razon: str) -> Json:
    value = row.document()
    notes = row.company.comprobantes.filter(referencia=row.clave, tipo="03")
    earlier = list(notes.exclude(state=Comprobante.REJECTED).select_related("signed_xml"))
    data = _note("NC", row, value, codigo, razon)
    if earlier:
        leftover.take_out(data, value, [one.document() for one in earlier])
    return data


# -- what they share -----------------------------------------------------------------------------


def _note(
    tipo: str, row: Comprobante, value: hacienda.Comprobante, codigo: str, razon: str
) -> Json:
    """All of *value* as a note of the type *tipo* about it."""
    seen = _turned(value) if isinstance(value, ley.FacturaElectronicaCompra) else value
    data = stated.fitted(stated.of(seen), tipo)
    kind = KIND_OF_REFERENCE.get((tipo, row.tipo), row.tipo)
    data["InformacionReferencia"] = [_reference(kind, row, codigo, razon)]
    return data


def _turned(value: ley.FacturaElectronicaCompra) -> ley.FacturaElectronicaCompra:
    """A purchase seen from its note: the company issues it, the supplier receives it."""
    seller = value.emisor
    if seller is None:
        return value
    known = seller.identificacion
    if known is not None and known.tipo == NOT_A_TAXPAYER:
        known = None  # a note names no receiver of that kind, it only calls him by name
    receptor = ley.Receptor(
        nombre=seller.nombre,
        identificacion=known,
        nombre_comercial=seller.nombre_comercial,
        ubicacion=seller.ubicacion,
        otras_senas_extranjero=seller.otras_senas_extranjero,
        telefono=seller.telefono,
        correo_electronico=next(iter(seller.correo_electronico), None),
    )
    return replace(
        value,
        emisor=None,
        receptor=receptor,
        codigo_actividad_emisor=value.codigo_actividad_receptor,
        codigo_actividad_receptor=value.codigo_actividad_emisor,
    )


def _reference(kind: str, row: Comprobante, codigo: str, razon: str) -> Json:
    told = {
        "TipoDocIR": kind,
        "Numero": row.clave,
        "FechaEmisionIR": texto_fecha(row.fecha),
        "Codigo": codigo,
    }
    return told | ({"Razon": razon} if razon else {})
