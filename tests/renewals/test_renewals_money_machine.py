"""Any order of acts upon money, by anybody: for every line the parts always make the whole."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
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

from iofacturo.folios import ledger
from iofacturo.folios.errors import FoliosError
from iofacturo.lib import clock
from iofacturo.renewals import (
    automatic,
    bank,
    claims,
    credit,
    invariants,
    late,
    matches,
    money_invariants,
    returning,
    review,
    statement_import,
    taking_back,
)
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.errors import RenewalError
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

ZERO = Decimal(0)
AMOUNTS = ["75000.00", "75000.00", "40000.00", "35000.00", "0.10", "90000.33", "150000.00"]
WHO = st.sampled_from(["reviewer", "senior", "other_senior"])
N = st.integers(0, 6)


class Money(RuleBasedStateMachine):
    """A company with requests, two seniors and a reviewer, files of a bank that gives and takes."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        if hasattr(self, "now"):
            assert list(invariants.broken()) == []
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize()
    def open_the_house(self) -> None:
        self.now = scene.AT
        self.people = {
            "reviewer": cast.staff_person("revisor", "reviewer"),
            "senior": cast.staff_person("revisora", "senior"),
            "other_senior": cast.staff_person("otra", "senior"),
        }
        self.cafe = cast.company("Café Prueba S.A.", "3101000001")
        self.owner = cast.seat("duena", self.cafe, "owner")
        scene.house(self.people["senior"], self.people["other_senior"])
        self.files: list[bytes] = []
        self.documents = count(1)
        for amount in ("90000.33", "40000.00"):  # a plan that is paid too well, and one in part
            self.send(use_credit=False)
            self.pay(0 if amount == "90000.33" else 1, amount)

    def pick(self, rows, n: int):
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    def try_(self, act, *args, **kwargs) -> None:
        """An act may be refused, never half done."""
        with clock.moved_to(self.now), suppress(RenewalError, FoliosError), transaction.atomic():
            act(*args, **kwargs)

    @rule(days=st.sampled_from([0, 1, 6, 12]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        claims.expire_corrections(self.now)

    @rule(use_credit=st.booleans())
    def send(self, use_credit: bool) -> None:
        def act() -> None:
            row = scene.drafted(self.cafe, self.owner, at=self.now)
            scene.attached(row, self.owner, self.now)
            scene.send(row, self.owner, self.now, typed={**row.draft, "use_credit": use_credit})

        self.try_(act)

    @rule(n=N, amount=st.sampled_from(AMOUNTS), names=st.booleans(), back=st.booleans(),
          days=st.integers(0, 12))  # fmt: skip
    def bank_gives(self, n: int, amount: str, names: bool, back: bool, days: int) -> None:
        row = self.pick(RenewalRequest.objects.all(), n)
        words = row.reference if row and names else "sin referencia"
        day = clock.local(self.now).date() - timedelta(days=days)
        self.files.append(scene.csv((amount, words, f"R{len(self.files)}"), on=f"{day:%d/%m/%Y}"))
        self.import_file(len(self.files) - 1)

    def pay(self, n: int, amount: str) -> None:
        """The *n*-th request is told its money, and decided with it."""
        self.bank_gives(n, amount, True, False, 0)
        row, line = self.pick(RenewalRequest.objects.all(), n), BankLine.objects.latest("pk")
        act = review.approve if Decimal(amount) >= 75_000 else review.ask_correction
        more = {} if act is review.approve else {"reason": "underpaid"}
        self.try_(act, row, by=self.people["reviewer"], at=self.now, version=row.version,
                  found=[line.pk], **more)  # fmt: skip

    @rule(use_credit=st.booleans(), amount=st.sampled_from(AMOUNTS))
    def send_and_pay(self, use_credit: bool, amount: str) -> None:
        self.send(use_credit)
        rows = RenewalRequest.objects.filter(state="in_review")
        if rows.exists():
            self.pay(RenewalRequest.objects.count() - 1, amount)

    @rule(n=N)
    def import_file(self, n: int) -> None:
        """Again, in any order."""
        if self.files:
            self._import(self.files[n % len(self.files)])

    @rule(n=N)
    def bank_takes(self, n: int) -> None:
        line = self.pick(BankLine.objects.all(), n)
        if line:
            day = clock.local(self.now).date()
            row = f'{day:%d/%m/%Y},{line.reference},"devuelto","{line.amount}",'
            self.files.append(f"{scene.HEADER}\n{row}".encode())
            self._import(self.files[-1])

    def _import(self, data: bytes) -> None:
        def act() -> None:
            row = scene.uploaded(self.people["senior"], data, self.now)
            parsed = row.profile and scene.statement.read(data, row.profile, currency="CRC")
            statement_import.confirm(row, parsed, by=self.people["senior"], at=self.now,
                                     today=clock.local(self.now).date())  # fmt: skip

        self.try_(act)

    @rule(n=N, m=N, who=WHO, keep=st.booleans(), use=st.sampled_from([0, 0, 10_000]))
    def approve(self, n: int, m: int, who: str, keep: bool, use: int) -> None:
        row = self.pick(RenewalRequest.objects.filter(state__in=RenewalRequest.SENT), n)
        line = self.pick(bank.free(), m)
        if row:
            self.try_(review.approve, row, by=self.people[who], at=self.now, version=row.version,
                      found=[line.pk] if line else [], keep_rest=keep, credit=Decimal(use),
                      note="x")  # fmt: skip

    @rule(n=N, m=N)
    def ask_for_the_rest(self, n: int, m: int) -> None:
        row = self.pick(RenewalRequest.objects.filter(state="in_review"), n)
        line = self.pick(bank.free(), m)
        if row and line:
            self.try_(review.ask_correction, row, by=self.people["reviewer"], at=self.now,
                      version=row.version, reason="underpaid", found=[line.pk])  # fmt: skip

    @rule(n=N)
    def reject(self, n: int) -> None:
        row = self.pick(RenewalRequest.objects.filter(state="in_review"), n)
        if row:
            self.try_(review.reject, row, by=self.people["senior"], at=self.now,
                      version=row.version, reason="no_money")  # fmt: skip

    @rule(n=N, reason=st.sampled_from(sorted(review.REVERSALS)), used=st.integers(0, 9))
    def reverse(self, n: int, reason: str, used: int) -> None:
        row = self.pick(RenewalRequest.objects.filter(state="active"), n)
        if row:
            for _ in range(used):
                self.try_(ledger.consume, self.cafe, f"d{next(self.documents)}", at=self.now)
            self.try_(review.reverse, row, by=self.people["senior"], at=self.now,
                      version=row.version, reason=reason, note="x")  # fmt: skip

    @rule(by_itself=st.booleans(), n=N)
    def late_money(self, by_itself: bool, n: int) -> None:
        if by_itself:
            with clock.moved_to(self.now):
                automatic._seen.clear()
                automatic.run(self.now)
            return
        found = sorted(matches.current().late.items())
        if found:
            number, lines = found[n % len(found)]
            row = RenewalRequest.objects.get(number=number)
            self.try_(late.revive, row, by=self.people["reviewer"], at=self.now,
                      version=row.version, found=lines, note="x")  # fmt: skip

    @rule(n=N)
    def credit_line(self, n: int) -> None:
        line = self.pick(bank.free() if n else BankLine.objects.all(), n)
        if line:
            self.try_(bank.credit_line, line, self.cafe, by=self.people["reviewer"], at=self.now,
                      note="x")  # fmt: skip

    @rule(n=N, of_line=st.booleans(), part=st.sampled_from(["0.10", "5000.00", "999999.00"]))
    def open_return(self, n: int, of_line: bool, part: str) -> None:
        said = {"reason": "asked", "note": "x", "by": self.people["reviewer"], "at": self.now}
        line = self.pick(bank.free() if n else BankLine.objects.all(), n)
        if of_line and line:
            self.try_(returning.open_for_line, line, **said)
        elif not of_line:
            there = credit.available(self.cafe)
            amount = min(Decimal(part), there) if n else Decimal(part)
            self.try_(returning.open_for_credit, self.cafe, amount, **said)

    @rule(n=N, who=WHO, act=st.sampled_from(["order", "sign", "pay", "pay", "drop"]))
    def go_on_with_a_return(self, n: int, who: str, act: str) -> None:
        rows = ReturnOrder.objects.filter(ReturnOrder.OPEN)
        row = self.pick(rows if n else ReturnOrder.objects.all(), n)
        if row is None:
            return
        day = clock.local(self.now).date()
        more = {
            "order": {"iban": scene.IBAN, "holder": "x"},
            "pay": {"reference": f"T{row.pk}", "paid_on": day, "today": day},
            "drop": {"why": "x"},
        }.get(act, {})
        self.try_(getattr(returning, act), row, by=self.people[who], at=self.now, **more)

    @rule(n=N, who=WHO, dismissed=st.sampled_from([False, False, True]))
    def settle(self, n: int, who: str, dismissed: bool) -> None:
        rows = Withdrawal.objects.filter(settled_at=None, dismissed_at=None)
        row = self.pick(rows if n else Withdrawal.objects.all(), n)
        if row and dismissed:
            self.try_(taking_back.dismiss, row, why="x", by=self.people[who], at=self.now)
        elif row:
            self.try_(taking_back.settle, row, by=self.people[who], at=self.now, note="x")

    @invariant()
    def the_parts_make_the_whole(self) -> None:
        """Added up here once more, apart from the code that is tried."""
        if not hasattr(self, "now"):
            return

        def total(rows, column: str = "amount") -> Decimal:
            return rows.aggregate(n=Sum(column))["n"] or ZERO

        for line in BankLine.objects.all():
            parts = [
                total(line.allocations),
                total(line.money_entries.filter(kind__in=("excess", "released", "credited"))),
                total(line.returns),
                total(line.return_orders.filter(paid_at=None, dropped_at=None)),
                total(line.withdrawals, "from_free"),
                line.left,
            ]
            assert sum(parts) == line.amount, (line.pk, parts)
            assert min(parts) >= 0, (line.pk, parts)
        assert credit.available(self.cafe) >= 0
        assert list(money_invariants.broken()) == []


@pytest.mark.django_db
def test_any_order_of_acts_upon_money(settings_house) -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=12,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def settings_house(settings):
    """Exact money approves by itself; two people from 100 000 on."""
    settings.AUTOMATIC_APPROVAL = True
    settings.SECOND_APPROVAL_FROM = 100_000
    return settings
