"""What the board counts: how long answers took in business time, and the mail that tells it."""

import importlib
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from tests.renewals import scene

from iofacturo.lib import append_only, clock
from iofacturo.outbox.message import Message
from iofacturo.renewals import approval, board, daily_report, invariants, review
from iofacturo.renewals.daily_report import ReportReader
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.turnaround import Turnaround

MONDAY = date(2026, 11, 23)


def at(text: str) -> datetime:
    """`23 10:30` in November 2026, in Costa Rica."""
    return datetime.strptime(f"2026-11-{text} -0600", "%Y-%m-%d %H:%M %z")


def approved(row: RenewalRequest, by, when: datetime) -> RenewalRequest:
    row.refresh_from_db()
    line = scene.line(row.given.total, on=clock.local(when).date())
    return approval.approve(row, by=by, at=when, version=row.version, lines=[line])


@pytest.fixture
def decided(house, cafe, owner, reviewer, other_reviewer, senior) -> list[RenewalRequest]:
    """Six answers of two people and the system, over a weekend, one of them late."""
    rows = [scene.sent(cafe, owner, "100", at=at(when)) for when in (
        "23 10:00", "23 10:00", "23 17:30", "27 16:30", "27 09:00",
    )]  # fmt: skip
    approved(rows[0], reviewer, at("23 10:40"))
    review.reject(rows[1], by=other_reviewer, at=at("23 12:00"), version=rows[1].version,
                  reason="no_money")  # fmt: skip
    approved(rows[2], reviewer, at("24 09:20"))  # the night does not count
    review.ask_correction(rows[3], by=reviewer, at=at("30 09:30"), version=rows[3].version,
                          reason="unreadable")  # fmt: skip
    approved(rows[4], other_reviewer, at("27 15:00"))  # two hours late
    scene.imported(senior, ("22000.00", "x"), at=at("30 10:00"))
    return rows


def test_answers_are_measured_in_business_minutes(decided, reviewer, other_reviewer) -> None:
    found = [
        (row.day.day, row.actor, row.kind, row.minutes, row.late, row.amount)
        for row in Turnaround.objects.select_related("actor").order_by("decision")
    ]
    paid, nothing = Decimal("22000.00"), Decimal(0)
    assert found == [
        (23, reviewer, "approved", 40, False, paid),
        (23, other_reviewer, "rejected", 120, False, nothing),
        (24, reviewer, "approved", 50, False, paid),
        (30, reviewer, "correction", 120, False, nothing),
        (27, other_reviewer, "approved", 360, True, paid),
    ]
    assert list(invariants.broken()) == []


def test_what_was_answered_before_is_filled_in_the_same(decided) -> None:
    def values() -> list[tuple]:
        rows = Turnaround.objects.order_by("decision")
        return list(rows.values_list(
            "decision", "day", "actor", "kind", "minutes", "late", "amount", "currency"
        ))  # fmt: skip

    measured = values()
    table = "renewals_turnaround"
    with connection.cursor() as cursor:
        for sql in append_only.removal(connection.vendor, table):
            cursor.execute(sql)
        cursor.execute(f"DELETE FROM {table}")
        assert len(list(invariants.broken())) == len(measured)  # verify misses each
        migration = importlib.import_module("iofacturo.renewals.migrations.0006_fill_turnaround")
        migration.fill(apps, None)
        for sql in append_only.statements(connection.vendor, table):
            cursor.execute(sql)
    assert values() == measured


def test_figures_are_those_of_a_slow_count(decided, reviewer, other_reviewer) -> None:
    figures = board.figures(MONDAY, date(2026, 11, 30))
    total = figures.total
    assert (total.answers, total.median, total.p95, total.late) == (5, 120, 360, 1)
    assert (total.approved, total.rejected, total.corrections) == (3, 1, 1)
    assert (total.by_hand, total.automatic) == (3, 0)
    assert total.money == {"CRC": Decimal("66000.00")}
    people = {user: (group.answers, group.median, group.late) for user, group in figures.people}
    assert people == {reviewer: (3, 50, 0), other_reviewer: (2, 120, 1)}
    by_day = defaultdict(list)
    for row in Turnaround.objects.all():
        by_day[row.day].append(row.minutes)
    assert {day: sorted(group.minutes.elements()) for day, group in figures.days.items()} == {
        day: sorted(minutes) for day, minutes in by_day.items()
    }
    weeks = board.merged(figures.days, [(MONDAY, date(2026, 11, 29)), (date(2026, 11, 30),) * 2])
    assert [(week.answers, week.median) for week in weeks] == [(4, 50), (1, 120)]
    assert board.figures(date(2026, 11, 25), date(2026, 11, 26)).total.median is None


def test_who_is_not_a_person_is_the_system(house, cafe, owner, senior, settings) -> None:
    settings.AUTOMATIC_APPROVAL = True
    from iofacturo.renewals import automatic

    row = scene.sent(cafe, owner, "100")
    scene.imported(senior, (row.given.total, row.reference))
    assert automatic.run(scene.AT + timedelta(minutes=3)) == 1
    [(who, group)] = board.figures(MONDAY, MONDAY).people
    assert (who, group.automatic, group.by_hand, group.median) == (None, 1, 0, 3)


def test_what_waits_is_counted_as_it_stands(house, cafe, owner, reviewer) -> None:
    rows = [scene.sent(cafe, owner, "100", at=at("23 09:00")) for _ in range(3)]
    review.ask_correction(rows[0], by=reviewer, at=at("23 09:05"), version=rows[0].version,
                          reason="unreadable")  # fmt: skip
    standing = board.standing(at("23 13:01"))
    assert (standing.open, standing.late, standing.second, standing.paused) == (2, 2, 0, 1)
    assert board.standing(at("23 13:00")).late == 0


# -- the mail --------------------------------------------------------------------------------------


@pytest.fixture
def reader(senior):
    daily_report._sent.clear()
    daily_report.subscribe(senior, at("20 12:00"))
    yield senior
    daily_report._sent.clear()


def reports() -> list[Message]:
    return list(Message.objects.filter(key__startswith="daily-report:").order_by("pk"))


def test_the_report_goes_out_once_each_business_day_from_its_hour_on(decided, reader) -> None:
    def runs(text: str, fresh: bool = True) -> int:
        if fresh:
            daily_report._sent.clear()  # another worker, or the same one after a start
        return daily_report.run(at(text))

    assert runs("30 07:59") == 0
    assert runs("29 08:00") == 0  # a Sunday
    assert runs("30 08:00") == 1
    assert runs("30 08:01", fresh=False) == 0
    runs("30 15:00")
    [mail] = reports()
    assert mail.to == reader.email
    # of Friday and the weekend: the last business day before
    assert mail.subject == "Solicitudes: 1 respuesta, 1 tarde"
    for shown in ("Respuestas", "6 h 00 min", "₡22\u00a0000,00", "Revisor", "Por revisar"):
        assert shown in mail.text
        assert shown in mail.html
    assert "desde=2026-11-27" in mail.text
    assert "desde=2026-11-27&amp;hasta=2026-11-29" in mail.html


def test_the_same_figures_stand_in_the_text_and_on_the_page(decided, reader) -> None:
    figures = board.figures(MONDAY, date(2026, 11, 30))
    made = daily_report.compose(figures, board.standing(at("30 12:00")), at("30 12:00"))
    rows = [row for _, rows in made.sections for row in rows]
    assert len(rows) > 12
    for name, value in rows:
        assert f"{name}: {value}" in made.text
        assert f">{name}</td>" in made.html
        assert f">{value}</td>" in made.html


def test_only_who_asked_and_still_may_reads_it(decided, reader, reviewer, admin) -> None:
    daily_report.subscribe(reviewer, at("30 08:30"))  # today's hour has passed
    daily_report.subscribe(reader, at("30 09:00"))  # again: nothing changes
    assert ReportReader.objects.count() == 2
    assert daily_report.run(at("30 10:00")) == 1
    reader.staff.remove(by=admin, at=at("30 11:00"))
    daily_report.unsubscribe(reviewer, at("30 11:00"))
    daily_report._sent.clear()
    assert daily_report.run(at("30 12:00")) == 0
    assert [mail.to for mail in reports()] == [reader.email]
