"""The lines on the page: a window over them, each in short, and one of them opened whole."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from iofacturo.invoicing.editor import linea, place
from iofacturo.invoicing.editor.field import Field
from iofacturo.invoicing.editor.posted import WINDOW
from iofacturo.invoicing.editor.sheet import Sheet, Shown

SHORT = ("Detalle", "CodigoCABYS", "Cantidad", "UnidadMedida", "PrecioUnitario")
MORE_SHORT = {"REP": ("MontoTotal",), "FEE": ("PartidaArancelaria",)}
RARE = (
    "PartidaArancelaria", "TipoTransaccion", "UnidadMedidaComercial", "IVACobradoFabrica",
    "BaseImponible", "RegistroMedicamento", "FormaFarmaceutica", "NumeroVINoSerie", "SubTotal",
)  # fmt: skip
CODE = ("Tipo", "Codigo")
DISCOUNT = ("CodigoDescuento", "MontoDescuento", "NaturalezaDescuento", "CodigoDescuentoOTRO")
TAX = (
    "Codigo", "CodigoTarifaIVA", "Tarifa", "FactorCalculoIVA", "CodigoImpuestoOTRO",
    "DatosImpuestoEspecifico/CantidadUnidadMedida", "DatosImpuestoEspecifico/Porcentaje",
    "DatosImpuestoEspecifico/Proporcion", "DatosImpuestoEspecifico/VolumenUnidadConsumo",
    "DatosImpuestoEspecifico/ImpuestoUnidad", "MontoExportacion",
)  # fmt: skip
PLAIN_TAX = TAX[:3]
EXEMPTION = (
    "TipoDocumentoEX1", "TipoDocumentoOTRO", "NumeroDocumento", "Articulo", "Inciso",
    "NombreInstitucion", "NombreInstitucionOtros", "FechaEmisionEX", "TarifaExonerada",
)  # fmt: skip
MOST = {"CodigoComercial": 5, "Descuento": 5, "Impuesto": 10}


@dataclass
class Row:
    """One line on the page. `rest` is there when it is the open one."""

    index: int
    id: str
    short: dict[str, Shown]
    descuento: Shown | None
    iva: Shown | None
    amount: Any
    found: list[Any] = attribute(default_factory=list)  # what a search of CAByS gave
    said: str = ""
    searched: bool = False
    rest: dict[str, Any] | None = None
    sum: dict[str, str] = attribute(default_factory=dict)


def window(desde: int, count: int) -> range:
    """The indexes (from 1) of the lines on the page that has line *desde*."""
    last = max(count, 1)
    first = (min(max(desde, 1), last) - 1) // WINDOW * WINDOW + 1
    return range(first, min(first + WINDOW - 1, last) + 1)


def show(sheet: Sheet, shown: range, *, opened: int | None) -> list[Row]:
    """The rows of the window; a document without lines shows a blank one."""
    lines = place.items(sheet.data, place.LINES)
    return [_row(sheet, index, lines, is_open=index == opened) for index in shown]


def _row(sheet: Sheet, index: int, lines: list[Any], *, is_open: bool) -> Row:
    line = lines[index - 1] if index <= len(lines) else linea.blank(sheet.tipo)
    if index > len(lines):
        sheet = _with_blank(sheet, index, line)
    if not isinstance(line, dict):
        line = {}
    name = f"L{index}"
    short = {one: sheet.field(f"{name}/{one}") for one in (*SHORT, *MORE_SHORT.get(sheet.tipo, ()))}
    row = Row(
        index=index,
        id=name,
        short={one: held for one, held in short.items() if held is not None},
        descuento=None,
        iva=None,
        amount=None,
    )
    if is_open:
        row.rest = _rest(sheet, name, line)
        row.sum = {"descuento": linea.show_discount(line), "iva": linea.show_iva(line)}
        return row
    if sheet.has(f"{name}/Descuento/MontoDescuento"):
        row.descuento = sheet.shown(
            f"{name}/descuento",
            Field("descuento", "Descuento %", "amount"),
            linea.show_discount(line),
            own_error=linea.discount_fault(line),
        )
    chosen = linea.show_iva(line)
    known = Field("iva", "IVA", "code", choices=tuple(linea.iva_choices(sheet.tipo, chosen)))
    row.iva = sheet.shown(f"{name}/iva", known, chosen)
    return row


def _with_blank(sheet: Sheet, index: int, line: dict[str, Any]) -> Sheet:
    """The same sheet over data in which line *index* is there, blank."""
    other = Sheet({"DetalleServicio": {"LineaDetalle": [{}] * (index - 1) + [line]}}, sheet.tipo)
    other.texts, other.told = sheet.texts, sheet.told
    return other


def _rest(sheet: Sheet, name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Everything else of the open line."""
    tipo = sheet.tipo
    taxes = []
    for path in _paths(line, name, "Impuesto", always=1):
        tax = place.get(sheet.data, path)
        tax = tax if isinstance(tax, dict) else {}
        is_plain = tax.get("Codigo") in (None, "01")
        exempt = sheet.fields(f"{path}/Exoneracion", EXEMPTION)
        taxes.append(
            {
                "path": path,
                "fields": sheet.fields(path, PLAIN_TAX if is_plain else TAX),
                "exempt": exempt,
                "is_exempt": bool(tax.get("Exoneracion")),
                "stands": bool(tax),
            }
        )
    return {
        "fields": sheet.fields(name, [one for one in RARE if _is_rare(one, tipo)]),
        "codes": [
            {"path": path, "fields": sheet.fields(path, CODE)}
            for path in _paths(line, name, "CodigoComercial", always=1)
            if sheet.has(f"{path}/Codigo")
        ],
        "discounts": [
            {"path": path, "fields": sheet.fields(path, DISCOUNT)}
            for path in _paths(line, name, "Descuento", always=1)
            if sheet.has(f"{path}/MontoDescuento")
        ],
        "taxes": taxes,
        "surtido": len(place.items(line, "DetalleSurtido/LineaDetalleSurtido")),
    }


def _is_rare(name: str, tipo: str) -> bool:
    if name == "SubTotal":
        return tipo == "REP"
    return name not in MORE_SHORT.get(tipo, ())


def _paths(line: dict[str, Any], name: str, what: str, *, always: int) -> list[str]:
    count = max(len(place.items(line, what)), always)
    return [f"{name}/{what}[{index}]" for index in range(1, count + 1)]
