"""The café and its stranger, ready to issue; and a judge for whatever anybody issues."""

from __future__ import annotations

import pytest
from tests.invoicing import judges, scene
from tests.invoicing.hacienda_near import nearby

from iofacturo.invoicing import invariants
from iofacturo.invoicing.models import Comprobante


@pytest.fixture
def shop(cafe, provider):
    """The café, set up, with a hundred folios."""
    return scene.set_up(cafe)


@pytest.fixture
def near(settings):
    """Hacienda on loopback."""
    with nearby(settings) as one:
        yield one


@pytest.fixture(autouse=True)
def _every_document_is_judged(request):
    """Whatever a test of this room issued stands before the judges, and the books must be right."""
    yield
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        return
    if "forger" in request.fixturenames:  # this one breaks the books on purpose
        return
    for row in Comprobante.objects.select_related("signed_xml", "company")[: judges.MOST]:
        judges.judge(row)
    assert list(invariants.broken()) == []
