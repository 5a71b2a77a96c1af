"""The provider's own invoice for a plan: issued by the worker, once, over what was paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from tests.accounts.processes import race
from tests.invoicing import judges
from tests.invoicing import scene as shop
from tests.invoicing.hacienda_near import nearby
from tests.renewals import scene

from iofacturo.folios import ledger, summary
from iofacturo.folios.plan import Plan
from iofacturo.invoicing import credentials, delivery, emission, key, series
from iofacturo.invoicing import invariants as invoicing_invariants
from iofacturo.invoicing.catalogue import lookup
from iofacturo.invoicing.models import Comprobante
from iofacturo.invoicing.paper import mailing
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.outbox.message import Message
from iofacturo.renewals import (
    approval,
    billing_form,
    invariants,
    provider_document,
    provider_invoice,
    provider_issuing,
    review,
)
from iofacturo.renewals.billing import Billing
from iofacturo.renewals.errors import WrongState
from iofacturo.renewals.provider_invoice import ProviderInvoice

AT = scene.AT
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TOTAL = Decimal("75000.00")
LATER = AT + 2 * HOUR


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    for row in Comprobante.objects.select_related("signed_xml", "company")[:6]:
        judges.judge(row)
    assert [*invariants.broken(), *invoicing_invariants.broken()] == []


@pytest.fixture
def seller(provider):
    """The provider, set up to issue, with folios that do not run out."""
    shop.set_up(provider, folios=0)
    ledger.grant(provider, "courtesy", 10**9, origin="courtesy:provider", months=1200,
                 at=AT - HOUR)  # fmt: skip
    return provider


@pytest.fixture
def near(settings):
    with nearby(settings, now="2026-12-23T09:00:00-06:00") as one:
        yield one


def activate(request, by, at=AT + HOUR):
    request = review.take(request, by=by, at=at)
    lines = [scene.line(request.given.total)]
    return approval.approve(request, by=by, at=at, version=request.version, lines=lines)


def reverse_plan(request, by, at=LATER, **fields):
    request.refresh_from_db()
    fields = {"reason": "on_request", "note": "Lo pidió por teléfono", **fields}
    return review.reverse(request, by=by, at=at, version=request.version, **fields)


def answered(near, at):
    """What waits is issued, delivered and followed until nothing moves any more."""
    for _ in range(30):
        moved = provider_issuing.run(at) + delivery.run(at)
        for row in Comprobante.objects.filter(answered_at=None):
            near.decided(row)
        if not moved and not Comprobante.objects.filter(answered_at=None).exists():
            break
        at += timedelta(minutes=11)
    return at


def invoice_of(request) -> ProviderInvoice:
    return provider_invoice.of(request)[0]


def note_of(request) -> ProviderInvoice:
    return provider_invoice.of(request)[1]


# -- a sale --------------------------------------------------------------------------------------


def test_the_worker_issues_what_was_sold_to_the_data_that_were_confirmed(
    sent, reviewer, seller, cafe
) -> None:
    activate(sent, reviewer)
    assert Comprobante.objects.count() == 0, "approving issues nothing itself"
    assert provider_issuing.run(LATER) == 1
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.ISSUED
    issued = row.comprobante
    assert issued.company == seller
    assert issued.operation == f"sale:{sent.number}"
    document = issued.document()
    assert document.tipo == "FE"
    assert document.receptor.identificacion.numero == cafe.identificacion
    assert document.receptor.nombre == cafe.nombre
    assert document.codigo_actividad_receptor == "5610.0"
    assert document.receptor.correo_electronico == "facturas@ejemplo.cr"
    texts = [one.texto for one in document.otros.otro_texto]
    assert texts == [f"Solicitud {sent.number}", f"Referencia de pago {sent.reference}"]
    resumen = document.resumen_factura
    assert resumen.total_comprobante == TOTAL
    assert round(resumen.total_impuesto, 2) == sent.given.tax
    assert round(resumen.total_venta_neta, 2) == sent.given.net
    assert [(one.tipo_medio_pago, one.total_medio_pago) for one in resumen.medio_pago] == [
        ("04", TOTAL)
    ]
    assert summary.available(seller, LATER) == 10**9 - 1
    assert provider_issuing.run(LATER) == 0, "once"


@pytest.mark.parametrize(
    ("net", "rate", "percent"),
    [
        ("66371.68", "13", None), ("0.01", "13", None), ("19469.03", "13", "15"),
        ("12345.67", "13", "33.33"), ("50000.00", "4", None), ("99999.99", "2", "7.5"),
        ("30000.00", "1", None), ("30000.05", "0", None), ("30000.05", "0", "10"),
    ],
)  # fmt: skip
def test_every_amount_is_the_quotes_to_the_centimo(
    house, cafe, owner, reviewer, seller, net, rate, percent
) -> None:
    plan, _ = Plan.objects.get_or_create(code="raro")
    plan.publish(name="Plan raro", folios=10, months=1, net=Decimal(net), by=None,
                 tax_rate=Decimal(rate), at=AT - HOUR)  # fmt: skip
    if percent:
        scene.promotion(percent=Decimal(percent))
    request = activate(scene.sent(cafe, owner, "raro"), reviewer)
    quote = request.given
    provider_issuing.run(LATER)
    row = invoice_of(request)
    assert row.state == ProviderInvoice.ISSUED, row.reason
    resumen = row.comprobante.document().resumen_factura
    cents = Decimal("0.01")
    assert resumen.total_comprobante.quantize(cents) == quote.total
    assert (resumen.total_impuesto or Decimal(0)).quantize(cents) == quote.tax
    assert resumen.total_venta_neta.quantize(cents) == quote.net
    assert (resumen.total_descuentos or Decimal(0)).quantize(cents) == quote.discount
    assert bool(percent) == bool(quote.discount)


def test_who_has_no_activity_gets_an_invoice_too(house, cafe, owner, reviewer, seller) -> None:
    cafe.actividad = ""
    cafe.save()
    request = activate(scene.sent(cafe, owner), reviewer)
    provider_issuing.run(LATER)
    document = invoice_of(request).comprobante.document()
    assert document.codigo_actividad_receptor is None
    assert document.receptor.identificacion.numero == cafe.identificacion


def test_in_dollars_at_the_rate_of_the_day(sent, reviewer, seller, monkeypatch) -> None:
    activate(sent, reviewer)
    row = invoice_of(sent)
    row.intent.currency = "USD"
    asked = []

    def none(moneda, day):
        asked.append((moneda, day))
        raise lookup.Unavailable("Hacienda no responde.")

    monkeypatch.setattr(lookup, "exchange_rate", none)
    with pytest.raises(provider_document.Unfit, match="Falta el tipo de cambio"):
        provider_issuing._lay_down(row, seller, LATER)
    assert asked == [("USD", LATER.date())]
    monkeypatch.setattr(lookup, "exchange_rate", lambda moneda, day: Decimal("507.35"))
    issued = provider_issuing._lay_down(row, seller, LATER)
    money = issued.document().resumen_factura.codigo_tipo_moneda
    assert (money.codigo_moneda, money.tipo_cambio) == ("USD", Decimal("507.35"))
    assert issued.total == TOTAL


# -- what stands in the way ----------------------------------------------------------------------


def test_without_key_the_plan_is_active_and_the_reason_is_seen(
    sent, reviewer, provider, senior, as_client
) -> None:
    assert activate(sent, reviewer).state == "active"
    provider_issuing.run(LATER)
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.WAITING
    assert "no tiene llave criptográfica" in row.reason
    assert provider.nombre in row.reason
    page = as_client(senior).get(reverse("backoffice:invoices")).content.decode()
    assert sent.number in page
    assert "no tiene llave criptográfica" in page


def test_it_is_issued_by_itself_once_the_reason_is_gone(sent, reviewer, provider) -> None:
    activate(sent, reviewer)
    at = LATER
    for _ in range(12):
        provider_issuing.run(at)
        at += timedelta(minutes=11)
    assert invoice_of(sent).failures == 12, "it is tried at least every ten minutes"
    shop.set_up(provider)
    provider_issuing.run(at)
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.ISSUED
    assert row.reason == ""


def test_without_a_provider_there_is_a_reason(sent, reviewer) -> None:
    activate(sent, reviewer)
    provider_issuing.run(LATER)
    assert invoice_of(sent).reason == provider_issuing.WITHOUT_PROVIDER


def test_without_folios_or_series_there_is_a_reason(sent, reviewer, provider) -> None:
    key.install(provider, shop.p12(shop.serial(provider)), shop.PIN, by=None, at=AT)
    credentials.install(provider, shop.ENVIRONMENT, "u@x", "x", by=None, at=AT)
    activate(sent, reviewer)
    provider_issuing.run(LATER)
    assert "No está abierta la serie" in invoice_of(sent).reason
    series.open_series(provider, "01", by=None, at=AT)
    provider_issuing.run(LATER + HOUR)
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.WAITING
    assert "folio" in row.reason
    assert Comprobante.objects.count() == 0


def test_an_expired_key_delays_nothing(sent, reviewer, seller) -> None:
    activate(sent, reviewer)
    far = AT + timedelta(days=365 * 3)
    provider_issuing.run(far)
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.WAITING
    assert "venció" in row.reason


def test_one_that_cannot_be_issued_holds_up_no_other(
    house, cafe, owner, reviewer, seller, monkeypatch
) -> None:
    first = activate(scene.sent(cafe, owner), reviewer)
    second = activate(scene.sent(cafe, owner), reviewer)
    real = provider_issuing.provider_document.document

    def broken(row, **more):
        if row.request == first:
            raise RuntimeError("boom")
        return real(row, **more)

    monkeypatch.setattr(provider_issuing.provider_document, "document", broken)
    provider_issuing.run(LATER)
    assert invoice_of(first).state == ProviderInvoice.WAITING
    assert "inesperado" in invoice_of(first).reason
    assert invoice_of(second).state == ProviderInvoice.ISSUED


def test_staff_may_try_at_once(sent, reviewer, provider, as_client) -> None:
    activate(sent, reviewer)
    provider_issuing.run(LATER)
    row = invoice_of(sent)
    assert row.due_at > LATER
    with clock.moved_to(LATER):
        as_client(reviewer).post(reverse("backoffice:invoice_hurry", args=[row.pk]))
    assert invoice_of(sent).due_at == LATER


def test_support_sees_and_does_not_act(sent, reviewer, provider, support, as_client) -> None:
    activate(sent, reviewer)
    row = invoice_of(sent)
    client = as_client(support)
    assert client.get(reverse("backoffice:invoices")).status_code == 200
    assert client.post(reverse("backoffice:invoice_hurry", args=[row.pk])).status_code == 403
    assert client.get(reverse("backoffice:invoice_correction", args=[row.pk])).status_code == 403


# -- Hacienda ------------------------------------------------------------------------------------


def test_accepted_it_stands_in_the_plans_and_on_the_request(
    sent, owner, reviewer, seller, near, as_client
) -> None:
    activate(sent, reviewer)
    at = answered(near, LATER)
    row = invoice_of(sent)
    assert row.state == ProviderInvoice.ACCEPTED, row.reason
    client = as_client(owner)
    with clock.moved_to(at):
        for where in ("renewals:mi_plan", "folios:plans"):
            page = client.get(reverse(where)).content.decode()
            link = reverse(
                "renewals:invoice_file", args=[sent.number, row.comprobante.clave, "pdf"]
            )
            assert link in page, where
        status = client.get(reverse("renewals:status", args=[sent.number])).content.decode()
    assert row.comprobante.label in status
    assert "Hacienda la aceptó" in status
    for which, begins in (("pdf", b"%PDF"), ("xml", b"<"), ("respuesta", b"<")):
        url = reverse("renewals:invoice_file", args=[sent.number, row.comprobante.clave, which])
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.content.startswith(begins)
    assert client.get(link[:-3] + "xml").content == row.comprobante.xml


def test_strangers_and_other_documents_are_not_there(
    sent, owner, reader, stranger, reviewer, seller, near, as_client
) -> None:
    activate(sent, reviewer)
    answered(near, LATER)
    row = invoice_of(sent)
    url = reverse("renewals:invoice_file", args=[sent.number, row.comprobante.clave, "xml"])
    assert as_client(reader).get(url).status_code == 200
    assert as_client(stranger).get(url).status_code == 404
    own = shop.set_up(sent.company)
    other = emission.issue_draft(shop.drafted(own), by=None, at=LATER)
    for clave in (other.clave, "0" * 50):
        wrong = reverse("renewals:invoice_file", args=[sent.number, clave, "xml"])
        assert as_client(owner).get(wrong).status_code == 404
    assert as_client(owner).get(url[:-3] + "zip").status_code == 404


def test_hacienda_down_delays_the_answer_and_nothing_else(sent, reviewer, seller, near) -> None:
    near.faults(rates={"503": 1.0})
    assert activate(sent, reviewer).state == "active"
    provider_issuing.run(LATER)
    delivery.run(LATER)
    provider_issuing.run(LATER)
    waiting = invoice_of(sent)
    assert waiting.state == ProviderInvoice.ISSUED
    assert waiting.comprobante.submission.failures == 1
    near.faults(rates={})
    answered(near, LATER + HOUR)
    assert invoice_of(sent).state == ProviderInvoice.ACCEPTED


@pytest.fixture
def rejected(house, cafe, owner, reviewer, seller, near):
    """An active request whose invoice Hacienda rejected: the receiver does not exist."""
    cafe.identificacion = shop.UNKNOWN["Identificacion"]["Numero"]
    cafe.save()
    request = activate(scene.sent(cafe, owner), reviewer)
    request.at = answered(near, LATER)
    return request


GOOD = {
    "tipo": "02", "numero": "3-101-654321", "nombre": "Cliente de Prueba S.A.", "actividad": "",
    "correos": "cuentas@cliente.cr, dos@cliente.cr", "provincia": "1", "canton": "1-01",
    "distrito": "1-01-01", "barrio": "", "otras_senas": "Frente al parque",
}  # fmt: skip


def test_rejected_it_asks_the_customer_and_the_staff(
    rejected, owner, reviewer, seller, as_client
) -> None:
    row = invoice_of(rejected)
    assert row.state == ProviderInvoice.CORRECTION
    assert row.asks_customer
    assert rejected.state == "active"
    assert summary.available(rejected.company, LATER) == 500
    assert summary.available(seller, LATER) == 10**9, "the folio is back"
    assert Notice.objects.filter(user=owner, kind="renewal.invoice_rejected").count() == 1
    assert Notice.objects.filter(user=reviewer, kind="provider.rejected").count() == 1
    status = as_client(owner).get(reverse("renewals:status", args=[rejected.number]))
    assert reverse("renewals:invoice", args=[rejected.number]) in status.content.decode()
    desk = as_client(reviewer).get(reverse("backoffice:invoices")).content.decode()
    assert reverse("backoffice:invoice_correction", args=[row.pk]) in desk


def test_the_customer_corrects_and_a_replacement_is_issued(
    rejected, owner, seller, near, as_client
) -> None:
    client, first = as_client(owner), invoice_of(rejected).comprobante
    url = reverse("renewals:invoice", args=[rejected.number])
    with clock.moved_to(rejected.at):
        bad = client.post(url, GOOD | {"numero": "12"})
        assert bad.status_code == 422
        assert invoice_of(rejected).state == ProviderInvoice.CORRECTION
        assert client.post(url, GOOD).status_code == 302
        assert client.post(url, GOOD).status_code == 302  # a second click
    row = invoice_of(rejected)
    assert (row.state, row.attempt) == (ProviderInvoice.WAITING, 2)
    answered(near, rejected.at)
    row = invoice_of(rejected)
    assert row.state == ProviderInvoice.ACCEPTED
    document = row.comprobante.document()
    assert document.receptor.identificacion.numero == "3101654321"
    (reference,) = document.informacion_referencia
    assert (reference.tipo_doc_ir, reference.numero) == ("10", first.clave)
    assert row.comprobante.operation == f"sale:{rejected.number}:2"
    assert row.comprobante.total == TOTAL
    assert summary.available(seller, LATER) == 10**9 - 1
    assert summary.available(rejected.company, LATER) == 500, "the plan is never touched"
    assert "dos@cliente.cr" in [one.to for one in mailing.status(row.comprobante)]
    old = reverse("renewals:invoice_file", args=[rejected.number, first.clave, "xml"])
    assert client.get(old).status_code == 200


def test_staff_corrects_as_well_and_without_changing_anything(
    rejected, reviewer, as_client
) -> None:
    row = invoice_of(rejected)
    client = as_client(reviewer)
    page = client.get(reverse("backoffice:invoice_correction", args=[row.pk]))
    assert "Nadie" not in page.content.decode()
    same = billing_form.write(row.typed())
    with clock.moved_to(rejected.at):
        done = client.post(reverse("backoffice:invoice_correction", args=[row.pk]), same)
    assert done.status_code == 302
    row = invoice_of(rejected)
    assert (row.state, row.attempt, row.billing) == (ProviderInvoice.WAITING, 2, None)


def test_who_may_not_renew_does_not_correct(rejected, reader, stranger, as_client) -> None:
    url = reverse("renewals:invoice", args=[rejected.number])
    assert as_client(reader).get(url).status_code == 403
    assert as_client(stranger).get(url).status_code == 404


def test_two_corrections_at_once_make_one(rejected, owner) -> None:
    one, other = invoice_of(rejected), invoice_of(rejected)
    one.correct(Billing(**(one.typed().as_dict() | {"nombre": "Uno"})), by=owner, at=rejected.at)
    with pytest.raises(WrongState):
        other.correct(None, by=owner, at=rejected.at)
    assert invoice_of(rejected).attempt == 2


def test_hacienda_may_think_better_of_it(rejected, near, owner) -> None:
    row = invoice_of(rejected)
    Comprobante.objects.filter(pk=row.comprobante_id).update(state="accepted")
    provider_issuing.follow(rejected.at)
    assert invoice_of(rejected).state == ProviderInvoice.ACCEPTED
    Comprobante.objects.filter(pk=row.comprobante_id).update(state="rejected")
    ProviderInvoice.objects.update(state="correction")


# -- reversing -----------------------------------------------------------------------------------


def test_reversing_issues_a_credit_note_after_the_answer(sent, reviewer, senior, seller, near):
    activate(sent, reviewer)
    provider_issuing.run(LATER)
    reverse_plan(sent, senior)
    provider_issuing.issue(LATER)
    assert note_of(sent).state == ProviderInvoice.WAITING
    assert "Espera la respuesta" in note_of(sent).reason
    answered(near, LATER)
    note, invoice = note_of(sent), invoice_of(sent)
    assert (note.state, invoice.state) == (ProviderInvoice.ACCEPTED, ProviderInvoice.ACCEPTED)
    document = note.comprobante.document()
    assert document.tipo == "NC"
    assert document.resumen_factura.total_comprobante == TOTAL
    (reference,) = document.informacion_referencia
    assert reference.numero == invoice.comprobante.clave
    assert (reference.tipo_doc_ir, reference.codigo) == ("01", "01")
    assert note.comprobante.operation == f"credit:{sent.number}"


def test_a_part_is_credited_to_the_centimo(sent, cafe, reviewer, senior, seller, near) -> None:
    activate(sent, reviewer)
    at = answered(near, LATER)
    for n in range(7):
        ledger.consume(cafe, f"documento {n}", at=at)
    with clock.moved_to(at):
        reverse_plan(sent, senior, at=at)
    answered(near, at)
    note = note_of(sent)
    assert note.intent.total == Decimal("73950.00")
    assert note.state == ProviderInvoice.ACCEPTED, note.reason
    document = note.comprobante.document()
    assert document.resumen_factura.total_comprobante.quantize(Decimal("0.01")) == note.intent.total
    assert document.informacion_referencia[0].codigo == "02"


def test_reversed_whole_after_a_rejection_nothing_is_credited(rejected, senior, near) -> None:
    reverse_plan(rejected, senior, at=rejected.at)
    provider_issuing.run(rejected.at)
    for row in provider_invoice.of(rejected):
        assert row.state == ProviderInvoice.DROPPED
        assert "Hacienda había rechazado" in row.reason
    assert Comprobante.objects.count() == 1


def test_reversed_in_part_after_a_rejection_both_follow_the_correction(
    rejected, cafe, owner, senior, near
) -> None:
    ledger.consume(cafe, "documento", at=rejected.at)
    reverse_plan(rejected, senior, at=rejected.at)
    at = answered(near, rejected.at)
    assert "Espera a que se corrija" in note_of(rejected).reason
    fresh = invoice_of(rejected)
    good = Billing(**(fresh.typed().as_dict() | {"numero": "3101654321"}))
    fresh.correct(good, by=owner, at=at)
    answered(near, at)
    assert [row.state for row in provider_invoice.of(rejected)] == [ProviderInvoice.ACCEPTED] * 2
    about = note_of(rejected).comprobante.document().informacion_referencia
    assert [one.numero for one in about] == [invoice_of(rejected).comprobante.clave]


# -- once ----------------------------------------------------------------------------------------

WORK = """
from datetime import datetime
from iofacturo.renewals import provider_issuing
print(provider_issuing.run(datetime.fromisoformat("{at}")))
"""
DIE = """
import os
from datetime import datetime
from iofacturo.renewals import provider_issuing
from iofacturo.renewals.provider_invoice import ProviderInvoice
ProviderInvoice.move = lambda *a, **k: (print("dead", flush=True), os._exit(0))
provider_issuing.run(datetime.fromisoformat("{at}"))
"""


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_four_workers_issue_each_invoice_once(house, cafe, owner, reviewer, seller) -> None:
    requests = [activate(scene.sent(cafe, owner), reviewer) for _ in range(6)]
    work = WORK.format(at=LATER.isoformat())
    race(work, work, work, work)
    assert Comprobante.objects.count() == 6
    assert {invoice_of(one).state for one in requests} == {ProviderInvoice.ISSUED}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_issuing_leaves_one_invoice(sent, reviewer, seller) -> None:
    activate(sent, reviewer)
    race(DIE.format(at=LATER.isoformat()))
    assert Comprobante.objects.count() == 1
    assert invoice_of(sent).state == ProviderInvoice.WAITING
    assert provider_issuing.run(LATER + MINUTE) == 0, "its lease has not lapsed"
    provider_issuing.run(LATER + HOUR)
    assert Comprobante.objects.count() == 1
    assert invoice_of(sent).state == ProviderInvoice.ISSUED


def test_the_mail_of_activation_promises_what_will_be(sent, reviewer, seller) -> None:
    activate(sent, reviewer)
    told = Message.objects.get(key__contains=":activated")
    assert "le llegará por correo, en PDF y XML, cuando Hacienda la acepte" in told.text


def test_the_pages_need_few_queries(
    house, cafe, owner, reviewer, seller, as_client, django_assert_max_num_queries
) -> None:
    for _ in range(8):
        activate(scene.sent(cafe, owner), reviewer)
    provider_issuing.run(LATER)
    desk, home = as_client(reviewer), as_client(owner)
    with django_assert_max_num_queries(12):
        assert desk.get(reverse("backoffice:invoices")).status_code == 200
    with django_assert_max_num_queries(12):
        assert home.get(reverse("folios:plans")).status_code == 200
