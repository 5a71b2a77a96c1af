"""What a file of a supplier is worth: is it a document, is it for this company, is it to be believed?

Everything is read by `hacienda`; nothing here touches the database. A `Refusal` says why a file is
not kept at all; what is kept may still stand `apart`, with its findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import hacienda
from hacienda import clave as claves
from hacienda import comprobante as ley
from hacienda import identificacion, montos
from hacienda.comprobante import MensajeHacienda, MensajeReceptor, dia
from hacienda.errors import HaciendaError, InvalidError, Problem
from hacienda.respuesta import ACEPTADO, RECHAZADO, Respuesta
from iofacturo.accounts.company import Company
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock
from iofacturo.lib.formats import numero
from iofacturo.lib.visible import visible

MOST_FINDINGS = 30
LARGEST_AMOUNT = Decimal(10) ** 13  # what the schema has room for
FIRST_YEAR, LAST_YEAR = 2000, 2098  # a clave has two digits for it
PLACES = Decimal("0.00001")
IVA_CODES = ("01", "07", "08")
ISSUERS = ("01", "02", "03", "04")  # kinds of identification that an issuer may have
TARIFA_BY_OLD = {"01": "10"}  # in 4.3 the code 01 meant exempt


class Refusal(Exception):
    """The file is not kept; the message is for the person who dropped it."""


@dataclass(frozen=True)
class Tax:
    """The IVA of a document at one tariff, in its own currency."""

    tarifa: str
    porcentaje: Decimal
    iva: Decimal


@dataclass(frozen=True)
class Inspected:
    """A document for this company, and what was found about it."""

    document: hacienda.Comprobante
    clave: str
    fecha: datetime
    emisor: ley.Identificacion
    emisor_nombre: str
    total: Decimal
    impuesto: Decimal
    moneda: str
    tipo_cambio: Decimal
    taxes: tuple[Tax, ...]
    trust: str
    signer: str
    apart: str
    findings: tuple[Problem, ...]


@dataclass(frozen=True)
class Attached:
    """Hacienda's answer, as the supplier sent it along; anybody can sign one."""

    clave: str
    respuesta: Respuesta
    mensaje: MensajeHacienda


def inspect(xml: bytes, company: Company) -> Inspected | Attached:
    """What *xml* is. Raises Refusal for what is no document for *company*."""
    try:
        value = hacienda.read(xml)
    except HaciendaError as error:
        raise Refusal(error.message) from error
    if isinstance(value, MensajeHacienda):
        return _attached(value, xml)
    if isinstance(value, MensajeReceptor):
        raise Refusal("Es la respuesta de un receptor, no un comprobante.")
    assert isinstance(value, hacienda.Comprobante)  # noqa: S101 - there is no fourth kind
    _check_receiver(value, company)
    return _document(value, xml)


def _attached(value: MensajeHacienda, xml: bytes) -> Attached:
    try:
        clave = claves.validate(value.clave or "")
        verification = hacienda.verify(xml)
    except HaciendaError as error:
        raise Refusal(f"Es una respuesta de Hacienda que no se puede usar: {error}") from error
    if not verification.integrity:
        raise Refusal("Es una respuesta de Hacienda cuya firma no vale: alguien la cambió.")
    if value.mensaje not in ("1", "3"):
        raise Refusal("Es una respuesta de Hacienda que no dice si aceptó o rechazó.")
    estado = ACEPTADO if value.mensaje == "1" else RECHAZADO
    return Attached(clave, Respuesta(clave, estado, xml=xml), value)


# -- for whom it is --------------------------------------------------------------------------------


def _check_receiver(value: hacienda.Comprobante, company: Company) -> None:
    """Only what others issued to the company is received."""
    emisor = value.emisor.identificacion if value.emisor is not None else None
    receptor = value.receptor.identificacion if value.receptor is not None else None
    if isinstance(value, ley.FacturaElectronicaCompra):
        raise Refusal(
            "Es una factura electrónica de compra: la emite quien compra, y no se recibe. "
            "Si la emitió su empresa, está en Documentos."
        )
    if is_company(emisor, company):
        raise Refusal("Lo emitió su propia empresa: aquí van los que emiten otros.")
    if receptor is None or not (receptor.numero or "").strip():
        what = "Un tiquete" if value.tipo == "TE" else "El documento"
        raise Refusal(
            f"{what} no dice quién lo recibe: no le da crédito ni gasto a su empresa. "
            "Pídale a quien vende una factura a nombre de ella."
        )
    if not is_company(receptor, company):
        who = visible((value.receptor.nombre if value.receptor else "") or "")[:60]
        whose = f"{who}, {receptor.numero}" if who else f"{receptor.numero}"
        raise Refusal(
            f"Es de otra persona: quien lo recibe es {whose}, no {company.nombre} "
            f"({company.cedula})."
        )


def is_company(who: ley.Identificacion | None, company: Company) -> bool:
    if who is None or not who.numero:
        return False
    numero = identificacion.compact(who.tipo or company.tipo_identificacion, who.numero)
    return numero.lstrip("0") == company.identificacion.upper().lstrip("0")


# -- what it says ----------------------------------------------------------------------------------


def _document(value: hacienda.Comprobante, xml: bytes) -> Inspected:
    try:
        clave = claves.parse(value.clave or "")
    except InvalidError as error:
        raise Refusal(f"No trae una clave válida. {error.message}") from error
    if value.codigo not in claves.TIPOS:
        raise Refusal("No es un comprobante que se reciba.")
    emisor = value.emisor.identificacion if value.emisor is not None else None
    if emisor is None or emisor.tipo not in ISSUERS or not _is_number(emisor.numero):
        raise Refusal("No dice quién lo emite, o lo dice mal.")
    resumen = value.resumen_factura
    total = _amount(resumen.total_comprobante if resumen else None, "su total")
    impuesto = _amount((resumen.total_impuesto if resumen else None) or Decimal(0), "su impuesto")
    moneda, rate = _currency(resumen)
    try:
        verification = hacienda.verify(xml)
    except HaciendaError as error:
        raise Refusal(error.message) from error
    differences = montos.differences(value)
    incoherent = list(_clave_problems(value, clave, emisor))
    apart = ""
    if not verification.integrity:
        apart = Received.SIGNATURE
    elif not verification.signer_is_issuer:
        apart = Received.SIGNER
    elif verification.trust == "untrusted":
        apart = Received.TRUST
    elif incoherent:
        apart = Received.CLAVE
    return Inspected(
        document=value,
        clave=str(clave),
        fecha=_when(value, clave),
        emisor=emisor,
        emisor_nombre=visible((value.emisor.nombre if value.emisor else "") or "")[:100],
        total=total,
        impuesto=impuesto,
        moneda=moneda,
        tipo_cambio=rate,
        taxes=tuple(_taxes(value)),
        trust=verification.trust,
        signer=visible(verification.signer_name or verification.signer or "")[:120],
        apart=apart,
        findings=tuple([*verification.problems, *incoherent, *differences][:MOST_FINDINGS]),
    )


def _clave_problems(
    value: hacienda.Comprobante, clave: claves.Clave, emisor: ley.Identificacion
) -> Iterable[Problem]:
    """The clave against what the document says of itself."""

    def wrong(path: str, message: str) -> Problem:
        return Problem("clave-no-coincide", path, "error", message)

    try:
        own = identificacion.padded(identificacion.compact(emisor.tipo or "", emisor.numero or ""))
    except InvalidError:
        own = ""
    if own.lstrip("0") != clave.identificacion.lstrip("0"):
        yield wrong("Emisor/Identificacion/Numero", "La clave lleva la cédula de otro emisor.")
    if value.fecha_emision is not None and dia(value.fecha_emision) != clave.dia:
        yield wrong("FechaEmision", "La clave lleva otra fecha que la del documento.")
    if (value.numero_consecutivo or "") != str(clave.consecutivo):
        yield wrong("NumeroConsecutivo", "La clave lleva otro consecutivo que el del documento.")
    if clave.tipo != value.codigo:
        yield wrong("Clave", "La clave es de otro tipo de documento.")


def _is_number(numero: str | None) -> bool:
    try:
        identificacion.padded(numero or "")
    except InvalidError:
        return False
    return True


def _when(value: hacienda.Comprobante, clave: claves.Clave) -> datetime:
    when = value.fecha_emision
    if when is None:
        return clock.midnight(clave.dia)
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise Refusal("El documento trae una fecha imposible.")
    return when if when.tzinfo is not None else when.replace(tzinfo=clock.COSTA_RICA)


def _amount(amount: Decimal | None, what: str) -> Decimal:
    if amount is None:
        raise Refusal(f"El documento no trae {what}.")
    if not 0 <= amount < LARGEST_AMOUNT:
        raise Refusal(f"El documento trae {what} con un monto imposible.")
    return amount.quantize(PLACES, ROUND_HALF_UP)


def _currency(resumen: ley.ResumenFactura | None) -> tuple[str, Decimal]:
    """Currency and its rate to colones, in 4.4 and in 4.3."""
    group = resumen.codigo_tipo_moneda if resumen else None
    moneda = ((group.codigo_moneda if group else None) or "CRC").strip().upper()
    rate = (group.tipo_cambio if group else None) or Decimal(1)
    if len(moneda) != 3 or not moneda.isascii() or not moneda.isalpha():
        raise Refusal("El documento está en una moneda que no existe.")
    return moneda, _amount(rate, "su tipo de cambio") or Decimal(1)


def _taxes(value: hacienda.Comprobante) -> Iterable[Tax]:
    """The net IVA of the lines by tariff; never more than the schema has room for."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for line in value.detalle_servicio:
        for tax in line.impuesto:
            if tax.codigo not in IVA_CODES or tax.monto is None:
                continue
            spared = tax.exoneracion.monto_exoneracion if tax.exoneracion else None
            code = tax.codigo_tarifa_iva or ""
            if value.version == "4.3":
                code = TARIFA_BY_OLD.get(code, code)
            percent = tax.tarifa or Decimal(0)
            key = (code[:2], min(max(percent, Decimal(0)), Decimal(999)).quantize(Decimal("0.01")))
            sums[key] = sums.get(key, Decimal(0)) + tax.monto - (spared or Decimal(0))
    for (code, percent), iva in sorted(sums.items()):
        if 0 <= iva < LARGEST_AMOUNT:
            yield Tax(code, percent, iva.quantize(PLACES, ROUND_HALF_UP))


# -- against Hacienda's own words ------------------------------------------------------------------


def differences_of(mensaje: MensajeHacienda | None, row: Received) -> list[str]:
    """What Hacienda's answer says otherwise than the file: then it is not the file it judged."""
    if mensaje is None:
        return []
    found = []
    if mensaje.total_factura is not None and not _near(mensaje.total_factura, row.total):
        accepted = numero(mensaje.total_factura, 2)
        found.append(f"Hacienda aceptó un total de {accepted}; este dice {numero(row.total, 2)}.")
    tax = mensaje.monto_total_impuesto
    if tax is not None and not _near(tax, row.impuesto):
        own = numero(row.impuesto, 2)
        found.append(f"Hacienda aceptó un impuesto de {numero(tax, 2)}; este dice {own}.")
    emisor = (mensaje.numero_cedula_emisor or "").strip().upper().lstrip("0")
    if emisor and emisor != row.emisor_numero.lstrip("0"):
        found.append(f"Para Hacienda lo emitió {emisor}; este dice {row.emisor_numero}.")
    return found


def _near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= Decimal("0.01")
