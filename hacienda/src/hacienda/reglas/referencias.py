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
from hacienda.reglas.encabezado import padded
from hacienda.reglas.findings import Findings

OLDEST_YEARS = 10
REVISION_2026 = date(2026, 4, 22)
"""The codes of the revision did not exist before this day."""
_STRICT = frozenset({"09", "16"})  # documents that the annex refuses elsewhere in so many words
# Where the clave of the original tells its type, the reference should name the same.
_SAME_TYPE = {
    "01": "01",
    "02": "02",
    "03": "03",
    "04": "04",
    "12": "09",
    "15": "08",
    "19": "09",
    "20": "10",
}


def check(documento: Comprobante, found: Findings, limit: date) -> None:
    references = documento.informacion_referencia
    seen: set[tuple[str | None, str | None, str | None]] = set()
    for index, one in enumerate(references, 1):
        path = f"InformacionReferencia[{index}]"
        _reference(documento, one, path, found, limit)
        key = (one.tipo_doc_ir, one.numero, one.codigo)
        if key in seen and one.numero:
            found.warning("referencia-repetida", path, "La referencia está repetida.")
        seen.add(key)
    emisor = documento.emisor
    tipo = emisor.identificacion.tipo if emisor and emisor.identificacion else None
    if documento.tipo == "FEC" and tipo == "05":
        kinds = {one.tipo_doc_ir for one in references}
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
    issued = dia(documento.fecha_emision) if documento.fecha_emision is not None else limit
    _kind(documento, one, path, found)
    _reason(documento, one, path, found)
    if issued < REVISION_2026:
        _too_early(one, path, found)
    if kind != SOLO_FECHA:
        for name, value in (("Numero", one.numero), ("Codigo", one.codigo), ("Razon", one.razon)):
            if not value:
                found.error(
                    "referencia-incompleta", f"{path}/{name}", f"A la referencia le falta {name}."
                )
    if one.razon and len(one.razon) < 3:
        found.warning("razon-corta", f"{path}/Razon", "La razón debería tener 3 letras o más.")
    if one.fecha_emision_ir is not None:
        _date(dia(one.fecha_emision_ir), issued, path, found)
    if one.numero and kind in CON_CLAVE:
        _original(documento, one, one.numero, path, found)


def _kind(documento: Comprobante, one: InformacionReferencia, path: str, found: Findings) -> None:
    kind = one.tipo_doc_ir
    if kind == "99":
        if not one.tipo_doc_ref_otro:
            found.error(
                "falta-documento-otro",
                f"{path}/TipoDocRefOTRO",
                "El documento de referencia es 99 y falta describirlo.",
            )
    elif one.tipo_doc_ref_otro and kind:
        found.spare(f"{path}/", "TipoDocRefOTRO", kind)
    known = TIPO_DOCUMENTO_REFERENCIA.get(kind or "")
    if known is not None and not known.allowed_in(documento.tipo):
        report = found.error if kind in _STRICT else found.warning
        report(
            "referencia-de-otro-tipo",
            f"{path}/TipoDocIR",
            f"El documento de referencia {kind} ({known.nombre}) no se usa en este comprobante.",
        )


def _reason(documento: Comprobante, one: InformacionReferencia, path: str, found: Findings) -> None:
    code = one.codigo
    if code == "99":
        if not one.codigo_referencia_otro:
            found.error(
                "falta-razon-otra",
                f"{path}/CodigoReferenciaOTRO",
                "La razón de la referencia es 99 y falta describirla.",
            )
    elif one.codigo_referencia_otro and code:
        found.spare(f"{path}/", "CodigoReferenciaOTRO", code)
    known = CODIGO_REFERENCIA.get(code or "")
    if known is not None and not known.allowed_in(documento.tipo):
        found.warning(
            "razon-de-otro-tipo",
            f"{path}/Codigo",
            f"La razón {code} ({known.nombre}) no se usa en este comprobante.",
        )


def _too_early(one: InformacionReferencia, path: str, found: Findings) -> None:
    for name, known in (
        ("TipoDocIR", TIPO_DOCUMENTO_REFERENCIA.get(one.tipo_doc_ir or "")),
        ("Codigo", CODIGO_REFERENCIA.get(one.codigo or "")),
    ):
        if known is not None and known.desde == "2026":
            found.warning(
                "codigo-de-2026",
                f"{path}/{name}",
                f"El código {known.codigo} todavía no existía en la fecha de emisión.",
            )


def _date(when: date, issued: date, path: str, found: Findings) -> None:
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
        return
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
    issuer = padded(documento.emisor)
    if (
        documento.tipo in ("NC", "ND", "REP")
        and clave.tipo != "08"
        and issuer not in (None, clave.identificacion)
    ):
        found.warning(
            "referencia-de-otro-emisor",
            f"{path}/Numero",
            "El documento original no lo emitió quien emite este comprobante.",
        )
