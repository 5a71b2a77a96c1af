"""The customer's pages, as browsers send and read them, without any script."""

import csv
import io
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.renewals import scene

from iofacturo.accounts.membership import Membership
from iofacturo.folios import ledger
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import (
    approval,
    bank,
    billing,
    billing_form,
    invariants,
    proof,
    review,
    submission,
)
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.request import RenewalRequest
from iofacturo.uploads import cleaning

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY
OTHER_IBAN = "CR75 0152 0200 1026 2840 67"


@pytest.fixture
def customer(as_client, house, cafe, owner) -> Client:
    """The owner's browser; the café had a plan before."""
    ledger.grant(cafe, "migration", 12, origin="migration:cafe", at=AT - DAY, months=3)
    return as_client(owner)


@pytest.fixture(autouse=True)
def quick_cleaning(monkeypatch) -> None:
    """The cleaning has its own tests: here a file is taken as it is, and .heic is refused."""

    def clean(data: bytes, name: str, size: int | None = None):
        if name.endswith(".heic"):
            raise cleaning.Refused("heic", name)
        _, cleaned = scene.picture(data)
        return cleaned

    monkeypatch.setattr(cleaning, "clean", clean)


def address(page: str, row: RenewalRequest, *more: object) -> str:
    return reverse(f"renewals:{page}", args=[row.number, *more])


def choose(client: Client, code: str = "500", **fields: str) -> RenewalRequest:
    data = {"plan": code, "token": f"t-{scene.picture()[0]!r}"} | fields
    answer = client.post(reverse("renewals:choose"), data)
    assert answer.status_code == 302, answer.content.decode()
    return RenewalRequest.objects.latest("id")


def filled(row: RenewalRequest, **changes: str) -> dict:
    """The form as the page shows it, terms accepted."""
    fields = billing_form.write(row.typed)
    return fields | {
        "empresa": row.company.public_id,
        "token": "the-token",
        "version": str(row.version),
        "terminos": str(row.given.terms_id),
        "fecha": "", "monto": "", "banco": "", "numero_transferencia": "",
        "accion": "enviar",
    } | changes  # fmt: skip


def file(name: str = "transferencia.png", data: bytes = b"picture") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def text(answer) -> str:
    """The page's words, spaces put in order."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()).replace("\xa0", " ")


# -- the way -------------------------------------------------------------------------------------


def test_the_whole_way_in_one_sitting(customer) -> None:
    row = choose(customer)
    page = text(customer.get(address("renew", row)))
    for words in ("₡75 000,00", row.reference, "CR05 0152 0200 1026 2840 66", "3-101-123456",
                  "Proveedor Demo S.A.", "Banco de Muestra", "28 de noviembre de 2026",
                  "Café Prueba S.A."):  # fmt: skip
        assert words in page, words
    answer = customer.post(address("renew", row), filled(row, archivo=file()))
    assert answer.url == address("received", row)
    page = text(customer.get(answer.url))
    assert "Recibimos su solicitud" in page
    assert "renovado" not in page
    assert "lunes 23 de noviembre de 2026, 2:00 p. m." in page
    assert row.number in page


def test_a_draft_waits_at_its_own_address_with_all_that_was_typed(
    customer, as_client, owner
) -> None:
    row = choose(customer)
    typed = filled(row, nombre="Otra Razón S.A.", monto="63 750,00", accion="salir", archivo=file())
    assert customer.post(address("renew", row), typed).url == reverse("renewals:mi_plan")
    another_device = as_client(owner)
    page = another_device.get(address("renew", row)).content.decode()
    assert "Otra Razón S.A." in page
    assert "63 750,00" in page
    assert "transferencia.png" in page
    assert "checked" not in page.split('name="terminos"')[1].split(">")[0]


def test_everything_missing_is_named_and_the_rest_kept(customer) -> None:
    row = choose(customer)
    answer = customer.post(
        address("renew", row), filled(row, numero="3-101-5951", terminos="", nombre="Nueva S.A.")
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Faltan 3 datos" in page
    for anchor in ("#archivo", "#terminos", "#id_numero"):
        assert f'href="{anchor}"' in page
    assert "3-101-5951" in page
    assert "Nueva S.A." in customer.get(address("renew", row)).content.decode()


def test_a_refused_file_leaves_the_form_as_it_was(customer) -> None:
    row = choose(customer)
    answer = customer.post(
        address("renew", row),
        filled(row, accion="subir", nombre="Nueva S.A.", archivo=file("foto.heic")),
    )
    assert answer.status_code == 422
    assert "HEIC" in answer.content.decode()
    assert "Nueva S.A." in answer.content.decode()
    assert not PaymentProof.objects.exists()


def test_a_file_is_kept_at_once_and_can_be_taken_out(customer) -> None:
    row = choose(customer)
    customer.post(address("renew", row), filled(row, accion="subir", archivo=file()))
    one = PaymentProof.objects.get()
    row.refresh_from_db()
    customer.post(address("renew", row), filled(row, accion=f"quitar-{one.pk}"))
    assert not proof.standing(row).exists()


def test_a_double_click_sends_once(customer) -> None:
    row = choose(customer)
    form = filled(row)
    first = customer.post(address("renew", row), form | {"archivo": file()})
    again = customer.post(address("renew", row), form | {"archivo": file()})
    assert first.url == again.url == address("received", row)
    assert RenewalRequest.objects.get().state == RenewalRequest.IN_REVIEW


def test_case_10_an_old_form_with_other_data_is_a_conflict(customer) -> None:
    row = choose(customer)
    form = filled(row)
    customer.post(address("renew", row), form | {"archivo": file()})
    answer = customer.post(address("renew", row), form | {"nombre": "X S.A.", "archivo": file()})
    assert answer.status_code == 409
    assert "Ver cómo quedó" in text(answer)
    assert "<title>Esto ya se había enviado" in answer.content.decode()


def test_another_tab_is_not_overwritten_unseen(customer) -> None:
    row = choose(customer)
    form = filled(row, accion="salir")
    customer.post(address("renew", row), form | {"nombre": "Primera S.A."})
    answer = customer.post(address("renew", row), form | {"nombre": "Segunda S.A."})
    assert answer.status_code == 409
    assert "Segunda S.A." in answer.content.decode(), "what was typed is not lost"
    row.refresh_from_db()
    assert row.typed.nombre == "Primera S.A."


def test_autosave_answers_the_new_version(customer) -> None:
    row = choose(customer)
    answer = customer.post(address("autosave", row), filled(row, nombre="Nueva S.A."))
    row.refresh_from_db()
    assert answer.json() == {"version": row.version, "hora": "10:00\xa0a.\xa0m."}
    assert row.typed.nombre == "Nueva S.A."
    stale = customer.post(address("autosave", row), filled(row, version="1", nombre="Z"))
    assert stale.status_code == 409


def test_places_that_disagree_are_asked_again(customer) -> None:
    row = choose(customer)
    answer = customer.post(
        address("renew", row), filled(row, provincia="2", canton="1-01", archivo=file())
    )
    assert answer.status_code == 422
    assert "Escoja el cantón" in text(answer)


# -- warnings ------------------------------------------------------------------------------------


def test_an_open_request_is_mentioned(customer, cafe, owner) -> None:
    scene.sent(cafe, owner)
    row = choose(customer)
    assert "Ya tiene una solicitud en revisión" in text(customer.get(address("renew", row)))


def test_a_file_used_before_is_mentioned_without_telling_other_companies_affairs(
    customer, cafe, owner, stranger
) -> None:
    theirs = scene.drafted(stranger.memberships.get().company, stranger)
    scene.attached(theirs, stranger, seed=b"picture")
    scene.send(theirs, stranger)
    row = choose(customer)
    customer.post(address("renew", row), filled(row, accion="subir", archivo=file()))
    page = text(customer.get(address("renew", row)))
    assert "ya se usó en otra solicitud" in page
    assert theirs.number not in page


def test_ones_own_earlier_case_is_named(customer, cafe, owner) -> None:
    first = scene.drafted(cafe, owner)
    scene.attached(first, owner, seed=b"picture")
    scene.send(first, owner)
    row = choose(customer)
    customer.post(address("renew", row), filled(row, accion="subir", archivo=file()))
    assert f"ya se usó en su solicitud {first.number}" in text(customer.get(address("renew", row)))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("60 000,00", "Faltan ₡15 000,00 para el total"),
        ("80.000,00", "₡5 000,00 más que el total"),
        ("1.234", "de dos maneras"),
    ],
)
def test_an_odd_amount_is_mentioned_and_let_through(customer, typed, words) -> None:
    row = choose(customer)
    customer.post(address("renew", row), filled(row, monto=typed, accion="guardar"))
    assert words in text(customer.get(address("renew", row)))
    row.refresh_from_db()
    sent = customer.post(address("renew", row), filled(row, monto=typed, archivo=file()))
    assert sent.status_code == 302


def test_a_promotion_that_ended_is_mentioned_with_its_price(customer) -> None:
    scene.promotion(ends_at=AT + HOUR)
    row = choose(customer)
    with clock.moved_to(AT + DAY):
        page = text(customer.get(address("renew", row)))
    assert "la promoción terminó el 23 de noviembre de 2026, pero a usted se le respeta" in page


def test_a_lapsed_price_shows_no_account_until_todays_is_settled(customer) -> None:
    row = choose(customer)
    scene.plan("500", net="80000.00", at=AT + HOUR)
    with clock.moved_to(AT + 7 * DAY):
        page = text(customer.get(address("renew", row)))
        assert "El precio garantizado venció el 28 de noviembre de 2026" in page
        assert "CR05" not in page
        row.refresh_from_db()
        refused = customer.post(
            address("renew", row), filled(row, archivo=file(), precio="90400.00")
        )
        assert refused.status_code == 422, "sending is no consent to a price"
        row.refresh_from_db()
        customer.post(address("renew", row), filled(row, accion="precio", precio="90400.00"))
        assert "₡90 400,00" in text(customer.get(address("renew", row)))
        assert "CR05" in text(customer.get(address("renew", row)))


# -- afterwards ----------------------------------------------------------------------------------


def test_the_state_page_tells_the_way(customer, sent, reviewer) -> None:
    review.take(sent, by=reviewer, at=AT + HOUR)
    page = text(customer.get(address("status", sent)))
    assert "Enviada" in page
    assert "En revisión" in page
    assert "por Duena" in page
    assert "el equipo de revisión" in page
    assert "Revisor" not in page, "customers do not read reviewers' names"


def test_a_late_answer_is_admitted(customer, sent) -> None:
    with clock.moved_to(sent.due_at + timedelta(minutes=1)):
        assert "Vamos tarde con su solicitud" in text(customer.get(address("status", sent)))


def test_only_what_was_wrong_is_asked_again(customer, sent, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing",
                          message="La cédula no existe")  # fmt: skip
    page = customer.get(address("correct", sent)).content.decode()
    assert "La cédula no existe" in page
    assert 'name="numero"' in page
    assert 'name="archivo"' not in page
    sent.refresh_from_db()
    form = filled(sent, numero="3-101-000002")
    answer = customer.post(address("correct", sent), form)
    assert answer.url == address("status", sent)
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.IN_REVIEW
    assert sent.billing.numero == "3101000002"


def test_a_correction_with_an_error_keeps_what_was_typed(customer, sent, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    answer = customer.post(address("correct", sent), filled(sent, numero="12", mensaje="Listo"))
    assert answer.status_code == 422
    assert 'value="12"' in answer.content.decode()
    assert "Listo" in answer.content.decode()


def test_the_rest_of_a_payment_is_asked_to_the_centimo(customer, sent, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="underpaid",
                          lines=[scene.line("71250.00")])  # fmt: skip
    page = text(customer.get(address("correct", sent)))
    assert "Falta transferir ₡3 750,00" in page
    assert "₡71 250,00 de ₡75 000,00" in page
    sent.refresh_from_db()
    form = filled(sent) | {"archivo": file(data=b"second")}
    assert customer.post(address("correct", sent), form).status_code == 302


def test_a_correction_sent_twice_is_one(customer, sent, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    form = filled(sent)
    for _ in range(2):
        assert customer.post(address("correct", sent), form).status_code == 302
    other = customer.post(address("correct", sent), form | {"nombre": "Z S.A."})
    assert other.status_code == 409


def test_cancelling_asks_first(customer, sent) -> None:
    assert "¿Cancelar la solicitud" in text(customer.get(address("cancel", sent)))
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.IN_REVIEW
    customer.post(address("cancel", sent))
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.CANCELLED


def test_a_taken_request_cannot_be_cancelled(customer, sent, reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    assert "Cancelar esta solicitud" not in text(customer.get(address("status", sent)))
    assert customer.post(address("cancel", sent)).status_code == 409


def test_a_rejected_request_is_repeated_in_one_click(customer, sent, reviewer) -> None:
    review.reject(sent, by=reviewer, at=AT, version=sent.version, reason="no_money",
                  message="No aparece")  # fmt: skip
    page = text(customer.get(address("status", sent)))
    assert "No aparece" in page
    again = choose(customer, anterior=sent.number)
    assert again.previous == sent
    assert "transferencia.png" in customer.get(address("renew", again)).content.decode()


def test_a_rejection_of_another_company_is_not_repeated(customer, stranger, reviewer) -> None:
    theirs = scene.sent(stranger.memberships.get().company, stranger)
    review.reject(theirs, by=reviewer, at=AT, version=theirs.version, reason="no_money")
    assert choose(customer, anterior=theirs.number).previous is None


def test_changing_the_plan_keeps_the_reference(customer) -> None:
    row = choose(customer)
    choose(customer, "100", solicitud=row.number)
    row.refresh_from_db()
    assert row.given.plan_name == "Plan 100"
    assert RenewalRequest.objects.count() == 1


# -- pictures ------------------------------------------------------------------------------------


def test_i18_only_the_cleaned_picture_is_served_and_locked_in(customer, sent) -> None:
    one = PaymentProof.objects.get()
    answer = customer.get(address("picture", sent, one.pk, 1))
    assert answer.content.startswith(b"\x89PNG clean")
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; img-src 'self'"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].startswith("inline; filename=")
    assert customer.get(address("picture", sent, one.pk, 2)).status_code == 404


def test_i18_pictures_are_for_those_who_may_renew(
    sent, as_client, issuer, accountant, administrator, stranger, reader
) -> None:
    one = PaymentProof.objects.get()
    url = address("picture", sent, one.pk, 1)
    assert as_client(administrator).get(url).status_code == 200
    for person in (issuer, accountant, reader):
        assert as_client(person).get(url).status_code == 403
    Membership.objects.filter(user=accountant).update(can_renew=True)
    assert as_client(accountant).get(url).status_code == 200
    assert as_client(stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_picture_belongs_to_its_request(customer, cafe, owner, sent) -> None:
    other = scene.sent(cafe, owner)
    one = PaymentProof.objects.get(request=sent)
    assert customer.get(address("picture", other, one.pk, 1)).status_code == 404


# -- who -----------------------------------------------------------------------------------------

PAGES = ("renew", "status", "received", "correct", "cancel", "autosave")


@pytest.mark.parametrize("page", PAGES)
def test_strangers_learn_nothing(sent, as_client, stranger, page) -> None:
    client = as_client(stranger)
    send = client.post if page == "autosave" else client.get
    assert send(address(page, sent)).status_code == 404
    made_up = reverse(f"renewals:{page}", args=["SR-22222222"])
    assert send(made_up).status_code == 404


@pytest.mark.parametrize("page", ["renew", "received", "correct", "cancel"])
def test_who_may_not_renew_is_told_so(sent, as_client, issuer, page) -> None:
    assert as_client(issuer).get(address(page, sent)).status_code == 403


def test_everybody_of_the_company_sees_the_state(sent, as_client, issuer, reader) -> None:
    for person in (issuer, reader):
        page = text(as_client(person).get(address("status", sent)))
        assert sent.number in page
        assert "transferencia.png" not in page, "proofs are for those who renew"


def test_a_form_of_another_company_acts_for_none(customer, cafe, stranger) -> None:
    row = choose(customer)
    other = stranger.memberships.get().company
    answer = customer.post(address("renew", row), filled(row, empresa=other.public_id))
    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.state == RenewalRequest.DRAFT


def test_an_old_form_in_a_company_of_lesser_role_is_a_conflict_not_a_lack_of_permission(
    as_client, cafe, issuer, stranger
) -> None:
    other = stranger.memberships.get().company
    answer = as_client(issuer).post(reverse("renewals:choose"), {"empresa": other.public_id})
    assert answer.status_code == 409
    assert "otra pestaña" in text(answer)


def test_what_nobody_can_see_is_left_out_of_the_invoice(customer, drafted) -> None:
    name = "Caf\u202e\u00e9\x07 Prueba\u2028S.A. \U0001f469\u200d\U0001f373"
    customer.post(
        address("renew", drafted),
        filled(drafted, nombre=name, banco="B\u2066A\x1b") | {"accion": "guardar"},
    )
    drafted.refresh_from_db()
    assert drafted.typed.nombre == "Caf\u00e9 Prueba S.A. \U0001f469\u200d\U0001f373"


def test_a_new_account_is_told_to_whoever_was_given_the_old_one(
    customer, drafted, owner, senior, admin
) -> None:
    page = text(customer.get(address("renew", drafted)))
    assert "Esta cuenta no ha cambiado desde" in page
    scene.account(senior, admin, iban=OTHER_IBAN, at=clock.now())
    page = text(customer.get(address("renew", drafted)))
    assert "La cuenta para pagos cambió el 23 de noviembre de 2026" in page
    assert "CR05 0152 0200 1026 2840 66" in page, "the quote keeps its account"
    assert "no ha cambiado" not in page
    told = Notice.objects.get(kind="renewal.account_changed", user=owner)
    assert drafted.number in told.body
    assert "CR75 0152 0200 1026 2840 67" in told.body
    page = text(customer.get(address("renew", choose(customer))))
    assert "Esta cuenta cambió el 23 de noviembre de 2026." in page
    assert "La cuenta para pagos cambió" not in page
    scene.account(senior, admin, iban=OTHER_IBAN, at=clock.now() + scene.DAY)
    page = text(customer.get(address("renew", choose(customer))))
    assert "Esta cuenta cambió el 23 de noviembre de 2026." in page, "the IBAN did not change again"
    assert Notice.objects.filter(kind="renewal.account_changed", user=owner).count() == 1


def test_what_was_paid_too_much_is_offered_for_the_next_one(customer, sent, reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    sent.refresh_from_db()
    approval.approve(sent, by=reviewer, at=AT, version=sent.version, lines=[scene.line(85000)])
    page = text(customer.get(address("renew", choose(customer))))
    assert "Tiene ₡10 000,00 de saldo a favor" in page
    row = RenewalRequest.objects.order_by("-id")[0]
    customer.post(address("renew", row), filled(row, accion="saldo-si"))
    row.refresh_from_db()
    page = text(customer.get(address("renew", row)))
    assert "Transfiera ₡65 000,00: el resto sale de su saldo a favor" in page
    assert "Monto exacto ₡65 000,00" in page
    assert "Monto: 65000.00 CRC" not in page, "drawn, not written"
    customer.post(address("renew", row), filled(row, archivo=file(), usar_saldo="1"))
    row.refresh_from_db()
    assert (row.state, row.credit_wanted) == ("in_review", 10000)
    other = choose(customer)
    assert "saldo a favor" not in text(customer.get(address("renew", other))), "it is held"
    page = text(customer.get(reverse("renewals:mi_plan")))
    assert "₡10 000,00 están apartados" in page
    approval.approve(row, by=reviewer, at=AT, version=row.version, lines=[scene.line(65000)])
    assert bank.credit(row.company) == 0
    assert list(invariants.broken()) == []


def test_credit_that_covers_the_plan_needs_no_transfer(customer, cafe, senior, reviewer) -> None:
    line = scene.imported(senior, ("80000.00", "adelanto")).lines.get()
    bank.credit_line(line, cafe, by=reviewer, at=AT, note="lo anunciaron")
    row = choose(customer)
    customer.post(address("renew", row), filled(row, accion="saldo-si"))
    row.refresh_from_db()
    page = text(customer.get(address("renew", row)))
    assert "cubre este plan: no tiene que transferir" in page
    assert "Monto exacto" not in page
    answer = customer.post(address("renew", row), filled(row, usar_saldo="1"))
    assert answer.url == address("received", row)
    row.refresh_from_db()
    approval.approve(row, by=reviewer, at=AT, version=row.version)
    row.refresh_from_db()
    assert row.state == "active"
    assert bank.credit(cafe) == 5000
    assert list(invariants.broken()) == []


def test_private_pages_are_kept_by_nobody(customer, drafted) -> None:
    for page in (reverse("renewals:mi_plan"), address("renew", drafted), "/no-existe/"):
        assert customer.get(page)["Cache-Control"] == "private, no-store", page


def test_who_never_had_a_plan_sees_how_to_contract_one(as_client, house, owner) -> None:
    client = as_client(owner)
    for path in (reverse("renewals:mi_plan"), reverse("renewals:choose")):
        page = text(client.get(path))
        assert "todavía no tiene un plan" in page
        assert "Continuar con el pago" not in page
    client.post(reverse("renewals:choose"), {"plan": "500"})
    assert not RenewalRequest.objects.exists()


# -- hostile posts -------------------------------------------------------------------------------

HOSTILE = [
    "", "0", "-1", "9" * 400, "NaN", "Infinity", "1e999", "' OR 1=1 --", "<script>alert(1)</script>",
    "\ud7ff", "٣", "²", "sNaN", "quitar-²", "quitar-" + "9" * 30, "../../etc/passwd", "=cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("poison", HOSTILE)
@pytest.mark.parametrize(
    "field",
    ["token", "version", "terminos", "precio", "accion", "fecha", "monto", "numero", "tipo",
     "provincia", "distrito", "correos", "nombre", "recordar"],
)  # fmt: skip
def test_hostile_fields_break_nothing(customer, drafted, field, poison) -> None:
    answer = customer.post(address("renew", drafted), filled(drafted, **{field: poison}))
    assert answer.status_code in (200, 302, 400, 409, 422)
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("poison", HOSTILE)
def test_hostile_choices_break_nothing(customer, poison) -> None:
    for field in ("plan", "anterior", "solicitud", "token"):
        answer = customer.post(reverse("renewals:choose"), {"plan": "500"} | {field: poison})
        assert answer.status_code in (200, 302, 400, 404, 422)
    query = quote(poison, errors="replace")
    for name in ("plan", "anterior", "solicitud"):
        page = customer.get(f"{reverse('renewals:choose')}?{name}={query}")
        assert page.status_code in (200, 400, 404)
        assert b"<script>alert" not in page.content


def test_the_csv_is_text_for_a_spreadsheet(customer, cafe, owner, sent) -> None:
    scene.plan("500", at=AT)
    from iofacturo.folios.plan import Plan

    Plan.objects.get(code="500").publish(
        name="=HYPERLINK(1)", folios=5, months=1, net=sent.given.net, by=None, at=AT
    )
    scene.drafted(cafe, owner)
    answer = customer.get(reverse("renewals:requests_csv"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == "Número"
    assert rows[1][2] == "'=HYPERLINK(1)"
    assert rows[2][0] == sent.number
    assert rows[2][4] == "75000.00"


# -- speed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["mi_plan", "requests_csv"])
def test_queries_do_not_grow_with_requests(
    customer, cafe, owner, page, django_assert_max_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse(f"renewals:{page}")
    counts = []
    for more in (1, 6):
        for _ in range(more):
            scene.sent(cafe, owner)
        customer.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            customer.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] < 40


def test_queries_do_not_grow_with_proofs_and_steps(customer, sent, owner, reviewer) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for times in (1, 4):
        for _ in range(times):
            sent.refresh_from_db()
            review.ask_correction(
                sent, by=reviewer, at=AT, version=sent.version, reason="unreadable"
            )
            scene.attached(sent, owner)
            sent.refresh_from_db()
            submission.answer(sent, by=owner, at=AT, token=str(sent.version), contents={})
        customer.get(address("status", sent))  # what is read once per process is read
        with CaptureQueriesContext(connection) as queries:
            assert customer.get(address("status", sent)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_terms_are_open_to_everybody(house) -> None:
    page = Client().get(reverse("renewals:terms", args=[1]))
    assert "Un folio, un comprobante emitido." in text(page)
    assert Client().get(reverse("renewals:terms", args=[2])).status_code == 404


def test_the_billing_form_says_what_the_rules_say(cafe) -> None:
    form = billing_form.shown(billing.Billing.of_company(cafe), problems=True)
    assert form.errors == {}
    broken = billing_form.shown(billing.Billing(tipo="02", numero="1"), problems=True)
    assert {"numero", "nombre", "correos", "distrito"} <= set(broken.errors)


def test_a_draft_of_another_person_of_the_company_is_the_companys(
    customer, as_client, administrator
) -> None:
    row = choose(customer)
    other = as_client(administrator)
    other.post(address("renew", row), filled(row, archivo=file()))
    row.refresh_from_db()
    assert row.submitted_by == administrator


def test_a_file_sent_before_is_told_first_and_goes_through_knowingly(customer, cafe, owner) -> None:
    """Without scripts a file may come only with the sending itself."""
    first = scene.drafted(cafe, owner)
    scene.attached(first, owner, seed=b"picture")
    scene.send(first, owner)
    row = choose(customer)
    answer = customer.post(address("renew", row), filled(row, archivo=file()), follow=True)
    assert "Todavía no la enviamos" in text(answer)
    row.refresh_from_db()
    assert row.state == RenewalRequest.DRAFT
    again = customer.post(address("renew", row), filled(row))
    assert again.url == address("received", row)


def test_the_first_page_offers_a_draft_to_who_may_renew_only(customer, as_client, issuer) -> None:
    row = choose(customer)
    assert address("renew", row) in customer.get(reverse("portal")).content.decode()
    page = as_client(issuer).get(reverse("portal")).content.decode()
    assert address("renew", row) not in page
    assert "Renovar plan" not in page
