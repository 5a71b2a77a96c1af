"""Where on the page a problem belongs, and what its place is called in words.

A problem says an XSD path. The field of that name takes it; else the nearest field about the same
thing; else the part of the page that it is about. Nothing is ever left without a place.
"""

from __future__ import annotations

import re
from collections.abc import Container
from urllib.parse import quote

from hacienda.errors import Problem
from iofacturo.invoicing.editor import place, words

SECTIONS = {
    "Receptor": "cliente",
    "Emisor": "cliente",
    "CodigoActividadReceptor": "cliente",
    "CodigoActividadEmisor": "condiciones",
    "CondicionVenta": "condiciones",
    "CondicionVentaOtros": "condiciones",
    "PlazoCredito": "condiciones",
    "DetalleServicio": "lineas",
    "OtrosCargos": "cargos",
    "InformacionReferencia": "referencias",
    "Otros": "nota",
}
NEAREST = (
    (re.compile(r"(Receptor|Emisor)/Ubicacion(/(Provincia|Canton|Distrito))?"), r"\1/Ubicacion/Distrito"),
    (re.compile(r"(Receptor|Emisor)/Identificacion"), r"\1/Identificacion/Numero"),
    (re.compile(r"(Receptor|Emisor)/Telefono(/.*)?"), r"\1/Telefono/NumTelefono"),
    (re.compile(r"(Receptor|Emisor)/CorreoElectronico(\[\d+\])?"), r"\1/CorreoElectronico"),
    (re.compile(r"(Emisor)/CorreoElectronico(\[\d+\])?"), r"\1/CorreoElectronico[1]"),
    (re.compile(r"(Receptor|Emisor)"), r"\1/Nombre"),
    (re.compile(r"DetalleServicio"), "L1/Detalle"),
    (re.compile(r"(L\d+)/Descuento.*"), r"\1/descuento"),
    (re.compile(r"(L\d+)/Impuesto.*"), r"\1/iva"),
    (re.compile(r"(L\d+)/(Impuesto\[\d+\]/)Tarifa"), r"\1/\2CodigoTarifaIVA"),
    (re.compile(r"(L\d+)/(Impuesto\[\d+\]/).*"), r"\1/\2Codigo"),
    (re.compile(r"(L\d+)/Impuesto"), r"\1/Impuesto[1]/Codigo"),
    (re.compile(r"(L\d+)/CodigoComercial.*"), r"\1/CodigoComercial[1]/Codigo"),
    (re.compile(r"(L\d+)/(PrecioUnitario|MontoTotal|SubTotal|BaseImponible|.*Monto.*)"), r"\1/PrecioUnitario"),
    (re.compile(r"(L\d+)(/.*)?"), r"\1/Detalle"),
    (re.compile(r"ResumenFactura/MedioPago(\[\d+\])?(/.*)?"), "ResumenFactura/MedioPago[1]/TipoMedioPago"),
    (re.compile(r"ResumenFactura/CodigoTipoMoneda.*"), "ResumenFactura/CodigoTipoMoneda/CodigoMoneda"),
    (re.compile(r"InformacionReferencia(\[\d+\])?(/.*)?"), "InformacionReferencia[1]/Numero"),
    (re.compile(r"(OtrosCargos\[\d+\])/IdentificacionTercero.*"), r"\1/IdentificacionTercero/Numero"),
    (re.compile(r"(OtrosCargos\[\d+\])(/.*)?"), r"\1/TipoDocumentoOC"),
    (re.compile(r"Otros(/.*)?"), "nota"),
)  # fmt: skip

NOT_AS_ASKED = ("falta-elemento", "valor-no-permitido", "cabys-mal-formado", "elemento-vacio")
PLAINER = {
    "CodigoCABYS": "El código lleva 13 dígitos. Con la lupa puede buscarlo por nombre.",
    "Impuesto": "Elija la tarifa de IVA.",
    "InformacionReferencia": "Indique el documento al que se refiere.",
    "Receptor": "Elija o escriba el cliente.",
    "Emisor": "Escriba los datos del proveedor.",
    "PartidaArancelaria": "La partida arancelaria lleva 12 dígitos.",
}


def of(path: str, names: Container[str], window: range) -> str:
    """The id on the page of what *path* is about; `L7` alone for a line that is not shown."""
    name = place.short(path)
    line = place.LINE.fullmatch(name)
    if line is not None and int(line[1]) not in window:
        return f"L{line[1]}"
    if name in names:
        return name
    for pattern, nearest in NEAREST:
        if pattern.fullmatch(name):
            found = pattern.sub(nearest, name)
            if found in names:
                return found
    return SECTIONS.get(re.split(r"[\[/]", path)[0], "total")


def url(name: str, window: range) -> str:
    """Where a link to the place goes: on this page, or to the page that has the line."""
    line = place.LINE.fullmatch(name)
    if line is not None and int(line[1]) not in window:
        return f"?desde={line[1]}&revisar=1#L{line[1]}/Detalle"
    return "#" + quote(name, safe="/[]:")


def label(path: str, tipo: str) -> str:
    """`Línea 3 · Código CAByS`."""
    line = place.LONG_LINE.fullmatch(path)
    rest = (line[2] or "") if line else path
    parts = [f"Línea {line[1]}"] if line else []
    steps = re.sub(r"\[\d+\]", "", rest).split("/") if rest else []
    above = ["LineaDetalle"] if line else []
    if (
        steps
        and not line
        and len(steps) > 1
        and steps[0] in words.LABELS
        and steps[0] != "ResumenFactura"
    ):
        parts.append(words.LABELS[steps[0]])
    if steps:
        named = words.called(words.LABELS, [*above, *steps], "")
        if named and named not in parts:
            parts.append(_of_type(named, tipo))
    return " · ".join(parts) or "Comprobante"


def _of_type(named: str, tipo: str) -> str:
    return (
        "Actividad económica de su empresa"
        if tipo == "FEC" and named.endswith("del cliente")
        else named
    )


def message(problem: Problem) -> str:
    """What is wrong, in one or two sentences, without the names of the schema."""
    last = re.sub(r"\[\d+\]$", "", problem.path.rsplit("/", 1)[-1])
    text = problem.message
    if last in PLAINER and problem.code in NOT_AS_ASKED:
        return PLAINER[last]
    if problem.code == "falta-elemento" and last and text == f"Falta {last}.":
        return "Falta este dato."
    if problem.code == "referencia-incompleta":
        return "Falta este dato de la referencia."
    if last and text.startswith(f"{last}: "):
        text = text[len(last) + 2 :]
        text = text[:1].upper() + text[1:]
    for name in sorted(_names(text), key=len, reverse=True):
        text = text.replace(name, words.LABELS[name].lower())
    return f"{text} {problem.remedy}".strip()


def _names(text: str) -> list[str]:
    return [
        name
        for name in re.findall(r"\b[A-Z][a-z]+(?:[A-Z0-9]+[a-z0-9]*)+\b", text)
        if name in words.LABELS
    ]
