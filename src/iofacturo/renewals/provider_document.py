"""From what was sold, frozen in the intent, to the document that the provider issues for it.

The law computes with five decimals from a unit price; a quote counts céntimos. The unit price is
therefore written with the decimals that make the total exactly what the customer paid; each amount
of the document is the quote's to the céntimo, or nothing is issued.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import hacienda
from hacienda import montos
from hacienda.comprobante import COSTA_RICA, texto_fecha
from iofacturo.invoicing import draft
from iofacturo.invoicing.comprobante import REJECTED_REFERENCE, Comprobante
from iofacturo.renewals.billing import BillingSnapshot
from iofacturo.renewals.invoice_intent import CENT, InvoiceIntent
from iofacturo.renewals.provider_invoice import ProviderInvoice

PROMOTIONAL = "06"  # CodigoDescuento
REPLACES = "07"  # CodigoReferencia; the 16 of 2026 says more, and an older schema lacks it
FACTURA = "01"  # TipoDocIR


class Unfit(Exception):
    """The intent cannot become a document as things stand; the message says why, in Spanish."""


def document(
    row: ProviderInvoice, *, rate: Decimal, original: Comprobante | None = None
) -> hacienda.Comprobante:
    """The document of *row*, as a person would state it. Unfit when something is missing.

    *rate* is the TipoCambio of its currency; *original* the invoice that a credit note is about.
    """
    intent, held = row.intent, row.intent.data
    corrected = row.billing
    if corrected is None and intent.corrects is not None:
        corrected = intent.corrects.outcome.billing  # whoever the invoice is made out to
    receptor, actividad = _receptor(held["Receptor"], corrected)
    data: dict[str, Any] = {
        "tipo": "NC" if row.is_note else "FE",
        "CodigoActividadReceptor": actividad,
        "Receptor": receptor,
        "CondicionVenta": held["CondicionVenta"],
        "DetalleServicio": {"LineaDetalle": [_line(intent)]},
        "ResumenFactura": {
            "CodigoTipoMoneda": {"CodigoMoneda": intent.currency, "TipoCambio": f"{rate:f}"},
            "MedioPago": [{"TipoMedioPago": held["MedioPago"][0]["TipoMedioPago"]}],
        },
        "InformacionReferencia": _references(row, original),
        "Otros": {
            "OtroTexto": [
                {"codigo": "solicitud", "texto": f"Solicitud {held['Solicitud']}"},
                {"codigo": "referencia", "texto": f"Referencia de pago {held['Referencia']}"},
            ]
        },
    }
    return draft.read(_filled(data))


def disagreement(intent: InvoiceIntent, document: hacienda.Comprobante) -> str:
    """How the calculated *document* differs from *intent* by a céntimo or more; empty if nowhere."""
    resumen = document.resumen_factura
    assert resumen is not None  # noqa: S101 - it was calculated
    for name, mine, theirs in (
        ("el subtotal", intent.net - intent.discount, resumen.total_venta_neta),
        ("el impuesto", intent.tax, resumen.total_impuesto),
        ("el total", intent.total, resumen.total_comprobante),
    ):
        rounded = (theirs or Decimal(0)).quantize(CENT, ROUND_HALF_UP)
        if rounded != mine:
            return f"Según la ley {name} es {rounded} y lo cotizado fue {mine}."
    return ""


def _line(intent: InvoiceIntent) -> dict[str, Any]:
    held = intent.data["Linea"]
    impuesto = held["Impuesto"]
    if not impuesto["CodigoTarifaIVA"]:
        raise Unfit(f"Ninguna tarifa de IVA es del {impuesto['Tarifa']} %: revise el plan.")
    exact = montos.without_tax(intent.total, intent.tax_rate)
    price = intent.net + (exact - (intent.net - intent.discount))
    return {
        "NumeroLinea": "1",
        "CodigoCABYS": held["CodigoCABYS"],
        "Cantidad": held["Cantidad"],
        "UnidadMedida": held["UnidadMedida"],
        "Detalle": held["Detalle"],
        "PrecioUnitario": f"{price:f}",
        "Descuento": [{"MontoDescuento": f"{intent.discount:f}", "CodigoDescuento": PROMOTIONAL}]
        if intent.discount
        else [],
        "Impuesto": [
            {
                "Codigo": impuesto["Codigo"],
                "CodigoTarifaIVA": impuesto["CodigoTarifaIVA"],
                "Tarifa": impuesto["Tarifa"],
            }
        ],
    }


def _receptor(
    held: dict[str, Any], corrected: BillingSnapshot | None
) -> tuple[dict[str, Any], str]:
    """The receiver and its activity, which is often none: as confirmed, or as corrected since."""
    if corrected is not None:
        held = {
            "Nombre": corrected.nombre,
            "Identificacion": {"Tipo": corrected.tipo, "Numero": corrected.numero},
            "CodigoActividad": corrected.actividad,
            "CorreoElectronico": corrected.correos,
            "Ubicacion": {
                "Provincia": corrected.provincia,
                "Canton": corrected.canton,
                "Distrito": corrected.distrito,
                "Barrio": corrected.barrio,
                "OtrasSenas": corrected.otras_senas,
            },
        }
    emails = held["CorreoElectronico"]
    receptor = {
        "Nombre": held["Nombre"],
        "Identificacion": held["Identificacion"],
        "Ubicacion": held["Ubicacion"],
        "CorreoElectronico": emails[0] if emails else "",  # the law has room for one
    }
    return receptor, held["CodigoActividad"]


def _references(row: ProviderInvoice, original: Comprobante | None) -> list[dict[str, str]]:
    found = []
    if original is not None:
        about = row.intent.data["InformacionReferencia"]
        found.append(_reference(original, FACTURA, about["Codigo"], about["Razon"]))
    if row.comprobante is not None:  # the attempt before, which Hacienda rejected
        why = "Sustituye el comprobante que Hacienda rechazó"
        found.append(_reference(row.comprobante, REJECTED_REFERENCE, REPLACES, why))
    return found


def _reference(about: Comprobante, kind: str, code: str, why: str) -> dict[str, str]:
    return {
        "TipoDocIR": kind,
        "Numero": about.clave,
        "FechaEmisionIR": _moment(about.fecha),
        "Codigo": code,
        "Razon": why,
    }


def _moment(at: datetime) -> str:
    return str(texto_fecha(at.astimezone(COSTA_RICA)))


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    """*data* without what is empty."""
    filled = {
        name: _filled(value) if isinstance(value, dict) else value for name, value in data.items()
    }
    return {name: value for name, value in filled.items() if value not in ("", None, {}, [])}
