"""Notes about a document: what they take back, what is left, and that Hacienda accepts them."""

import copy
from datetime import timedelta

import pytest
from tests.invoicing import scene
from tests.invoicing.scene import AT

from iofacturo.invoicing import draft, emission
from iofacturo.invoicing.documents import annulment, limits
from iofacturo.invoicing.models import Comprobante

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(seconds=10)


def issued(company, tipo="FE", **more) -> Comprobante:
    return emission.issue_draft(scene.drafted(company, tipo, **more), by=None, at=AT)


def accepted(company, near, tipo="FE", **more) -> Comprobante:
    row = issued(company, tipo, **more)
    near.until_final([row], AT)
    assert row.state == Comprobante.ACCEPTED, row.answer.detalle
    return row


def sent(company, near, data, razon="Así lo pidió el cliente") -> Comprobante:
    """*data* issued as a person would, with a reason, and Hacienda's word on it."""
    for one in data["InformacionReferencia"]:
        one.setdefault("Razon", razon)
    row = emission.issue_draft(draft.write(company, data, by=None, at=LATER), by=None, at=LATER)
    near.until_final([row], LATER)
    return row


def line(**more):
    return {
        "CodigoCABYS": "2391102010200",
        "Cantidad": "3",
        "UnidadMedida": "Kg",
        "Detalle": "Café molido",
        "PrecioUnitario": "1234.56789",
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
    } | more


def sale(*lines, **more):
    return {"DetalleServicio": {"LineaDetalle": [{"NumeroLinea": str(n), **one}
                                                for n, one in enumerate(lines, 1)]}} | more  # fmt: skip


USD = {
    "ResumenFactura": {
        "CodigoTipoMoneda": {"CodigoMoneda": "USD", "TipoCambio": "512.34"},
        "MedioPago": [{"TipoMedioPago": "04"}],
    }
}
EXONERATED = line(
    Impuesto=[
        {
            "Codigo": "01",
            "CodigoTarifaIVA": "08",
            "Tarifa": "13",
            "Exoneracion": {
                "TipoDocumentoEX1": "03",
                "NumeroDocumento": "7293",
                "Articulo": "12",
                "NombreInstitucion": "01",
                "FechaEmisionEX": "2026-01-05T00:00:00-06:00",
                "TarifaExonerada": "8",
            },
        }
    ]
)
DISCOUNTED = line(
    Descuento=[
        {"MontoDescuento": "100.11", "CodigoDescuento": "07"},
        {"MontoDescuento": "33.33333", "CodigoDescuento": "04"},
    ]
)
GIFT = line(Cantidad="1", PrecioUnitario="500",
            Descuento=[{"MontoDescuento": "500", "CodigoDescuento": "01"}])  # fmt: skip
EXEMPT = line(Impuesto=[{"Codigo": "01", "CodigoTarifaIVA": "10", "Tarifa": "0"}])
SERVICE = {
    "OtrosCargos": [
        {"TipoDocumentoOC": "06", "Detalle": "Servicio de mesa", "PorcentajeOC": "10"},
        {"TipoDocumentoOC": "99", "TipoDocumentoOTROS": "Empaque de regalo",
         "Detalle": "Caja", "MontoCargo": "250"},
    ]
}  # fmt: skip
TWO_MEANS = {
    "ResumenFactura": {
        "CodigoTipoMoneda": {"CodigoMoneda": "CRC", "TipoCambio": "1"},
        "MedioPago": [
            {"TipoMedioPago": "01", "TotalMedioPago": "1000"},
            {"TipoMedioPago": "06"},
        ],
    }
}
SALES = {
    "plain": {},
    "discounts": sale(DISCOUNTED, line()),
    "exoneration": sale(EXONERATED, line()),
    "gift": sale(GIFT, line()),
    "exempt": sale(EXEMPT, line()),
    "charges": sale(line(), DISCOUNTED, **SERVICE),
    "dollars": sale(DISCOUNTED, EXONERATED, **USD),
    "credit": {"CondicionVenta": "02", "PlazoCredito": "30"},
    "two-means": sale(line(), **TWO_MEANS),
    "many": {"lines": 120},
}


@pytest.mark.parametrize("kind", SALES)
def test_each_kind_of_sale_is_annulled_whole_and_hacienda_agrees(shop, near, kind):
    row = accepted(shop, near, **copy.deepcopy(SALES[kind]))
    note = annulment.annul(row, "Se anula la venta", by=None, at=LATER)
    near.until_final([note], LATER)
    assert note.state == Comprobante.ACCEPTED, note.answer.detalle
    assert note.total == row.total
    before, after = row.document().resumen_factura, note.document().resumen_factura
    assert after.total_impuesto == before.total_impuesto
    assert after.codigo_tipo_moneda == before.codigo_tipo_moneda
    assert limits.balance(row).is_annulled
    (reference,) = note.document().informacion_referencia
    assert (reference.tipo_doc_ir, reference.numero, reference.codigo) == ("01", row.clave, "01")
    assert reference.fecha_emision_ir == row.fecha.replace(microsecond=0)
