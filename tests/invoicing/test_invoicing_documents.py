"""The page of a document, in every state, for everybody who may or may not see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.scene import AT

from hacienda.respuesta import Respuesta
from iofacturo.invoicing import breaker, delivery, draft, emission, submission
from iofacturo.invoicing.courier import Account, Letter, Outcome
from iofacturo.invoicing.documents import annulment, preparation
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.models import Answer, Comprobante, Submission
from iofacturo.lib import clock, formats
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db(transaction=True)
NOW = AT + timedelta(seconds=5)
ACTS = ("send_again", "ask_now", "credit_note", "debit_note", "replace", "duplicate",
        "payment_receipt")  # fmt: skip


@pytest.fixture(autouse=True)
def _at():
    with clock.moved_to(NOW):
        yield


def issued(company, tipo="FE", **more) -> Comprobante:
    return emission.issue_draft(scene.drafted(company, tipo, **more), by=None, at=AT)


def answered(row: Comprobante, estado: str, detalle: str = "") -> Comprobante:
    """Hacienda's word on *row*, with *detalle* as what it says."""
    Submission.objects.filter(pk=row.pk).update(asked=99)
    (mine,) = [s for s in submission.claim(scene.ENVIRONMENT, 50, NOW) if s.pk == row.pk]
    letter = Letter(mine, Account(mine.company_id, "x", "y"), row.clave, None, False)
    word = Respuesta(clave=row.clave, estado=estado)
    delivery.record([Outcome(letter, respuesta=word)], scene.ENVIRONMENT, NOW)
    if detalle:
        Answer.objects.bulk_create(
            [Answer(comprobante=row, estado=estado, xml=b"", sha256="x", detalle=detalle,
                    warnings=1, received_at=NOW)]
        )  # fmt: skip
    row.refresh_from_db()
    return row


def page_of(row: Comprobante, name: str = "document") -> str:
    return reverse(f"invoicing:{name}", kwargs={"clave": row.clave})


def read(client, row: Comprobante) -> str:
    answer = client.get(page_of(row))
    assert answer.status_code == 200
    return answer.content.decode()


def stands(row: Comprobante, **values) -> None:
    Submission.objects.filter(pk=row.pk).update(**values)


ROWS = "Aceptado\ncodigo, mensaje, fila, columna\n-37, La provincia no es la del RUT, 0, 0"


# -- how it stands -------------------------------------------------------------------------------


def test_a_document_just_issued(shop, issuer, as_client):
    row = issued(shop)
    html = read(as_client(issuer), row)
    assert f"<h1>{row.label}</h1>" in html
    assert "Va camino a Hacienda" in html
    assert "hx-trigger" in html
    assert "Usó 1 folio de" in html
    assert "todavía no ha respondido por este comprobante" in html  # why there is no Anular yet
    assert page_of(row, "annul") not in html


def test_while_hacienda_looks_at_it(shop, issuer, as_client):
    row = issued(shop)
    stands(row, state="asking", sent_at=AT, due_at=AT + timedelta(minutes=5))
    Comprobante.objects.filter(pk=row.pk).update(state="sent")
    html = read(as_client(issuer), row)
    assert "Hacienda lo está revisando" in html
    assert "Lo recibió hace 5 segundos" in html
    assert page_of(row, "ask_now") in html
    stands(row, late_at=NOW)
    assert "respondiendo con demora" in read(as_client(issuer), row)


def test_while_hacienda_does_not_answer(shop, issuer, as_client):
    row = issued(shop)
    stands(
        row, failures=3, attempts=3, due_at=AT + timedelta(minutes=5), last_error="Sin conexión."
    )
    html = read(as_client(issuer), row)
    assert "Hacienda no está respondiendo" in html
    assert "no lo emita de nuevo" in html
    assert "Sin conexión." in html
    assert "Volvemos a intentar a las 9:05" in html
    stands(row, failures=0, attempts=0, last_error="")
    breaker.record(scene.ENVIRONMENT, answered=0, silent=20, now=NOW)
    assert "Hacienda no está respondiendo" in read(as_client(issuer), row)


def test_what_stopped_says_why_and_who_can_mend_it(shop, owner, issuer, as_client):
    row = issued(shop)
    stands(row, state="stopped", stopped_for="credentials", last_error="Usuario o clave malos.")
    html = read(as_client(owner), row)
    assert "Hacienda no acepta el usuario de la empresa" in html
    assert "Usuario o clave malos." in html
    assert "hx-trigger" not in html
    assert page_of(row, "send_again") in html
    assert "Los puede corregir quien administra la empresa" in read(as_client(issuer), row)
    stands(row, stopped_for="refused")
    assert "Hacienda no quiso recibirlo" in read(as_client(issuer), row)


def test_an_accepted_document_offers_its_notes(shop, issuer, as_client):
    row = answered(issued(shop), "aceptado")
    html = read(as_client(issuer), row)
    assert "Hacienda lo aceptó" in html
    assert page_of(row, "annul") in html
    assert "hx-trigger" not in html


def test_an_accepted_document_with_warnings_tells_them_in_plain_words(shop, issuer, as_client):
    row = answered(issued(shop), "aceptado", ROWS)
    html = read(as_client(issuer), row)
    assert "con un aviso" in html
    assert "Revise la dirección de su empresa" in html
    assert "La provincia no es la del RUT" in html


def test_a_rejected_document_says_why_what_of_the_folio_and_what_now(shop, issuer, as_client):
    row = answered(
        issued(shop), "rechazado", "codigo, mensaje, fila, columna\n-999, Cosa rara, 1, 2"
    )
    html = read(as_client(issuer), row)
    assert "Hacienda lo rechazó" in html
    assert "Cosa rara" in html
    assert "y volvió el" in html
    assert page_of(row, "annul") not in html
    assert page_of(row, "credit_note") not in html


def test_the_right_to_replace_is_told_with_its_last_day(cafe, provider, issuer, as_client):
    scene.set_up(cafe, folios=0)
    scene.grant(cafe, 1, name="se acaba", expires_at=AT + timedelta(seconds=1))
    row = answered(issued(cafe), "rechazado")
    html = read(as_client(issuer), row)
    right = cafe.lots.get(kind="replacement")
    assert f"folio de reposición para el comprobante que sustituya a este, hasta el " \
           f"{formats.dia_largo(right.last_day)}" in html  # fmt: skip


def test_an_annulled_document_says_so_and_links_its_note(shop, issuer, as_client):
    row = answered(issued(shop), "aceptado")
    note = annulment.annul(row, "Se anula", by=issuer, at=NOW)
    html = read(as_client(issuer), row)
    assert "Anulado" in html
    assert page_of(note) in html
    assert page_of(row, "annul") not in html
    assert page_of(row) in read(as_client(issuer), note)


# -- for whom ------------------------------------------------------------------------------------


def test_a_reader_sees_everything_and_can_do_nothing(shop, reader, as_client):
    client = as_client(reader)
    for row in (answered(issued(shop), "aceptado"), answered(issued(shop), "rechazado")):
        html = read(client, row)
        for name in (*ACTS, "annul"):
            assert page_of(row, name) not in html
            answer = client.post(page_of(row, name))
            assert answer.status_code == 403
        assert row.clave in html
    assert shop.drafts.count() == 2  # those of the documents themselves


def test_a_stranger_finds_nothing(shop, stranger, as_client):
    row = issued(shop)
    client = as_client(stranger)
    for name in ("document", "document_state", "annul"):
        assert client.get(page_of(row, name)).status_code == 404
    for name in ACTS:
        assert client.post(page_of(row, name)).status_code == 404


def test_the_wrong_method_is_refused(shop, issuer, as_client):
    row = issued(shop)
    client = as_client(issuer)
    assert client.post(page_of(row)).status_code == 405
    for name in ACTS:
        assert client.get(page_of(row, name)).status_code == 405


def test_what_is_no_clave_is_no_page(shop, issuer, as_client):
    client = as_client(issuer)
    assert client.get("/facturar/documentos/506/").status_code == 404
    assert client.get(f"/facturar/documentos/{'1' * 50}/").status_code == 404


# -- what it weighs ------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 1000])
def test_a_page_is_light_however_many_lines_it_has(shop, issuer, as_client, lines):
    row = answered(issued(shop, lines=lines), "aceptado")
    for _ in range(3):
        preparation.prepare(row, Origin.CREDIT, by=issuer, at=NOW)
        emission.issue_draft(
            scene.drafted(shop, "ND", **scene.referring(row.clave, "01", "02")), by=None, at=AT
        )
    client = as_client(issuer)
    client.get(page_of(row))
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(page_of(row))
    assert len(asked) <= 12, [one["sql"][:150] for one in asked.captured_queries]
    assert len(answer.content) <= 100_000


def test_a_rejected_page_is_as_light(shop, issuer, as_client):
    row = answered(issued(shop), "rechazado")
    preparation.prepare(row, Origin.REPLACEMENT, by=issuer, at=NOW)
    client = as_client(issuer)
    client.get(page_of(row))
    with CaptureQueriesContext(connection) as asked:
        client.get(page_of(row))
    assert len(asked) <= 12, [one["sql"][:150] for one in asked.captured_queries]


def test_a_thousand_lines_are_read_fifty_at_a_time(shop, issuer, as_client):
    row = issued(shop, lines=120)
    client = as_client(issuer)
    first = client.get(page_of(row)).content.decode()
    assert "Café molido 50<" in first
    assert "Café molido 51<" not in first
    last = client.get(page_of(row) + "?linea=101").content.decode()
    assert "Café molido 120<" in last
    assert "101 a 120 de 120" in last
    assert "Café molido 1<" in client.get(page_of(row) + "?linea=9999999999").content.decode()


def test_the_page_looks_again_until_there_is_an_answer(shop, issuer, as_client):
    row = issued(shop)
    client = as_client(issuer)
    url = page_of(row, "document_state")
    same = client.get(url + "?visto=issued-waiting")
    assert "HX-Refresh" not in same
    assert b'id="estado"' in same.content
    answered(row, "aceptado")
    assert client.get(url + "?visto=issued-waiting")["HX-Refresh"] == "true"


def test_hostile_text_is_only_text(shop, issuer, as_client):
    bad = "<script>alert(1)</script>&\u202e{{7*7}}"
    data = scene.stated()
    data["Receptor"]["Nombre"] = bad
    data["DetalleServicio"]["LineaDetalle"][0]["Detalle"] = bad + "'\"><img src=x>"
    row = emission.issue_draft(draft.write(shop, data, by=None, at=AT), by=None, at=AT)
    answered(row, "rechazado", "codigo, mensaje, fila, columna\n-1, <b onclick=x>no</b>, 0, 0")
    html = read(as_client(issuer), row)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "<b onclick" not in html
    assert "{{7*7}}" in html


# -- doing ---------------------------------------------------------------------------------------


def test_what_stopped_is_sent_again(shop, issuer, as_client):
    row = issued(shop)
    stands(row, state="stopped", stopped_for="refused")
    client = as_client(issuer)
    assert client.post(page_of(row, "send_again")).status_code == 302
    row.submission.refresh_from_db()
    assert (row.submission.state, row.submission.doubtful) == ("waiting", True)
    client.post(page_of(row, "send_again"))  # twice is harmless
    stands(row, state="asking", due_at=AT + timedelta(hours=1))
    client.post(page_of(row, "ask_now"))
    row.submission.refresh_from_db()
    assert row.submission.due_at == NOW


def test_annulling_by_the_page_issues_the_note(shop, issuer, as_client):
    row = answered(issued(shop), "aceptado")
    client = as_client(issuer)
    html = client.get(page_of(row, "annul")).content.decode()
    assert "nota de crédito por" in html
    assert "1 folio" in html
    short = client.post(page_of(row, "annul"), {"razon": "x"})
    assert short.status_code == 422
    assert 'aria-invalid="true"' in short.content.decode()
    answer = client.post(page_of(row, "annul"), {"razon": "Se facturó \u202edos veces\x07"})
    note = shop.comprobantes.get(tipo="03")
    assert answer["Location"] == page_of(note)
    (reference,) = note.document().informacion_referencia
    assert reference.razon == "Se facturó dos veces"
    again = client.post(page_of(row, "annul"), {"razon": "Otra vez"})
    assert again["Location"] == page_of(note)
    assert shop.comprobantes.filter(tipo="03").count() == 1
    assert "no se puede anular" in client.get(page_of(row, "annul")).content.decode()


def test_annulling_without_folios_changes_nothing_and_shows_the_way(
    cafe, provider, issuer, as_client
):
    scene.set_up(cafe, folios=1)
    row = answered(issued(cafe), "aceptado")
    answer = as_client(issuer).post(page_of(row, "annul"), {"razon": "Se anula"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Se le acabaron los folios" in html
    assert reverse("renewals:mi_plan") in html
    assert 'value="Se anula"' in html
    assert cafe.comprobantes.count() == 1


def test_annulling_what_cannot_be_issued_shows_every_problem(shop, issuer, as_client):
    row = answered(issued(shop), "aceptado")
    shop.credentials.update(retired_at=NOW)
    answer = as_client(issuer).post(page_of(row, "annul"), {"razon": "Se anula"})
    assert answer.status_code == 422
    assert "usuario y contraseña de Hacienda" in answer.content.decode()


def test_a_form_of_another_company_is_not_obeyed(shop, issuer, stranger, as_client):
    row = answered(issued(shop), "aceptado")
    other = stranger.memberships.get().company.public_id
    answer = as_client(issuer).post(page_of(row, "annul"), {"razon": "Se anula", "empresa": other})
    assert answer.status_code == 409
    assert shop.comprobantes.count() == 1


@pytest.mark.parametrize(
    ("name", "act"), [("credit_note", Origin.CREDIT), ("debit_note", Origin.DEBIT),
                      ("duplicate", Origin.COPY)]
)  # fmt: skip
def test_a_button_opens_its_draft_once(shop, issuer, as_client, name, act):
    row = answered(issued(shop), "aceptado")
    client = as_client(issuer)
    first = client.post(page_of(row, name))
    soft = shop.draft_origins.get(comprobante=row, act=act).draft
    assert soft.public_id in first["Location"]
    assert client.get(first["Location"]).status_code == 200
    assert client.post(page_of(row, name))["Location"] == first["Location"]
    assert shop.draft_origins.filter(comprobante=row, act=act).count() == 1


def test_the_page_of_a_rejected_document_follows_its_replacement(shop, issuer, as_client):
    row = answered(issued(shop), "rechazado")
    client = as_client(issuer)
    assert "Corregir y emitir otro" in read(client, row)
    opened = client.post(page_of(row, "replace"))
    assert client.post(page_of(row, "replace"))["Location"] == opened["Location"]
    assert "Continuar el reemplazo" in read(client, row)
    soft = shop.draft_origins.get(comprobante=row).draft
    new = emission.issue_draft(soft, by=issuer, at=NOW)
    html = read(client, row)
    assert f"Ver {new.label}" in html
    assert client.post(page_of(row, "replace"))["Location"] == page_of(new)


def test_a_button_that_is_not_lawful_says_why(shop, issuer, as_client):
    row = answered(issued(shop), "rechazado")
    client = as_client(issuer)
    answer = client.post(page_of(row, "credit_note"), follow=True)
    assert "no existe y no lleva notas" in answer.content.decode()
    assert not shop.draft_origins.exists()


def test_the_notice_of_a_rejection_leads_to_the_page(shop, issuer, as_client):
    row = answered(issued(shop), "rechazado")
    notice = Notice.objects.get(user=issuer, kind="comprobante.rejected")
    assert notice.url.startswith(page_of(row))
