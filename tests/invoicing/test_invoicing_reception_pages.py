"""The pages of received documents: dropping, the list, one document, answering, the month's IVA."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.invoicing import purchases
from tests.invoicing.scene import AT

from iofacturo.accounts.company import public_id
from iofacturo.invoicing.reception import credit, reply
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.message import ReceiverMessage
from iofacturo.invoicing.reception.received import Received, ReceivedTax, ReceivedXML
from iofacturo.invoicing.reception.reply import Decision
from iofacturo.invoicing.signed_xml import digest
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
LIST = "/facturar/recibidos/"


@pytest.fixture(autouse=True)
def _now():
    with clock.moved_to(AT):
        yield


def drop(client, company, *files: tuple[str, bytes], token=None, follow=True):
    return client.post(
        reverse("invoicing:receive"),
        {
            "empresa": company.public_id,
            "token": str(token or uuid4()),
            "archivos": [SimpleUploadedFile(name, data) for name, data in files],
        },
        follow=follow,
    )


def page_of(row: Received) -> str:
    return reverse("invoicing:received_document", args=[row.public_id])


def reply_to(client, row: Received, **data):
    return client.post(
        reverse("invoicing:received_reply", args=[row.public_id]),
        {"empresa": row.company.public_id, **data},
        follow=True,
    )


# -- dropping --------------------------------------------------------------------------------------


def test_several_files_at_once_and_each_has_its_outcome(shop, issuer, as_client):
    packed = purchases.zipped(a__xml=purchases.purchase(shop), b__xml=b"basura")
    answer = drop(
        as_client(issuer), shop, ("uno.xml", purchases.purchase(shop)), ("compras.zip", packed)
    )
    text = answer.content.decode()
    assert "Revisamos 3 archivos" in text
    assert "uno.xml: Se recibió." in text
    assert "b.xml" in text
    assert "no empieza con el signo" in text
    assert shop.received.count() == 2


def test_the_same_form_sent_twice_is_one_batch(shop, issuer, as_client):
    client, token, xml = as_client(issuer), uuid4(), purchases.purchase(shop)
    first = drop(client, shop, ("a.xml", xml), token=token, follow=False)
    second = drop(client, shop, ("a.xml", xml), token=token, follow=False)
    assert first.url == second.url
    assert shop.reception_batches.count() == 1


def test_nothing_chosen_is_said(shop, issuer, as_client):
    answer = drop(as_client(issuer), shop)
    assert "Elija al menos un archivo" in answer.content.decode()


def test_file_names_with_markup_stay_text(shop, issuer, as_client):
    answer = drop(as_client(issuer), shop, ("<img src=x onerror=alert(1)>.xml", b"nada"))
    assert "<img src=x" not in answer.content.decode()


def test_who_may_only_look_does_not_drop_or_answer(shop, reader, accountant, as_client):
    row = purchases.accepted(shop)
    for user in (reader, accountant):
        client = as_client(user)
        assert "archivos" not in client.get(LIST).content.decode()
        assert client.get(page_of(row)).status_code == 200
        assert "Responder</a>" not in client.get(page_of(row)).content.decode()
        assert drop(client, shop, ("a.xml", b"x")).status_code == 403
        assert reply_to(client, row, mensaje="1").status_code == 403
    assert row.messages.count() == 0


def test_an_accountant_who_was_granted_it_answers(shop, accountant, as_client):
    accountant.memberships.update(can_issue=True)
    row = purchases.accepted(shop)
    assert reply_to(as_client(accountant), row, mensaje="1").status_code == 200
    assert row.messages.get().issued_by == accountant


def test_a_stranger_finds_nothing(shop, stranger, as_client):
    row = purchases.accepted(shop)
    reply.answer(row, Decision("1"), by=None, at=AT)
    batch = shop.reception_batches.get()
    client = as_client(stranger)
    for name in (
        "document",
        "state",
        "reply",
        "xml",
        "word_xml",
        "message_xml",
        "message_word_xml",
    ):
        url = reverse(f"invoicing:received_{name}", args=[row.public_id])
        assert client.get(url).status_code == 404, name
    assert (
        client.get(reverse("invoicing:received_batch", args=[batch.public_id])).status_code == 404
    )
    for name in ("ask", "resend"):
        url = reverse(f"invoicing:received_{name}", args=[row.public_id])
        assert client.post(url).status_code == 404
    assert row.emisor_nombre not in client.get(LIST).content.decode()


# -- one document ----------------------------------------------------------------------------------


def test_the_page_tells_what_was_checked_and_that_trust_is_unknown(shop, issuer, as_client):
    row = purchases.accepted(shop)
    text = as_client(issuer).get(page_of(row)).content.decode()
    assert "La firma vale" in text
    assert "No sabemos de qué autoridad viene la firma" in text
    assert "Plazo por confirmar" in text
    assert "11 de diciembre de 2026" in text or "10 de diciembre de 2026" in text
    assert "Café en grano" in text


def test_files_come_out_byte_for_byte(shop, issuer, as_client):
    row = purchases.accepted(shop)
    message = reply.answer(row, Decision("1"), by=None, at=AT)
    client = as_client(issuer)
    xml = client.get(reverse("invoicing:received_xml", args=[row.public_id]))
    assert xml.content == row.xml
    assert xml["Content-Disposition"] == f'attachment; filename="{row.clave}.xml"'
    mine = client.get(reverse("invoicing:received_message_xml", args=[row.public_id]))
    assert mine.content == message.xml
    assert message.consecutivo in mine["Content-Disposition"]


def test_a_document_that_is_apart_is_explained_and_has_no_button(shop, issuer, as_client):
    xml = purchases.purchase(shop).replace(b"en grano", b"en polvo")
    purchases.receive(shop, xml)
    row = shop.received.get()
    text = as_client(issuer).get(page_of(row)).content.decode()
    assert "La firma no vale" in text
    assert "responder/" not in text
    answer = reply_to(as_client(issuer), row, mensaje="1")
    assert "no se responde" in answer.content.decode()
    assert row.messages.count() == 0


def test_a_question_may_be_asked_again(shop, issuer, as_client):
    row = purchases.received(shop)
    Errand.objects.update(state=Errand.DONE)
    Received.objects.update(verdict=Received.UNKNOWN)
    client = as_client(issuer)
    assert "Preguntar de nuevo" in client.get(page_of(row)).content.decode()
    client.post(reverse("invoicing:received_ask", args=[row.public_id]))
    assert Errand.objects.get().state == Errand.ASKING


# -- answering -------------------------------------------------------------------------------------


def test_accepting_with_what_the_form_proposes_credits_all_the_iva(shop, issuer, as_client):
    row = purchases.accepted(shop, precio="333.335")
    client = as_client(issuer)
    form = client.get(reverse("invoicing:received_reply", args=[row.public_id])).context["form"]
    proposed = {name: form[name].value() or "" for name in form.fields}
    answer = reply_to(client, row, **(proposed | {"mensaje": "1"}))
    assert answer.status_code == 200
    message = row.messages.get()
    assert (message.mensaje, message.condicion_impuesto) == ("1", "01")
    assert message.acreditar == row.impuesto  # exactly, though the field showed two decimals
    assert message.gasto == row.total - row.impuesto
    assert message.actividad == "5610.0"
    assert message.issued_by == issuer
    assert "Usted lo aceptó" in answer.content.decode()


def test_a_rejection_needs_a_reason_beside_its_field(shop, issuer, as_client):
    row = purchases.accepted(shop)
    client = as_client(issuer)
    answer = reply_to(client, row, mensaje="3", detalle="")
    assert answer.status_code == 422
    assert "Diga por qué lo rechaza." in answer.content.decode()
    assert "Faltan datos" in answer.content.decode()
    assert row.messages.count() == 0
    reply_to(client, row, mensaje="3", detalle="No la pedimos\u202e", condicion="01", acreditar="9")
    message = row.messages.get()
    assert message.detalle == "No la pedimos"
    assert (message.condicion_impuesto, message.acreditar, message.gasto) == ("", None, None)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"mensaje": ""}, "Escoja si lo acepta"),
        ({"mensaje": "9"}, "9"),
        ({"mensaje": "1", "condicion": "01", "acreditar": "261"}, "No puede pasar de"),
        ({"mensaje": "1", "condicion": "01", "gasto": "2 260,01"}, "No puede pasar de"),
        ({"mensaje": "1", "condicion": "01", "acreditar": "-1"}, "Escriba el monto"),
        ({"mensaje": "2", "condicion": "02", "acreditar": "260", "detalle": "La mitad"}, "menos"),
        ({"mensaje": "2", "condicion": "02", "acreditar": "60", "detalle": "x"}, "al menos 5"),
        ({"mensaje": "1", "condicion": "77"}, "77"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(shop, issuer, as_client, data, said):
    row = purchases.accepted(shop)
    answer = reply_to(as_client(issuer), row, **data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert row.messages.count() == 0


def test_a_second_answer_is_told_the_first_stands(shop, issuer, as_client):
    row = purchases.accepted(shop)
    client = as_client(issuer)
    reply_to(client, row, mensaje="1")
    answer = reply_to(client, row, mensaje="3", detalle="Me arrepentí")
    assert "ya se respondió: aceptado" in answer.content.decode()
    assert row.messages.count() == 1


def test_without_a_key_the_reason_is_told_and_nothing_is_numbered(shop, issuer, as_client):
    shop.keys.update(retired_at=AT)
    row = purchases.accepted(shop)
    answer = reply_to(as_client(issuer), row, mensaje="1")
    assert answer.status_code == 422
    assert "no tiene llave criptográfica" in answer.content.decode()
    assert not shop.series.filter(tipo="05").exists()


def test_the_form_of_another_company_is_told_so(shop, issuer, as_client):
    row = purchases.accepted(shop)
    answer = as_client(issuer).post(
        reverse("invoicing:received_reply", args=[row.public_id]),
        {"empresa": "OTRAEMPRESA2", "mensaje": "1"},
    )
    assert answer.status_code == 409


def test_an_answer_that_stopped_is_sent_again(shop, issuer, as_client):
    row = purchases.accepted(shop)
    message = reply.answer(row, Decision("1"), by=None, at=AT)
    Errand.objects.filter(message=message).update(
        state=Errand.STOPPED, stopped_for=Errand.REFUSED, last_error="Hacienda no lo recibió"
    )
    client = as_client(issuer)
    text = client.get(page_of(row)).content.decode()
    assert "Enviar de nuevo" in text
    assert "Hacienda no lo recibió" in text
    client.post(reverse("invoicing:received_resend", args=[row.public_id]))
    assert message.errand.__class__.objects.get(message=message).state == Errand.WAITING


# -- the list, the month, the file -----------------------------------------------------------------


def test_the_list_is_searched_and_filtered(shop, issuer, as_client):
    one = purchases.accepted(shop)
    other = purchases.received(shop, supplier=purchases.OTHER)
    old = purchases.accepted(shop, at=AT - timedelta(days=40))
    reply.answer(old, Decision("1"), by=None, at=AT)
    client = as_client(issuer)

    def found(**asked) -> set[str]:
        rows = client.get(LIST, asked).context["rows"]
        return {row.public_id for row, _ in rows}

    assert found() == {one.public_id, other.public_id, old.public_id}
    assert found(q="empaq") == {other.public_id}
    assert found(q="3-101-777888") == {other.public_id}
    assert found(q=one.clave) == {one.public_id}
    assert found(q="nadie así") == set()
    hyphened = purchases.received(shop, supplier=("3101777888", "Coca-Cola FEMSA"))
    assert found(q="coca-cola") == found(q="femsa coca") == {hyphened.public_id}
    assert found(mes="2026-10") == {old.public_id}
    assert found(estado="por-responder", q="c") >= {hyphened.public_id}
    assert found(estado="aceptados") == {old.public_id}
    assert found(estado="sin-hacienda") == {other.public_id, hyphened.public_id}
    assert found(estado="aparte") == set()
    assert len(found(mes="nunca", estado="x")) == 4
    assert "Revise los filtros" in client.get(LIST, {"mes": "nunca"}).content.decode()


def test_the_iva_of_a_month_by_rate_with_credit_notes_subtracted(shop, issuer, as_client):
    first = purchases.accepted(shop, precio="1000")  # 260
    second = purchases.accepted(shop, precio="500", tarifa=("04", "4"))  # 40
    note = purchases.accepted(shop, "NC", precio="100", **purchases.referring(first.clave))  # -26
    half = purchases.accepted(shop, precio="1000")  # 260, half of it
    refused = purchases.accepted(shop, precio="9000")
    waiting = purchases.accepted(shop, precio="50")  # 13
    purchases.accepted(shop, precio="700", at=AT - timedelta(days=40))  # another month
    credits = Decision("1", condicion_impuesto="01")
    for row in (first, second, note):
        reply.answer(row, credits, by=None, at=AT)
    reply.answer(half, Decision("2", "La mitad", "02", acreditar=Decimal(130)), by=None, at=AT)
    reply.answer(refused, Decision("3", "No es nuestra"), by=None, at=AT)
    found = credit.month(shop, AT.date())
    assert [(rate.name, rate.iva, rate.credit, rate.pending) for rate in found.rates] == [
        ("Tarifa general 13 %", Decimal("507.00"), Decimal("364.00"), Decimal("13.00")),
        ("Tarifa reducida 4 %", Decimal("40.00"), Decimal("40.00"), Decimal("0.00")),
    ]
    assert found.total.credit == Decimal("404.00")
    assert waiting.reply == ""
    text = as_client(issuer).get(LIST).content.decode().replace("\u00a0", " ")
    assert "₡404,00" in text
    shared = purchases.accepted(shop, precio="200")
    reply.answer(shared, Decision("1", condicion_impuesto="05"), by=None, at=AT)
    assert credit.month(shop, AT.date()).shared == Decimal("52.00")


def test_the_csv_keeps_numbers_and_defuses_formulas(shop, issuer, as_client):
    evil = ("3101777888", "=HYPERLINK(1)")
    purchases.accepted(shop, supplier=evil)
    note = purchases.accepted(shop, "NC", **purchases.referring(shop.received.get().clave))
    reply.answer(note, Decision("1", condicion_impuesto="01"), by=None, at=AT)
    answer = as_client(issuer).get("/facturar/recibidos.csv")
    body = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["Total"] for row in rows] in (["-2260", "2260"], ["2260", "-2260"])
    by_type = {row["Tipo"]: row for row in rows}
    assert by_type["Nota de crédito electrónica"]["IVA por acreditar"] == "-260"
    assert by_type["Factura electrónica"]["Emisor"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("name", ["list", "document", "reply", "batch"])
def test_a_page_costs_the_same_with_many_rows(shop, issuer, as_client, name):
    row = purchases.accepted(shop)
    batch = shop.reception_batches.get()
    url = {
        "list": LIST,
        "document": page_of(row),
        "reply": reverse("invoicing:received_reply", args=[row.public_id]),
        "batch": reverse("invoicing:received_batch", args=[batch.public_id]),
    }[name]
    client = as_client(issuer)
    client.get(url)
    few = cost(client, url)
    many_rows(row, 5000)
    many = cost(client, url)
    assert many[0] <= few[0] <= 12
    assert many[1] < 100_000


def cost(client, url) -> tuple[int, int]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(seen), len(answer.content)


def many_rows(row: Received, count: int) -> None:
    """So many other documents of the month, each with its bytes, its IVA and its question."""
    rows, bodies = [], []
    for number in range(count):
        values = {f.attname: getattr(row, f.attname) for f in Received._meta.concrete_fields}
        body = f"<n>{number}</n>".encode()
        values |= {
            "id": None,
            "public_id": public_id(),
            "clave": f"{row.clave[:30]}{number:020}",
            "sha256": digest(body),
            "verdict": Received.ASKING,
            "verdict_at": None,
        }
        rows.append(Received(**values))
        bodies.append(body)
    made = Received.objects.bulk_create(rows, batch_size=500)
    for model, extra in (
        (ReceivedXML, lambda n: {"xml": bodies[n]}),
        (ReceivedTax, lambda n: {"tarifa": "08", "porcentaje": 13, "iva": 260}),
        (Errand, lambda n: {"company": row.company, "environment": "sandbox-local",
                            "state": Errand.ASKING, "due_at": AT}),
    ):  # fmt: skip
        model.objects.bulk_create(
            [model(received=one, **extra(n)) for n, one in enumerate(made)], batch_size=500
        )


def test_pages_go_on_by_key(shop, issuer, as_client):
    for number in range(53):
        purchases.received(shop, at=AT - timedelta(minutes=number))
    client = as_client(issuer)
    first = client.get(LIST)
    assert len(first.context["rows"]) == 50
    second = client.get(LIST, {"antes": first.context["page"].older})
    assert len(second.context["rows"]) == 3
    assert client.get(LIST, {"antes": "basura"}).status_code == 200
    seen = [row.pk for answer in (first, second) for row, _ in answer.context["rows"]]
    assert len(set(seen)) == 53


def test_states_of_the_message_are_told(shop, issuer, as_client):
    row = purchases.accepted(shop)
    message = reply.answer(row, Decision("1"), by=None, at=AT)
    client = as_client(issuer)
    assert "va camino a Hacienda" in client.get(page_of(row)).content.decode()
    from hacienda.respuesta import Respuesta
    from iofacturo.invoicing.reception import hacienda_word

    hacienda_word.keep(Respuesta(row.clave, "aceptado"), row, message=message, at=AT)
    ReceiverMessage.objects.filter(pk=message.pk).update(
        state=ReceiverMessage.ACCEPTED, answered_at=AT
    )
    Errand.objects.filter(message=message).update(state=Errand.DONE)
    text = client.get(page_of(row)).content.decode()
    assert "Hacienda recibió su respuesta" in text
    assert "nota de crédito" in text
