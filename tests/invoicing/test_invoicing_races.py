"""Real processes at once, and processes killed in the middle: one document, one folio, no hole."""

import os
import signal
import subprocess
import sys
from collections import Counter

import pytest
from tests.accounts.processes import database_url, race
from tests.invoicing import scene
from tests.invoicing.scene import AT

from iofacturo.folios.models import FolioEntry
from iofacturo.invoicing import emission, invariants
from iofacturo.invoicing.models import Comprobante

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ISSUE = """
from datetime import datetime
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import emission
from iofacturo.invoicing.errors import InvoicingError
from iofacturo.invoicing.models import Draft
said = []
for pk in {drafts}:
    try:
        row = emission.issue_draft(Draft.objects.get(pk=pk), by=None, at=datetime.fromisoformat("{at}"))
        said.append(row.consecutivo)
    except (Exhausted, InvoicingError) as error:
        said.append(type(error).__name__)
print(" ".join(said))
"""


def issuing(*drafts) -> str:
    return ISSUE.format(drafts=[one.pk for one in drafts], at=AT.isoformat())


def test_a_double_click_in_six_processes_makes_one_document(shop):
    for number in range(1, 4):
        soft = scene.drafted(shop)
        said = race(*[issuing(soft)] * 6)
        assert set(said) == {f"0010000101{number:010}"}
    assert shop.lots.get().remaining == 97


def test_six_processes_share_a_series_without_hole_or_double(shop):
    drafts = [[scene.drafted(shop) for _ in range(8)] for _ in range(6)]
    said = " ".join(race(*(issuing(*own) for own in drafts))).split()
    assert sorted(said) == [f"0010000101{number:010}" for number in range(1, 49)]
    assert scene.numbers(shop) == list(range(1, 49))
    assert shop.lots.get().remaining == 52


def test_six_processes_and_the_last_two_folios(cafe, provider):
    scene.set_up(cafe, folios=2)
    said = race(*(issuing(scene.drafted(cafe)) for _ in range(6)))
    assert Counter(said)["Exhausted"] == 4
    assert scene.numbers(cafe) == [1, 2]


def test_a_batch_and_single_documents_at_once(cafe, provider):
    scene.set_up(cafe, folios=90)
    batch = f"""
import sys; sys.path.insert(0, {str(os.getcwd())!r})
from tests.invoicing import scene
from iofacturo.accounts.models import Company
from iofacturo.invoicing import emission
company = Company.objects.get(pk={cafe.pk})
answers = emission.issue_batch([scene.ready(company, f"lote-{{n}}") for n in range(60)], by=None)
print(sum(1 for one in answers if hasattr(one, "clave")))
"""
    singles = [issuing(*(scene.drafted(cafe) for _ in range(10))) for _ in range(2)]
    said = race(batch, batch, *singles)
    issued = cafe.comprobantes.count()
    assert issued == 80
    assert said[:2] == ["60", "60"]
    assert scene.numbers(cafe) == list(range(1, 81))
    assert cafe.lots.get().remaining == 10


KILLED = """
import os, signal
import django; django.setup()
from datetime import datetime
from hacienda import firma
from iofacturo.folios import ledger
from iofacturo.invoicing import emission, series
from iofacturo.invoicing.models import Draft

if not {whole}:  # the steps of batches, and of SQLite
    emission.issuance.store = lambda *args, **kwargs: False

def dies(home, name):
    real = getattr(home, name)
    def last(*args, **kwargs):
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(home, name, last)

dies(*{step})
emission.issue_draft(Draft.objects.get(pk={pk}), by=None, at=datetime.fromisoformat("{at}"))
"""
STEPS = {
    "(series, 'take')": False,
    "(emission.firma, 'build_sign')": False,
    "(emission.issuance, 'store')": False,
    "(ledger, 'consume')": False,
    "(emission, '_store')": False,
    "(emission, '_close')": False,
    "(emission, '_lay_down')": True,
}


@pytest.mark.parametrize(("step", "stands"), STEPS.items())
def test_a_process_killed_after_any_step_leaves_all_or_nothing(shop, step, stands):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    soft = scene.drafted(shop)
    whole = not any(name in step for name in ("consume", "_store", "_close"))
    program = KILLED.format(step=step, pk=soft.pk, at=AT.isoformat(), whole=whole)
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DATABASE_URL": database_url()},
        timeout=60,
        check=False,
    )
    assert told.returncode == -signal.SIGKILL
    assert Comprobante.objects.count() == 1 + stands
    assert FolioEntry.objects.filter(kind="consume").count() == 1 + stands
    assert list(invariants.broken()) == []
    row = emission.issue_draft(type(soft).objects.get(pk=soft.pk), by=None, at=AT)
    assert row.consecutivo.endswith("02")
    assert scene.numbers(shop) == [1, 2]
    assert shop.lots.get().remaining == 98
