"""A company that can issue: its key, its access, its series, its folios; and what it sells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

import hacienda
from iofacturo.accounts.company import Company
from iofacturo.folios import ledger
from iofacturo.invoicing import credentials, draft, key, readiness, series
from iofacturo.invoicing.draft import Draft
from iofacturo.invoicing.readiness import Ready

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # Monday, nine o'clock in Costa Rica
PIN = "1234"
PASSWORD = "cl&ve %lárga=1"
ENVIRONMENT = "sandbox-local"
TIPOS = ("01", "02", "03", "04", "08", "09", "10")


UNKNOWN = {
    "Nombre": "Nadie Conocido S.A.",
    "Identificacion": {"Tipo": "02", "Numero": "3101650404"},
}
"""A receiver who is in no register of the sandbox: it rejects the document."""


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def p12(
    serial: str,
    before: datetime = datetime(2025, 1, 1, tzinfo=UTC),
    after: datetime = datetime(2029, 1, 1, tzinfo=UTC),
) -> bytes:
    """A key of the holder *serial* (CPJ-3-101-000001), under the PIN; it signed its own certificate."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PERSONA JURIDICA"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"EMPRESA {serial}"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, serial),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(before)
        .not_valid_after(after)
        .sign(rsa_key(), hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"", rsa_key(), certificate, None, BestAvailableEncryption(PIN.encode())
    )


def serial(company: Company) -> str:
    """The certificate's name for a cédula jurídica."""
    number = company.identificacion
    return f"CPJ-{number[0]}-{number[1:4]}-{number[4:]}"


def user_of(company: Company) -> str:
    number = company.identificacion
    return f"cpj-{number[0]}-{number[1:4]}-{number[4:]}@stag.comprobanteselectronicos.go.cr"


def set_up(company: Company, *, folios: int = 100, at: datetime = AT) -> Company:
    """Key, access, all series of sucursal 1, terminal 1, and a lot of *folios*."""
    key.install(company, p12(serial(company)), PIN, by=None, at=at)
    credentials.install(company, ENVIRONMENT, user_of(company), PASSWORD, by=None, at=at)
    for tipo in TIPOS:
        series.open_series(company, tipo, by=None, at=at)
    if folios:
        grant(company, folios, at=at)
    return company


def grant(company: Company, folios: int, *, name: str = "primero", at: datetime = AT, **more: Any):
    terms = more or {"months": 12}
    return ledger.grant(
        company, "courtesy", folios, origin=f"{name}:{company.pk}", at=at - timedelta(hours=1),
        **terms,
    )  # fmt: skip


def stated(
    tipo: str = "FE", *, precio: str = "1000", lines: int = 1, **more: Any
) -> dict[str, Any]:
    """A sale as a person states it: nothing calculated, nothing numbered."""
    data: dict[str, Any] = {
        "tipo": tipo,
        "Receptor": {
            "Nombre": "Cliente de Prueba S.A.",
            "Identificacion": {"Tipo": "02", "Numero": "3101654321"},
            "CorreoElectronico": "compras@cliente.cr",
        },
        "CondicionVenta": "01",
        "DetalleServicio": {
            "LineaDetalle": [
                {
                    "NumeroLinea": str(number),
                    "CodigoCABYS": "2391102010200",
                    "Cantidad": "2",
                    "UnidadMedida": "Kg",
                    "Detalle": f"Café molido {number}",
                    "PrecioUnitario": precio,
                    "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
                }
                for number in range(1, lines + 1)
            ]
        },
        "ResumenFactura": {
            "CodigoTipoMoneda": {"CodigoMoneda": "CRC", "TipoCambio": "1"},
            "MedioPago": [{"TipoMedioPago": "01"}],
        },
    }
    return data | more


def referring(to: str, tipo_doc: str = "01", codigo: str = "01") -> dict[str, Any]:
    """What a note or a replacement says of the document it is about."""
    return {
        "InformacionReferencia": [
            {
                "TipoDocIR": tipo_doc,
                "Numero": to,
                "FechaEmisionIR": AT.astimezone(hacienda.COSTA_RICA).isoformat(),
                "Codigo": codigo,
                "Razon": "Así lo pidió el cliente",
            }
        ]
    }


def drafted(company: Company, tipo: str = "FE", *, at: datetime = AT, **more: Any) -> Draft:
    return draft.write(company, stated(tipo, **more), by=None, at=at)


def ready(company: Company, operation: str, *, at: datetime = AT, **more: Any) -> Ready:
    return readiness.standing(company, at).ready(draft.read(stated(**more)), operation=operation)


def total(company: Company) -> Decimal:
    return sum((row.total for row in company.comprobantes.all()), Decimal(0))


def numbers(company: Company, tipo: str = "01") -> list[int]:
    rows = company.comprobantes.filter(tipo=tipo).order_by("consecutivo")
    return [int(row.consecutivo[10:]) for row in rows]
