"""Second level: do the fields of a document agree with each other, and it with its envelope?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hacienda import clave as claves
from hacienda import identificacion, montos, reglas
from hacienda.catalogos.tarifa_iva import TARIFA_IVA
from hacienda.comprobante import (
    Comprobante,
    Documento,
    FacturaElectronicaCompra,
    Identificacion,
    MensajeReceptor,
    dia,
)
from hacienda.errors import InvalidError, Problem
from hacienda.respuesta import Fila
from hacienda.sandbox import codes, sums
from hacienda.sandbox.store import Document

# Clocks differ a little; what is later than this is in the future.
CLOCK_TOLERANCE = timedelta(seconds=60)

CODIGO_BY_MENSAJE = {"1": "05", "2": "06", "3": "07"}


def issuer(comprobante: Comprobante) -> Identificacion | None:
    """Who issues and signs it: in a factura electrónica de compra, its Receptor."""
    if isinstance(comprobante, FacturaElectronicaCompra):
        return comprobante.receptor.identificacion if comprobante.receptor is not None else None
    return comprobante.emisor.identificacion if comprobante.emisor is not None else None


def check(
    document: Document, comprobante: Comprobante, now: datetime
) -> tuple[list[Fila], list[Fila]]:
    """What is wrong with a comprobante alone, and what is merely odd."""
    rows = _clave(document, comprobante)
    rows += _fecha(comprobante.fecha_emision, now)
    rows += _impuestos(comprobante)
    if comprobante.version != "4.4":
        return rows, []
    rows += [_row(codes.SUMAS, message) for message in sums.problems(comprobante)]
    errors, warnings = _rules(comprobante, now)
    errors += [p for p in montos.differences(comprobante) if p.is_error]
    return rows + rows_of(errors), rows_of(warnings)


def _rules(document: Documento, now: datetime) -> tuple[list[Problem], list[Problem]]:
    """The library's own rules, as a second opinion: what is wrong, what is odd."""
    found = reglas.check(document, today=dia(now))
    return [p for p in found if p.is_error], [p for p in found if not p.is_error]


def rows_of(found: Iterable[Problem]) -> list[Fila]:
    """Problems as rows, each once; they say where by their path."""
    texts = (f"{p.path}: {p.message}" if p.path else p.message for p in found)
    return [_row(codes.REGLA, text) for text in dict.fromkeys(texts)]


def check_mensaje(
    document: Document, mensaje: MensajeReceptor, now: datetime
) -> tuple[list[Fila], list[Fila]]:
    """What is wrong with a receiver's message alone, and what is merely odd."""
    rows = _fecha(mensaje.fecha_emision_doc, now)
    consecutivo = mensaje.numero_consecutivo_receptor or ""
    if f"{mensaje.clave}-{consecutivo}" != document.identity:
        rows.append(_row(codes.SOBRE, "La clave y el consecutivo no son los del envío."))
    if consecutivo[8:10] != CODIGO_BY_MENSAJE.get(mensaje.mensaje or ""):
        rows.append(
            _row(codes.CONSECUTIVO, "El tipo del consecutivo no corresponde al mensaje enviado.")
        )
    if mensaje.mensaje in ("2", "3") and not mensaje.detalle_mensaje:
        rows.append(_row(codes.MENSAJE, "Falta el detalle de la aceptación parcial o el rechazo."))
    if not _is_number(mensaje.numero_cedula_emisor, document.emisor):
        rows.append(_row(codes.SOBRE, "La cédula del emisor no es la del envío."))
    if not _is_number(mensaje.numero_cedula_receptor, document.receptor):
        rows.append(_row(codes.SOBRE, "La cédula del receptor no es la del envío."))
    errors, warnings = _rules(mensaje, now)
    return rows + rows_of(errors), rows_of(warnings)


def _clave(document: Document, comprobante: Comprobante) -> list[Fila]:
    rows: list[Fila] = []
    if comprobante.clave != document.clave or document.identity != document.clave:
        rows.append(_row(codes.SOBRE, "La clave del comprobante no es la del envío."))
    try:
        clave = claves.parse(comprobante.clave or "")
    except InvalidError as error:
        return [*rows, _row(codes.CLAVE, f"La clave no es válida: {error.message}")]
    who = issuer(comprobante)
    if who is None or who.numero is None or _padded(who.numero) != clave.identificacion:
        rows.append(_row(codes.CLAVE, "La identificación de la clave no es la del emisor."))
    elif not _is_number(who.numero, document.emisor) or who.tipo != document.emisor[:2]:
        rows.append(_row(codes.SOBRE, "El emisor del comprobante no es el del envío."))
    if comprobante.fecha_emision is None or dia(comprobante.fecha_emision) != clave.dia:
        rows.append(_row(codes.CLAVE, "La fecha de la clave no es la de emisión."))
    if comprobante.numero_consecutivo != str(clave.consecutivo):
        rows.append(_row(codes.CLAVE, "El consecutivo de la clave no es el del comprobante."))
    if clave.consecutivo.tipo != comprobante.codigo:
        rows.append(_row(codes.CONSECUTIVO, "El tipo del consecutivo no es el del comprobante."))
    return rows


def _fecha(fecha: datetime | None, now: datetime) -> list[Fila]:
    if fecha is not None and fecha > now + CLOCK_TOLERANCE:
        return [_row(codes.FECHA, "La fecha de emisión es posterior a la fecha actual.")]
    return []


def _impuestos(comprobante: Comprobante) -> list[Fila]:
    rows = []
    used: set[tuple[str, str | None]] = set()
    for number, line in enumerate(comprobante.detalle_servicio, 1):
        for tax in line.impuesto:
            known = TARIFA_IVA.get(tax.codigo_tarifa_iva or "")
            tarifa = known.tarifa if known is not None else None
            if tarifa is not None and tax.tarifa is not None and tax.tarifa != tarifa:
                rows.append(
                    _row(codes.TARIFA, f"Línea {number}: la tarifa no corresponde a su código.")
                )
            if tax.codigo is not None and tax.monto:
                used.add((tax.codigo, tax.codigo_tarifa_iva))
    summary = comprobante.resumen_factura
    if used and summary is not None and not summary.total_desglose_impuesto:
        rows.append(_row(codes.DESGLOSE, "Falta el desglose de los impuestos."))
    return rows


def _is_number(numero: str | None, padded: str) -> bool:
    """Whether this is the number of a party of the envelope (type and padded number)."""
    return bool(numero) and _padded(numero or "") == padded[2:]


def _padded(numero: str) -> str:
    try:
        return identificacion.padded(numero)
    except InvalidError:
        return ""


def _row(codigo: str, mensaje: str) -> Fila:
    return Fila(codigo, mensaje, 0, 0)
