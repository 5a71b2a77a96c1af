"""Exonerations of customers: kept, asked about, offered in the editor, watched to their end."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from tests.cast import company as another_company
from tests.invoicing.scene import AT
from tests.invoicing.test_invoicing_editor_kinds import CAFE
from tests.invoicing.typist import Typist

from iofacturo.invoicing.catalogue import claims, lookup
from iofacturo.invoicing.models import Customer
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db

NUMBER = "AL-00101123-26"


@pytest.fixture(autouse=True)
def _monday():
    lookup._paces.clear()
    lookup._at.cache_clear()
    with clock.moved_to(AT):
        yield


def customer(company, numero="3101101123") -> Customer:
    return company.customers.create(
        nombre="Fundación Verde", tipo_identificacion="02", identificacion=numero,
        emails=["compras@verde.cr"], created_at=AT, updated_at=AT,
    )  # fmt: skip


def kept(row, number=NUMBER, **more):
    known = {
        "tipo_documento": "04", "nombre_institucion": "01", "fecha_emision": date(2026, 2, 3),
        "tarifa_exonerada": Decimal(13), "vence": date(2027, 2, 3),
    }  # fmt: skip
    return row.exoneraciones.create(
        company=row.company, numero_documento=number, created_at=AT, updated_at=AT, **(known | more)
    )


def page(name, row, *more):
    return reverse(f"invoicing:exoneracion_{name}", args=[row.public_id, *more])


def test_it_is_asked_about_kept_once_changed_and_taken_away(near, shop, owner, as_client):
    client, row = as_client(owner), customer(shop)
    told = client.post(page("new", row), {"numero_documento": NUMBER, "consultar": "1"})
    html = told.content.decode()
    assert "Hacienda la tiene registrada" in html
    assert f'value="{AT.date() + timedelta(days=275)}"' in html
    assert "Hacienda rechazaría" not in html  # the sandbox's holder is this very customer
    other = customer(shop, "3101555555")
    told = client.post(page("new", other), {"numero_documento": NUMBER, "consultar": "1"})
    assert "Hacienda rechazaría" in told.content.decode()
    sent = {
        "marca": "A" * 12, "numero_documento": NUMBER, "tipo_documento": "04",
        "nombre_institucion": "01", "fecha_emision": "2026-02-03", "tarifa_exonerada": "13",
    }  # fmt: skip
    for wrong in (
        {"tarifa_exonerada": "14"},
        {"fecha_emision": "2027-01-01"},
        {"tipo_documento": "03"},
        {"nombre_institucion": "99"},
        {"cabys": "123"},
        {"vence": "2026-01-01"},
    ):
        refused = client.post(page("new", row), sent | wrong)
        assert 'class="error"' in refused.content.decode(), wrong
    assert not row.exoneraciones.exists()
    for _ in range(2):
        assert client.post(page("new", row), sent).status_code == 302
    assert "Ya tiene" not in html
    again = client.post(page("new", row), sent | {"marca": "B" * 12})
    assert "ya tiene esa exoneración" in again.content.decode()
    (only,) = row.exoneraciones.all()
    client.post(page("edit", row, only.public_id), sent | {"vence": "2027-05-31"})
    only.refresh_from_db()
    assert only.vence == date(2027, 5, 31)
    client.post(page("retire", row, only.public_id))
    assert client.get(page("edit", row, only.public_id)).status_code == 404


def test_the_editor_offers_it_and_the_document_carries_it(near, shop, owner, as_client):
    row = customer(shop)
    fits = kept(row, cabys=["2391102010200"])
    old = kept(row, "AL-00000009-24", vence=date(2025, 1, 1))
    others = another_company("Ajena S.A.", "3101888777")
    kept(customer(others), "AL-77777777-26")
    person = Typist(as_client(owner)).begin("FE").fill({"buscar_cliente": "verde"})
    person.press("buscar-cliente").press(f"cliente:{row.public_id}")
    assert f"exonerar:{fits.public_id}" in person.form.buttons
    assert f"exonerar:{old.public_id}" not in person.form.buttons  # it is over
    assert "AL-77777777-26" not in person.html
    person.fill({**CAFE, "L1/iva": "02"}).press("linea")
    person.fill({name.replace("L1", "L2"): text for name, text in CAFE.items()})
    person.fill({"L2/CodigoCABYS": "2399999000000"})
    person.press(f"exonerar:{fits.public_id}")
    assert "quedó en 1 línea. No cubre el CAByS de 1 línea." in person.html
    done = person.issue()
    first, second = done.document().detalle_servicio
    granted = first.impuesto[0].exoneracion
    assert (granted.numero_documento, granted.tarifa_exonerada) == (NUMBER, 1)  # of a tariff of 1 %
    assert first.impuesto_neto == 0
    assert second.impuesto[0].exoneracion is None


def test_its_end_is_told_a_month_before_and_when_it_comes(shop, owner):
    row = customer(shop)
    last = AT.date() + timedelta(days=40)
    kept(row, vence=last, watch_at=AT + timedelta(days=10, hours=14))

    def told(days):
        now = AT + timedelta(days=days)
        while claims.run(now):
            pass
        notices = Notice.objects.filter(user=owner, kind__startswith="exoneracion")
        return list(notices.order_by("id").values_list("kind", flat=True))

    assert told(9) == []
    assert told(11) == ["exoneracion.ending"]
    assert told(39) == ["exoneracion.ending"]
    assert told(42) == ["exoneracion.ending", "exoneracion.expired"]
    assert told(80) == ["exoneracion.ending", "exoneracion.expired"]
