"""The receiver's confirmation and Hacienda's answer (annex §11; notes 11 and 18)."""

from __future__ import annotations

from datetime import date

from hacienda import clave as claves
from hacienda import identificacion
from hacienda.comprobante import MensajeHacienda, MensajeReceptor, dia
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

TIPO_POR_MENSAJE = {"1": "05", "2": "06", "3": "07"}
"""Type code inside the receiver's consecutivo by what the message says."""


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
    if clave is not None and clave.tipo != "08" and documento.numero_cedula_emisor:
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
    if documento.fecha_emision_doc is not None and dia(documento.fecha_emision_doc) > limit:
        found.error("fecha-futura", "FechaEmisionDoc", "La fecha del mensaje todavía no llega.")
    _consecutivo(documento, found)
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


def _consecutivo(documento: MensajeReceptor, found: Findings) -> None:
    number = documento.numero_consecutivo_receptor
    if number is None:
        return
    try:
        tipo = claves.Consecutivo.parse(number).tipo
    except InvalidError as problem:
        found.error("consecutivo-mal-formado", "NumeroConsecutivoReceptor", problem.message)
        return
    expected = TIPO_POR_MENSAJE.get(documento.mensaje or "")
    if expected is not None and tipo != expected:
        found.error(
            "consecutivo-de-otro-tipo",
            "NumeroConsecutivoReceptor",
            f"El mensaje {documento.mensaje} usa la serie de tipo {expected}, no {tipo}.",
        )


def _amounts(documento: MensajeReceptor, found: Findings) -> None:
    if documento.mensaje in ("2", "3") and not documento.detalle_mensaje:
        found.error(
            "falta-detalle",
            "DetalleMensaje",
            "Al aceptar en parte o rechazar hay que decir por qué.",
        )
    tax = documento.monto_total_impuesto
    credit = documento.monto_total_impuesto_acreditar
    if credit is not None and credit > (tax or 0):
        found.error(
            "credito-mayor-que-impuesto",
            "MontoTotalImpuestoAcreditar",
            "El impuesto por acreditar es mayor que el del documento.",
        )
    if tax is not None and documento.total_factura is not None and tax > documento.total_factura:
        found.error(
            "impuesto-mayor-que-total",
            "MontoTotalImpuesto",
            "El impuesto es mayor que el total del documento.",
        )
    if documento.condicion_impuesto == "05" and documento.codigo_actividad:
        found.warning(
            "sobra-actividad",
            "CodigoActividad",
            "Con la condición 05 no se indica la actividad.",
        )
    if documento.mensaje != "3" and tax and documento.condicion_impuesto is None:
        found.warning(
            "falta-condicion-impuesto",
            "CondicionImpuesto",
            "El documento tiene impuesto y falta decir qué se hace con él.",
        )
