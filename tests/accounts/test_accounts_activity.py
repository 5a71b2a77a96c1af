"""What happened in a company is told in words, whatever room it happened in."""

import re
from pathlib import Path

import pytest
from tests import cast

import iofacturo
from iofacturo.accounts import activity, audit

pytestmark = pytest.mark.django_db
ACT = re.compile(r'"([a-z_]+\.[a-z_]+)"')
CALL = re.compile(r"\b(?:audit\.record|self\.record|invitation\.record|_record)\(\s*(?:\"|action)")


def recorded() -> set[str]:
    """Every act that some file hands to the audit, as it is written there."""
    found: set[str] = set()
    for path in Path(iofacturo.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name in ("activity.py", "kinds.py") or not CALL.search(text):
            continue
        if re.search(r"\baudit\b", text):
            found |= {act for act in ACT.findall(text) if not act.endswith((".py", ".html"))}
    return found


def test_every_act_that_is_recorded_has_words_or_is_the_staffs() -> None:
    acts = recorded()
    assert {"link.revoked", "key.installed", "membership.left", "staff.removed"} <= acts
    assert acts - activity.OF_STAFF == set(activity.ACTS)


def test_a_series_is_told_by_its_document_and_place() -> None:
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    event = audit.record("series.opened", by=None, company=cafe, subject="0020000304")
    assert activity.describe(event) == (
        "Abrió la numeración de tiquete electrónico, sucursal 002, terminal 00003"
    )


def test_a_public_link_that_was_revoked_is_told() -> None:
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    event = audit.record("link.revoked", by=None, company=cafe, subject="Factura electrónica 3")
    assert activity.describe(event) == "Anuló el enlace público de Factura electrónica 3"
