"""Customers, products, the catalogue and the letterhead of the demo's companies."""

from __future__ import annotations

import csv
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from hacienda.sandbox.registers import SAMPLE
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.demo.counter import ABROAD, BUYERS, GROWER, Article
from iofacturo.invoicing.catalogue import cabys, cabys_import
from iofacturo.invoicing.catalogue.customer import Customer
from iofacturo.invoicing.catalogue.product import Product
from iofacturo.invoicing.setup import letterhead


def stock(company: Company, articles: list[Article], *, by: User, at: datetime) -> None:
    """What the company sells, with codes of its own."""
    for number, (detalle, code, unidad, precio, tarifa) in enumerate(articles, 1):
        Product.objects.create(
            company=company, codigo=f"{company.initials}-{number:02}", detalle=detalle, cabys=code,
            unidad=unidad, precio=Decimal(precio), tarifa_iva=tarifa,
            created_at=at, created_by=by, updated_at=at,
        )  # fmt: skip


def know(company: Company, *, by: User, at: datetime) -> None:
    """Whom the company sells to and buys from."""
    rows = [
        {"tipo_identificacion": "02", "identificacion": number, "nombre": name,
         "actividad": activity, "emails": [email]}
        for name, number, activity, email in BUYERS
        if number != company.identificacion
    ]  # fmt: skip
    rows += [
        {"tipo_identificacion": "01", "identificacion": GROWER[1], "nombre": GROWER[0]},
        {"tipo_identificacion": "05", "identificacion": ABROAD[1], "nombre": ABROAD[0],
         "otras_senas": ABROAD[2]},
    ]  # fmt: skip
    for row in rows:
        Customer.objects.create(company=company, created_at=at, created_by=by, updated_at=at, **row)


def write_letterhead(company: Company, *, by: User, at: datetime) -> None:
    letterhead.change(
        company,
        by=by,
        at=at,
        mail_text="Gracias por su compra. Si algo no está bien, responda este correo.",
        reply_to=company.emails[0],
    )


def import_cabys(at: datetime) -> None:
    """The catalogue of a file that the environment names, else the sandbox's short sample."""
    if settings.HACIENDA_CABYS:
        cabys_import.import_file(Path(settings.HACIENDA_CABYS), at=at)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / cabys.SAMPLE
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["codigo", "descripcion", "impuesto"])
            rows.writerows([one, SAMPLE[one].descripcion, SAMPLE[one].impuesto] for one in SAMPLE)
        cabys_import.import_file(path, at=at)
