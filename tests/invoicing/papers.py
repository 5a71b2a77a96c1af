"""Documents of every type, and how their paper is read back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pypdfium2
from tests.invoicing import scene
from tests.invoicing.scene import AT

from hacienda.respuesta import Respuesta
from iofacturo.invoicing import delivery, emission, submission
from iofacturo.invoicing.courier import Account, Letter, Outcome
from iofacturo.invoicing.models import Comprobante, Submission

ABROAD = {
    "Nombre": "Lemonade Ltd.",
    "Identificacion": {"Tipo": "05", "Numero": "GB123456789"},
    "OtrasSenasExtranjero": "1 Long Lane, London",
    "CorreoElectronico": "orders@lemonade.example",
}
EXPORTED = {
    "LineaDetalle": [
        {
            **scene.stated()["DetalleServicio"]["LineaDetalle"][0],
            "PartidaArancelaria": "090121000000",
        }
    ]
}
SUPPLIER = {
    "Nombre": "Foreign Beans LLC",
    "Identificacion": {"Tipo": "05", "Numero": "US123456789"},
    "OtrasSenasExtranjero": "1 Main Street, Portland",
    "CorreoElectronico": ["finca@ejemplo.cr", "ventas@ejemplo.cr"],
}


def issued(company, tipo: str = "FE", **more: Any) -> Comprobante:
    data = scene.stated(tipo, **more)
    for name in [name for name, value in data.items() if value is None]:
        del data[name]
    draft = scene.draft.write(company, data, by=None, at=AT)
    return emission.issue_draft(draft, by=None, at=AT)


def of_type(company, tipo: str) -> Comprobante:
    """One document of *tipo*, with what the law wants of it."""
    if tipo in ("NC", "ND"):
        codigo = {"NC": "01", "ND": "02"}[tipo]
        return issued(company, tipo, **scene.referring(issued(company).clave, "01", codigo))
    if tipo == "REP":
        return receipt(company)
    if tipo == "FEC":
        more = scene.referring("A-77", "16", "04")
        return issued(company, tipo, Emisor=SUPPLIER, Receptor=None, **more)
    if tipo == "FEE":
        return issued(company, tipo, Receptor=ABROAD, DetalleServicio=EXPORTED)
    return issued(company, tipo)


def receipt(company) -> Comprobante:
    sale = issued(company, CondicionVenta="10", PlazoCredito="30")
    line = {
        "NumeroLinea": "1",
        "Detalle": "Primer abono",
        "MontoTotal": "1000",
        "SubTotal": "1000",
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
    }
    more = scene.referring(sale.clave, "01", "04")
    return issued(
        company, "REP", CondicionVenta="11", DetalleServicio={"LineaDetalle": [line]}, **more
    )


def settled(row: Comprobante, state: str, xml: bytes = b"") -> Comprobante:
    """*row* as delivery leaves it when Hacienda has answered five minutes later."""
    Submission.objects.exclude(pk=row.pk).update(due_at=AT + timedelta(days=1))
    Submission.objects.filter(pk=row.pk).update(due_at=AT)
    (held,) = submission.claim(scene.ENVIRONMENT, 500, AT)
    held.asked = delivery.STATE_ALONE  # so that the state is believed without its message
    held.save(update_fields=["asked"])
    estado = {"accepted": "aceptado", "rejected": "rechazado"}[state]
    letter = Letter(held, Account(row.company_id, "x", "y"), row.clave, None, False)
    outcome = Outcome(letter, respuesta=Respuesta(clave=row.clave, estado=estado, xml=xml or None))
    delivery.record([outcome], scene.ENVIRONMENT, AT + timedelta(minutes=5))
    row.refresh_from_db()
    return row


def text_of(pdf: bytes) -> str:
    """Every word of the PDF in its order, spaces collapsed."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).replace("\ufffe", "").replace("\u200b", "").split())


def size_of(pdf: bytes) -> list[tuple[float, float]]:
    """Millimetres of each page."""
    points = 72 / 25.4
    return [
        (width / points, height / points)
        for width, height in (page.get_size() for page in pypdfium2.PdfDocument(pdf))
    ]
