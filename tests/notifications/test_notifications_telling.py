"""Telling people: a notice and a mail each, once, with the act that they tell about."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from iofacturo import notifications
from iofacturo.accounts.models import Membership
from iofacturo.notifications import invariants, kinds, telling
from iofacturo.notifications.models import Notice
from iofacturo.outbox.models import Message

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def tell(company, **changes: object) -> int:
    words = {
        "company": company, "subject": "Recibimos su solicitud SR-7K3Q9XWD",
        "body": "Le responderemos pronto.\n\nNo tiene que hacer nada.",
        "url": "/mi-plan/solicitudes/SR-7K3Q9XWD/", "key": "renewal:1:received", "at": NOW,
        **changes,
    }  # fmt: skip
    return notifications.notify("renewal.received", **words)


def told() -> set[str]:
    return set(Notice.objects.values_list("user__email", flat=True))


def test_those_who_may_renew_are_told_on_screen_and_by_mail(
    cafe, owner, administrator, issuer, accountant, reader, stranger
) -> None:
    assert tell(cafe) == 2
    assert told() == {owner.email, administrator.email}
    assert set(Message.objects.values_list("to", flat=True)) == told()
    assert not list(invariants.broken())


def test_an_accountant_is_told_once_they_may_renew(cafe, accountant) -> None:
    Membership.objects.filter(user=accountant).update(can_renew=True)
    assert tell(cafe) == 1


def test_who_left_or_is_locked_out_is_not_told(cafe, owner, administrator) -> None:
    Membership.objects.filter(user=owner).update(removed_at=NOW)
    administrator.is_active = False
    administrator.save()
    assert tell(cafe) == 0


def test_an_act_or_people_can_be_named(cafe, owner, issuer, reviewer) -> None:
    assert tell(cafe, act="issue", key="a") == 2
    assert tell(None, users=[reviewer], key="b") == 1
    assert Notice.objects.get(user=reviewer).company is None


def test_under_one_key_everybody_is_told_once(cafe, owner) -> None:
    assert tell(cafe) == 1
    assert tell(cafe, subject="Otra cosa") == 0
    assert Notice.objects.get().title == "Recibimos su solicitud SR-7K3Q9XWD"
    assert Message.objects.count() == 1


def test_it_goes_with_the_transaction_of_what_it_tells(cafe, owner) -> None:
    with transaction.atomic():
        tell(cafe)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not Message.objects.exists()


def test_links_carry_the_company_and_the_mail_the_whole_address(cafe, owner, settings) -> None:
    settings.SITE_URL = "https://portal.ejemplo.cr/"
    tell(cafe)
    notice, message = Notice.objects.get(), Message.objects.get()
    path = f"/mi-plan/solicitudes/SR-7K3Q9XWD/?empresa={cafe.public_id}"
    assert notice.url == path
    assert f"Ver en el portal:\nhttps://portal.ejemplo.cr{path}\n" in message.text
    assert f'href="https://portal.ejemplo.cr{path}"' in message.html
    assert "Empresa: Café Prueba S.A." in message.text


@pytest.mark.parametrize(
    ("path", "linked"),
    [
        ("", ""),
        ("/a/", "/a/?empresa=X"),
        ("/a/?b=1", "/a/?b=1&empresa=X"),
        ("/a/#pago", "/a/?empresa=X#pago"),
    ],
)
def test_the_company_stands_where_a_query_stands(cafe, path: str, linked: str) -> None:
    cafe.public_id = "X"
    assert telling.with_company(path, cafe) == linked
    assert telling.with_company(path, None) == path


def test_what_people_typed_stays_text(cafe, owner) -> None:
    tell(cafe, subject="Motivo\r\nBcc: x@y.cr", body="<b>{left}</b> %s {{ 7 }}")
    message = Message.objects.get()
    assert "\n" not in message.subject
    assert "<b>" not in message.html
    assert "{left}" in message.text


def test_an_unknown_kind_is_a_mistake_in_the_code(cafe, owner) -> None:
    with pytest.raises(KeyError, match="no kind of notice"):
        notifications.notify("no.such", company=cafe, subject="x", key="k", at=NOW)
    with pytest.raises(ValueError):
        notifications.notify("renewal.taken", company=cafe, key="k", at=NOW)
    with pytest.raises(ValueError):
        notifications.notify("renewal.taken", subject="x", key="k", at=NOW)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("folios.20", "Le quedan 20 folios"),
        ("folios.10", "Le quedan 20 folios: conviene renovar pronto"),
        ("folios.0", "Se le acabaron los folios"),
        ("folios.30_days", "Su Plan 100 vence el 14 de enero de 2027: aún tiene 20 folios"),
        ("folios.7_days", "Su Plan 100 vence el 14 de enero de 2027: aún tiene 20 folios"),
        ("folios.1_day", "Su Plan 100 vence mañana: aún tiene 20 folios"),
    ],
)
def test_warnings_about_folios_are_worded_here(cafe, issuer, kind: str, title: str) -> None:
    params = {"left": 20, "plan": "Plan 100", "day": date(2027, 1, 14)}
    assert notifications.notify(kind, company=cafe, params=params, key=kind, at=NOW) == 1
    notice = Notice.objects.get()
    assert notice.title == title
    assert notice.body
    assert "{" not in notice.body


def test_one_folio_is_told_as_one(cafe, issuer) -> None:
    notifications.notify("folios.10", company=cafe, params={"left": 1}, key="k", at=NOW)
    assert Notice.objects.get().title == "Le queda 1 folio: conviene renovar pronto"


def test_values_are_told_as_people_read_them() -> None:
    assert telling.spoken("left", 1) == "1 folio"
    assert telling.spoken("left", 1500).replace("\u00a0", " ") == "1 500 folios"
    assert telling.spoken("day", date(2027, 1, 14)) == "14 de enero de 2027"
    assert telling.spoken("total", Decimal("63750")).replace("\u00a0", " ") == "₡63 750,00"
    assert telling.spoken("at", NOW).startswith("lunes 30 de noviembre de 2026, 4:30")


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_kind_has_a_label_an_icon_that_exists_and_a_known_tone(kind: str) -> None:
    from django.contrib.staticfiles import finders

    with open(finders.find("icons.svg")) as sprite:
        icons = sprite.read()
    entry = kinds.get(kind)
    assert entry.label
    assert f'id="i-{entry.icon}"' in icons
    assert entry.tone in {"", "info", "ok", "warn", "bad"}
    assert "!" not in entry.subject + entry.body
    assert bool(entry.subject) == bool(entry.body)


def test_a_notice_without_its_mail_is_named(cafe, owner) -> None:
    tell(cafe)
    Message.objects.all().delete()
    assert [line for line in invariants.broken() if "no tiene su correo" in line]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_told_by_two_at_once_it_is_told_once() -> None:
    from threading import Barrier, Thread

    from django.db import connection
    from tests import cast

    cafe = cast.company("Café Prueba S.A.", "3101000001")
    cast.seat("duena", cafe, "owner")
    barrier, failures = Barrier(4), []

    def act() -> None:
        try:
            barrier.wait()
            with transaction.atomic():
                tell(cafe)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Notice.objects.count() == Message.objects.count() == 1
