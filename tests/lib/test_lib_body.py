"""A request that announces too much is refused before it is read."""

import pytest
from django.test import Client

from iofacturo.lib.body import LARGEST


@pytest.mark.parametrize("announced", [str(LARGEST + 1), "9" * 30, "-1", "mucho"])
def test_too_much_is_refused_unread(announced) -> None:
    answer = Client().generic("POST", "/cuenta/entrar/", b"", CONTENT_LENGTH=announced)
    assert answer.status_code == 413
    assert "15 MB" in answer.content.decode()


@pytest.mark.django_db
def test_an_ordinary_form_gets_through() -> None:
    assert Client().post("/cuenta/entrar/", {"login": "a@b.cr"}).status_code == 200
