"""The page of a document, in every state, for everybody who may or may not see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.scene import AT

from iofacturo.invoicing import emission
from iofacturo.invoicing.models import Comprobante
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _at():
    with clock.moved_to(AT + timedelta(seconds=5)):
        yield


def issued(company, tipo="FE", **more) -> Comprobante:
    return emission.issue_draft(scene.drafted(company, tipo, **more), by=None, at=AT)


def page_of(row: Comprobante, name: str = "document") -> str:
    return reverse(f"invoicing:{name}", kwargs={"clave": row.clave})


def read(client, row: Comprobante) -> str:
    answer = client.get(page_of(row))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_document_just_issued(shop, issuer, as_client):
    row = issued(shop)
    html = read(as_client(issuer), row)
    assert f"<h1>{row.label}</h1>" in html
    assert "Va camino a Hacienda" in html
    assert "hx-trigger" in html
    assert "Usó 1 folio de" in html


@pytest.mark.parametrize("lines", [1, 1000])
def test_a_page_is_light_however_many_lines_it_has(shop, issuer, as_client, lines):
    row = issued(shop, lines=lines)
    client = as_client(issuer)
    client.get(page_of(row))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(page_of(row))
    assert len(asked) <= 12, [one["sql"][:150] for one in asked.captured_queries]
    assert len(answer.content) <= 100_000
