"""Any order of acts, by anybody, at any time: the books stay right and nothing impossible happens."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.conf import settings as conf
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests import cast
from tests.renewals import scene

from iofacturo import verify
from iofacturo.folios import ledger
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import FoliosError
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.renewals import claims, draft, review, submission
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.errors import RenewalError
from iofacturo.renewals.request import RenewalRequest

PEOPLE = ("reviewer", "other", "senior", "other_senior")
MOVES = {
    "": {"draft"},
    "draft": {"draft", "in_review", "cancelled", "expired"},
    "in_review": {"in_review", "needs_info", "active", "rejected", "cancelled"},
    "needs_info": {"needs_info", "in_review", "expired", "active"},
    "expired": {"expired", "draft", "in_review", "cancelled"},
    "active": {"active", "reversed"},
    "rejected": {"rejected"},
    "cancelled": {"cancelled"},
    "reversed": {"reversed"},
}
_tokens = count(1)


class Desk(RuleBasedStateMachine):
    """One company with a few requests, four reviewers, a clock that only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open_the_house(self) -> None:
        self.now = scene.AT
        self.people = {
            "reviewer": cast.staff_person("revisor", "reviewer"),
            "other": cast.staff_person("otro", "reviewer"),
            "senior": cast.staff_person("revisora", "senior"),
            "other_senior": cast.staff_person("otra", "senior"),
        }
        self.cafe = cast.company("Café Prueba S.A.", "3101000001")
        self.owner = cast.seat("duena", self.cafe, "owner")
        scene.house(self.people["senior"], self.people["other_senior"])
        scene.promotion(limit_total=2)
        ledger.grant(self.cafe, "migration", 3, origin="migration:cafe", at=self.now, months=6)
        self.before: dict[int, str] = {}
        self.documents = count(1)

    def pick(self, number: int, *states: str) -> RenewalRequest | None:
        rows = RenewalRequest.objects.filter(state__in=states).order_by("id")
        found = list(rows)
        return found[number % len(found)] if found else None

    def try_(self, act, *args, **kwargs) -> None:
        """An act may be refused, never half done."""
        with clock.moved_to(self.now), suppress(RenewalError, FoliosError):
            act(*args, **kwargs)

    @rule(hours=st.sampled_from([0.1, 1, 5, 24, 24 * 4, 24 * 12]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def the_clock_tidies(self) -> None:
        claims.run(self.now)

    @rule(code=st.sampled_from(["500", "100"]), again=st.booleans())
    def choose(self, code: str, again: bool) -> None:
        old = self.pick(0, "rejected") if again else None
        self.try_(draft.choose, self.cafe, code, by=self.owner, at=self.now, previous=old,
                  token=str(next(_tokens)))  # fmt: skip

    @rule(n=st.integers(0, 5), code=st.sampled_from(["500", "100"]))
    def change_plan(self, n: int, code: str) -> None:
        row = self.pick(n, "draft", "expired", "in_review")
        if row:
            self.try_(draft.change_plan, row, code, by=self.owner, at=self.now)

    @rule(n=st.integers(0, 5), proof=st.integers(0, 3))
    def attach(self, n: int, proof: int) -> None:
        row = self.pick(n, "draft", "needs_info", "in_review", "expired")
        if row:
            self.try_(scene.attached, row, self.owner, self.now, seed=proof)

    @rule(n=st.integers(0, 5))
    def send(self, n: int) -> None:
        row = self.pick(n, "draft", "expired", "active")
        if row:
            self.try_(scene.send, row, self.owner, self.now)

    @rule(n=st.integers(0, 5))
    def attach_and_send(self, n: int) -> None:
        self.attach(n, n)
        self.send(n)

    @rule(n=st.integers(0, 5), token=st.integers(1, 3), what=st.integers(1, 2))
    def send_with_an_old_token(self, n: int, token: int, what: int) -> None:
        row = self.pick(n, "draft", "in_review")
        if row:
            self.try_(scene.send, row, self.owner, self.now, token=f"old-{token}",
                      contents={"what": what})  # fmt: skip

    @rule(n=st.integers(0, 5))
    def cancel(self, n: int) -> None:
        row = self.pick(n, "draft", "in_review", "needs_info", "expired", "active")
        if row:
            self.try_(draft.cancel, row, by=self.owner, at=self.now)

    @rule(n=st.integers(0, 5))
    def answer(self, n: int) -> None:
        row = self.pick(n, "needs_info", "in_review")
        if row:
            self.try_(submission.answer, row, by=self.owner, at=self.now, contents={},
                      token=str(next(_tokens)), billing=Billing.of_company(self.cafe))  # fmt: skip

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE))
    def take(self, n: int, who: str) -> None:
        row = self.pick(n, "in_review", "active")
        if row:
            self.try_(review.take, row, by=self.people[who], at=self.now)

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE))
    def release(self, n: int, who: str) -> None:
        row = self.pick(n, "in_review")
        if row:
            self.try_(review.release, row, by=self.people[who], at=self.now)

    @rule(
        n=st.integers(0, 5),
        who=st.sampled_from(PEOPLE),
        part=st.sampled_from(["0", "0.5", "1", "1", "1", "1.2", "2"]),
        line=st.integers(1, 6),
        credit=st.sampled_from([0, 0, 0, 5000, 75000]),
        behind=st.sampled_from([0, 0, 0, 1]),
    )
    def approve(self, n: int, who: str, part: str, line: int, credit: int, behind: int) -> None:
        row = self.pick(n, "in_review", "active", "needs_info")
        if row is None:
            return
        amount = (row.given.total * Decimal(part)).quantize(Decimal("0.01"))
        lines = [scene.line(amount, f"LINE{line}")] if amount else []
        with clock.moved_to(self.now):
            self.try_(review.approve, row, by=self.people[who], at=self.now, lines=lines,
                      version=row.version - behind, credit=Decimal(credit), note="x")  # fmt: skip

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE),
          reason=st.sampled_from(sorted(review.CORRECTIONS)))  # fmt: skip
    def ask(self, n: int, who: str, reason: str) -> None:
        row = self.pick(n, "in_review")
        if row:
            lines = [scene.line(1000)] if reason == "underpaid" else []
            self.try_(review.ask_correction, row, by=self.people[who], at=self.now,
                      version=row.version, reason=reason, lines=lines)  # fmt: skip

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE))
    def reject(self, n: int, who: str) -> None:
        row = self.pick(n, "in_review", "needs_info")
        if row:
            self.try_(review.reject, row, by=self.people[who], at=self.now, version=row.version,
                      reason="no_money")  # fmt: skip

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE))
    def resurrect(self, n: int, who: str) -> None:
        row = self.pick(n, "expired", "rejected")
        if row:
            self.try_(review.resurrect, row, by=self.people[who], at=self.now, note="apareció")

    @rule(n=st.integers(0, 5), who=st.sampled_from(PEOPLE),
          reason=st.sampled_from(["mistake", "bank_withdrew"]))  # fmt: skip
    def reverse(self, n: int, who: str, reason: str) -> None:
        row = self.pick(n, "active", "in_review")
        if row:
            self.try_(review.reverse, row, by=self.people[who], at=self.now, version=row.version,
                      reason=reason, note="x")  # fmt: skip

    @rule(folios=st.integers(1, 30))
    def issue(self, folios: int) -> None:
        for _ in range(folios):
            self.try_(ledger.consume, self.cafe, f"doc-{next(self.documents)}", at=self.now)

    @rule(n=st.integers(0, 40), days=st.sampled_from([0, 0, 0, 0, 200]))
    def hacienda_rejects(self, n: int, days: int) -> None:
        self.now += timedelta(days=days)
        issued = list(FolioEntry.objects.filter(kind="consume").order_by("-id")[:40])
        if issued:
            self.try_(ledger.reverse, self.cafe, issued[n % len(issued)].document, at=self.now)

    @invariant()
    def nobody_issues_more_than_what_was_granted_and_one_grace(self) -> None:
        if not hasattr(self, "now"):
            return
        own = FolioLot.objects.exclude(kind="grace").aggregate(n=Sum("granted"))["n"]
        used = FolioEntry.objects.filter(kind__in=("consume", "reverse")).aggregate(n=Sum("qty"))
        assert -(used["n"] or 0) <= own + conf.GRACE_FOLIOS

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "now"):
            return
        assert list(verify.broken()) == []

    @invariant()
    def states_only_move_where_they_may(self) -> None:
        if not hasattr(self, "now"):
            return
        now = dict(RenewalRequest.objects.values_list("pk", "state"))
        for pk, state in now.items():
            assert state in _reach(self.before.get(pk, "")), (self.before.get(pk), state)
        self.before = now


def _reach(state: str) -> set[str]:
    """Where one rule can lead: an act of ours may take two steps (attach and send)."""
    return {far for near in MOVES[state] for far in MOVES[near]} if state else set(MOVES)


@pytest.mark.django_db
def test_any_order_of_acts_leaves_the_books_right() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
