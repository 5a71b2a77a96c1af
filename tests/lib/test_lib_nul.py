"""No page ever sees a NUL."""

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/mi-plan/solicitudes/%00/", "/cuenta/entrar/?next=%00", "/%00"])
def test_an_address_with_a_nul_is_a_bad_request(path) -> None:
    assert Client().get(path).status_code == 400


@pytest.mark.django_db
def test_a_form_with_a_nul_is_a_bad_request() -> None:
    answer = Client().post("/cuenta/entrar/", {"login": "a\x00b@ejemplo.cr", "password": "x"})
    assert answer.status_code == 400


@pytest.mark.django_db
def test_other_odd_letters_get_through() -> None:
    answer = Client().post("/cuenta/entrar/", {"login": "\u0001\u202e@x", "password": "\ud7ff"})
    assert answer.status_code == 200
