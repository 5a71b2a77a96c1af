"""References to other documents: what each kind needs (annex, notes 9 and 10)."""

from __future__ import annotations

from datetime import date

from hacienda import clave as claves
from hacienda.catalogos.referencia import (
    CODIGO_REFERENCIA,
    CON_CLAVE,
    SOLO_FECHA,
    TIPO_DOCUMENTO_REFERENCIA,
)
from hacienda.comprobante import Comprobante, InformacionReferencia, dia
from hacienda.errors import InvalidError
from hacienda.reglas.findings import Findings

OLDEST_YEARS = 10
_STRICT = {"09": ("NC", "ND"), "16": ("FEC",)}
# Where the clave of the original tells its type, the reference should name the same.
_SAME_TYPE = {"01": "01", "02": "02", "03": "03", "04": "04", "19": "09", "20": "10"}


def check(documento: Comprobante, found: Findings, limit: date) -> None:
    for index, one in enumerate(documento.informacion_referencia, 1):
        _reference(documento, one, f"InformacionReferencia[{index}]", found, limit)
    emisor = documento.emisor
    tipo = emisor.identificacion.tipo if emisor and emisor.identificacion else None
    if documento.tipo == "FEC" and tipo == "05":
        kinds = {one.tipo_doc_ir for one in documento.informacion_referencia}
        if kinds and "16" not in kinds:
            found.error(
                "compra-sin-referencia-16",
                "InformacionReferencia[1]/TipoDocIR",
                "La compra a un proveedor no domiciliado lleva una referencia de tipo 16.",
            )


def _reference(
    documento: Comprobante, one: InformacionReferencia, path: str, found: Findings, limit: date
) -> None:
    kind = one.tipo_doc_ir
    _codes(documento, one, path, found)
    if kind != SOLO_FECHA:
        for name, value in (("Numero", one.numero), ("Codigo", one.codigo), ("Razon", one.razon)):
            if not value:
                found.error(
                    "referencia-incompleta", f"{path}/{name}", f"A la referencia le falta {name}."
                )
    if one.fecha_emision_ir is not None:
        _date(documento, dia(one.fecha_emision_ir), path, found, limit)
    if one.numero and kind in CON_CLAVE:
        _original(documento, one, one.numero, path, found)


def _codes(documento: Comprobante, one: InformacionReferencia, path: str, found: Findings) -> None:
    kind, code = one.tipo_doc_ir, one.codigo
    if kind == "99" and not one.tipo_doc_ref_otro:
        found.error(
            "falta-documento-otro",
            f"{path}/TipoDocRefOTRO",
            "El documento de referencia es 99 y falta describirlo.",
        )
    if code == "99" and not one.codigo_referencia_otro:
        found.error(
            "falta-razon-otra",
            f"{path}/CodigoReferenciaOTRO",
            "La razón de la referencia es 99 y falta describirla.",
        )
    if kind in _STRICT and documento.tipo not in _STRICT[kind]:
        found.error(
            "referencia-de-otro-tipo",
            f"{path}/TipoDocIR",
            f"El documento de referencia {kind} "
            f"({TIPO_DOCUMENTO_REFERENCIA.nombre_de(kind)}) no se usa en este comprobante.",
        )
    known = CODIGO_REFERENCIA.get(code or "")
    if known is not None and not known.allowed_in(documento.tipo):
        found.warning(
            "razon-de-otro-tipo",
            f"{path}/Codigo",
            f"La razón {code} ({known.nombre}) no se usa en este comprobante.",
        )


def _date(
    documento: Comprobante,
    when: date,
    path: str,
    found: Findings,
    limit: date,
) -> None:
    issued = dia(documento.fecha_emision) if documento.fecha_emision is not None else limit
    if (when.year + OLDEST_YEARS, when.month, when.day) < (issued.year, issued.month, issued.day):
        found.error(
            "referencia-muy-antigua",
            f"{path}/FechaEmisionIR",
            "El documento de referencia tiene más de diez años.",
        )
    elif when > issued:
        found.warning(
            "referencia-posterior",
            f"{path}/FechaEmisionIR",
            "El documento de referencia es posterior a este comprobante.",
        )


def _original(
    documento: Comprobante, one: InformacionReferencia, number: str, path: str, found: Findings
) -> None:
    """The reference names a document by its clave."""
    try:
        clave = claves.parse(number)
    except InvalidError:
        found.error(
            "referencia-sin-clave",
            f"{path}/Numero",
            f"«{number[:60]}» no es la clave de un comprobante.",
            "Copie la clave de 50 caracteres del documento original.",
        )
        return
    if documento.clave is not None and str(clave) == documento.clave.upper():
        found.error(
            "referencia-a-si-mismo", f"{path}/Numero", "El comprobante se refiere a sí mismo."
        )
    expected = _SAME_TYPE.get(one.tipo_doc_ir or "")
    if expected is not None and clave.tipo != expected:
        found.warning(
            "referencia-otro-documento",
            f"{path}/TipoDocIR",
            f"La clave es de un documento de tipo {clave.tipo} y la referencia dice "
            f"{one.tipo_doc_ir}.",
        )
    if one.fecha_emision_ir is not None and dia(one.fecha_emision_ir) != clave.dia:
        found.warning(
            "referencia-otra-fecha",
            f"{path}/FechaEmisionIR",
            f"La fecha no es la del documento original, {clave.dia:%d/%m/%Y} según su clave.",
        )
