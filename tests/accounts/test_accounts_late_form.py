"""A form sent after the session ended leads to the login, and from there to a page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
SENT = "/facturar/recibidos/subir/"  # no page stands here


def going_on(answer) -> str:
    """Where the login leads to."""
    parts = urlsplit(answer.url)
    assert (answer.status_code, parts.path) == (302, reverse("account_login"))
    return parse_qs(parts.query)["next"][0]


def test_the_page_of_the_form_is_come_back_to() -> None:
    page = "http://testserver/facturar/recibidos/?estado=nuevo"
    answer = Client().post(SENT, headers={"referer": page})
    assert going_on(answer) == "/facturar/recibidos/?estado=nuevo"


@pytest.mark.parametrize(
    "page", ["", "https://otro.example/facturar/", "javascript:alert(1)", "//otro.example/x"]
)
def test_no_other_site_is_gone_to(page: str) -> None:
    assert going_on(Client().post(SENT, headers={"referer": page} if page else {})) == "/"


def test_a_page_asked_for_is_itself_come_back_to() -> None:
    assert going_on(Client().get("/mi-plan/libro/?plan=x")) == "/mi-plan/libro/?plan=x"
