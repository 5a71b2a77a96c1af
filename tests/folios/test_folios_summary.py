"""Pace, forecast, chart and the plan that suits: from one's own days, honest about little data."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.folios.test_folios_offers import make_plan, make_promotion

from iofacturo.folios import chart, forecast, ledger, pace, summary
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def even(per_day: int, days: int, today: date = TODAY) -> dict[date, int]:
    return {today - back * DAY: per_day for back in range(1, days + 1)}


def lot(pk: int, remaining: int, end: date, *, start: datetime = NOW - DAY, **more) -> FolioLot:
    return FolioLot(
        pk=pk, kind=more.pop("kind", "paid"), remaining=remaining, granted=remaining,
        activated_at=start, expires_at=clock.midnight(end + DAY), **more,
    )  # fmt: skip


# -- pace ----------------------------------------------------------------------------------------


def test_an_even_use_is_sure():
    found = pace.measure(even(4, 60), TODAY)
    assert (found.per_day, found.days, found.used, found.sureness) == (4, 28, 112, "alta")
    assert (found.per_month, found.per_year) == (122, 1461)


@pytest.mark.parametrize(
    "days",
    [
        {},
        even(5, 13),  # less than two weeks
        even(0, 60),
        {TODAY - 20 * DAY: 1, TODAY - 3 * DAY: 6},  # seven folios
        {TODAY: 100},  # today is not over
        {TODAY - 55 * DAY: 3, TODAY - 4 * DAY: 90},  # one burst says nothing about a pace
        {TODAY - 40 * DAY: 500, **dict.fromkeys([TODAY - 90 * DAY], 1)},  # stopped since
    ],
)
def test_with_too_little_to_go_by_nothing_is_said(days):
    assert pace.measure(days, TODAY) is None


def test_a_young_company_is_measured_over_its_own_days():
    found = pace.measure(even(3, 15), TODAY)
    assert (found.days, found.per_day) == (15, 3)


def test_uneven_use_is_less_sure_than_even_use():
    uneven = {TODAY - back * DAY: (12 if (back // 7) % 2 else 2) for back in range(1, 57)}
    assert pace.measure(uneven, TODAY).margin > pace.measure(even(7, 56), TODAY).margin
    assert pace.measure(uneven, TODAY).sureness != "alta"


@given(
    st.dictionaries(st.dates(TODAY - 200 * DAY, TODAY + 2 * DAY), st.integers(-3, 400), max_size=80)
)
def test_a_pace_is_always_sensible(days):
    found = pace.measure(days, TODAY)
    if found is not None:
        assert found.per_day > 0
        assert 0 < found.margin <= 0.75
        assert 14 <= found.days <= 28


# -- forecast ------------------------------------------------------------------------------------

FIVE = pace.Pace(per_day=5.0, days=28, used=140, margin=0.2)


def test_folios_last_as_long_as_they_last():
    said = forecast.forecast([lot(1, 50, date(2027, 6, 1))], FIVE, TODAY)
    assert (said.day, said.runs_out, said.wasted) == (date(2026, 12, 2), True, 0)
    assert said.earliest < said.day < said.latest


def test_what_ends_first_is_used_first_and_what_cannot_be_used_is_said():
    lots = [lot(1, 40, date(2027, 6, 1)), lot(2, 100, date(2026, 11, 27))]
    said = forecast.forecast(lots, FIVE, TODAY)
    # five days of 5 from the lot that ends, 75 are lost, then eight days from the other one
    assert (said.day, said.wasted, said.runs_out) == (date(2026, 12, 5), 75, True)


def test_folios_that_end_by_date_are_not_said_to_run_out():
    said = forecast.forecast([lot(1, 1000, date(2026, 12, 22))], FIVE, TODAY)
    assert (said.day, said.runs_out, said.wasted) == (date(2026, 12, 22), False, 850)
    assert not said.is_range


def test_a_lot_that_begins_later_does_not_bridge_the_gap():
    later = lot(2, 100, date(2027, 6, 1), start=clock.midnight(date(2026, 12, 10)))
    said = forecast.forecast([lot(1, 10, date(2027, 1, 1)), later], FIVE, TODAY)
    assert (said.day, said.runs_out) == (date(2026, 11, 24), True)


def test_no_pace_or_no_folios_no_forecast():
    assert forecast.forecast([lot(1, 10, date(2027, 1, 1))], None, TODAY) is None
    assert forecast.forecast([lot(1, 0, date(2027, 1, 1))], FIVE, TODAY) is None
    right = lot(1, 1, date(2026, 12, 1), kind="replacement", only_for="clave")
    assert forecast.forecast([right], FIVE, TODAY) is None


@given(
    lots=st.lists(st.tuples(st.integers(1, 500), st.integers(0, 400)), min_size=1, max_size=5),
    per_day=st.floats(0.2, 50),
)
def test_folios_are_used_or_wasted_and_none_is_lost(lots, per_day):
    rows = [lot(n, left, TODAY + days * DAY) for n, (left, days) in enumerate(lots, 1)]
    day, runs_out, wasted = forecast.spend(rows, per_day, TODAY)
    assert TODAY <= day <= max(row.last_day for row in rows)
    total = sum(left for left, _ in lots)
    days = (day - TODAY).days + 1
    assert 0 <= wasted <= total
    if runs_out:
        assert total - wasted < per_day * (days + 1) + 1e-6
    else:
        assert abs(total - wasted - per_day * days) < 1e-6


# -- chart ---------------------------------------------------------------------------------------


def test_a_year_is_shown_by_month_with_the_next_one_forecast():
    days = even(2, 330)
    drawn = chart.draw(days, pace.measure(days, TODAY), TODAY)
    assert drawn.unit == "mes"
    assert len(drawn.bars) == 12
    assert [bar.short for bar in drawn.bars][-3:] == ["oct", "nov", "dic"]
    assert [bar.kind for bar in drawn.bars] == ["past"] * 10 + ["now", "next"]
    assert drawn.bars[-1].shown == "≈61"
    assert sum(bar.value for bar in drawn.bars[1:-1]) == sum(
        n for day, n in days.items() if day >= date(2026, 2, 1)
    )
    assert "diciembre es una previsión" in drawn.note
    assert "Para diciembre se prevén unos 61." in drawn.description


def test_bars_keep_within_the_picture_and_the_highest_reaches_the_top():
    days = even(1, 100) | {TODAY - 3 * DAY: 900}
    drawn = chart.draw(days, None, TODAY)
    heights = [float(bar.height) for bar in drawn.bars]
    assert max(heights) == chart.BASE - chart.TOP
    for bar in drawn.bars:
        assert float(bar.y) + float(bar.height) == pytest.approx(chart.BASE, abs=0.11)
        assert 0 <= float(bar.x.rstrip("%")) < float(bar.middle.rstrip("%")) <= 100


def test_without_a_pace_nothing_is_forecast():
    drawn = chart.draw({TODAY - 100 * DAY: 1}, None, TODAY)
    assert all(bar.kind != "next" for bar in drawn.bars)
    assert "previsión" not in drawn.note


def test_a_young_company_sees_its_days():
    drawn = chart.draw(even(3, 20), None, TODAY)
    assert (drawn.unit, len(drawn.bars)) == ("día", 28)
    assert sum(bar.value for bar in drawn.bars) == 60
    assert all(bar.name for bar in drawn.bars)


def test_more_given_back_than_used_is_no_negative_bar():
    drawn = chart.draw({TODAY - 5 * DAY: 4, TODAY: -2}, None, TODAY)
    assert min(bar.value for bar in drawn.bars) == 0
    assert all(float(bar.height) >= 0 for bar in drawn.bars)


def test_no_use_no_chart():
    assert chart.draw({}, None, TODAY) is None


# -- the overview --------------------------------------------------------------------------------


def give(company, folios, *, kind="courtesy", months=6, at=NOW, **more):
    origin = more.pop("origin", f"{kind}:{FolioLot.objects.count()}")
    return ledger.grant(company, kind, folios, origin=origin, at=at, months=months, **more)


def use(company, count, at):
    names = [f"d{at:%m%d%H%M}-{n}" for n in range(count)]
    ledger.consume_batch(company, [ledger.Document(name) for name in names], at=at)


def test_the_overview_of_a_company_without_folios(cafe):
    seen = summary.overview(cafe, NOW)
    assert (seen.available, seen.total, seen.lots, seen.last_plans, seen.alert) == (
        0, 0, (), (), "",
    )  # fmt: skip
    assert not summary.has_ever_had_plan(cafe)


def test_the_overview_tells_the_order_of_use(cafe):
    long = give(cafe, 100, kind="paid", months=12)
    short = give(cafe, 10, months=2)
    later = give(cafe, 5, kind="paid", activated_at=NOW + 5 * DAY)
    seen = summary.overview(cafe, NOW)
    assert [line.lot for line in seen.lots] == [short, long]
    assert [line.state.word for line in seen.lots] == ["En uso", "Vigente"]
    assert [line.why for line in seen.lots] == [
        "Se usa primero, porque vence antes.", "Sigue después.",
    ]  # fmt: skip
    assert [line.lot for line in seen.scheduled] == [later]
    assert (seen.available, seen.total, seen.all_lots) == (110, 110, 3)
    assert [(line.offset, line.width) for line in seen.lots] == [
        ("0.00%", "9.09%"), ("9.09%", "90.91%"),
    ]  # fmt: skip
    assert [line.lot for line in seen.last_plans] == [later, long]


def test_at_most_five_plans_the_newest_first(cafe):
    lots = [give(cafe, 1, kind="paid", at=NOW + n * DAY) for n in range(7)]
    give(cafe, 1, at=NOW + 8 * DAY)
    seen = summary.overview(cafe, NOW + 9 * DAY)
    assert [line.lot for line in seen.last_plans] == lots[:1:-1]
    assert seen.all_lots == 8


@pytest.mark.parametrize(
    ("used", "moment", "alert"),
    [
        (0, 0 * DAY, ""),
        (39, 0 * DAY, ""),
        (40, 0 * DAY, "few"),
        (50, 0 * DAY, "none"),
        (0, 155 * DAY, "ending"),
        (40, 155 * DAY, "few"),
        (0, 200 * DAY, "ended"),
    ],
)
def test_the_gravest_thing_is_said(cafe, used, moment, alert):
    give(cafe, 50)
    if used:
        use(cafe, used, NOW)
    assert summary.overview(cafe, NOW + moment).alert == alert


def test_forecast_chart_and_suggestion_from_real_use(cafe):
    give(cafe, 400, kind="paid", months=12, at=NOW - 100 * DAY)
    for back in range(90, 0, -1):
        use(cafe, 2, NOW - back * DAY)
    for code, folios, months, total in (
        ("100", 100, 6, "22000.00"), ("250", 250, 12, "45000.00"),
        ("500", 500, 12, "75000.00"), ("1000", 1000, 12, "125000.00"),
    ):  # fmt: skip
        make_plan(code, folios, total, months=months)
    seen = summary.overview(cafe, NOW)
    assert seen.forecast.day == date(2027, 3, 12)  # 220 left, two a day from today on
    assert seen.forecast.sureness == "alta"
    assert seen.chart.unit == "mes"
    # 730 a year: of 1 000 they would use 730, which makes them dearer than 500
    assert summary.suggested(cafe, NOW).code == "500"
    make_promotion(kind="percent", plans=[make_plan("1000", 1000, "125000.00", at=NOW)])
    assert summary.suggested(cafe, NOW).code == "1000"


def test_without_a_pace_nothing_is_suggested(cafe):
    make_plan()
    assert summary.suggested(cafe, NOW) is None
    assert summary.pace(cafe, NOW) is None


def test_the_overview_takes_four_queries(cafe, django_assert_num_queries):
    for number in range(12):
        give(cafe, 60, kind="paid", months=number + 1)
    use(cafe, 50, NOW)
    with django_assert_num_queries(4):
        summary.overview(cafe, NOW)
    with django_assert_num_queries(1):
        summary.available(cafe, NOW)


def test_another_companys_folios_do_not_show(cafe, stranger):
    give(stranger.memberships.get().company, 10)
    assert summary.overview(cafe, NOW).available == 0
    assert summary.lines(cafe, NOW) == []
