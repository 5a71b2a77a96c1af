"""People choose what they are told and where; what belongs to the contract always arrives."""

import re
from datetime import datetime

import pytest
from django.core import mail as sent
from django.test import Client
from django.urls import reverse

from iofacturo import notifications
from iofacturo.lib import clock
from iofacturo.notifications import preference
from iofacturo.notifications.kinds import KINDS, NEWS
from iofacturo.notifications.notice import Notice
from iofacturo.notifications.preference import Preference, Wish
from iofacturo.outbox import claims
from iofacturo.outbox.message import Message

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)


def tell(company, kind: str, key: str = "una") -> int:
    told = {"left": 20} if kind == "folios.20" else {}
    subject = {} if KINDS[kind].subject else {"subject": "Algo"}
    return notifications.notify(kind, company=company, params=told, key=key, at=AT, **subject)


@pytest.mark.parametrize(
    ("wish", "mails", "screens"),
    [
        (Wish(), 1, 1),
        (Wish(mail=False), 0, 1),
        (Wish(portal=False), 1, 0),
        (Wish(False, False), 0, 0),
    ],
)
def test_each_place_is_chosen_by_itself(cafe, owner, wish, mails, screens) -> None:
    preference.choose(owner, {"folios.20": wish})
    for _ in range(2):  # told once, wherever it went
        tell(cafe, "folios.20")
    assert Message.objects.count() == mails
    assert Notice.of(owner).count() == screens
    assert Notice.unread(owner) == screens
    assert Notice.objects.count() == 1  # the record of what was told stays


def test_the_contract_cannot_be_switched_off(cafe, owner) -> None:
    preference.choose(owner, {"renewal.activated": Wish(False, False)})
    Preference.objects.create(user=owner, kind="renewal.activated", mail=False, portal=False)
    tell(cafe, "renewal.activated")
    assert Message.objects.get().unsubscribe == ""
    assert Notice.of(owner).count() == 1
    never = {"renewal.activated", "renewal.rejected", "renewal.correction", "folios.0", "key.expired",
             "ticket.answered", "delivery.refused"}  # fmt: skip
    assert all(KINDS[kind].contract for kind in never)


def test_every_choice_names_a_kind() -> None:
    assert {kind for named in NEWS.values() for kind in named} <= set(KINDS)
    assert {kind.topic for kind in KINDS.values() if not kind.contract} == set(NEWS)


def test_the_page_shows_what_can_reach_one_and_keeps_the_choice(
    as_client, owner, reader, reviewer, nobody
) -> None:
    url = reverse("notifications:preferences")
    client = as_client(owner)
    page = client.get(url).content.decode()
    assert "Le queda el 20 % de los folios" in page
    assert "Llegó un ticket" not in page
    assert "Le queda el 20 % de los folios" not in as_client(reader).get(url).content.decode()
    assert "Llegó un ticket" in as_client(reviewer).get(url).content.decode()
    assert as_client(nobody).get(url).status_code == 200
    shown = re.findall(r'name="correo" value="([^"]+)"', page)
    kept = [kind for kind in shown if kind != "folios.20"]
    client.post(url, {"correo": kept, "portal": shown, "inventado": "x"})
    row = Preference.objects.get(user=owner, kind="folios.20")
    assert (row.mail, row.portal) == (False, True)
    assert re.search(r'name="correo" value="folios.20">', client.get(url).content.decode())
    client.post(url, {"correo": [*shown, "renewal.activated", "nada"], "portal": shown})
    assert Preference.objects.get(user=owner, kind="folios.20").mail
    assert not Preference.objects.filter(kind__in=["renewal.activated", "nada"]).exists()


def test_one_press_in_a_mail_ends_its_kind_and_no_other(cafe, owner, mailoutbox) -> None:
    tell(cafe, "folios.20")
    claims.run(AT)
    letter = sent.outbox[-1]
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert url in letter.body
    assert url in letter.alternatives[0][0]
    path = "/" + url.split("/", 3)[3]
    mail_program = Client(enforce_csrf_checks=True)
    assert mail_program.get(path).status_code == 200  # looking changes nothing
    assert not Preference.objects.exists()
    for _ in range(2):
        assert mail_program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    row = Preference.objects.get()
    assert (row.user, row.kind, row.mail, row.portal) == (owner, "folios.20", False, True)
    for bad in (path[:-3] + "x/", reverse("notifications:leave", args=["nada"])):
        assert mail_program.post(bad).status_code == 404
