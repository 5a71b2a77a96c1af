"""The first page says what of its documents waits for the company, to those who can see to it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.invoicing import purchases, scene

from iofacturo.invoicing import emission, tasks
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db


def titles(user) -> list[str]:
    return [task.title for task in tasks.of(user.memberships.get(), scene.AT)]


def test_a_company_that_is_not_set_up_is_led_there(owner, reader, issuer, provider, as_client):
    assert "para poder facturar" in titles(owner)[0]
    assert titles(reader) == titles(issuer) == []
    page = as_client(owner).get(reverse("portal")).content.decode()
    assert reverse("invoicing:setup") in page


def test_nothing_waits_when_all_is_well(shop, owner):
    shop.credentials.update(tried_at=scene.AT)
    assert titles(owner) == []


def test_what_hacienda_rejected_waits(shop, owner, issuer, reader, near):
    drafts = [scene.drafted(shop, Receptor=scene.UNKNOWN) for _ in range(2)]
    rows = [emission.issue_draft(one, by=issuer, at=scene.AT) for one in drafts]
    near.until_final(rows, scene.AT)
    assert titles(owner)[1:] == titles(issuer) == ["Hacienda rechazó 2 comprobantes"]
    assert titles(reader) == []


def test_what_was_received_waits_for_an_answer(shop, owner, reader):
    purchases.received(shop)
    assert titles(owner)[1:] == ["Una factura recibida espera su respuesta"]
    assert titles(reader) == []


@pytest.mark.parametrize("many", [0, 30])
def test_the_first_page_asks_little(shop, owner, as_client, many, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: scene.AT)
    for _ in range(many):
        emission.issue_draft(scene.drafted(shop), by=None, at=scene.AT)
    client = as_client(owner)
    client.get(reverse("portal"))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(reverse("portal")).status_code == 200
    assert len(asked) <= 12, "\n".join(query["sql"][:150] for query in asked)
