"""Seats: who may give and take which role, and what always stays true."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from tests.cast import seat

from iofacturo.accounts.audit import AuditEvent
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.permissions import COMPANY_ACTS, COMPANY_ROLES
from iofacturo.lib import clock

ACTS = ["see", "issue", "renew", "configure", "members", "owners"]
TABLE = {  # design.md, by hand
    "owner": {"see", "issue", "renew", "configure", "members", "owners"},
    "administrator": {"see", "issue", "renew", "configure", "members"},
    "issuer": {"see", "issue"},
    "accountant": {"see"},
    "reader": {"see"},
}


def of(user, company) -> Membership:
    return company.memberships.get(user=user, removed_at__isnull=True)


@pytest.mark.parametrize("role", [name for name, _ in COMPANY_ROLES])
def test_each_role_may_do_what_the_table_says(role):
    assert {act for act in ACTS if Membership(role=role).may(act)} == TABLE[role]
    assert set(COMPANY_ACTS) == set(ACTS)


def test_an_accountant_does_more_only_where_granted():
    granted = Membership(role="accountant", can_issue=True)
    assert granted.may("issue")
    assert not granted.may("renew")
    assert Membership(role="accountant", can_renew=True).may("renew")
    assert not Membership(role="reader", can_issue=True).may("issue")


def test_a_removed_seat_opens_nothing():
    assert not Membership(role="owner", removed_at=clock.now()).may("see")


def test_the_database_gives_no_grants_to_other_roles(cafe, owner):
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(user=owner).update(can_issue=True)


@pytest.mark.parametrize("role", ["administrator", "issuer", "accountant", "reader"])
def test_an_administrator_moves_people_below_the_owner(role, cafe, administrator, issuer):
    of(issuer, cafe).change(role=role, by=administrator, at=clock.now())
    assert of(issuer, cafe).role == role


def test_an_administrator_neither_makes_nor_changes_owners(cafe, owner, administrator, issuer):
    now = clock.now()
    for target, role in ((issuer, "owner"), (administrator, "owner"), (owner, "reader")):
        with pytest.raises(Refused, match="propietaria"):
            of(target, cafe).change(role=role, by=administrator, at=now)
    with pytest.raises(Refused):
        of(owner, cafe).remove(by=administrator, at=now)
    assert of(owner, cafe).role == "owner"


@pytest.mark.parametrize("role", ["issuer", "accountant", "reader"])
def test_who_has_no_say_changes_nobody_and_not_themself(role, cafe, owner, reader):
    actor = seat("otra", cafe, role)
    now = clock.now()
    for target in (actor, reader):
        with pytest.raises(Refused):
            of(target, cafe).change(role="administrator", by=actor, at=now)
    with pytest.raises(Refused):
        of(reader, cafe).remove(by=actor, at=now)


def test_a_stranger_changes_nobody(cafe, owner, issuer, stranger):
    with pytest.raises(Refused):
        of(issuer, cafe).change(role="reader", by=stranger, at=clock.now())
    with pytest.raises(Refused):
        of(issuer, cafe).remove(by=stranger, at=clock.now())


def test_the_last_owner_stays(cafe, owner, administrator):
    now = clock.now()
    with pytest.raises(Refused, match="única"):
        of(owner, cafe).change(role="administrator", by=owner, at=now)
    with pytest.raises(Refused, match="única"):
        of(owner, cafe).remove(by=owner, at=now)


def test_an_owner_steps_down_when_another_stays(cafe, owner, administrator):
    of(administrator, cafe).change(role="owner", by=owner, at=clock.now())
    of(owner, cafe).change(role="reader", by=owner, at=clock.now())
    assert of(owner, cafe).role == "reader"


def test_grants_fall_with_the_role(cafe, owner, accountant):
    of(accountant, cafe).change(role="accountant", can_renew=True, by=owner, at=clock.now())
    assert of(accountant, cafe).may("renew")
    of(accountant, cafe).change(role="reader", can_renew=True, by=owner, at=clock.now())
    assert not of(accountant, cafe).can_renew


def test_every_change_has_its_row(cafe, owner, issuer):
    of(issuer, cafe).change(role="reader", by=owner, at=clock.now())
    of(issuer, cafe).change(role="reader", by=owner, at=clock.now())  # nothing changed: no row
    of(issuer, cafe).remove(by=owner, at=clock.now())
    rows = AuditEvent.objects.filter(company=cafe).order_by("id")
    assert [(row.action, row.actor, row.subject) for row in rows] == [
        ("membership.changed", owner, issuer.email),
        ("membership.removed", owner, issuer.email),
    ]
    assert rows[0].detail["before"]["role"] == "issuer"
    assert rows[0].detail["after"]["role"] == "reader"


def test_what_happened_cannot_be_changed_or_deleted(cafe, owner, issuer):
    of(issuer, cafe).remove(by=owner, at=clock.now())
    for change in (lambda q: q.update(action="x"), lambda q: q.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(AuditEvent.objects.all())


def test_a_removal_takes_effect_on_the_next_request(as_client, cafe, owner, issuer):
    client = as_client(issuer)
    assert client.get(reverse("accounts:company")).status_code == 200
    as_client(owner).post(reverse("accounts:seat_removal", args=[of(issuer, cafe).pk]))
    assert client.get(reverse("accounts:company")).status_code == 404


def test_a_lowered_role_takes_effect_on_the_next_request(as_client, cafe, owner, administrator):
    client = as_client(administrator)
    assert client.get(reverse("accounts:members")).status_code == 200
    of(administrator, cafe).change(role="reader", by=owner, at=clock.now())
    assert client.get(reverse("accounts:members")).status_code == 403


def test_an_administrator_does_not_even_open_an_owners_seat(as_client, cafe, owner, administrator):
    client = as_client(administrator)
    for name in ("accounts:seat", "accounts:seat_removal"):
        assert client.get(reverse(name, args=[of(owner, cafe).pk])).status_code == 404


def test_the_form_offers_no_role_above_ones_own(as_client, cafe, owner, administrator):
    page = as_client(administrator).get(reverse("accounts:members"))
    assert "owner" not in dict(page.context["form"].fields["role"].choices)
    forged = {"email": "x@ejemplo.cr", "role": "owner", "empresa": cafe.public_id}
    assert as_client(administrator).post(reverse("accounts:members"), forged).status_code == 200
    assert not cafe.invitations.exists()


def test_a_seat_of_another_company_is_not_there(as_client, cafe, owner, stranger):
    foreign = stranger.memberships.get()
    page = as_client(owner).post(reverse("accounts:seat", args=[foreign.pk]), {"role": "reader"})
    assert page.status_code == 404
    foreign.refresh_from_db()
    assert foreign.role == "owner"


def test_people_may_leave_but_not_the_last_owner(as_client, cafe, owner, reader):
    assert as_client(reader).post(reverse("accounts:leave")).status_code == 302
    assert not cafe.memberships.filter(user=reader, removed_at__isnull=True).exists()
    page = as_client(owner).post(reverse("accounts:leave"), follow=True)
    assert "única persona propietaria" in page.content.decode()
    assert of(owner, cafe).role == "owner"


def test_the_list_costs_the_same_with_many_people(
    as_client, cafe, owner, django_assert_max_num_queries
):
    client = as_client(owner)
    with django_assert_max_num_queries(14):
        client.get(reverse("accounts:members"))
    for number in range(12):
        seat(f"persona{number}", cafe, "reader")
    with django_assert_max_num_queries(14):
        client.get(reverse("accounts:members"))


def test_only_owners_read_the_activity(as_client, cafe, owner, administrator, issuer):
    of(issuer, cafe).change(role="reader", by=owner, at=clock.now())
    page = as_client(owner).get(reverse("accounts:activity"))
    assert "Cambió el rol de emisor@ejemplo.cr" in page.content.decode()
    assert "Rol: Emisión → Consulta" in page.content.decode()
    assert as_client(administrator).get(reverse("accounts:activity")).status_code == 403


def test_the_activity_goes_on_page_by_page(as_client, cafe, owner, monkeypatch):
    from iofacturo.accounts import activity_page, audit

    monkeypatch.setattr(activity_page, "PAGE", 2)
    for number in range(5):
        audit.record("company.changed", by=owner, company=cafe, subject=str(number))
    client, seen, url = as_client(owner), [], reverse("accounts:activity")
    while True:
        page = client.get(url)
        seen += [row["event"].subject for row in page.context["rows"]]
        if page.context["older"] is None:
            break
        url = f"{reverse('accounts:activity')}?antes={page.context['older']}"
    assert seen == ["4", "3", "2", "1", "0"]
    assert client.get(reverse("accounts:activity") + "?antes=x").status_code == 200


def test_the_menu_offers_only_what_the_role_opens(as_client, cafe, owner, reader):
    def offered(user) -> list[str]:
        page = as_client(user).get(reverse("accounts:company"))
        return [link["label"] for link in page.context["shell"].company_links]

    assert offered(owner) == [
        "Datos de la empresa", "Preparar facturación", "Usuarios y permisos", "Actividad",
    ]  # fmt: skip
    assert offered(reader) == ["Datos de la empresa", "Preparar facturación"]
