"""The database goes away in the middle of a request: people are told to send it again."""

import pytest
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError
from django.urls import reverse

from iofacturo.accounts import middleware

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError, SessionInterrupted])
def test_trouble_with_the_database_is_a_pause(trouble, owner, as_client, monkeypatch):
    client = as_client(owner)
    client.raise_request_exception = False

    def fails(*args, **kwargs):
        raise trouble("gone")

    monkeypatch.setattr(middleware.CurrentCompanyMiddleware, "__call__", fails)
    answer = client.get(reverse("portal"))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "envíelo de nuevo" in answer.content.decode()


def test_another_fault_is_ours(owner, as_client, monkeypatch):
    client = as_client(owner)
    client.raise_request_exception = False

    def fails(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(middleware.CurrentCompanyMiddleware, "__call__", fails)
    answer = client.get(reverse("portal"))
    assert answer.status_code == 500
    assert "Algo falló" in answer.content.decode()
