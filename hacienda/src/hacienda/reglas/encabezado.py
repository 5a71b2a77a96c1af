"""Clave, consecutivo, date, activity and condition of sale (annex, notes 3 and 5)."""

from __future__ import annotations

import re
from datetime import date

from hacienda import clave as claves
from hacienda import identificacion
from hacienda.catalogos.condicion_venta import CON_PLAZO, CONDICION_VENTA
from hacienda.comprobante import Comprobante, dia
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

_ACTIVIDAD = re.compile(r"[0-9]{4}\.[0-9]|[0-9]{6}", re.ASCII)
FIN_DE_4_3 = date(2025, 9, 1)
"""Version 4.4 is compulsory from this day; 4.3 only remains for notes on older documents."""


def check(documento: Comprobante, found: Findings, limit: date) -> None:
    _clave(documento, found)
    _fecha(documento, found, limit)
    if documento.version != "4.4":
        return
    _actividad(documento, found)
    _condicion(documento, found)


def _clave(documento: Comprobante, found: Findings) -> None:
    number = documento.numero_consecutivo
    if number is not None:
        try:
            tipo = claves.Consecutivo.parse(number).tipo
        except InvalidError as problem:
            found.error("consecutivo-mal-formado", "NumeroConsecutivo", problem.message)
        else:
            if tipo != documento.codigo:
                found.error(
                    "consecutivo-de-otro-tipo",
                    "NumeroConsecutivo",
                    f"El consecutivo es de tipo {tipo} y el comprobante de tipo {documento.codigo}.",
                    "Use la serie del tipo de comprobante que emite.",
                )
    if documento.clave is None:
        return
    try:
        clave = claves.parse(documento.clave)
    except InvalidError as problem:
        found.error("clave-mal-formada", "Clave", problem.message)
        return
    if number is not None and str(clave.consecutivo) != number:
        found.error(
            "clave-otro-consecutivo",
            "Clave",
            "El consecutivo dentro de la clave no es el del comprobante.",
            "Arme la clave con el mismo NumeroConsecutivo.",
        )
    when = documento.fecha_emision
    if when is not None and clave.dia != dia(when):
        found.error(
            "clave-otra-fecha",
            "Clave",
            f"La clave dice {clave.dia:%d/%m/%Y} y la fecha de emisión es {dia(when):%d/%m/%Y}.",
            "Arme la clave con el día de FechaEmision en Costa Rica.",
        )
    _clave_owner(documento, clave, found)


def _clave_owner(documento: Comprobante, clave: claves.Clave, found: Findings) -> None:
    """The id inside the clave is that of who issues: in a factura de compra, the buyer."""

    def padded(party: object) -> str | None:
        number = getattr(getattr(party, "identificacion", None), "numero", None)
        try:
            return identificacion.padded(number) if number else None
        except InvalidError:
            return None

    emisor, receptor = padded(documento.emisor), padded(documento.receptor)
    issuer, other = (receptor, emisor) if documento.tipo == "FEC" else (emisor, receptor)
    if issuer is None or clave.identificacion == issuer:
        return
    message = "La identificación dentro de la clave no es la de quien emite."
    if documento.tipo == "FEC" and clave.identificacion == other:
        found.warning(
            "clave-de-otro-emisor",
            "Clave",
            "La clave de una factura de compra suele llevar la identificación de quien compra.",
        )
    else:
        found.error("clave-de-otro-emisor", "Clave", message, "Arme la clave de nuevo.")


def _fecha(documento: Comprobante, found: Findings, limit: date) -> None:
    when = documento.fecha_emision
    if when is None:
        return
    if dia(when) > limit:
        found.error(
            "fecha-futura",
            "FechaEmision",
            f"La fecha de emisión {dia(when):%d/%m/%Y} todavía no llega.",
            "Revise el reloj y la zona horaria: la hora es la de Costa Rica.",
        )
    if (
        documento.version == "4.3"
        and documento.tipo not in ("NC", "ND")
        and dia(when) >= FIN_DE_4_3
    ):
        found.warning(
            "version-anterior",
            "FechaEmision",
            "La versión 4.3 ya no se puede usar para emitir este comprobante.",
        )


def _actividad(documento: Comprobante, found: Findings) -> None:
    for name, code in (
        ("CodigoActividadEmisor", documento.codigo_actividad_emisor),
        ("CodigoActividadReceptor", documento.codigo_actividad_receptor),
    ):
        if code and len(code) == 6 and not _ACTIVIDAD.fullmatch(code):
            found.warning(
                "actividad-con-otra-forma",
                name,
                f"«{code}» no tiene la forma de un código de actividad, como 6201.0.",
                "Use exactamente el código que da la consulta de Hacienda.",
            )


def _condicion(documento: Comprobante, found: Findings) -> None:
    code = documento.condicion_venta
    if code is None:
        return
    known = CONDICION_VENTA.get(code)
    if known is not None and not known.allowed_in(documento.tipo):
        found.warning(
            "condicion-de-otro-tipo",
            "CondicionVenta",
            f"La condición {code} ({known.nombre}) no se usa en este tipo de comprobante.",
        )
    if code == "99" and not documento.condicion_venta_otros:
        found.error(
            "falta-condicion-otros",
            "CondicionVentaOtros",
            "La condición de venta es 99 y falta describirla.",
        )
    elif code != "99" and documento.condicion_venta_otros:
        found.warning(
            "sobra-condicion-otros",
            "CondicionVentaOtros",
            "La descripción de la condición de venta solo va con el código 99.",
        )
    plazo = documento.plazo_credito
    if code in CON_PLAZO:
        if plazo is None or (isinstance(plazo, int) and plazo <= 0):
            found.error(
                "falta-plazo-credito",
                "PlazoCredito",
                "La venta es a crédito y falta el plazo en días, mayor que cero.",
            )
    elif plazo not in (None, 0):
        found.warning(
            "sobra-plazo-credito", "PlazoCredito", "El plazo solo va en ventas a crédito."
        )
