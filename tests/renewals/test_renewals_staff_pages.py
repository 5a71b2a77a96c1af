"""Terms and the payee account, as staff change them in `/gestion/`."""

import pytest
from django.urls import reverse
from tests.renewals import scene

from iofacturo.renewals import payee, terms
from iofacturo.renewals.payee import PayeeAccount
from iofacturo.renewals.terms import TermsVersion

AT, DAY = scene.AT, scene.DAY
FORM = {
    "currency": "CRC", "bank": "Banco de Muestra", "iban": scene.IBAN,
    "holder": "Proveedor Demo S.A.", "cedula": "3-101-123456",
}  # fmt: skip
pytestmark = pytest.mark.django_db


def test_an_account_is_proposed_by_one_and_confirmed_by_another(
    now, as_client, senior, admin
) -> None:
    first, second = as_client(senior), as_client(admin)
    assert first.post(reverse("backoffice:payee"), FORM).status_code == 302
    row = PayeeAccount.objects.get()
    assert "Confirmar la cuenta" not in first.get(reverse("backoffice:payee")).content.decode()
    own = first.post(reverse("backoffice:payee_confirm", args=[row.pk]), follow=True)
    assert "Debe confirmarla otra persona" in own.content.decode()
    assert payee.current(AT) is None
    assert "Confirmar la cuenta" in second.get(reverse("backoffice:payee")).content.decode()
    second.post(reverse("backoffice:payee_confirm", args=[row.pk]))
    assert payee.current(AT) == row


def test_a_wrong_iban_is_told_beside_its_field_and_the_form_kept(now, as_client, admin) -> None:
    wrong = FORM | {"iban": "CR05 0152 0200 1026 2840 67"}
    answer = as_client(admin).post(reverse("backoffice:payee"), wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "no es válida" in page
    assert "Proveedor Demo S.A." in page


def test_a_proposal_is_withdrawn_once(now, as_client, senior, admin) -> None:
    row = payee.propose(**FORM, by=senior, at=AT)
    client = as_client(admin)
    url = reverse("backoffice:payee_withdraw", args=[row.pk])
    assert "se retiró" in client.post(url, follow=True).content.decode()
    assert "ya no está pendiente" in client.post(url, follow=True).content.decode()


@pytest.mark.parametrize("person", ["reviewer", "support"])
@pytest.mark.parametrize("name", ["payee", "terms"])
def test_other_staff_do_not_get_in(as_client, person, name, request) -> None:
    client = as_client(request.getfixturevalue(person))
    assert client.get(reverse(f"backoffice:{name}")).status_code == 403


@pytest.mark.parametrize("name", ["payee", "terms"])
def test_customers_learn_nothing(as_client, owner, name) -> None:
    assert as_client(owner).get(reverse(f"backoffice:{name}")).status_code == 404


def test_terms_are_published_now_or_for_a_day_to_come(now, as_client, admin) -> None:
    client = as_client(admin)
    url = reverse("backoffice:terms")
    assert client.post(url, {"text": "Uno"}).status_code == 302
    assert client.post(url, {"text": "Dos", "effective_on": "2026-12-01"}).status_code == 302
    assert terms.current(AT).text == "Uno"
    assert terms.current(AT + 10 * DAY).text == "Dos"
    for wrong in ({"text": ""}, {"text": "Tres", "effective_on": "2026-11-01"},
                  {"text": "Tres", "effective_on": "mañana"}):  # fmt: skip
        assert client.post(url, wrong).status_code == 422
    assert TermsVersion.objects.count() == 2
    page = client.get(reverse("backoffice:terms_version", args=[2])).content.decode()
    assert "Dos" in page
