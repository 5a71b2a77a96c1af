"""Two reviewers, the automatic approval and imports at the same moment, on both databases."""

from collections import Counter

import pytest
from tests.accounts.processes import race
from tests.renewals import scene
from tests.renewals.test_renewals_races import REQUEST, USER, program

from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.renewals import invariants
from iofacturo.renewals.bank import Allocation, BankLine, MoneyEntry
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT = scene.AT
TODAY = clock.local(AT).date()
AUTOMATIC = (
    "from django.conf import settings\nsettings.AUTOMATIC_APPROVAL = True\n"
    "from iofacturo.renewals import automatic\n"
)


@pytest.fixture
def crew(senior, admin, reviewer, other_reviewer):
    with clock.moved_to(AT):
        scene.house(senior, admin)
    return [reviewer, other_reviewer, senior]


@pytest.fixture(autouse=True)
def _books_are_right(transactional_db):
    yield
    assert list(invariants.broken()) == []


def taking(row: RenewalRequest, by, line: BankLine) -> str:
    return program(
        f"r = review.approve({REQUEST.format(pk=row.pk)}, by={USER.format(pk=by.pk)}, at=at, "
        f"version={row.version}, found=[{line.pk}]); print(r.state)"
    )


def test_two_reviewers_and_the_system_approve_once(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    line = scene.imported(crew[2], (row.given.total, row.reference)).lines.get()
    by_itself = AUTOMATIC + program("print(automatic.run(at))")
    said = Counter(
        race(taking(row, crew[0], line), taking(row, crew[1], line), by_itself, by_itself)
    )
    row.refresh_from_db()
    assert row.state == RenewalRequest.ACTIVE
    assert said["active"] + said["1"] == 1, said
    assert set(said) <= {"active", "Decided", "1", "0"}
    assert FolioLot.objects.filter(kind="paid").count() == 1
    assert Allocation.objects.get().amount == line.amount


def test_one_line_for_two_requests_is_used_once(crew, cafe, owner) -> None:
    rows = [scene.sent(cafe, owner), scene.sent(cafe, owner)]
    line = scene.imported(crew[2], (rows[0].given.total, "sin referencia")).lines.get()
    said = race(*(taking(row, who, line) for row in rows for who in crew[:2]))
    assert Counter(said)["active"] == 1, said
    assert Allocation.objects.count() == 1


def test_a_line_is_credited_returned_or_paid_but_once(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    line = scene.imported(crew[2], (row.given.total, row.reference)).lines.get()
    prelude = "from iofacturo.renewals import bank, returning\nfrom iofacturo.renewals.bank import BankLine\n"
    the_line = f"BankLine.objects.get(pk={line.pk})"
    by = USER.format(pk=crew[0].pk)
    crediting = prelude + program(
        f"bank.credit_line({the_line}, Company.objects.get(pk={cafe.pk}), by={by}, at=at, note='x'); "
        "print('credited')"
    )
    returning = prelude + program(
        f"returning.open_for_line({the_line}, reason='unknown', note='x', by={by}, at=at); "
        "print('returned')"
    )
    said = race(crediting, returning, taking(row, crew[1], line), returning, crediting)
    assert Counter(said)["LineTaken"] == 4, said
    used = Allocation.objects.count() + ReturnOrder.objects.count() + MoneyEntry.objects.count()
    assert used == 1


def test_imports_that_overlap_and_a_line_that_is_typed(crew, cafe, owner) -> None:
    same = ("10.00", "x", "SAME")
    files = [
        scene.uploaded(crew[2], scene.csv(same, same, (n, f"solo {n}", f"R{n}")))
        for n in range(1, 5)
    ]
    importing = (
        "from iofacturo.renewals import statement_import\n"
        "from iofacturo.renewals.bank_statement import BankStatement\n"
    )
    by = USER.format(pk=crew[2].pk)
    programs = [
        importing + program(
            f"row = BankStatement.objects.get(pk={row.pk}); statement_import.confirm(row, "
            f"row.read(), by={by}, at=at, today=date({TODAY:%Y, %m, %d}))"
        )
        for row in [*files, files[0]]
    ]  # fmt: skip
    typing = "from iofacturo.renewals import bank, payee\n" + program(
        f"bank.enter(Typed(date({TODAY:%Y, %m, %d}), Decimal('10.00'), 'same'), "
        f"payee.current(at), by={by}, at=at, today=date({TODAY:%Y, %m, %d}))"
    )
    said = race(*programs, typing)
    assert Counter(said)["WrongState"] == 1, said
    assert BankLine.objects.filter(reference="SAME").count() == 2
    assert BankLine.objects.count() == 6
