"""Invitations: by mail, for one week, once, for one e-mail."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import PASSWORD, person

from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import Invitation
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.outbox.message import Message

NEW = "nueva@ejemplo.cr"
ACCOUNT = {
    "name": "Nueva Persona",
    "password1": "cinco palabras que recuerdo bien",
    "password2": "cinco palabras que recuerdo bien",
}


def link(email: str = NEW) -> str:
    """The address in the newest mail to *email*, without the host."""
    message = Message.objects.filter(to=email).order_by("-id").first()
    return re.search(r"https?://[^/\s]+(/\S+)", message.text)[1]


@pytest.fixture
def invited(cafe, owner) -> Invitation:
    return invitations.invite(cafe, NEW, role="issuer", by=owner, at=clock.now())


def test_an_owner_invites_by_mail(as_client, cafe, owner):
    data = {"email": "  Nueva@Ejemplo.CR ", "role": "accountant", "can_renew": "on"}
    as_client(owner).post(reverse("accounts:members"), data)
    row = cafe.invitations.get()
    assert (row.email, row.role, row.can_renew, row.can_issue) == (NEW, "accountant", True, False)
    mail = Message.objects.get(to=NEW)
    assert "Café Prueba S.A." in mail.subject
    assert "Duena le invita a Café Prueba S.A. con el rol Contaduría." in mail.text
    assert cafe.audit_events.get().action == "invitation.sent"


def test_the_link_is_written_down_nowhere_but_in_the_mail(invited):
    token = link().split("/")[-2]
    assert len(token) == 32
    assert token not in str(Invitation.objects.values().get())
    assert invited.digest == invitations.digest(token)


def test_the_link_makes_the_account_and_takes_the_seat(cafe, invited):
    client = Client()
    assert client.get(link()).status_code == 200
    assert client.post(link(), ACCOUNT).status_code == 302
    user = User.objects.get(email=NEW)
    assert (user.name, user.check_password(ACCOUNT["password1"])) == ("Nueva Persona", True)
    assert user.memberships.get(company=cafe).role == "issuer"
    assert user.emailaddress_set.get().verified
    assert client.get(reverse("accounts:company")).status_code == 200
    invited.refresh_from_db()
    assert invited.accepted_by == user


def test_it_works_once(invited):
    address = link()
    Client().post(address, ACCOUNT)
    again = Client()
    assert again.get(address).status_code == 410
    assert again.post(address, ACCOUNT).status_code == 410


def test_it_lapses_after_seven_days(invited):
    address = link()
    with clock.moved_to(invited.sent_at + timedelta(days=7) - timedelta(seconds=1)):
        assert Client().get(address).status_code == 200
    with clock.moved_to(invited.sent_at + timedelta(days=7)):
        assert Client().get(address).status_code == 410
        assert Client().post(address, ACCOUNT).status_code == 410
    assert not User.objects.filter(email=NEW).exists()


def test_sending_again_renews_the_week_and_kills_the_old_link(as_client, owner, invited):
    old = link()
    with clock.moved_to(invited.sent_at + timedelta(days=9)):
        as_client(owner).post(reverse("accounts:invitation_resend", args=[invited.pk]))
        assert link() != old
        assert Client().get(old).status_code == 410
        assert Client().get(link()).status_code == 200


def test_a_withdrawn_one_opens_nothing(as_client, owner, invited):
    as_client(owner).post(reverse("accounts:invitation_withdraw", args=[invited.pk]))
    assert Client().get(link()).status_code == 410
    with pytest.raises(Refused):
        invited.resend(by=owner, at=clock.now())
    with pytest.raises(Refused):
        invited.withdraw(by=owner, at=clock.now())


def test_an_unknown_link_opens_nothing(db):
    assert Client().get(reverse("accounts:invitation", args=["a" * 32])).status_code == 410


def test_somebody_with_an_account_joins_with_it(as_client, cafe, owner):
    user = person("conocida")
    invitations.invite(cafe, user.email, role="reader", by=owner, at=clock.now())
    address = link(user.email)
    page = Client().get(address)
    assert "inicie sesión" in page.content.decode()
    assert Client().post(address, ACCOUNT).status_code == 200  # makes no second account
    assert User.objects.filter(email=user.email).count() == 1
    assert as_client(user).post(address).status_code == 302
    assert user.memberships.get(company=cafe).role == "reader"


def test_logging_in_leads_back_to_the_invitation(cafe, owner):
    user = person("conocida")
    invitations.invite(cafe, user.email, role="reader", by=owner, at=clock.now())
    client, address = Client(), link(user.email)
    login = re.search(r'href="([^"]*entrar[^"]*)"', client.get(address).content.decode())[1]
    data = {"login": user.email, "password": PASSWORD, "next": address}
    assert client.post(login.partition("?")[0], data).url == address


def test_another_persons_account_does_not_get_in(as_client, cafe, stranger, invited):
    client = as_client(stranger)
    assert client.get(link()).status_code == 403
    assert client.post(link()).status_code == 403
    assert not cafe.memberships.filter(user=stranger).exists()
    with pytest.raises(Refused):
        invited.accept(stranger, at=clock.now())


def test_an_unconfirmed_second_address_is_not_ones_own(cafe, stranger, invited):
    stranger.emailaddress_set.create(email=NEW, verified=False)
    assert not invited.is_for(stranger)


def test_a_weak_or_mistyped_password_keeps_the_form(invited):
    for change, field in (
        ({"password1": "corta", "password2": "corta"}, "password1"),
        ({"password2": "otra cosa"}, "password2"),
        ({"name": ""}, "name"),
    ):
        page = Client().post(link(), {**ACCOUNT, **change})
        assert page.status_code == 200
        assert page.context["form"].errors[field]
    assert not User.objects.filter(email=NEW).exists()


def test_nobody_is_invited_twice_at_a_time(cafe, owner, invited):
    with pytest.raises(Refused, match="abierta"):
        invitations.invite(cafe, NEW.upper(), role="reader", by=owner, at=clock.now())
    later = invited.sent_at + timedelta(days=8)
    again = invitations.invite(cafe, NEW, role="reader", by=owner, at=later)
    invited.refresh_from_db()
    assert invited.withdrawn_at == later
    assert again.is_open(later)


def test_a_member_is_not_invited(cafe, owner, issuer):
    with pytest.raises(Refused, match="ya es"):
        invitations.invite(cafe, issuer.email, role="owner", by=owner, at=clock.now())


def test_an_invitation_does_not_raise_somebody_who_came_in_meanwhile(cafe, owner):
    user = person("conocida")
    one = invitations.invite(cafe, user.email, role="owner", by=owner, at=clock.now())
    cafe.memberships.create(user=user, role="reader")
    with pytest.raises(Refused):
        one.accept(user, at=clock.now())
    one.refresh_from_db()
    assert one.accepted_at is None
    assert user.memberships.get(company=cafe).role == "reader"


def test_an_administrator_leaves_an_owners_invitation_alone(as_client, cafe, owner, administrator):
    row = invitations.invite(cafe, NEW, role="owner", by=owner, at=clock.now())
    client = as_client(administrator)
    for name in ("accounts:invitation_resend", "accounts:invitation_withdraw"):
        client.post(reverse(name, args=[row.pk]))
    row.refresh_from_db()
    assert row.withdrawn_at is None
    assert Message.objects.filter(to=NEW).count() == 1


def test_a_name_cannot_add_paragraphs_to_a_mail(cafe, owner):
    owner.name = "Ana\n\nEntre aquí:\nhttps://malo.example/"
    owner.save()
    invitations.invite(cafe, NEW, role="reader", by=owner, at=clock.now())
    assert "https://malo.example/</a>" not in Message.objects.get(to=NEW).html
    assert 'href="https://malo.example/"' not in Message.objects.get(to=NEW).html
