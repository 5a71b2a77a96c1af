"""Real processes at the same moment, on both databases; the books are verified afterwards."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests import cast
from tests.accounts.processes import race
from tests.folios.test_folios_offers import make_promotion

from iofacturo.folios import invariants, ledger
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.deadline import Deadline
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.lot import FolioLot
from iofacturo.folios.promotion import Promotion
from iofacturo.notifications.notice import Notice

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)

ACT = """
from datetime import datetime, timedelta
from iofacturo.accounts.company import Company
from iofacturo.folios import adjustment, claims, ledger, promotion
from iofacturo.folios.adjustment import AdjustmentProposal
from iofacturo.folios.errors import FoliosError
from iofacturo.folios.lot import FolioLot
from iofacturo.folios.promotion import PromotionVersion
from iofacturo.accounts.user import User
at = datetime.fromisoformat("{at}")
def attempt(act, *args, **more):
    try:
        return act(*args, **more)
    except FoliosError as error:
        return type(error).__name__
{act}
"""


def program(act: str, at: datetime = NOW) -> str:
    return ACT.format(at=at.isoformat(), act=act)


def taking(company, *documents: str, at: datetime = NOW) -> str:
    return program(
        f"company = Company.objects.get(pk={company.pk})\n"
        f"for document in {documents!r}:\n"
        "    found = attempt(ledger.consume, company, document, at=at)\n"
        "    print(found if isinstance(found, str) else 'taken')\n",
        at,
    )


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db):
    yield
    assert list(invariants.broken()) == []


def lines(said: list[str]) -> Counter:
    return Counter(word for one in said for word in one.split())


def test_fifteen_at_once_on_eighty_companies(db):
    """1,200 attempts on 80 companies with 15 folios over 3 lots: every one is had, none twice."""
    for number in range(80):
        one = cast.company(f"Empresa {number}", f"31019{number:05}")
        for months, folios in ((1, 4), (2, 5), (3, 6)):
            ledger.grant(
                one, "paid", folios, origin=f"request:{number}-{months}", at=NOW, months=months
            )
    act = (
        "import random\n"
        "companies = list(Company.objects.order_by('pk'))\n"
        "random.Random({seed}).shuffle(companies)\n"
        "for company in companies:\n"
        "    found = attempt(ledger.consume, company, 'd{seed}', at=at)\n"
        "    print(found if isinstance(found, str) else 'taken')\n"
    )
    said = race(*(program(act.replace("{seed}", str(seed))) for seed in range(15)))
    assert lines(said) == {"taken": 1200}
    assert FolioEntry.objects.filter(kind="consume").count() == 1200
    assert not FolioLot.objects.filter(remaining__gt=0).exists()
    assert sum(DailyUse.objects.values_list("used", flat=True)) == 1200


def test_case_1_the_last_folio_is_had_by_one(cafe):
    ledger.grant(cafe, "paid", 1, origin="request:1", at=NOW, months=6)
    said = race(*(taking(cafe, *(f"p{process}-{n}" for n in range(10))) for process in range(5)))
    assert lines(said) == {"taken": 1, "Exhausted": 49}


def test_case_2_the_last_of_one_lot_and_the_first_of_the_next(cafe):
    first = ledger.grant(cafe, "paid", 3, origin="request:1", at=NOW, months=1)
    second = ledger.grant(cafe, "paid", 20, origin="request:2", at=NOW, months=6)
    said = race(*(taking(cafe, *(f"p{process}-{n}" for n in range(4))) for process in range(4)))
    assert lines(said) == {"taken": 16}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.remaining, second.remaining) == (0, 7)


def test_the_same_document_from_everywhere_takes_one(cafe):
    ledger.grant(cafe, "paid", 50, origin="request:1", at=NOW, months=6)
    said = race(*(taking(cafe, "same", "same", "same") for _ in range(4)))
    assert lines(said) == {"taken": 12}
    assert FolioEntry.objects.filter(kind="consume").count() == 1


def test_batches_against_singles_and_against_themselves(cafe):
    ledger.grant(cafe, "paid", 30, origin="request:1", at=NOW, months=1)
    ledger.grant(cafe, "paid", 100, origin="request:2", at=NOW, months=6)
    batch = (
        f"company = Company.objects.get(pk={cafe.pk})\n"
        "for turn in range(4):\n"
        "    wanted = [ledger.Document(f'{name}-{{turn}}-{{n}}') for n in range(7)]\n"
        "    found = attempt(ledger.consume_batch, company, wanted, at=at)\n"
        "    print(found if isinstance(found, str) else 'taken ' * len(found))\n"
    )
    programs = [
        # twice the same batch, as a retry after a time-out would send it
        *(program(batch.replace("{name}", "b").replace("{{", "{").replace("}}", "}")),) * 2,
        program(batch.replace("{name}", "c").replace("{{", "{").replace("}}", "}")),
        *(taking(cafe, *(f"s{process}-{n}" for n in range(30))) for process in range(3)),
    ]
    said = race(*programs)
    documents = FolioEntry.objects.filter(kind="consume").values_list("document", flat=True)
    assert len(documents) == len(set(documents)) <= 130
    whole = Counter(d.rsplit("-", 1)[0] for d in documents if d[0] in "bc")
    assert set(whole.values()) == {7}, "a batch is had whole or not at all"
    assert lines(said)["taken"] >= len(documents)
    left = sum(FolioLot.objects.values_list("remaining", flat=True))
    assert left + len(documents) == 130
    refused = lines(said)["Exhausted"]
    assert left == 0 or not refused or left < 7


def test_case_5_annulling_while_folios_are_taken(cafe):
    lot = ledger.grant(cafe, "paid", 40, origin="request:1", at=NOW, months=6)
    annulling = program(
        f"import time; time.sleep(0.02)\n"
        f"lot = FolioLot.objects.get(pk={lot.pk})\n"
        "found = attempt(ledger.void, lot, by=None, at=at, reason='prueba')\n"
        "print(found if isinstance(found, str) else f'void:{-found.qty}')\n"
    )
    said = race(
        annulling, annulling,
        *(taking(cafe, *(f"p{process}-{n}" for n in range(8))) for process in range(4)),
    )  # fmt: skip
    words = lines(said)
    lot.refresh_from_db()
    assert words["LotClosed"] == 1, "it is annulled once"
    (void,) = [int(w.split(":")[1]) for w in words if w.startswith("void:")]
    assert void == lot.voided == 40 - words["taken"]
    assert lot.remaining == 0


def test_case_4_a_new_lot_comes_while_somebody_asks(cafe):
    ledger.grant(cafe, "paid", 2, origin="request:1", at=NOW, months=6)
    granting = program(
        f"company = Company.objects.get(pk={cafe.pk})\n"
        "ledger.grant(company, 'paid', 100, origin='request:2', at=at, months=6)\n"
        "print('granted')\n"
    )
    said = race(
        granting, granting,
        *(taking(cafe, *(f"p{process}-{n}" for n in range(5))) for process in range(4)),
    )  # fmt: skip
    words = lines(said)
    assert words["granted"] == 2
    assert FolioLot.objects.count() == 2, "the same origin gives one lot"
    assert words["taken"] + words["Exhausted"] == 20
    assert FolioEntry.objects.filter(kind="consume").count() == words["taken"]


def test_case_7_the_same_answer_twice_gives_back_once(cafe):
    lot = ledger.grant(cafe, "paid", 5, origin="request:1", at=NOW, months=6)
    for number in range(3):
        ledger.consume(cafe, f"d{number}", at=NOW)
    reversing = program(
        f"company = Company.objects.get(pk={cafe.pk})\n"
        "for number in range(3):\n"
        "    print(attempt(ledger.reverse, company, f'd{number}', at=at).kind)\n"
    )
    said = race(*(reversing for _ in range(4)))
    assert lines(said) == {"reverse": 12}
    lot.refresh_from_db()
    assert (lot.remaining, lot.consumed) == (5, 0)


def test_rejected_after_the_end_is_replaced_once(cafe):
    lot = ledger.grant(cafe, "paid", 1, origin="request:1", at=NOW, months=1)
    ledger.consume(cafe, "d", at=NOW)
    later = lot.expires_at + DAY
    reversing = program(
        f"company = Company.objects.get(pk={cafe.pk})\n"
        "print(ledger.reverse(company, 'd', at=at).kind)\n",
        later,
    )
    assert lines(race(*(reversing for _ in range(4)))) == {"reverse": 4}
    assert FolioLot.objects.filter(kind="replacement").count() == 1


def test_workers_end_a_lot_once_and_tell_once(cafe, owner):
    lot = ledger.grant(cafe, "paid", 10, origin="request:1", at=NOW, months=1)
    for number in range(9):
        ledger.consume(cafe, f"d{number}", at=NOW)
    working = program("for _ in range(3):\n    print(claims.run(at))\n")
    race(*(working for _ in range(3)))
    assert Notice.objects.filter(user=owner, kind="folios.10").count() == 1
    working = program(
        "for _ in range(3):\n    print(claims.run(at))\n", lot.expires_at + timedelta(hours=1)
    )
    said = race(*(working for _ in range(3)))
    assert sum(map(int, lines(said).elements())) == Deadline.objects.filter(lot=lot).count()
    assert FolioEntry.objects.filter(kind="expire").count() == 1


def test_an_adjustment_is_decided_once(cafe, senior, other_senior):
    from iofacturo.folios import adjustment

    lot = ledger.grant(cafe, "paid", 10, origin="request:1", at=NOW, months=1)
    third = cast.staff_person("tercera", "senior")
    row = adjustment.propose(lot, 5, "prueba", by=senior, at=NOW)
    deciding = (
        f"row = AdjustmentProposal.objects.get(pk={row.pk})\n"
        "found = attempt(row.{act}, by=User.objects.get(pk={who}), at=at)\n"
        "print(found if isinstance(found, str) else '{act}')\n"
    )
    said = race(
        *(
            program(deciding.replace("{act}", act).replace("{who}", str(who.pk)))
            for act in ("approve", "decline")
            for who in (other_senior, third)
        )
    )
    words = lines(said)
    assert words["Refused"] == 3
    lot.refresh_from_db()
    assert lot.adjusted == (5 if words["approve"] else 0)


def test_the_last_use_of_a_promotion_is_had_by_one(db):
    version = make_promotion(limit_total=3, limit_per_company=1)
    companies = [cast.company(f"Empresa {n}", f"31019{n:05}") for n in range(6)]
    redeeming = (
        f"version = PromotionVersion.objects.get(pk={version.pk})\n"
        "company = Company.objects.get(pk={company})\n"
        "for key in ('{company}-1', '{company}-1', '{company}-2'):\n"
        "    found = attempt(promotion.redeem, version, company, key, at)\n"
        "    print(found if isinstance(found, str) else f'key:{found.key}')\n"
    )
    said = race(*(program(redeeming.replace("{company}", str(one.pk))) for one in companies))
    keys = {word for word in lines(said) if word.startswith("key:")}
    assert len(keys) == 3
    assert Promotion.objects.get().used == 3
