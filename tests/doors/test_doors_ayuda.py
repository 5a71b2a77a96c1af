"""`/ayuda/` leads where it says: to its own parts, and to pages that exist."""

import re

import pytest
from django.test import Client
from django.urls import resolve, reverse

pytestmark = pytest.mark.django_db


def test_every_link_of_the_guides_leads_somewhere() -> None:
    page = Client().get(reverse("ayuda")).content.decode()
    article = page[page.index("<article") : page.index("</article>")]
    ids = set(re.findall(r'id="([^"]+)"', article))
    links = re.findall(r'href="([^"]+)"', article)
    assert {"preparar", "emitir", "rechazo", "recibir", "renovar"} <= ids
    for link in links:
        if link.startswith("#"):
            assert link[1:] in ids, link
        else:
            assert resolve(link.split("?")[0]), link


def test_the_first_page_leads_to_the_guides(as_client, owner) -> None:
    guides = Client().get(reverse("ayuda")).content.decode()
    page = as_client(owner).get(reverse("portal")).content.decode()
    parts = re.findall(re.escape(reverse("ayuda")) + r"#(\w+)", page)
    assert parts
    assert all(f'id="{part}"' in guides for part in parts)
