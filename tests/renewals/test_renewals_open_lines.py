"""Remembering which lines are open answers what adding up all of them would."""

import pytest
from tests.renewals import scene

from iofacturo.lib import clock
from iofacturo.renewals import approval, bank, open_lines, returning, review
from iofacturo.renewals.bank import BankLine

pytestmark = pytest.mark.django_db(transaction=True)
AT = scene.AT


def test_what_is_remembered_is_what_is_there(
    transactional_db, monkeypatch, senior, admin, reviewer, cafe, owner
) -> None:
    monkeypatch.setattr(open_lines, "OVERLAP", 0)  # nothing is looked at twice
    open_lines._memory.clear()
    added_up: list[int] = []
    every = open_lines._candidates

    def candidates(known):
        found = every(known)
        added_up.append(len(found))
        return found

    monkeypatch.setattr(open_lines, "_candidates", candidates)

    def same() -> int:
        told = {row.pk: row.used for row in open_lines.free()}
        assert told == {row.pk: row.used for row in bank.free()}
        return len(told)

    with clock.moved_to(AT):
        scene.house(senior, admin)
        assert same() == 0
        scene.imported(senior, *((1000 + n, f"sin dueño {n}") for n in range(5)))
        assert same() == 5
        rows = [scene.sent(cafe, owner, "100") for _ in range(2)]
        lines = scene.imported(
            senior, *((row.given.total, row.reference) for row in rows)
        ).lines.order_by("pk")
        assert same() == 7
        approval.approve(rows[0], by=reviewer, at=AT, version=rows[0].version, found=[lines[0].pk])
        assert same() == 6
        half = scene.imported(senior, ("20000.00", "una parte")).lines.get()
        review.ask_correction(rows[1], by=reviewer, at=AT, version=rows[1].version,
                              reason="underpaid", found=[half.pk])  # fmt: skip
        assert same() == 6  # all of it waits with its request
        loose = BankLine.objects.filter(amount__lt=1005).order_by("pk")
        bank.credit_line(loose[0], cafe, by=senior, at=AT, note="Se quedó")
        order = returning.open_for_line(loose[1], by=senior, at=AT, reason="unknown", note="x")
        assert same() == 4
        returning.drop(order, why="No hacía falta", by=senior, at=AT)
        assert same() == 5
        assert max(added_up) < BankLine.objects.count()
        open_lines._memory[0].since -= 2 * open_lines.TRUSTED  # too old to be believed
        assert same() == 5
        open_lines._memory[0].newest = (10**6,) * 3  # of books that are gone
        assert same() == 5
