"""The staff's side: companies, the team, the provider itself."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.test_accounts_invitations import ACCOUNT, link
from tests.cast import company, seat, staff_person

from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.audit import AuditEvent
from iofacturo.accounts.company import Company
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import StaffInvitation
from iofacturo.accounts.permissions import STAFF_ACTS, STAFF_ROLES
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.backoffice import companies as desk
from iofacturo.lib import clock
from iofacturo.outbox.message import Message

NEW = {
    "tipo_identificacion": "02",
    "identificacion": "3-101-777888",
    "nombre": "Soda Nueva S.A.",
    "owner_email": "Jefa@ejemplo.cr",
    "kind": "migration",
    "folios": "250",
    "months": "6",
}
TABLE = {  # design.md, by hand
    "support": {"see", "articles"},
    "reviewer": {"see", "review", "board"},
    "senior": {"see", "review", "board", "second", "payee"},
    "administrator": {"see", "board", "catalogue", "articles", "payee", "companies", "staff"},
}


@pytest.mark.parametrize("role", [name for name, _ in STAFF_ROLES])
def test_each_staff_role_may_do_what_the_table_says(role):
    assert {act for act in STAFF_ACTS if Staff(role=role).may(act)} == TABLE[role]


def test_an_administrator_registers_a_company_its_owner_and_its_first_lot(as_client, admin):
    answer = as_client(admin).post(reverse("backoffice:company_new"), NEW)
    row = Company.objects.get(identificacion="3101777888")
    assert answer.url == reverse("backoffice:company", args=[row.public_id])
    offer = row.invitations.get()
    assert (offer.email, offer.role, offer.created_by) == ("jefa@ejemplo.cr", "owner", admin)
    lot = row.lots.get()
    assert (lot.kind, lot.granted, lot.remaining, lot.created_by) == ("migration", 250, 250, admin)
    assert {event.action for event in row.audit_events.all()} == {
        "company.created",
        "invitation.sent",
    }
    owner = Client()
    owner.post(link("jefa@ejemplo.cr"), ACCOUNT)
    assert row.memberships.get().role == "owner"
    assert owner.get(reverse("accounts:members")).status_code == 200


def test_it_is_all_or_nothing(as_client, admin, monkeypatch):
    def fail(*args, **kwargs):
        raise Refused("no")

    monkeypatch.setattr(desk, "give_first_lot", fail)
    as_client(admin).post(reverse("backoffice:company_new"), NEW)
    assert not Company.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"identificacion": "3101"}, "identificacion"),
        ({"tipo_identificacion": ""}, "tipo_identificacion"),
        ({"owner_email": ""}, "owner_email"),
        ({"folios": "0"}, "folios"),
        ({"folios": ""}, "folios"),
        ({"months": "61"}, "months"),
        ({"nombre": ""}, "nombre"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(as_client, admin, change, field):
    page = as_client(admin).post(reverse("backoffice:company_new"), {**NEW, **change})
    assert set(page.context["form"].errors) == {field}
    assert not Company.objects.exists()


def test_one_cedula_one_company_however_it_is_written(as_client, admin):
    client = as_client(admin)
    client.post(reverse("backoffice:company_new"), NEW)
    for spelling in ("3101777888", "3-101-777888", "3 101 777888"):
        page = client.post(
            reverse("backoffice:company_new"),
            {**NEW, "identificacion": spelling, "owner_email": "otra@ejemplo.cr"},
        )
        assert "Ya hay una empresa" in page.context["form"].errors["identificacion"][0]
    assert Company.objects.count() == 1


def test_the_first_lot_may_come_later_and_comes_once(as_client, admin):
    client = as_client(admin)
    client.post(reverse("backoffice:company_new"), {**NEW, "kind": ""})
    row = Company.objects.get()
    assert not row.lots.exists()
    address = reverse("backoffice:company_first_lot", args=[row.public_id])
    lot = {"kind": "courtesy", "folios": "10", "months": "1"}
    client.post(address, lot)
    page = client.post(address, {**lot, "kind": "migration"})
    assert row.lots.get().granted == 10
    assert page.status_code == 200


def test_companies_are_found_by_words_without_accents_and_by_number(
    as_client, admin, cafe, stranger
):
    client = as_client(admin)

    def names(q: str) -> list[str]:
        page = client.get(reverse("backoffice:companies"), {"q": q})
        return [row.nombre for row in page.context["rows"]]

    assert names("cafe") == names("PRUEBA café") == names("3-101-000001") == ["Café Prueba S.A."]
    assert names("ltda arenal") == ["Tostadora Arenal Ltda."]
    assert names("cafe arenal") == []
    assert len(names("")) == 2


def test_the_list_goes_on_page_by_page(as_client, admin, monkeypatch):
    monkeypatch.setattr(desk, "PAGE", 3)
    for number in (5, 1, 4, 2, 3, 0, 6):
        company("Soda Igual S.A." if number > 4 else f"Soda {number} S.A.", f"310155500{number}")
    client, seen, after = as_client(admin), [], ""
    while True:
        page = client.get(reverse("backoffice:companies"), {"desde": after})
        seen += [row.identificacion[-1] for row in page.context["rows"]]
        after = page.context["more"]
        if not after:
            break
    assert sorted(seen) == list("0123456")
    assert seen[:5] == list("01234")


def test_pages_cost_the_same_with_many_rows(
    as_client, admin, cafe, owner, django_assert_max_num_queries
):
    client = as_client(admin)
    addresses = [
        reverse("backoffice:companies"),
        reverse("backoffice:company", args=[cafe.public_id]),
        reverse("backoffice:staff"),
    ]
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for number in range(6):
            tail = f"{addresses.index(address)}{number}"
            company(f"Soda {tail} S.A.", f"31015555{tail}")
            seat(f"p{tail}", cafe, "reader")
            staff_person(f"s{tail}", "support")
            invitations.invite(cafe, f"i{tail}@ejemplo.cr", role="reader", by=owner, at=clock.now())
        with django_assert_max_num_queries(len(few)):
            client.get(address)


def test_staff_correct_an_identification_and_it_leaves_a_row(as_client, admin, cafe, stranger):
    client = as_client(admin)
    address = reverse("backoffice:company_edit", args=[cafe.public_id])
    data = {"tipo_identificacion": "01", "identificacion": "1-0111-0222", "nombre": cafe.nombre}
    assert client.post(address, data).status_code == 302
    cafe.refresh_from_db()
    assert (cafe.tipo_identificacion, cafe.identificacion) == ("01", "101110222")
    assert "101110222" in cafe.folded
    assert cafe.audit_events.get().detail["before"]["identificacion"] == "3101000001"
    taken = {"tipo_identificacion": "02", "identificacion": "3102284610", "nombre": cafe.nombre}
    assert client.post(address, taken).context["form"].errors["identificacion"]


def test_an_owner_who_lost_the_way_in_is_replaced_by_invitation(as_client, admin, cafe, owner):
    client = as_client(admin)
    address = reverse("backoffice:company_invite", args=[cafe.public_id])
    client.post(address, {"owner_email": "otra@ejemplo.cr"})
    assert cafe.invitations.get().role == "owner"
    assert client.post(address, {"owner_email": owner.email}).status_code == 200


# -- the team ----------------------------------------------------------------------------------------


def test_the_team_grows_by_invitation(as_client, admin):
    as_client(admin).post(
        reverse("backoffice:staff"), {"email": "nueva@ejemplo.cr", "role": "reviewer"}
    )
    client = Client()
    assert client.post(link(), ACCOUNT).url == reverse("gestion")
    assert User.objects.get(email="nueva@ejemplo.cr").staff.role == "reviewer"
    assert AuditEvent.objects.filter(action="staff_invitation.accepted").exists()


def test_somebody_who_left_comes_back_by_invitation(as_client, admin, support):
    support.staff.remove(by=admin, at=clock.now())
    invitations.invite_staff(support.email, role="senior", by=admin, at=clock.now())
    as_client(support).post(link(support.email))
    seat = Staff.objects.get(user=support)
    assert (seat.role, seat.removed_at) == ("senior", None)


def test_nobody_changes_their_own_place(as_client, admin):
    with pytest.raises(Refused, match="propio"):
        admin.staff.change(role="senior", by=admin, at=clock.now())
    with pytest.raises(Refused, match="propio"):
        admin.staff.remove(by=admin, at=clock.now())
    as_client(admin).post(reverse("backoffice:staff_removal", args=[admin.staff.pk]))
    assert Staff.objects.filter(user=admin, removed_at__isnull=True).exists()


@pytest.mark.parametrize("actor", ["support", "reviewer", "senior"])
def test_only_administrators_change_the_team(actor, request, admin, other_reviewer):
    person = request.getfixturevalue(actor)
    with pytest.raises(Refused, match="administradora"):
        other_reviewer.staff.change(role="administrator", by=person, at=clock.now())
    with pytest.raises(Refused):
        admin.staff.remove(by=person, at=clock.now())


def test_a_removal_is_felt_on_the_next_request(as_client, admin, support):
    client = as_client(support)
    assert client.get(reverse("gestion")).status_code != 404
    as_client(admin).post(reverse("backoffice:staff_removal", args=[support.staff.pk]))
    assert client.get(reverse("gestion")).status_code == 404


def test_a_staff_role_opens_no_company(as_client, admin, cafe):
    assert as_client(admin).get(reverse("accounts:company")).status_code == 404


def test_the_first_administrator_is_invited_from_the_command_line(db, capsys):
    call_command("invite_staff", "Primera@ejemplo.cr")
    address = capsys.readouterr().out.strip()
    assert Client().post("/" + address.split("/", 3)[3], ACCOUNT).status_code == 302
    assert User.objects.get(email="primera@ejemplo.cr").staff.role == "administrator"
    with pytest.raises(CommandError):
        call_command("invite_staff", "primera@ejemplo.cr")
    with pytest.raises(CommandError):
        call_command("invite_staff", "no es correo")


def test_a_staff_invitation_is_sent_again_and_withdrawn(as_client, admin):
    row, token = invitations.invite_staff("x@ejemplo.cr", role="support", by=admin, at=clock.now())
    client = as_client(admin)
    with clock.moved_to(row.sent_at + timedelta(days=8)):
        client.post(reverse("backoffice:staff_invitation_resend", args=[row.pk]))
        assert invitations.find(token) is None
        row.refresh_from_db()
        assert row.is_open(clock.now())
        client.post(reverse("backoffice:staff_invitation_withdraw", args=[row.pk]))
    assert StaffInvitation.objects.get().withdrawn_at is not None


# -- the provider ------------------------------------------------------------------------------------


def test_the_provider_is_written_down_once_with_its_own_folios(as_client, admin):
    client = as_client(admin)
    assert client.get(reverse("backoffice:provider")).url == reverse("backoffice:provider_edit")
    data = {"tipo_identificacion": "02", "identificacion": "3101999999", "nombre": "Proveedor S.A."}
    client.post(reverse("backoffice:provider_edit"), data)
    row = Company.objects.get(is_provider=True)
    assert row.lots.get().remaining == 10**9
    client.post(reverse("backoffice:provider_edit"), {**data, "nombre": "Proveedor Nuevo S.A."})
    assert Company.objects.get(is_provider=True).nombre == "Proveedor Nuevo S.A."
    assert Company.objects.count() == 1
    assert "Proveedor Nuevo" in client.get(reverse("backoffice:provider")).content.decode()
