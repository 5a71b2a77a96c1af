"""The receiver's answer to a purchase: accept (05), accept in part (06), reject (07).

It has no clave of its own: it carries that of the document it confirms, and a consecutivo from the
receiver's own series, one per type. It is signed by the receiver and sent with the receiver's
user, in an envelope that names the parties of the original (`Cliente.send(xml, original=…)`).

Source: Anexos y Estructuras v4.4, MensajeReceptor, and notes 11 and 18.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hacienda.clave import Consecutivo
from hacienda.comprobante import Comprobante, Identificacion, MensajeReceptor
from hacienda.errors import InvalidError

ACEPTADO = "1"
PARCIAL = "2"
RECHAZADO = "3"

# Type code of the consecutivo, digits 9 and 10, by message.
CODIGOS = {ACEPTADO: "05", PARCIAL: "06", RECHAZADO: "07"}

# Condition of the tax (note 18): by a proportion that is settled at the year's end.
PROPORCIONALIDAD = "05"
CONDICIONES = ("01", "02", "03", "04", PROPORCIONALIDAD)

MIN_DETALLE, MAX_DETALLE = 5, 160


def consecutivo(mensaje: str, numero: int, *, sucursal: int = 1, terminal: int = 1) -> str:
    """The number of a message in the receiver's series of its type.

    >>> consecutivo("2", 7)
    '00100001060000000007'

    Raises `InvalidError`.
    """
    return Consecutivo.build(sucursal, terminal, _codigo(mensaje), numero)


def build(
    original: Comprobante,
    mensaje: str,
    consecutivo: str,
    when: datetime,
    *,
    detalle: str | None = None,
    codigo_actividad: str | None = None,
    condicion_impuesto: str | None = None,
    impuesto_acreditar: Decimal | None = None,
    gasto_aplicable: Decimal | None = None,
    receptor: Identificacion | None = None,
) -> MensajeReceptor:
    """The message about a document that Hacienda accepted.

    `mensaje` is "1", "2" or "3" and must agree with the type in `consecutivo`; `when` is the
    instant of this confirmation; `detalle` of 5 to 160 characters is required with "2" and "3".
    `condicion_impuesto` and the amounts say where the credit goes: a rejection has none of them,
    nor does condition 05 have amounts or `codigo_actividad`. With condition 01 everything is
    credit and with 04 everything expense unless the amounts say otherwise. `receptor` is for
    originals that do not name one. Raises `InvalidError` with what is missing.
    """
    codigo = _codigo(mensaje)
    if Consecutivo.parse(consecutivo).tipo != codigo:
        raise InvalidError(f"El consecutivo de este mensaje debe ser de tipo {codigo}.")
    _check_detalle(mensaje, detalle)
    if condicion_impuesto is not None and condicion_impuesto not in CONDICIONES:
        raise InvalidError(f"La condición del impuesto «{condicion_impuesto}» no existe.")
    summary = original.resumen_factura
    total = summary.total_comprobante if summary is not None else None
    impuesto = summary.total_impuesto if summary is not None else None
    if total is None:
        raise InvalidError("El documento original no trae su total.")
    if mensaje == RECHAZADO:
        condicion_impuesto = codigo_actividad = None
        impuesto_acreditar = gasto_aplicable = None
    elif condicion_impuesto == PROPORCIONALIDAD:
        codigo_actividad = impuesto_acreditar = gasto_aplicable = None
    else:
        impuesto_acreditar, gasto_aplicable = _amounts(
            condicion_impuesto, total, impuesto, impuesto_acreditar, gasto_aplicable
        )
    return MensajeReceptor(
        clave=_needed(original.clave, "la clave"),
        numero_cedula_emisor=_cedula(
            original.emisor.identificacion if original.emisor is not None else None, "del emisor"
        ),
        fecha_emision_doc=when,
        mensaje=mensaje,
        detalle_mensaje=detalle,
        # Required where the document has tax; a zero says nothing and is left out.
        monto_total_impuesto=impuesto if impuesto else None,
        codigo_actividad=codigo_actividad,
        condicion_impuesto=condicion_impuesto,
        monto_total_impuesto_acreditar=impuesto_acreditar,
        monto_total_de_gasto_aplicable=gasto_aplicable,
        total_factura=total,
        numero_cedula_receptor=_cedula(receptor or _receptor(original), "del receptor"),
        numero_consecutivo_receptor=consecutivo,
    )


def _codigo(mensaje: str) -> str:
    if mensaje not in CODIGOS:
        raise InvalidError("El mensaje es 1 (acepta), 2 (acepta en parte) o 3 (rechaza).")
    return CODIGOS[mensaje]


def _check_detalle(mensaje: str, detalle: str | None) -> None:
    if detalle is None:
        if mensaje != ACEPTADO:
            raise InvalidError("Diga por qué acepta en parte o rechaza el documento.")
    elif not MIN_DETALLE <= len(detalle) <= MAX_DETALLE:
        raise InvalidError(f"El detalle lleva entre {MIN_DETALLE} y {MAX_DETALLE} letras.")


def _amounts(
    condicion: str | None,
    total: Decimal,
    impuesto: Decimal | None,
    acreditar: Decimal | None,
    gasto: Decimal | None,
) -> tuple[Decimal | None, Decimal | None]:
    """Credit and expense, filled in where the condition leaves no choice."""
    if condicion == "01" and acreditar is None and impuesto:
        acreditar = impuesto
    if condicion == "04" and gasto is None:
        gasto = total
    if acreditar is not None and not 0 <= acreditar <= (impuesto or Decimal(0)):
        raise InvalidError("El impuesto por acreditar no puede pasar del impuesto del documento.")
    if gasto is not None and not 0 <= gasto <= total:
        raise InvalidError("El gasto aplicable no puede pasar del total del documento.")
    return acreditar, gasto


def _receptor(original: Comprobante) -> Identificacion | None:
    return original.receptor.identificacion if original.receptor is not None else None


def _cedula(who: Identificacion | None, whose: str) -> str:
    numero = who.numero if who is not None else None
    if not numero:
        raise InvalidError(f"El documento original no trae la identificación {whose}.")
    return numero.strip().upper()


def _needed(value: str | None, what: str) -> str:
    if not value:
        raise InvalidError(f"El documento original no trae {what}.")
    return value
