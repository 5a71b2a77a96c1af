"""The words that say what the value beside or below them is.

Matched on squashed text (no spaces, accents or case), from its beginning.
"""

from __future__ import annotations

import re

AMOUNT = re.compile(
    r"(mont[oaes](?!r)|importe|total(?!es)|valor(?!fecha)|ustedenvio|usted(ha)?transfiri|enviaste|"
    r"transferiste|envio|suma|cantidad|montoapagar|pagaste|transferencia(por|de)|"
    r"(el|un)montode|acreditado|debitado|sinpe(movil)?por|poder?)"
)
NOT_AMOUNT = re.compile(
    r"(saldo|comision|disponible|tipodecambio|tipocambio|tc$|impuesto|iva|cargo|limite|anterior|"
    r"telefono|celular|cedula|identificacion|id$|equivalente|costo|tarifa|acumulado|puntos|"
    r"retencion|montodisponible|montomaximo|montolimite|totaldisponible|montocomision|"
    r"totalcomision|subtotal|vuelto|millas|minimo|maximo)"
)
DAY = re.compile(
    r"(fecha|dia|realizad[oa]el|efectuad[oa]el|aplicad[oa]el|procesad[oa]el|enviad[oa]el)"
)
NOT_DAY = re.compile(
    r"(fechade)?(vence|vencimiento|corte|nacimiento|emisiondetarjeta|expira|valido)"
)
PAYEE_ACCOUNT = re.compile(
    r"(alacuenta|acuenta|cuenta(iban)?(de)?(destino|destinatari|beneficiari|aacreditar|"
    r"acreditada|delbeneficiari|deldestinatari)|iban(de)?(destino|beneficiari|l?destinatari)|"
    r"(producto)?destino|para|cuentadecredito|cuentacredito|credit|acreditar|haciala?cuenta|"
    r"depositadoen|cuentadondeseacredita|recibe|abono|beneficiario)"
)
PAYER_ACCOUNT = re.compile(
    r"(delacuenta|decuenta|cuenta(iban)?(de)?(origen|ordenante|adebitar|debitada|delordenante|"
    r"debito)|iban(de)?origen|(producto)?origen|desde|debit|cuentadedebito|de$|ordenante|pagador|"
    r"cuentacargo|sucuenta|micuenta|envia)"
)
REFERENCE = re.compile(
    r"((num(ero)?|no|nro|n|n[o0]mero|cod(igo)?)?(de)?(la)?"
    r"(referencia|comprobante|documento|transferencia|transaccion|confirmacion|autorizacion|"
    r"operacion|movimiento|control|rastreo|pago)(bancari[oa]|sinpe(movil)?|interna|delbanco|"
    r"unic[oa])*(no|num(ero)?)?|ref(sinpe)?|idde(la)?(transaccion|operacion|transferencia)|"
    r"codigosinpe|referenciasinpe|numerosinpe)"
)
PAYEE = re.compile(
    r"(nombre(del?)?(destin|beneficiari|titulardestino|quienrecibe|cliente destino|receptor)|"
    r"beneficiari[oa]|destinatari[oa]|destino|para|anombrede|titular(delacuenta)?(destino)?|recibe|"
    r"receptor|acreditara|pagadoa|enviadoa|nombredelacuentadestino)"
)
PAYER = re.compile(
    r"(de$|origen|ordenante|nombredel?(ordenante|origen|pagador|cliente)|envia|pagador|remitente|"
    r"titularorigen|cliente)"
)
BANK_OF_PAYEE = re.compile(
    r"(banco|entidad)(de)?(destino|l?beneficiario|l?destinatario|receptora?)"
)
BANK_OF_PAYER = re.compile(r"(banco|entidad)(de)?(origen|emisora?|l?ordenante)?$")
DETAIL = re.compile(r"(detalle|descripcion|concepto|motivo|comentario|nota|mensaje|asunto)")
OTHER = re.compile(
    r"(tipo|moneda|canal|estado|hora|cuenta|telefono|celular|correo|cedula|identificacion|usuario|"
    r"sucursal|oficina|numero|nombre|comprobante)"
)

ANY = (
    AMOUNT, NOT_AMOUNT, DAY, PAYEE_ACCOUNT, PAYER_ACCOUNT, REFERENCE, PAYEE, PAYER, BANK_OF_PAYEE,
    BANK_OF_PAYER, DETAIL, OTHER,
)  # fmt: skip

COMPANY = ("sa", "srl", "ltda", "limitada", "sociedadanonima")


def is_label(squashed: str) -> bool:
    """Whether text reads like the name of a value and nothing more."""
    if not squashed or len(squashed) > 40 or sum(c.isdigit() for c in squashed) > 1:
        return False
    if squashed.endswith(COMPANY):
        return False
    return any(pattern.match(squashed) for pattern in ANY)
