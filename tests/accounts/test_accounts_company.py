"""The company's data: what is taken, what is refused, and for which company."""

import pytest
from django.urls import reverse
from tests.cast import company

from hacienda import ubicacion
from iofacturo.accounts.company import Company
from iofacturo.accounts.company_forms import CompanyForm, distritos
from iofacturo.accounts.switch import shared_page

GOOD = {
    "nombre": "  Café   Prueba S.A. ",
    "nombre_comercial": "Café Prueba",
    "actividad": "56100",
    "provincia": "1",
    "canton": "1-02",
    "distrito": "1-02-03",
    "barrio": "Guachipelín",
    "otras_senas": "200 metros norte de la iglesia",
    "telefono": "2222-3344",
    "email_1": "facturas@ejemplo.cr",
    "email_2": "",
    "email_3": "jefa@ejemplo.cr",
    "email_4": "",
}


def edit(client, cafe, **changes):
    data = {**GOOD, "empresa": cafe.public_id, **changes}
    return client.post(reverse("accounts:company_edit"), data)


def test_an_administrator_changes_the_data(as_client, cafe, administrator):
    assert edit(as_client(administrator), cafe).status_code == 302
    cafe.refresh_from_db()
    assert cafe.nombre == "Café Prueba S.A."
    assert cafe.actividad == "5610.0"
    assert (cafe.provincia, cafe.canton, cafe.distrito) == ("1", "02", "03")
    assert cafe.emails == ["facturas@ejemplo.cr", "jefa@ejemplo.cr"]
    row = cafe.audit_events.get()
    assert row.actor == administrator
    assert row.detail["before"]["telefono"] == ""
    assert row.detail["after"]["telefono"] == "2222-3344"
    assert "identificacion" not in row.detail["after"]


def test_saving_the_same_again_leaves_no_row(as_client, cafe, owner):
    client = as_client(owner)
    edit(client, cafe)
    edit(client, cafe)
    assert cafe.audit_events.count() == 1


def test_the_identification_is_not_for_the_company_to_change(as_client, cafe, owner):
    edit(as_client(owner), cafe, tipo_identificacion="01", identificacion="101110111")
    cafe.refresh_from_db()
    assert (cafe.tipo_identificacion, cafe.identificacion) == ("02", "3101000001")


def test_what_was_typed_is_found_again_without_accents(as_client, cafe, owner):
    edit(as_client(owner), cafe, nombre="Panadería Ñandú S.A.")
    cafe.refresh_from_db()
    assert cafe.folded == "panaderia nandu s.a. cafe prueba 3101000001"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nombre": "abc"}, "nombre"),
        ({"nombre": "x" * 101}, "nombre"),
        ({"actividad": "56"}, "actividad"),
        ({"actividad": "561O.0"}, "actividad"),
        ({"telefono": "no tengo"}, "telefono"),
        ({"telefono": "123"}, "telefono"),
        ({"distrito": "1-02-99"}, "distrito"),
        ({"distrito": ""}, "distrito"),
        ({"canton": "1-03"}, "distrito"),
        ({"canton": "", "provincia": "2"}, "distrito"),
        ({"canton": "9-99"}, "canton"),
        ({"otras_senas": ""}, "otras_senas"),
        ({"barrio": "abc"}, "barrio"),
        ({"email_2": "no es correo"}, "email_2"),
        ({"email_2": "Facturas@Ejemplo.cr"}, "email_2"),
    ],
)
def test_what_hacienda_would_refuse_is_refused_beside_its_field(change, field):
    form = CompanyForm({**GOOD, **change})
    assert not form.is_valid()
    assert set(form.errors) == {field}


def test_without_scripts_the_district_alone_is_enough():
    form = CompanyForm({**GOOD, "provincia": "", "canton": ""})
    assert form.is_valid(), form.errors
    assert [form.values()[n] for n in ("provincia", "canton", "distrito")] == ["1", "02", "03"]


def test_a_company_may_leave_its_address_for_later():
    form = CompanyForm({"nombre": "Café Prueba S.A."})
    assert form.is_valid(), form.errors
    assert form.values()["distrito"] == ""


def test_every_district_of_the_country_can_be_chosen():
    offered = [value for _, group in distritos()[1:] for value, _ in group]
    assert len(offered) == len(set(offered)) == 492
    assert all(ubicacion.is_valid(*value.split("-")) for value in offered)


def test_errors_keep_what_was_typed(as_client, cafe, owner):
    page = edit(as_client(owner), cafe, telefono="no tengo")
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="no tengo"' in text
    assert 'aria-invalid="true"' in text
    assert '<option value="1-02-03" selected>' in text
    assert 'href="#id_telefono"' in text


# -- several companies -----------------------------------------------------------------------------


@pytest.fixture
def second(accountant) -> Company:
    row = company("Segunda Prueba S.A.", "3101000002")
    row.memberships.create(user=accountant, role="administrator")
    return row


def test_switching_keeps_the_page_that_every_company_has(as_client, cafe, second, accountant):
    client = as_client(accountant)
    page = reverse("accounts:company")
    assert "Café Prueba S.A." in client.get(page).content.decode()
    answer = client.post(reverse("accounts:switch"), {"empresa": second.public_id, "next": page})
    assert answer.url == page
    shown = client.get(page).content.decode()
    assert "Ahora está en Segunda Prueba S.A." in shown
    assert "S.A.." not in shown


def test_a_page_about_one_thing_gives_way_to_the_one_above_it(rf, cafe):
    request = rf.get("/")
    assert shared_page(request, "/empresa/personas/12/quitar/") == "/empresa/personas/"
    assert shared_page(request, "/empresa/personas/?x=1") == "/empresa/personas/"
    assert shared_page(request, "/no/existe/") == "/"
    assert shared_page(request, "https://malo.example/empresa/datos/") == "/"
    assert shared_page(request, "") == "/"


def test_nobody_switches_to_a_company_of_others(as_client, cafe, owner, stranger):
    client = as_client(owner)
    foreign = stranger.memberships.get().company
    answer = client.post(reverse("accounts:switch"), {"empresa": foreign.public_id})
    assert answer.status_code == 404
    assert client.get(reverse("accounts:company")).context["company"] == cafe


def test_a_link_in_a_mail_opens_its_own_company(as_client, cafe, second, accountant, stranger):
    client, page = as_client(accountant), reverse("accounts:company")
    assert client.get(f"{page}?empresa={second.public_id}").context["company"] == second
    assert client.get(page).context["company"] == second
    foreign = stranger.memberships.get().company
    assert client.get(f"{page}?empresa={foreign.public_id}").status_code == 404


def test_an_old_form_does_not_act_for_the_company_of_now(as_client, cafe, second, accountant):
    client = as_client(accountant)
    client.post(reverse("accounts:switch"), {"empresa": second.public_id})
    answer = edit(client, cafe, nombre="Nombre De Otra")
    assert answer.status_code == 409
    assert "otra empresa" in answer.content.decode()
    second.refresh_from_db()
    assert second.nombre == "Segunda Prueba S.A."


def test_every_company_of_an_accountant_is_listed(as_client, cafe, second, accountant):
    for number in range(14):
        row = company(f"Cliente {number:02} S.A.", f"31012000{number:02}")
        row.memberships.create(user=accountant, role="accountant")
    text = as_client(accountant).get(reverse("accounts:companies")).content.decode()
    assert "16" in text
    assert all(f"Cliente {number:02} S.A." in text for number in range(14))


def test_readers_see_the_data_and_cannot_change_them(as_client, cafe, reader):
    client = as_client(reader)
    assert client.get(reverse("accounts:company")).status_code == 200
    assert edit(client, cafe).status_code == 403


def test_one_cedula_one_company(cafe):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        company("Otra", cafe.identificacion)
