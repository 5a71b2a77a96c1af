"""What a document says, in words: its lines, its totals, its conditions. Descriptions, not codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import hacienda
from hacienda import comprobante as ley
from hacienda.catalogos.condicion_venta import CONDICION_VENTA
from hacienda.catalogos.descuento import DESCUENTO
from hacienda.catalogos.exoneracion import TIPO_EXONERACION
from hacienda.catalogos.impuesto import IMPUESTO
from hacienda.catalogos.medio_pago import MEDIO_PAGO
from hacienda.catalogos.otros_cargos import OTROS_CARGOS
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA
from iofacturo.lib import formats

ZERO = Decimal(0)
IVA = "01"


@dataclass(frozen=True)
class Line:
    """One line as it is read. Amounts are in the document's currency."""

    number: int
    detalle: str
    cabys: str
    codes: str
    cantidad: str
    unidad: str
    precio: Decimal | None
    discount: Decimal
    discount_words: str
    taxes: str
    exonerations: str
    total: Decimal | None


@dataclass(frozen=True)
class Amount:
    """One row of the totals."""

    label: str
    amount: Decimal


def lines(document: hacienda.Comprobante, first: int, last: int) -> list[Line]:
    """The lines from number *first* to *last*, counted from 1."""
    return [_line(one) for one in document.detalle_servicio[first - 1 : last]]


def _line(line: ley.LineaDetalle) -> Line:
    return Line(
        number=line.numero_linea or 0,
        detalle=line.detalle or "",
        cabys=line.codigo_cabys or "",
        codes=", ".join(one.codigo for one in line.codigo_comercial if one.codigo),
        cantidad="" if line.cantidad is None else formats.numero(line.cantidad.normalize()),
        unidad=UNIDAD_MEDIDA.nombre_de(line.unidad_medida),
        precio=line.precio_unitario if line.precio_unitario is not None else line.monto_total,
        discount=sum((one.monto_descuento or ZERO for one in line.descuento), ZERO),
        discount_words=", ".join(
            one.naturaleza_descuento or DESCUENTO.nombre_de(one.codigo_descuento)
            for one in line.descuento
        ),
        taxes=", ".join(
            _tax(one.codigo, one.codigo_tarifa_iva, one.tarifa) for one in line.impuesto
        ),
        exonerations="; ".join(
            _exoneration(one.exoneracion) for one in line.impuesto if one.exoneracion
        ),
        total=line.monto_total_linea,
    )


def _tax(codigo: str | None, tarifa_iva: str | None, tarifa: Decimal | None) -> str:
    """`IVA 13 %`, `Tarifa exenta`, `Impuesto selectivo de consumo 10 %`."""
    if codigo == IVA:
        known = TARIFA_IVA.get(tarifa_iva or "")
        percent = tarifa if tarifa is not None else known.tarifa if known else None
        if percent:
            return f"IVA {formats.porcentaje(percent)}"
        return known.nombre if known else "IVA"
    name = IMPUESTO.nombre_de(codigo)
    return f"{name} {formats.porcentaje(tarifa)}" if tarifa else name


def _exoneration(one: ley.Exoneracion) -> str:
    name = one.tipo_documento_otro or TIPO_EXONERACION.nombre_de(one.tipo_documento_ex1)
    points = f", {formats.porcentaje(one.tarifa_exonerada)}" if one.tarifa_exonerada else ""
    return f"{name} {one.numero_documento or ''}{points}".strip()


def totals(document: hacienda.Comprobante) -> list[Amount]:
    """From the sale to the total, the rows that are not zero; the total last."""
    resumen = document.resumen_factura
    return [] if resumen is None else list(_totals(document, resumen))


def _totals(document: hacienda.Comprobante, resumen: ley.ResumenFactura) -> Iterator[Amount]:
    for label, amount in (
        ("Gravado", resumen.total_gravado),
        ("Exento", resumen.total_exento),
        ("Exonerado", resumen.total_exonerado),
        ("No sujeto", resumen.total_no_sujeto),
    ):
        if amount:
            yield Amount(label, amount)
    if resumen.total_descuentos:
        yield Amount("Descuentos", -resumen.total_descuentos)
    if resumen.total_venta_neta is not None:
        yield Amount("Venta neta", resumen.total_venta_neta)
    for group in resumen.total_desglose_impuesto:
        if group.total_monto_impuesto:
            yield Amount(
                _tax(group.codigo, group.codigo_tarifa_iva, None), group.total_monto_impuesto
            )
    if resumen.total_iva_devuelto:
        yield Amount("IVA devuelto", -resumen.total_iva_devuelto)
    for cargo in document.otros_cargos:
        name = cargo.tipo_documento_otros or OTROS_CARGOS.nombre_de(cargo.tipo_documento_oc)
        yield Amount(name, cargo.monto_cargo or ZERO)
    yield Amount("Total", resumen.total_comprobante or ZERO)


def conditions(document: hacienda.Comprobante) -> list[tuple[str, str]]:
    """How it was sold and paid, as names and values."""
    out = []
    if document.condicion_venta:
        sold = document.condicion_venta_otros or CONDICION_VENTA.nombre_de(document.condicion_venta)
        if document.plazo_credito:
            sold += f", {document.plazo_credito} días"
        out.append(("Condición de la venta", sold))
    resumen = document.resumen_factura
    money = resumen.codigo_tipo_moneda if resumen else None
    currency = (money.codigo_moneda if money else None) or "CRC"
    paid = [] if resumen is None else [
        _payment(one, currency, alone=len(resumen.medio_pago) == 1) for one in resumen.medio_pago
    ]  # fmt: skip
    if paid:
        out.append(("Medio de pago", "; ".join(paid)))
    if money is not None and currency != "CRC" and money.tipo_cambio is not None:
        out.append(("Tipo de cambio", f"{formats.dinero(money.tipo_cambio)} por {currency}"))
    return out


def _payment(one: ley.MedioPago, currency: str, *, alone: bool) -> str:
    name = one.medio_pago_otros or MEDIO_PAGO.nombre_de(one.tipo_medio_pago)
    if alone or one.total_medio_pago is None:
        return name
    return f"{name} {formats.dinero(one.total_medio_pago, currency)}"
