"""The receiver's confirmation and Hacienda's answer (annex §11; notes 11 and 18)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hacienda import clave as claves
from hacienda import identificacion
from hacienda.catalogos.mensaje import CODIGO_POR_MENSAJE
from hacienda.comprobante import MensajeHacienda, MensajeReceptor, dia
from hacienda.errors import InvalidError
from hacienda.reglas.encabezado import is_future
from hacienda.reglas.findings import Findings

SHORTEST_DETAIL = 5
PROPORCIONALIDAD = "05"
_CONFIRMATIONS = frozenset(CODIGO_POR_MENSAJE.values())


def check(documento: MensajeReceptor | MensajeHacienda, found: Findings, limit: date) -> None:
    clave = None
    if documento.clave is not None:
        try:
            clave = claves.parse(documento.clave)
        except InvalidError as problem:
            found.error("clave-mal-formada", "Clave", problem.message)
    if isinstance(documento, MensajeHacienda):
        _answer(documento, found)
        return
    when = documento.fecha_emision_doc
    if when is not None and is_future(when, limit):
        found.error("fecha-futura", "FechaEmisionDoc", "La fecha del mensaje todavía no llega.")
    if clave is not None:
        _original(documento, clave, found)
    _consecutivo(documento, found)
    if documento.version == "4.4":
        _detail(documento, found)
        _amounts(documento, found)


def _answer(documento: MensajeHacienda, found: Findings) -> None:
    state = (documento.estado_mensaje or "").strip().casefold()
    expected = {"1": "aceptado", "3": "rechazado"}.get(documento.mensaje or "")
    if expected and state and state != expected:
        found.warning(
            "estado-no-coincide",
            "EstadoMensaje",
            f"El mensaje es {documento.mensaje} y el estado dice «{documento.estado_mensaje}».",
        )


def _original(documento: MensajeReceptor, clave: claves.Clave, found: Findings) -> None:
    """What the clave of the document confirmed tells about it."""
    if clave.tipo in _CONFIRMATIONS:
        found.error(
            "confirmacion-de-confirmacion", "Clave", "La clave no es de un comprobante de venta."
        )
    elif clave.tipo == "04":
        found.warning(
            "confirmacion-de-tiquete",
            "Clave",
            "Un tiquete es de consumidor final: confirmarlo no da crédito.",
        )
    # in a factura de compra the clave has the buyer's id
    if clave.tipo != "08" and documento.numero_cedula_emisor is not None:
        try:
            same = identificacion.padded(documento.numero_cedula_emisor) == clave.identificacion
        except InvalidError:
            same = False
        if not same:
            found.error(
                "emisor-no-es-el-de-la-clave",
                "NumeroCedulaEmisor",
                "La cédula del emisor no es la que lleva la clave.",
            )
    when = documento.fecha_emision_doc
    if when is not None and dia(when) < clave.dia:
        found.warning(
            "mensaje-anterior-al-comprobante",
            "FechaEmisionDoc",
            f"El mensaje es anterior al comprobante, que es del {clave.dia:%d/%m/%Y}.",
            "FechaEmisionDoc es la fecha de esta confirmación.",
        )


def _consecutivo(documento: MensajeReceptor, found: Findings) -> None:
    number = documento.numero_consecutivo_receptor
    if number is None:
        return
    try:
        tipo = claves.Consecutivo.parse(number).tipo
    except InvalidError as problem:
        found.error("consecutivo-mal-formado", "NumeroConsecutivoReceptor", problem.message)
        return
    expected = CODIGO_POR_MENSAJE.get(documento.mensaje or "")
    if expected is not None and tipo != expected:
        found.error(
            "consecutivo-de-otro-tipo",
            "NumeroConsecutivoReceptor",
            f"El mensaje {documento.mensaje} usa la serie de tipo {expected}, no {tipo}.",
        )


def _detail(documento: MensajeReceptor, found: Findings) -> None:
    text = documento.detalle_mensaje
    if documento.mensaje in ("2", "3") and not text:
        found.error(
            "falta-detalle",
            "DetalleMensaje",
            "Al aceptar en parte o rechazar hay que decir por qué.",
        )
    elif text and len(text) < SHORTEST_DETAIL:
        found.warning("detalle-corto", "DetalleMensaje", "El detalle debería tener 5 letras o más.")


def _amounts(documento: MensajeReceptor, found: Findings) -> None:
    tax = documento.monto_total_impuesto
    credit = documento.monto_total_impuesto_acreditar
    total = documento.total_factura
    if credit is not None and credit > (tax or Decimal(0)):
        found.error(
            "credito-mayor-que-impuesto",
            "MontoTotalImpuestoAcreditar",
            "El impuesto por acreditar es mayor que el del documento.",
        )
    if total is not None and tax is not None and tax > total:
        found.warning(
            "impuesto-mayor-que-total",
            "MontoTotalImpuesto",
            "El impuesto es mayor que el total del documento.",
        )
    expense = documento.monto_total_de_gasto_aplicable
    if total is not None and expense is not None and expense > total:
        found.warning(
            "gasto-mayor-que-total",
            "MontoTotalDeGastoAplicable",
            "El gasto aplicable es mayor que el total del documento.",
        )
    if documento.condicion_impuesto == PROPORCIONALIDAD and documento.codigo_actividad:
        found.warning(
            "sobra-actividad", "CodigoActividad", "Con la condición 05 no se indica la actividad."
        )
    if documento.mensaje != "3" and tax and documento.condicion_impuesto is None:
        found.warning(
            "falta-condicion-impuesto",
            "CondicionImpuesto",
            "El documento tiene impuesto y falta decir qué se hace con él.",
        )
