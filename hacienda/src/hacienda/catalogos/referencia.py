"""References to other documents: why (note 9) and to what (note 10).

The revision compulsory since 2026-11-01 brought the codes 13 to 17 and the documents 19 and 20.
"""

from __future__ import annotations

from hacienda.catalogos import Catalogo, Codigo

_NOTES = ("NC", "ND")
_NOT_REP = ("FE", "ND", "NC", "TE", "FEC", "FEE")

CODIGO_REFERENCIA = Catalogo(
    "Razón de la referencia",
    "9",
    Codigo("01", "Anula documento de referencia"),
    Codigo("02", "Corrige monto"),
    Codigo("04", "Referencia a otro documento"),
    Codigo("05", "Sustituye comprobante provisional por contingencia"),
    Codigo("06", "Devolución de mercancía"),
    Codigo("07", "Sustituye comprobante electrónico"),
    Codigo("08", "Factura endosada"),
    Codigo("09", "Nota de crédito financiera"),
    Codigo("10", "Nota de débito financiera"),
    Codigo("11", "Proveedor no domiciliado"),
    Codigo("12", "Crédito por exoneración posterior a la facturación", ("NC",)),
    Codigo("13", "Anula documento de referencia por error material", _NOT_REP, "2026"),
    Codigo("14", "Corrige monto por error material", _NOT_REP, "2026"),
    Codigo("15", "Sustituye comprobante electrónico por error material", desde="2026"),
    Codigo("16", "Sustituye comprobante electrónico rechazado", desde="2026"),
    Codigo("17", "Pago a comprobante electrónico", ("REP",), "2026"),
    Codigo("99", "Otros"),
)

TIPO_DOCUMENTO_REFERENCIA = Catalogo(
    "Documento de referencia",
    "10",
    Codigo("01", "Factura electrónica"),
    Codigo("02", "Nota de débito electrónica"),
    Codigo("03", "Nota de crédito electrónica"),
    Codigo("04", "Tiquete electrónico"),
    Codigo("05", "Nota de despacho", _NOT_REP),
    Codigo("06", "Contrato", _NOT_REP),
    Codigo("07", "Procedimiento"),
    Codigo("08", "Comprobante emitido en contingencia"),
    Codigo("09", "Devolución de mercadería", _NOTES),
    Codigo("10", "Comprobante rechazado por el Ministerio de Hacienda"),
    Codigo("11", "Sustituye factura rechazada por el receptor", _NOT_REP),
    Codigo("12", "Sustituye factura de exportación", _NOT_REP),
    Codigo("13", "Facturación de mes vencido", _NOT_REP),
    Codigo("14", "Comprobante aportado por contribuyente de régimen especial", _NOT_REP),
    Codigo("15", "Sustituye una factura electrónica de compra", _NOT_REP),
    Codigo("16", "Comprobante de proveedor no domiciliado", ("FEC",)),
    Codigo("17", "Nota de crédito a factura electrónica de compra", _NOT_REP),
    Codigo("18", "Nota de débito a factura electrónica de compra", _NOT_REP),
    Codigo("19", "Factura electrónica de exportación", desde="2026"),
    Codigo("20", "Recibo electrónico de pago", desde="2026"),
    Codigo("99", "Otros", _NOT_REP),
)

CON_CLAVE = frozenset({"01", "02", "03", "04", "09", "11", "12", "15"})
"""Documents whose Numero must be a valid clave."""

SOLO_FECHA = "13"
"""The document that needs neither Numero, Codigo nor Razon."""
