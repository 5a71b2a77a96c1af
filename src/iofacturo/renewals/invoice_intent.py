"""What the provider must invoice for a sale, or credit for its reversal, complete and frozen.

Whoever issues it needs nothing else: the amounts are the quote's, to the céntimo, whatever the
catalogue says by then. Issuing has its own state and never holds up the activation.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.db.models import Q

from iofacturo.lib import clock
from iofacturo.renewals.request import RenewalRequest

CENT = Decimal("0.01")
CONDICION_VENTA = "01"  # contado
MEDIO_PAGO = "04"  # transferencia
UNIDAD = "Sp"  # servicios profesionales
CODIGO_IMPUESTO = "01"  # IVA
TARIFAS = {"13": "08", "8": "07", "4": "04", "2": "03", "1": "02", "0": "10"}
ANULA, CORRIGE_MONTO = "01", "02"  # CodigoReferencia of a credit note


class InvoiceIntent(models.Model):
    """A document to be issued by the provider. Append-only; `kind` and request are unique."""

    INVOICE, CREDIT_NOTE = "invoice", "credit_note"
    KINDS = [(INVOICE, "Factura"), (CREDIT_NOTE, "Nota de crédito")]

    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="invoice_intents")
    kind = models.CharField(max_length=12, choices=KINDS)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    net = models.DecimalField(max_digits=14, decimal_places=2)
    discount = models.DecimalField(max_digits=14, decimal_places=2)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    data = models.JSONField()  # receiver, line and payment, in the words of the XSD
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "factura por emitir"
        verbose_name_plural = "facturas por emitir"
        constraints = [
            models.UniqueConstraint(fields=["request", "kind"], name="intent_once"),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects__isnull=True)
                | Q(kind="credit_note", corrects__isnull=False),
                name="intent_note_corrects",
            ),
        ]


def for_sale(request: RenewalRequest, at: datetime) -> InvoiceIntent:
    """The invoice of an approved request."""
    quote = request.given
    detalle = f"{quote.plan_name}: {quote.folios} folios por {quote.months} meses"
    if quote.bonus_folios:
        detalle += f", más {quote.bonus_folios} de promoción"
    return InvoiceIntent.objects.create(
        request=request,
        kind=InvoiceIntent.INVOICE,
        net=quote.price,
        discount=quote.discount,
        tax_rate=quote.tax_rate,
        tax=quote.tax,
        total=quote.total,
        currency=quote.currency,
        data=_data(request, detalle, quote.price, quote.discount, quote.tax, quote.total, at),
        created_at=at,
    )


def share(total: Decimal, unused: int, granted: int) -> Decimal:
    """What *unused* of *granted* folios cost, half up to the céntimo.

    >>> share(Decimal("63750.00"), 1, 3)
    Decimal('21250.00')
    """
    return (total * unused / granted).quantize(CENT, ROUND_HALF_UP)


def for_reversal(
    request: RenewalRequest, amount: Decimal, reason: str, at: datetime
) -> InvoiceIntent | None:
    """The credit note over *amount*, IVA included; None when nothing is credited."""
    if amount <= 0:
        return None
    quote = request.given
    invoice = InvoiceIntent.objects.get(request=request, kind=InvoiceIntent.INVOICE)
    if amount == quote.total:
        net, tax = quote.net, quote.tax
    else:
        net = (amount / (1 + quote.tax_rate / 100)).quantize(CENT, ROUND_HALF_UP)
        tax = amount - net
    data = _data(request, f"Reversión de {quote.plan_name}", net, Decimal(0), tax, amount, at)
    data["InformacionReferencia"] = {
        "TipoDocIR": "01",
        "intent": invoice.pk,  # the clave is not known before it is issued
        "Codigo": ANULA if amount == quote.total else CORRIGE_MONTO,
        "Razon": reason[:180],
    }
    return InvoiceIntent.objects.create(
        request=request,
        kind=InvoiceIntent.CREDIT_NOTE,
        corrects=invoice,
        net=net,
        discount=Decimal(0),
        tax_rate=quote.tax_rate,
        tax=tax,
        total=amount,
        currency=quote.currency,
        data=data,
        created_at=at,
    )


def _data(
    request: RenewalRequest,
    detalle: str,
    price: Decimal,
    discount: Decimal,
    tax: Decimal,
    total: Decimal,
    at: datetime,
) -> dict[str, Any]:
    quote, billing = request.given, request.billing
    assert billing is not None  # noqa: S101 - a sent request has it
    receptor: dict[str, Any] = {
        "Nombre": billing.nombre,
        "Identificacion": {"Tipo": billing.tipo, "Numero": billing.numero},
        "CodigoActividad": billing.actividad,
        "CorreoElectronico": list(billing.correos),
        "Ubicacion": {
            "Provincia": billing.provincia,
            "Canton": billing.canton,
            "Distrito": billing.distrito,
            "Barrio": billing.barrio,
            "OtrasSenas": billing.otras_senas,
        },
    }
    rate = f"{quote.tax_rate.normalize():f}"
    return {
        "FechaVenta": clock.local(at).isoformat(),
        "Receptor": receptor,
        "CondicionVenta": CONDICION_VENTA,
        "MedioPago": [{"TipoMedioPago": MEDIO_PAGO, "TotalMedioPago": str(total)}],
        "Moneda": quote.currency,
        "Solicitud": request.number,
        "Referencia": request.reference,
        "Linea": {
            "CodigoCABYS": quote.cabys,
            "Cantidad": "1",
            "UnidadMedida": UNIDAD,
            "Detalle": detalle[:200],
            "PrecioUnitario": str(price),
            "Descuento": {
                "MontoDescuento": str(discount),
                "NaturalezaDescuento": quote.promotion_name[:80],
            }
            if discount
            else None,
            "SubTotal": str(price - discount),
            "Impuesto": {
                "Codigo": CODIGO_IMPUESTO,
                "CodigoTarifaIVA": TARIFAS.get(rate, ""),
                "Tarifa": str(quote.tax_rate),
                "Monto": str(tax),
            },
            "MontoTotalLinea": str(total),
        },
        "TotalComprobante": str(total),
    }
