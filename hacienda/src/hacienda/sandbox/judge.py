"""What the sandbox thinks of a document: three levels, of which the first that fails rejects it.

structure   well-formed, elements and facets, the schema, the signature, whose key it is
fields      clave against content and envelope, dates, tariffs, sums, conditional fields
registers   numbers used before, CAByS, activities, the originals referred to
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from hacienda.comprobante import Comprobante, Identificacion, MensajeReceptor
from hacienda.errors import XMLError
from hacienda.firma import verify
from hacienda.respuesta import Fila
from hacienda.sandbox import codes, content, structure
from hacienda.sandbox.answer import Verdict
from hacienda.sandbox.references import References
from hacienda.sandbox.store import Document
from hacienda.xml.reader import read

NINE_ZEROS = "000000000"


class Judge:
    """`xsd_dir` names a folder with Hacienda's schemas, where the operator has them."""

    def __init__(self, references: References, xsd_dir: str | None = None) -> None:
        self._references = references
        self._xsd_dir = xsd_dir

    def judge(self, document: Document, now: datetime) -> Verdict:
        """The verdict; what an accepted document teaches is kept in the store."""
        rows = structure.problems(document.xml, self._xsd_dir)
        try:
            value = read(document.xml)
        except XMLError as error:
            rows = rows or [Fila(codes.ESTRUCTURA, error.message, 0, 0)]
            return Verdict(clave=document.clave, accepted=False, rows=rows)
        rows = rows or signature_problems(document.xml, now)
        if isinstance(value, Comprobante):
            return self._comprobante(document, value, rows, now)
        if isinstance(value, MensajeReceptor):
            return self._mensaje(document, value, rows, now)
        return Verdict(clave=document.clave, accepted=False, rows=rows)

    def _comprobante(
        self, document: Document, value: Comprobante, rows: Sequence[Fila], now: datetime
    ) -> Verdict:
        warnings: list[Fila] = []
        if not rows:
            rows, warnings = content.check(document, value, now)
        if not rows:
            found = self._references.check(document, value)
            rows, warnings = found.errors, warnings + found.warnings
        if not rows:
            self._references.remember(document, value)
        self._references.spend(document, value.numero_consecutivo)
        return _verdict(document, value, rows, warnings)

    def _mensaje(
        self, document: Document, value: MensajeReceptor, rows: Sequence[Fila], now: datetime
    ) -> Verdict:
        warnings: list[Fila] = []
        if not rows:
            rows, warnings = content.check_mensaje(document, value, now)
        if not rows:
            found = self._references.check_mensaje(document, value)
            rows, warnings = found.errors, warnings + found.warnings
        self._references.spend(document, value.numero_consecutivo_receptor)
        return Verdict(
            clave=document.clave,
            accepted=not rows,
            rows=rows or warnings,
            nombre_emisor="",
            tipo_emisor=document.emisor[:2],
            numero_emisor=value.numero_cedula_emisor or NINE_ZEROS,
            tipo_receptor=document.receptor[:2] or None,
            numero_receptor=value.numero_cedula_receptor,
            impuesto=value.monto_total_impuesto,
            total=value.total_factura or Decimal(0),
        )


def signature_problems(xml: bytes, now: datetime) -> list[Fila]:
    """Whether the signature holds, is the issuer's own, and was made with a key in force."""
    try:
        verification = verify(xml)
    except XMLError as error:
        return [Fila(codes.FIRMA, error.message, 0, 0)]
    if not verification.integrity:
        why = "; ".join(p.message for p in verification.problems if p.is_error)
        return [Fila(codes.FIRMA, f"La firma del comprobante no es válida. {why}".strip(), 0, 0)]
    rows = []
    if verification.signer_is_issuer is False:
        rows.append(
            Fila(
                codes.LLAVE,
                f"La llave con que se firmó ({verification.signer}) no es del emisor.",
                0,
                0,
            )
        )
    before, after = verification.not_before, verification.not_after
    if (before is not None and now < before) or (after is not None and now > after):
        rows.append(Fila(codes.LLAVE, "La llave con que se firmó no está vigente.", 0, 0))
    return rows


def _verdict(
    document: Document, value: Comprobante, rows: Sequence[Fila], warnings: Sequence[Fila]
) -> Verdict:
    emisor = value.emisor.identificacion if value.emisor is not None else None
    receptor = value.receptor.identificacion if value.receptor is not None else None
    summary = value.resumen_factura
    total = summary.total_comprobante if summary is not None else None
    return Verdict(
        clave=document.clave,
        accepted=not rows,
        rows=rows or warnings,
        nombre_emisor=(value.emisor.nombre if value.emisor is not None else None) or "",
        tipo_emisor=_tipo(emisor) or "01",
        numero_emisor=(emisor.numero if emisor is not None else None) or NINE_ZEROS,
        nombre_receptor=value.receptor.nombre if value.receptor is not None else None,
        tipo_receptor=_tipo(receptor),
        numero_receptor=receptor.numero if receptor is not None else None,
        impuesto=summary.total_impuesto if summary is not None else None,
        total=max(total or Decimal(0), Decimal(0)),
    )


def _tipo(identificacion: Identificacion | None) -> str | None:
    """The type, if it is one that an answer may carry."""
    tipo = identificacion.tipo if identificacion is not None else None
    return tipo if tipo in ("01", "02", "03", "04", "05", "06") else None
