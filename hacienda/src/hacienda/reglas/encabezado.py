"""Clave, consecutivo, date, activity and condition of sale (annex, notes 3 and 5)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from hacienda import clave as claves
from hacienda import identificacion
from hacienda.catalogos.condicion_venta import CON_PLAZO, CONDICION_VENTA
from hacienda.comprobante import COSTA_RICA, Comprobante, Emisor, Receptor, dia
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

_ACTIVIDAD = re.compile(r"[0-9]{4}\.[0-9]|[0-9]{6}", re.ASCII)
FIN_DE_4_3 = date(2025, 9, 1)
"""Version 4.4 is compulsory from this day; 4.3 only remains for notes on older documents."""
INICIO_DE_4_4 = date(2025, 4, 1)
"""Version 4.4 could be used from this day."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far two clocks may disagree."""


def check(documento: Comprobante, found: Findings, limit: date) -> None:
    _clave(documento, found)
    _fecha(documento, found, limit)
    if documento.version != "4.4":
        return
    provider = documento.proveedor_sistemas
    if provider and provider.strip() and not identificacion.tipos(provider):
        found.warning(
            "proveedor-mal-formado",
            "ProveedorSistemas",
            f"«{provider}» no es un número de identificación.",
            "Ponga la identificación de quien provee el sistema de facturación.",
        )
    _actividad("CodigoActividadEmisor", documento.codigo_actividad_emisor, found)
    _actividad("CodigoActividadReceptor", documento.codigo_actividad_receptor, found)
    _condicion(documento, found)


def _clave(documento: Comprobante, found: Findings) -> None:
    number = documento.numero_consecutivo
    if number is not None:
        _consecutivo(documento, number, found)
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
    if documento.fecha_emision is not None:
        _clave_day(clave, documento.fecha_emision, found)
    _clave_owner(documento, clave, found)
    if (
        clave.situacion == "2"
        and documento.version == "4.4"
        and not any(one.tipo_doc_ir == "08" for one in documento.informacion_referencia)
    ):
        found.warning(
            "contingencia-sin-referencia",
            "InformacionReferencia",
            "La clave dice contingencia y falta la referencia al comprobante provisional.",
            "Agregue una referencia de tipo 08 con el código 05, su número y su fecha.",
        )


def _consecutivo(documento: Comprobante, number: str, found: Findings) -> None:
    try:
        parts = claves.Consecutivo.parse(number)
    except InvalidError as problem:
        found.error("consecutivo-mal-formado", "NumeroConsecutivo", problem.message)
        return
    if parts.tipo != documento.codigo:
        found.error(
            "consecutivo-de-otro-tipo",
            "NumeroConsecutivo",
            f"El consecutivo es de tipo {parts.tipo} y el comprobante de tipo {documento.codigo}.",
            "Use la serie del tipo de comprobante que emite.",
        )
    elif not (parts.sucursal and parts.terminal and parts.numero):
        found.warning(
            "consecutivo-en-cero",
            "NumeroConsecutivo",
            "La sucursal, la terminal y el número de una serie empiezan en 1.",
        )


def _clave_day(clave: claves.Clave, when: datetime, found: Findings) -> None:
    """The day of the clave is that of FechaEmision in Costa Rica.

    A system that writes local time with another zone's offset has been taken at its word.
    """
    day = dia(when)
    if clave.dia == day:
        return
    message = f"La clave dice {clave.dia:%d/%m/%Y} y la fecha de emisión es {day:%d/%m/%Y}."
    remedy = "Arme la clave con el día de FechaEmision en Costa Rica."
    if clave.dia == when.date():
        found.warning("clave-otra-fecha", "Clave", message, remedy)
    else:
        found.error("clave-otra-fecha", "Clave", message, remedy)


def padded(party: Emisor | Receptor | None) -> str | None:
    """The twelve characters of a party's id in a clave, None where it has none that fits."""
    if party is None or party.identificacion is None or not party.identificacion.numero:
        return None
    try:
        return identificacion.padded(party.identificacion.numero)
    except InvalidError:
        return None


def _clave_owner(documento: Comprobante, clave: claves.Clave, found: Findings) -> None:
    """The id inside the clave is that of who issues: in a factura de compra, the buyer."""
    emisor, receptor = padded(documento.emisor), padded(documento.receptor)
    issuer, other = (receptor, emisor) if documento.tipo == "FEC" else (emisor, receptor)
    if issuer is None or clave.identificacion == issuer:
        return
    if documento.tipo == "FEC" and clave.identificacion == other:
        found.warning(
            "clave-de-otro-emisor",
            "Clave",
            "La clave de una factura de compra suele llevar la identificación de quien compra.",
        )
    else:
        found.error(
            "clave-de-otro-emisor",
            "Clave",
            "La identificación dentro de la clave no es la de quien emite.",
            "Arme la clave de nuevo.",
        )


def is_future(when: datetime, limit: date) -> bool:
    """Whether an instant is later than a day, or than an instant that a clock may have wrong."""
    if not isinstance(limit, datetime) or limit.tzinfo is None:
        return dia(when) > dia(limit)
    aware = when if when.tzinfo is not None else when.replace(tzinfo=COSTA_RICA)
    return aware > limit + CLOCK_TOLERANCE


def _fecha(documento: Comprobante, found: Findings, limit: date) -> None:
    when = documento.fecha_emision
    if when is None:
        return
    day = dia(when)
    if is_future(when, limit):
        found.error(
            "fecha-futura",
            "FechaEmision",
            f"La fecha de emisión {day:%d/%m/%Y} {when:%H:%M} todavía no llega.",
            "Revise el reloj y la zona horaria: la hora es la de Costa Rica.",
        )
    if documento.version == "4.3":
        if documento.tipo not in ("NC", "ND") and day >= FIN_DE_4_3:
            found.warning(
                "version-anterior",
                "FechaEmision",
                "La versión 4.3 ya no se puede usar para emitir este comprobante.",
            )
    elif day < INICIO_DE_4_4:
        found.warning(
            "version-adelantada",
            "FechaEmision",
            "La versión 4.4 no se usaba todavía en la fecha de emisión.",
        )


def _actividad(name: str, code: str | None, found: Findings) -> None:
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
    if code == "99":
        if not documento.condicion_venta_otros:
            found.error(
                "falta-condicion-otros",
                "CondicionVentaOtros",
                "La condición de venta es 99 y falta describirla.",
            )
    elif documento.condicion_venta_otros:
        found.spare("", "CondicionVentaOtros", code)
    plazo = documento.plazo_credito
    if code in CON_PLAZO:
        if not plazo or (isinstance(plazo, int) and plazo < 0):
            found.error(
                "falta-plazo-credito",
                "PlazoCredito",
                "La venta es a crédito y falta el plazo en días, mayor que cero.",
            )
    elif plazo not in (None, 0):
        found.warning(
            "sobra-plazo-credito", "PlazoCredito", "El plazo solo va en ventas a crédito."
        )
