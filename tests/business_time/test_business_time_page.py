"""`/gestion/calendario/`: the administrator changes when we work, and everything is on record."""

from datetime import UTC, date, datetime

import pytest

from iofacturo.business_time import calendar, week
from iofacturo.business_time.models import CalendarVersion
from iofacturo.lib import clock

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)  # Monday 16:30 in Costa Rica
HOME = "/gestion/calendario/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with clock.moved_to(NOW):
        yield


@pytest.fixture
def desk(as_client, admin):
    return as_client(admin)


def hours_form(**changes: str) -> dict[str, str]:
    """The hours form as the browser sends it, office hours unless changed."""
    data = {"reason": "Otro horario", "seen": "1"}
    for day in range(7):
        for n in range(2):
            filled = day < 5 and n == 0
            data[f"d{day}_{n}_0"] = "09:00" if filled else ""
            data[f"d{day}_{n}_1"] = "18:00" if filled else ""
    return {**data, **changes}


def closure(**changes: str) -> dict[str, str]:
    return {"day": "2026-12-03", "reason": "Corte de luz", "seen": "1", **changes}


def newest() -> CalendarVersion:
    return CalendarVersion.objects.order_by("-number").first()


PATHS = [HOME, HOME + "horario/", HOME + "historial/", HOME + "abrir/2026-12-25/"]


@pytest.mark.parametrize("path", PATHS)
def test_only_the_administrator_of_the_provider_comes_in(
    as_client, client, path: str, admin, senior, owner
) -> None:
    assert client.get(path).status_code == 302
    assert as_client(owner).get(path).status_code == 404
    assert as_client(senior).get(path).status_code == 403
    assert as_client(admin).get(path).status_code == 200
    assert as_client(admin).put(path).status_code == 405


def test_it_says_the_hours_whether_it_is_open_and_the_years_holidays(desk) -> None:
    page = desk.get(HOME).content.decode().replace("\u00a0", " ")
    assert "Lunes a viernes de 9:00 a. m. a 6:00 p. m." in page
    assert "En este momento está abierto." in page
    assert "Día de la Abolición del Ejército" in page
    page = desk.get(HOME + "?ano=2027").content.decode()
    assert "viernes 26 de marzo de 2027" in page
    assert desk.get(HOME + "?ano=x").status_code == 200
    assert "Ningún día cerrado" in desk.get(HOME + "?ano=1500").content.decode()


def test_when_closed_it_says_why_and_when_it_opens(desk) -> None:
    with clock.moved_to(datetime(2026, 12, 1, 16, 0, tzinfo=UTC)):
        page = desk.get(HOME).content.decode().replace("\u00a0", " ")
    assert "Hoy está cerrado: Día de la Abolición del Ejército" in page
    assert "Abre el miércoles 2 de diciembre de 2026, 9:00 a. m." in page


def test_a_closure_is_added_with_who_and_why(desk, admin) -> None:
    answer = desk.post(HOME, closure(), follow=True)
    assert "Corte de luz" in answer.content.decode()
    version = newest()
    assert (version.number, version.made_by, version.made_at) == (2, admin, NOW)
    assert not calendar.calendar_of(version).is_business_day(date(2026, 12, 3))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "Escriba por qué"),
        ({"day": ""}, "Elija el día"),
        ({"day": "mañana"}, "Escriba el día como"),
        ({"day": "2026-12-25"}, "ya está cerrado: Navidad"),
        ({"day": "2026-08-03"}, "desde hace un mes"),
        ({"day": "2050-08-03"}, "hasta dentro de cinco años"),
        ({"reason": "x" * 121}, "120"),
        ({"seen": "7"}, "Otra persona cambió el calendario"),
    ],
)
def test_a_wrong_closure_is_explained_and_what_was_typed_stays(
    desk, changes: dict[str, str], said: str
) -> None:
    answer = desk.post(HOME, closure(**changes))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert said in page
    assert 'role="alert"' in page
    if changes.keys() == {"day"}:
        assert 'value="Corte de luz"' in page
    assert not CalendarVersion.objects.filter(number=2).exists()


def test_a_form_sent_twice_is_done_once_and_both_see_it_done(desk) -> None:
    assert desk.post(HOME, closure()).status_code == 302
    assert desk.post(HOME, closure()).status_code == 302
    assert CalendarVersion.objects.count() == 2


def test_after_somebody_elses_change_one_looks_again_and_then_it_works(desk, admin) -> None:
    calendar.version_at(NOW)
    calendar.add_closure(None, NOW, date(2026, 12, 4), "Otro cierre")
    answer = desk.post(HOME, closure())
    assert "Otra persona cambió el calendario" in answer.content.decode()
    assert 'name="seen" value="2"' in answer.content.decode()
    assert desk.post(HOME, closure(seen="2")).status_code == 302
    assert newest().number == 3


def test_a_closed_day_can_be_worked_after_saying_why(desk) -> None:
    address = HOME + "abrir/2026-12-01/"
    assert "Día de la Abolición del Ejército" in desk.get(address).content.decode()
    answer = desk.post(address, {"reason": "Este año se trabaja", "seen": "1"})
    assert answer["Location"] == HOME + "?ano=2026"
    assert calendar.current(NOW).is_business_day(date(2026, 12, 1))
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize("day", ["2026-12-02", "2026-13-40", "hoy", "2026-12-1x"])
def test_a_day_that_is_not_closed_has_no_page(desk, day: str) -> None:
    assert desk.get(f"{HOME}abrir/{day}/").status_code == 404


def test_other_hours_with_a_break_and_a_saturday(desk) -> None:
    data = hours_form(
        d0_0_1="12:00", d0_1_0="13:00", d0_1_1="18:00", d5_0_0="08:00", d5_0_1="12:00"
    )
    assert desk.post(HOME + "horario/", data).status_code == 302
    hours = calendar.current(NOW).hours
    assert hours[0] == ((540, 720), (780, 1080))
    assert hours[5] == ((480, 720),)
    page = desk.get(HOME + "horario/").content.decode()
    assert 'value="13:00"' in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"d0_0_1": ""}, "Falta esta hora"),
        ({"d0_0_1": "08:00"}, "El lunes cierra antes de abrir"),
        ({"d0_1_0": "17:00", "d0_1_1": "19:00"}, "El lunes tiene dos horarios que se traslapan"),
        ({"d0_0_0": "9am"}, "no es una hora"),
        ({f"d{n}_0_{e}": "" for n in range(5) for e in (0, 1)}, "al menos un día"),
        ({}, "El horario quedó igual"),
    ],
)
def test_wrong_hours_are_explained(desk, changes: dict[str, str], said: str) -> None:
    answer = desk.post(HOME + "horario/", hours_form(**changes))
    assert said in answer.content.decode()
    assert newest().number == 1


def test_the_history_tells_every_version(desk) -> None:
    desk.post(HOME, closure())
    page = desk.get(HOME + "historial/").content.decode()
    assert "Calendario inicial" in page
    assert "Corte de luz" in page
    assert "El sistema" in page


def test_promises_are_computed_again_at_once(desk, monkeypatch) -> None:
    from iofacturo.backoffice import calendar as door

    asked, answers = [], iter([200, 3, 0])

    def recompute(at: datetime) -> int:
        asked.append((at, calendar.current(at).number))
        return next(answers)

    monkeypatch.setattr(door.due, "recompute", recompute)
    page = desk.post(HOME, closure(), follow=True).content.decode()
    assert asked == [(NOW, 2)] * 3
    assert "Revisamos el plazo de 203 solicitudes" in page


def test_midnight_is_shown_as_a_time_field_can_hold_it(desk) -> None:
    calendar.version_at(NOW)
    calendar.set_hours(None, NOW, (((0, 1440),),) * 7, "Siempre abierto")
    page = desk.get(HOME + "horario/").content.decode()
    assert page.count('value="00:00"') == 14
    data = hours_form(seen="2") | {f"d{n}_0_{e}": "00:00" for n in range(7) for e in (0, 1)}
    assert "quedó igual" in desk.post(HOME + "horario/", data).content.decode()
    assert week.load(newest().hours)[0] == ((0, 1440),)
