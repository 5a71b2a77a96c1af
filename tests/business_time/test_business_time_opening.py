"""Due times: every vector that was agreed on, and what must hold for all others."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iofacturo.business_time import seed, week
from iofacturo.business_time.opening import Calendar, NeverOpens
from iofacturo.lib.clock import COSTA_RICA, local


def office(*kinds: str) -> Calendar:
    closed = {f.day: f.name for f in seed.feriados(range(2020, 2041)) if f.kind in kinds}
    return Calendar(week.OFFICE, closed)


ALL = office("public", "optional")
PUBLIC = office("public")


def cr(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COSTA_RICA)


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        # the domain model's table
        ("2026-11-23 08:59:59", "2026-11-23 13:00"),
        ("2026-11-23 09:00", "2026-11-23 13:00"),
        ("2026-11-23 14:00:00", "2026-11-23 18:00:00"),
        ("2026-11-23 14:00:01", "2026-11-24 09:00:01"),
        ("2026-11-27 16:30", "2026-11-30 11:30"),
        ("2026-11-27 18:00:00", "2026-11-30 13:00"),
        ("2026-11-28 12:00", "2026-11-30 13:00"),
        ("2026-11-23 20:00", "2026-11-24 13:00"),
        ("2026-11-30 17:00", "2026-12-02 12:00"),
        ("2026-12-24 15:00", "2026-12-28 10:00"),
        ("2026-12-31 17:59:59", "2027-01-04 12:59:59"),
        ("2026-04-01 17:00", "2026-04-06 12:00"),
        ("2026-09-14 16:00", "2026-09-16 11:00"),
        # the product's table
        ("2026-11-22 15:05", "2026-11-23 13:00"),
        ("2026-11-24 08:59", "2026-11-24 13:00"),
        ("2026-11-23 14:01", "2026-11-24 09:01"),
        ("2026-11-23 18:00", "2026-11-24 13:00"),
        ("2026-11-30 16:30", "2026-12-02 11:30"),
        ("2026-12-24 17:00", "2026-12-28 12:00"),
        ("2026-12-31 16:00", "2027-01-04 11:00"),
        ("2027-03-24 17:30", "2027-03-29 12:30"),
    ],
)
def test_four_business_hours_later(sent: str, due: str) -> None:
    assert ALL.due(cr(sent), 4) == cr(due)
    assert ALL.elapsed(cr(sent), cr(due)) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("sent", "due"),
    [("2026-11-30 17:00", "2026-12-01 12:00"), ("2026-11-30 16:30", "2026-12-01 11:30")],
)
def test_with_public_holidays_only_the_first_of_december_is_worked(sent: str, due: str) -> None:
    assert PUBLIC.due(cr(sent), 4) == cr(due)


def test_an_instant_in_another_zone_is_read_on_a_wall_in_costa_rica() -> None:
    assert ALL.due(datetime(2026, 11, 24, 2, tzinfo=UTC), 4) == cr("2026-11-24 13:00")
    assert ALL.due(datetime(2026, 11, 24, 2, tzinfo=UTC), 4).tzinfo is UTC


def test_an_answer_to_a_correction_resumes_with_what_was_left() -> None:
    assert ALL.due(cr("2026-11-27 17:30"), timedelta(minutes=90)) == cr("2026-11-30 10:00")
    assert ALL.due(cr("2026-11-27 17:30"), Decimal("1.5")) == cr("2026-11-30 10:00")


def test_nothing_to_wait_for_is_the_next_opening() -> None:
    assert ALL.due(cr("2026-11-28 12:00"), 0) == cr("2026-11-30 09:00")
    assert ALL.due(cr("2026-11-27 10:00"), 0) == cr("2026-11-27 10:00")


def test_it_refuses_negative_hours() -> None:
    with pytest.raises(ValueError):
        ALL.due(cr("2026-11-27 10:00"), -1)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23 08:59:59", False),
        ("2026-11-23 09:00:00", True),
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00:00", False),
        ("2026-11-28 10:00:00", False),
        ("2026-12-01 10:00:00", False),
    ],
)
def test_open_from_nine_until_just_before_six(at: str, is_open: bool) -> None:
    assert ALL.is_open(cr(at)) is is_open


def test_next_opening_is_now_while_open_and_else_the_next_morning_of_work() -> None:
    assert ALL.next_opening(cr("2026-11-23 10:00")) == cr("2026-11-23 10:00")
    assert ALL.next_opening(cr("2026-11-23 18:00")) == cr("2026-11-24 09:00")
    assert ALL.next_opening(cr("2026-11-30 18:00")) == cr("2026-12-02 09:00")


def test_business_days_skip_weekends_and_holidays_and_keep_the_hour() -> None:
    assert ALL.add_business_days(cr("2026-11-27 15:00"), 1) == cr("2026-11-30 15:00")
    assert ALL.add_business_days(cr("2026-11-27 15:00"), 2) == cr("2026-12-02 15:00")
    assert ALL.add_business_days(date(2026, 11, 27), 5) == date(2026, 12, 7)
    assert ALL.add_business_days(date(2026, 11, 28), 0) == date(2026, 11, 30)
    assert ALL.add_business_days(date(2026, 11, 27), 0) == date(2026, 11, 27)
    with pytest.raises(ValueError):
        ALL.add_business_days(date(2026, 11, 27), -1)


def test_a_lunch_break_is_not_business_time() -> None:
    split = Calendar((((540, 720), (780, 1080)),) * 5 + (((540, 720),), ()))
    assert split.due(cr("2026-11-23 11:00"), 2) == cr("2026-11-23 14:00")
    assert split.due(cr("2026-11-27 17:00"), 2) == cr("2026-11-28 10:00")
    assert split.elapsed(cr("2026-11-23 11:30"), cr("2026-11-23 13:30")) == timedelta(hours=1)
    assert not split.is_open(cr("2026-11-23 12:30"))


def test_a_day_without_end_runs_into_the_next_one() -> None:
    always = Calendar((((0, 1440),),) * 7)
    assert always.due(cr("2026-11-28 23:00"), 4) == cr("2026-11-29 03:00")
    assert always.describe() == "Lunes a domingo todo el día"


def test_a_calendar_that_never_opens_says_so_instead_of_searching_for_ever() -> None:
    days = {date(2026, 1, 1) + timedelta(days=n): "Cierre" for n in range(4200)}
    with pytest.raises(NeverOpens):
        Calendar(week.OFFICE, days).due(cr("2026-01-01 10:00"), 1)
    with pytest.raises(NeverOpens):
        Calendar(week.OFFICE, days).add_business_days(date(2026, 1, 1), 1)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (week.OFFICE, "Lunes a viernes de 9:00 a. m. a 6:00 p. m."),
        (
            (((540, 720), (780, 1080)),) * 5 + (((480, 720),), ()),
            "Lunes a viernes de 9:00 a. m. a 12:00 p. m. y de 1:00 p. m. a 6:00 p. m.; "
            "sábado de 8:00 a. m. a 12:00 p. m.",
        ),
        ((((480, 1020),),) * 2 + ((),) * 5, "Lunes y martes de 8:00 a. m. a 5:00 p. m."),
    ],
)
def test_the_hours_are_told_in_one_line(hours: week.Week, said: str) -> None:
    assert Calendar(hours).describe().replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    "hours",
    [
        ((),) * 7,
        (((540, 1080),),) * 6,
        (((1080, 540),),) * 7,
        (((540, 720), (700, 800)),) * 7,
        (((540, 1500),),) * 7,
    ],
)
def test_hours_nobody_can_live_by_are_refused(hours: week.Week) -> None:
    with pytest.raises(week.HoursError):
        week.validate(hours)


@pytest.mark.parametrize("text", ["", "9", "25:00", "09:60", "nueve", "-1:00", "9:5", "0９:00"])
def test_what_is_no_hour_is_refused(text: str) -> None:
    with pytest.raises(week.HoursError):
        week.minutes(text)


def test_midnight_closes_a_day_and_hours_survive_storage() -> None:
    assert week.minutes("00:00") == 0
    assert week.minutes("00:00", closing=True) == week.minutes("24:00", closing=True) == 1440
    hours = week.validate((((0, 1440),),) * 3 + (((540, 600), (601, 1080)),) * 4)
    assert week.load(week.dump(hours)) == hours


def test_twelve_holidays_in_2026_as_the_ministry_lists_them() -> None:
    days = [f.day for f in seed.feriados([2026])]
    assert sorted((d.month, d.day) for d in days) == [
        (1, 1), (4, 2), (4, 3), (4, 11), (5, 1), (7, 25), (8, 2), (8, 15), (8, 31), (9, 15),
        (12, 1), (12, 25),
    ]  # fmt: skip
    assert len(ALL.closures(2026)) == 12


# -- for all instants ----------------------------------------------------------------------------

instants = st.datetimes(
    datetime.fromisoformat("2024-01-01"),
    datetime.fromisoformat("2035-12-31"),
    timezones=st.sampled_from([UTC, COSTA_RICA]),
)
spans = st.timedeltas(timedelta(microseconds=1), timedelta(hours=60))


@st.composite
def weeks(draw: st.DrawFn) -> week.Week:
    days = []
    for _ in range(7):
        marks = sorted(draw(st.sets(st.integers(0, 1440), max_size=4)))
        days.append(tuple(zip(marks[::2], marks[1::2], strict=False)))
    if not any(days):
        days[draw(st.integers(0, 6))] = ((540, 1080),)
    return tuple(days)


@settings(max_examples=80, deadline=None)
@given(instants, spans, weeks())
def test_due_and_elapsed_undo_each_other(
    start: datetime, span: timedelta, hours: week.Week
) -> None:
    calendar = Calendar(hours, ALL.closed)
    due = calendar.due(start, span)
    assert calendar.elapsed(start, due) == span
    assert calendar.elapsed(start, due - timedelta(microseconds=1)) < span


@settings(max_examples=80, deadline=None)
@given(instants, spans)
def test_a_due_time_is_inside_an_open_interval_of_a_business_day(
    start: datetime, span: timedelta
) -> None:
    due = local(ALL.due(start, span))
    assert time(9) < due.time() <= time(18)
    assert ALL.is_business_day(due.date())
    assert due.date().weekday() < 5


@settings(max_examples=80, deadline=None)
@given(instants, st.timedeltas(timedelta(0), timedelta(days=30)), spans, weeks())
def test_who_sends_later_is_never_due_earlier(
    start: datetime, later: timedelta, span: timedelta, hours: week.Week
) -> None:
    calendar = Calendar(hours, ALL.closed)
    assert calendar.due(start, span) <= calendar.due(start + later, span)


@settings(max_examples=80, deadline=None)
@given(instants, spans, st.sets(st.integers(0, 20), max_size=6))
def test_a_closure_never_brings_a_due_time_forward(
    start: datetime, span: timedelta, offsets: set[int]
) -> None:
    extra = {local(start).date() + timedelta(days=n): "Cierre" for n in offsets}
    assert Calendar(week.OFFICE, {**ALL.closed, **extra}).due(start, span) >= ALL.due(start, span)


@settings(max_examples=60, deadline=None)
@given(instants, st.timedeltas(timedelta(0), timedelta(days=20)), weeks(), st.floats(0, 1))
def test_business_time_adds_up_over_any_moment_in_between(
    start: datetime, length: timedelta, hours: week.Week, share: float
) -> None:
    calendar = Calendar(hours, ALL.closed)
    middle, end = start + length * share, start + length
    assert calendar.elapsed(start, middle) + calendar.elapsed(middle, end) == calendar.elapsed(
        start, end
    )
    assert calendar.elapsed(end, start) == timedelta(0) or length == timedelta(0)


@settings(max_examples=60, deadline=None)
@given(instants, weeks())
def test_the_next_opening_is_open_and_nothing_was_open_before(
    at: datetime, hours: week.Week
) -> None:
    calendar = Calendar(hours, ALL.closed)
    opening = calendar.next_opening(at)
    assert calendar.is_open(opening)
    assert opening >= at
    assert calendar.elapsed(at, opening) == timedelta(0)
