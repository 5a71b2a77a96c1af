"""When plans end: the vectors of the domain model, in Costa Rica's days."""

from datetime import UTC, date, datetime

import pytest

from iofacturo.folios.lot import add_months, expiry
from iofacturo.lib import clock


@pytest.mark.parametrize(
    ("activated", "months", "last_day", "expires"),
    [
        # "hasta el 22 de noviembre": the next midnight in Costa Rica, 06:00 UTC
        ("2026-05-22T12:00-06:00", 6, "2026-11-22", "2026-11-23T06:00+00:00"),
        ("2028-02-29T10:00-06:00", 12, "2029-02-28", "2029-03-01T06:00+00:00"),
        ("2027-01-31T10:00-06:00", 1, "2027-02-28", "2027-03-01T06:00+00:00"),
        ("2028-01-31T10:00-06:00", 1, "2028-02-29", "2028-03-01T06:00+00:00"),
        ("2026-07-15T10:00-06:00", 6, "2027-01-15", "2027-01-16T06:00+00:00"),
        # a minute before and a minute after midnight: each local day counts whole
        ("2026-11-22T23:59-06:00", 12, "2027-11-22", "2027-11-23T06:00+00:00"),
        ("2026-11-23T00:01-06:00", 12, "2027-11-23", "2027-11-24T06:00+00:00"),
        # the server's day is already the next one
        ("2026-11-23T05:59:59+00:00", 1, "2026-12-22", "2026-12-23T06:00+00:00"),
        ("2026-12-31T20:00-06:00", 2, "2027-02-28", "2027-03-01T06:00+00:00"),
    ],
)
def test_the_last_day_is_whole_and_the_next_midnight_ends_it(activated, months, last_day, expires):
    end = expiry(datetime.fromisoformat(activated), months)
    assert end == datetime.fromisoformat(expires)
    assert end.tzinfo is UTC
    before = clock.local(end - (end - end.replace(microsecond=0)) - datetime.resolution).date()
    assert before == date.fromisoformat(last_day)


@pytest.mark.parametrize("start", [date(2026, 1, 31), date(2027, 12, 31), date(2028, 2, 29)])
@pytest.mark.parametrize("months", range(1, 26))
def test_months_are_clamped_and_never_skip_one(start, months):
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert (
        end.day == start.day or add_months(end.replace(day=1), 1).toordinal() - end.toordinal() == 1
    )
