"""Addresses that take forms, opened as pages."""

import pytest


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/facturar/?ver=5", "/facturar/?ver=5"),
        ("http://testserver/facturar/nuevo/", "/"),
        ("https://otro.cr/facturar/", "/"),
        ("", "/"),
    ],
)
def test_an_address_of_forms_opened_as_a_page_leads_back(as_client, owner, cafe, came_from, back):
    answer = as_client(owner).get("/facturar/nuevo/", headers={"referer": came_from})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert f'class="button" href="{back}"' in answer.content.decode()
