"""The ledger against an independent model of it, over random histories, with time moving."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from iofacturo.business_time import calendar
from iofacturo.folios import adjustment, claims, invariants, ledger, summary
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import Exhausted, LotClosed, NotConsumed
from iofacturo.folios.lot import FolioLot, expiry, next_in_use

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@dataclass
class Pool:
    """A lot as a child would keep it: a pile of folios and two dates."""

    pk: int
    kind: str
    start: datetime
    end: datetime
    left: int
    for_document: str = ""
    void: bool = False
    written_off: int = 0
    used: int = 0

    def gives(self, now: datetime, replaces: str) -> bool:
        return (
            self.start <= now < self.end
            and not self.void
            and self.left > 0
            and self.for_document in ("", replaces)
        )

    def rank(self):
        return (
            0 if self.for_document else 1,
            self.end,
            0 if self.kind == "promo" else 1,
            self.start,
            self.pk,
        )


@dataclass
class Book:
    pools: list[Pool] = field(default_factory=list)
    holds: dict[str, Pool] = field(default_factory=dict)  # document: the pool its folio is from
    seen: set[str] = field(default_factory=set)

    def pick(self, now: datetime, replaces: str = "") -> Pool | None:
        return min((p for p in self.pools if p.gives(now, replaces)), key=Pool.rank, default=None)

    def take(self, document: str, now: datetime, replaces: str = "") -> Pool | None:
        pool = self.pick(now, replaces)
        if pool is not None:
            pool.left -= 1
            pool.used += 1
            self.holds[document] = pool
            self.seen.add(document)
        return pool


class Ledger(RuleBasedStateMachine):
    """Every act is done in the database and in the book, and they must agree afterwards."""

    @initialize()
    def begin(self) -> None:
        from tests.cast import company, staff_person

        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.company = company("Máquina S.A.", "3101777777")
        self.first = staff_person("una", "senior")
        self.second = staff_person("otra", "senior")
        self.now = START
        self.book = Book()
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "sandbox"):
            try:
                offenders = list(invariants.broken())
                assert offenders == [], offenders
            finally:
                transaction.set_rollback(True)
                self.sandbox.__exit__(None, None, None)

    def _new(self) -> int:
        self.number += 1
        return self.number

    # -- time ----------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 9, 24 * 31]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @precondition(lambda self: any(p.end > self.now for p in self.book.pools))
    @rule(late=st.booleans())
    def a_lot_is_about_to_end(self, late):
        end = min(p.end for p in self.book.pools if p.end > self.now)
        self.now = end if late else end - timedelta(microseconds=1)

    @rule()
    def the_worker_comes_by(self):
        claims.run(self.now)
        for pool in self.book.pools:
            if pool.end <= self.now and not pool.void:
                pool.written_off += pool.left
                pool.left = 0

    # -- giving --------------------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(["paid", "promo", "courtesy", "migration"]),
        folios=st.integers(1, 4),
        months=st.integers(1, 3),
        wait=st.sampled_from([0, 0, 0, 3, 40]),
    )
    def a_lot_is_granted(self, kind, folios, months, wait):
        start = self.now + timedelta(days=wait)
        lot = ledger.grant(
            self.company, kind, folios, origin=f"machine:{self._new()}", at=self.now,
            months=months, activated_at=start,
        )  # fmt: skip
        assert lot.expires_at == expiry(start, months)
        self.book.pools.append(Pool(lot.pk, kind, start, lot.expires_at, folios))

    # -- taking --------------------------------------------------------------------------------

    @rule()
    def a_document_is_issued(self):
        self._issue(f"doc{self._new()}")

    def _issue(self, document: str, replaces: str = "") -> None:
        pool = self.book.take(document, self.now, replaces)
        try:
            taken = ledger.consume(self.company, document, at=self.now, replaces=replaces)
        except Exhausted:
            assert pool is None, f"the book would have given one from {pool}"
        else:
            assert pool is not None, "the book has none left"
            assert (taken.lot_id, taken.balance) == (pool.pk, pool.left)

    @precondition(lambda self: self.book.holds)
    @rule(data=st.data())
    def a_document_is_issued_again(self, data):
        document = data.draw(st.sampled_from(sorted(self.book.holds)))
        taken = ledger.consume(self.company, document, at=self.now)
        assert taken.repeated
        assert taken.lot_id == self.book.holds[document].pk

    @rule(count=st.integers(1, 6), again=st.booleans())
    def a_batch_is_issued(self, count, again):
        documents = [f"doc{self._new()}" for _ in range(count)]
        if again and self.book.holds:
            documents.insert(0, min(self.book.holds))
        new = [d for d in documents if d not in self.book.holds]
        enough = sum(p.left for p in self.book.pools if p.gives(self.now, "")) >= len(new)
        try:
            taken = ledger.consume_batch(
                self.company, [ledger.Document(d) for d in documents], at=self.now
            )
        except Exhausted:
            assert not enough
            return
        assert enough
        for document in new:
            self.book.take(document, self.now)
        assert [t.lot_id for t in taken] == [self.book.holds[d].pk for d in documents]

    # -- giving back ---------------------------------------------------------------------------

    @precondition(lambda self: self.book.holds)
    @rule(data=st.data(), twice=st.booleans())
    def hacienda_rejects(self, data, twice):
        document = data.draw(st.sampled_from(sorted(self.book.holds)))
        pool = self.book.holds.pop(document)
        for _ in range(1 + twice):
            ledger.reverse(self.company, document, at=self.now)
        pool.used -= 1
        if pool.end > self.now and not pool.void:
            pool.left += 1
            return
        pool.written_off += 1 + pool.left  # an ended lot is emptied with it
        pool.left = 0
        right = FolioLot.objects.filter(kind="replacement", only_for=document).latest("id")
        last = calendar.current(self.now).add_business_days(
            (self.now - timedelta(hours=6)).date(), 5
        )
        assert right.last_day == last
        self.book.pools.append(
            Pool(right.pk, "replacement", self.now, right.expires_at, 1, document)
        )

    @precondition(lambda self: self.book.seen - set(self.book.holds))
    @rule(data=st.data())
    def a_rejected_document_is_replaced(self, data):
        rejected = data.draw(st.sampled_from(sorted(self.book.seen - set(self.book.holds))))
        self._issue(f"doc{self._new()}", replaces=rejected)

    @precondition(lambda self: self.book.seen - set(self.book.holds))
    @rule(data=st.data())
    def hacienda_accepts_after_all(self, data):
        self._issue(data.draw(st.sampled_from(sorted(self.book.seen - set(self.book.holds)))))

    @rule()
    def what_never_was_is_rejected(self):
        try:
            ledger.reverse(self.company, "never", at=self.now)
        except NotConsumed:
            return
        raise AssertionError("it gave back what it never took")

    # -- ending --------------------------------------------------------------------------------

    @precondition(lambda self: self.book.pools)
    @rule(data=st.data())
    def a_lot_is_annulled(self, data):
        pool = data.draw(st.sampled_from(self.book.pools))
        lot = FolioLot.objects.get(pk=pool.pk)
        try:
            entry = ledger.void(lot, by=self.first, at=self.now, reason="prueba")
        except LotClosed:
            assert pool.void
            return
        assert not pool.void
        assert entry.qty == -pool.left
        pool.void, pool.written_off, pool.left = True, pool.written_off + pool.left, 0

    @precondition(lambda self: self.book.pools)
    @rule(data=st.data(), qty=st.integers(-3, 3).filter(bool))
    def a_lot_is_adjusted(self, data, qty):
        pool = data.draw(st.sampled_from(self.book.pools))
        lot = FolioLot.objects.get(pk=pool.pk)
        can = not pool.void and self.now < pool.end and pool.left + qty >= 0
        try:
            with transaction.atomic():
                adjustment.propose(lot, qty, "prueba", by=self.first, at=self.now).approve(
                    by=self.second, at=self.now
                )
        except LotClosed:
            assert not can
            return
        assert can
        pool.left += qty

    # -- what must always hold -----------------------------------------------------------------

    @invariant()
    def the_books_agree(self):
        if not hasattr(self, "company"):
            return
        note(f"{self.now}")
        lots = {lot.pk: lot for lot in self.company.lots.all()}
        assert set(lots) == {p.pk for p in self.book.pools}
        for pool in self.book.pools:
            lot = lots[pool.pk]
            assert lot.remaining == pool.left, pool
            assert lot.consumed == pool.used, pool
            assert lot.expired + lot.voided == pool.written_off, pool
            assert lot.total == pool.left + pool.used + pool.written_off
        ready = [p for p in self.book.pools if p.gives(self.now, "")]
        assert summary.available(self.company, self.now) == sum(p.left for p in ready)
        following = next_in_use(lots.values(), self.now)
        assert (following and following.pk) == (min(ready, key=Pool.rank).pk if ready else None)
        uses = FolioEntry.objects.filter(company=self.company, kind__in=("consume", "reverse"))
        assert sum(-qty for qty in uses.values_list("qty", flat=True)) == len(self.book.holds)


def test_the_ledger_does_what_the_model_says(db):
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
