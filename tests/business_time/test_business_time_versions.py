"""The calendar on record: versions are added, never changed, and each says who and why."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from iofacturo.business_time import calendar, claims, invariants, week
from iofacturo.business_time.models import CalendarDay, CalendarVersion
from iofacturo.lib import append_only
from iofacturo.lib.clock import COSTA_RICA

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
SATURDAY = (*week.OFFICE[:5], ((480, 720),), ())

pytestmark = pytest.mark.django_db


def cr(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COSTA_RICA)


def test_the_first_question_makes_version_one_with_public_and_optional_holidays() -> None:
    found = calendar.current(NOW)
    assert found.number == 1
    assert found.describe().startswith("Lunes a viernes")
    assert found.closed[date(2026, 12, 1)] == "Día de la Abolición del Ejército"
    assert found.closed[date(2027, 3, 26)] == "Viernes Santo"
    assert len(found.closures(2026)) == 12
    assert len(found.closures(NOW.year + 5)) >= 11
    assert CalendarVersion.objects.count() == 1
    assert calendar.current(NOW).version_id == found.version_id
    assert CalendarVersion.objects.count() == 1


def test_asking_again_costs_one_query(django_assert_num_queries) -> None:
    calendar.current(NOW)
    with django_assert_num_queries(1):
        calendar.current(NOW)


def test_a_closure_makes_a_version_and_the_old_one_stays_as_it_was(admin) -> None:
    before = calendar.version_at(NOW)
    later = NOW + timedelta(minutes=5)
    made = calendar.add_closure(admin, later, date(2026, 12, 3), "Corte de luz en la oficina")
    assert (made.number, made.made_by, made.made_at) == (2, admin, later)
    assert made.reason == "Corte de luz en la oficina"
    start = cr("2026-12-02 17:00")
    assert calendar.calendar_of(before).due(start, 4) == cr("2026-12-03 12:00")
    assert calendar.calendar_of(made).due(start, 4) == cr("2026-12-04 12:00")


def test_each_instant_has_the_version_of_its_time(admin) -> None:
    calendar.version_at(NOW)
    later = NOW + timedelta(hours=1)
    calendar.add_closure(admin, later, date(2026, 12, 3), "Cierre")
    assert calendar.current(later - timedelta(seconds=1)).number == 1
    assert calendar.current(later).number == 2
    assert calendar.current(NOW - timedelta(days=900)).number == 1


def test_a_holiday_can_be_worked_and_closed_again(admin) -> None:
    day = date(2026, 12, 1)
    opened = calendar.remove_closure(admin, NOW, day, "Este año se trabaja")
    assert calendar.calendar_of(opened).is_business_day(day)
    closed = calendar.add_closure(admin, NOW, day, "Al final no se trabaja")
    assert calendar.calendar_of(closed).closed[day] == "Al final no se trabaja"
    assert closed.number == 3
    assert not list(invariants.broken())


def test_other_hours_make_a_version(admin) -> None:
    made = calendar.set_hours(admin, NOW, SATURDAY, "Abrimos los sábados")
    assert "sábado" in calendar.calendar_of(made).describe()
    assert calendar.calendar_of(made).closed == calendar.current(NOW - timedelta(1)).closed


@pytest.mark.parametrize("reason", ["", "   ", "x" * 121])
def test_it_refuses_a_change_without_a_fitting_reason(admin, reason: str) -> None:
    with pytest.raises(calendar.CalendarError):
        calendar.add_closure(admin, NOW, date(2026, 12, 3), reason)
    assert not CalendarVersion.objects.filter(number=2).exists()


def test_it_refuses_changes_that_change_nothing(admin) -> None:
    calendar.version_at(NOW)
    with pytest.raises(calendar.CalendarError, match="ya está cerrado: Navidad"):
        calendar.add_closure(admin, NOW, date(2026, 12, 25), "Navidad otra vez")
    with pytest.raises(calendar.CalendarError):
        calendar.remove_closure(admin, NOW, date(2026, 12, 3), "Ese día no estaba")
    with pytest.raises(calendar.CalendarError):
        calendar.set_hours(admin, NOW, week.OFFICE, "Igual que antes")
    with pytest.raises(week.HoursError):
        calendar.set_hours(admin, NOW, ((),) * 7, "Nunca más")
    assert CalendarVersion.objects.count() == 1


def test_who_looked_at_an_older_version_is_told(admin) -> None:
    seen = calendar.version_at(NOW).number
    calendar.add_closure(admin, NOW, date(2026, 12, 3), "Cierre", seen=seen)
    with pytest.raises(calendar.Superseded):
        calendar.add_closure(admin, NOW, date(2026, 12, 4), "Otro cierre", seen=seen)


def test_versions_keep_their_order_when_a_clock_is_behind(admin) -> None:
    calendar.add_closure(admin, NOW, date(2026, 12, 3), "Cierre")
    made = calendar.add_closure(admin, NOW - timedelta(hours=2), date(2026, 12, 4), "Otro")
    assert made.made_at == NOW
    assert not list(invariants.broken())


def test_the_worker_adds_years_before_they_come_and_keeps_what_staff_decided(admin) -> None:
    calendar.version_at(NOW)
    assert claims.run(NOW) == 0
    in_three = NOW.replace(year=2029)
    year = NOW.year + 8
    calendar.add_closure(admin, NOW, date(year, 1, 1), "Cierre largo")
    assert claims.run(in_three) == 1
    assert claims.run(in_three) == 0
    newest = calendar.current(in_three)
    assert newest.closed[date(2035, 12, 25)] == "Navidad"
    assert newest.closed[date(year, 1, 1)] == "Cierre largo"
    assert CalendarVersion.objects.get(pk=newest.version_id).made_by is None
    assert not list(invariants.broken())


@pytest.mark.parametrize("change", ["update", "delete"])
@pytest.mark.parametrize("model", [CalendarVersion, CalendarDay])
def test_the_database_refuses_to_change_history(model, change: str) -> None:
    calendar.version_at(NOW)
    rows = model.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(id=0) if change == "update" else rows._raw_delete(rows.db)
    assert model._meta.db_table in append_only.PROTECTED
    assert model._meta.db_table not in append_only.missing(connection)


def test_a_rolled_back_version_is_not_remembered(admin) -> None:
    calendar.version_at(NOW)
    try:
        with transaction.atomic():
            lost = calendar.add_closure(admin, NOW, date(2026, 12, 3), "Se pierde")
            assert not calendar.calendar_of(lost).is_business_day(date(2026, 12, 3))
            raise RuntimeError
    except RuntimeError:
        pass
    kept = calendar.add_closure(admin, NOW, date(2026, 12, 4), "Se queda")
    found = calendar.calendar_of(kept)
    assert found.is_business_day(date(2026, 12, 3))
    assert not found.is_business_day(date(2026, 12, 4))


def test_tampering_is_named() -> None:
    version = calendar.version_at(NOW)
    # a row slipped in past the code: adding is what the triggers allow
    CalendarDay.objects.create(version=version, day=date(2026, 12, 9), kind="closure", name="?")
    assert [line for line in invariants.broken() if "huella" in line]


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_first_get_the_same_version_one() -> None:
    from threading import Barrier, Thread

    barrier, found = Barrier(4), []

    def ask() -> None:
        barrier.wait()
        try:
            found.append(calendar.version_at(NOW).pk)
        finally:
            connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert CalendarVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_closures_added_at_once_all_stand() -> None:
    from threading import Thread

    from iofacturo.accounts.user import User

    by = User.objects.create_user("a@ejemplo.cr")
    calendar.version_at(NOW)

    def close(n: int) -> None:
        try:
            calendar.add_closure(by, NOW, date(2026, 12, 7 + n), f"Cierre {n}")
        finally:
            connection.close()

    threads = [Thread(target=close, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CalendarVersion.objects.count() == 6
    assert len(calendar.current(NOW).closures(2026)) == 17
    assert not list(invariants.broken())
