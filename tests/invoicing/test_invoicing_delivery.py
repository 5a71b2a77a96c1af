"""Delivery: what is issued reaches Hacienda and comes back with an answer, whatever happens."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.invoicing import scene
from tests.invoicing.scene import AT

from hacienda.errors import SendError
from hacienda.respuesta import Respuesta
from iofacturo.folios import ledger
from iofacturo.invoicing import answer, breaker, credentials, delivery, emission, submission
from iofacturo.invoicing.courier import Account, Letter, Outcome
from iofacturo.invoicing.models import Answer, Breaker, Comprobante, Submission
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(minutes=1)


def issued(company, tipo="FE", **more) -> Comprobante:
    return emission.issue_draft(scene.drafted(company, tipo, **more), by=None, at=AT)


def wrong(company) -> Comprobante:
    """What our rules cannot know and Hacienda rejects: a receiver who is in no register."""
    return issued(company, Receptor=scene.UNKNOWN)


def held(row: Comprobante, now=AT) -> Submission:
    """The submission of *row*, in our hands."""
    (mine,) = [s for s in submission.claim(scene.ENVIRONMENT, 50, now) if s.pk == row.pk]
    return mine


def letter(row: Submission) -> Letter:
    return Letter(row, Account(row.company_id, "x", "y"), row.comprobante.clave, None, False)


def answered(row: Comprobante, estado: str, now=AT) -> None:
    """Record an answer without a message, as if it had been asked for often enough."""
    mine = held(row, now)
    mine.asked = 99
    Submission.objects.filter(pk=mine.pk).update(asked=99)
    reply = Respuesta(clave=row.clave, estado=estado)
    delivery.record([Outcome(letter(mine), respuesta=reply)], scene.ENVIRONMENT, now)
    row.refresh_from_db()


# -- it works ------------------------------------------------------------------------------------


def test_a_document_is_sent_asked_about_and_accepted(shop, near):
    row = issued(shop)
    assert near.round(AT) == 1
    row.refresh_from_db()
    assert (row.state, row.submission.state) == ("sent", "asking")
    assert AT < row.submission.due_at <= AT + timedelta(seconds=8)
    assert near.round(AT + timedelta(seconds=1)) == 0  # not due yet
    near.decided(row)
    assert near.round(LATER) == 1
    row.refresh_from_db()
    assert row.state == Comprobante.ACCEPTED
    assert LATER <= row.answered_at < LATER + timedelta(seconds=30)
    kept = row.answers.get()
    assert kept.accepted
    assert f"<Clave>{row.clave}</Clave>".encode() in bytes(kept.xml)
    assert shop.lots.get().remaining == 99
    assert near.seen(row)["receptions"] == 1


def test_a_rejection_gives_the_folio_back_and_tells_people(shop, issuer, near):
    row = wrong(shop)
    near.until_final([row], AT)
    assert row.state == Comprobante.REJECTED
    assert row.answer.lines
    assert shop.lots.get().remaining == 100
    assert shop.folio_entries.filter(kind="reverse", document=row.clave).count() == 1
    notice = Notice.objects.get(user=issuer)
    assert row.named in notice.title
    assert notice.kind == "comprobante.rejected"


def test_too_many_rejections_of_a_day_are_told_once(shop, owner, issuer, admin, support, as_client):
    rows = [issued(shop) for _ in range(10)]
    mine = {one.pk: one for one in submission.claim(scene.ENVIRONMENT, 50, LATER)}
    Submission.objects.update(asked=99)

    def rejected(*some):
        for row in some:
            mine[row.pk].asked = 99
            said = Outcome(
                letter(mine[row.pk]), respuesta=Respuesta(clave=row.clave, estado="rechazado")
            )
            delivery.record([said], scene.ENVIRONMENT, LATER)
        told = Notice.objects.filter(kind__startswith="rejections").order_by("user_id")
        return {(one.user, one.kind, bool(one.url)) for one in told}

    assert rejected(*rows[:2]) == set()  # a fifth, and not more
    url = reverse("backoffice:company", args=[shop.public_id])
    assert "Hacienda rechazó" not in as_client(admin).get(url).content.decode()
    told = {
        (owner, "rejections.many", True),
        (admin, "rejections.many_of", True),
        (support, "rejections.many_of", False),
    }
    assert rejected(rows[2]) == told
    assert "rechazó 3 de sus 10" in Notice.objects.get(user=owner, kind="rejections.many").title
    assert rejected(*rows[3:]) == told
    assert Notice.objects.filter(kind__startswith="rejections").count() == len(told)
    with clock.moved_to(LATER):
        assert "rechazó 10 de los 10" in as_client(admin).get(url).content.decode()


def test_the_folio_of_a_lot_that_ended_meanwhile_becomes_a_right_to_replace(cafe, provider, near):
    scene.set_up(cafe, folios=0)
    scene.grant(cafe, 1, name="se acaba", expires_at=AT + timedelta(seconds=1))
    row = wrong(cafe)
    later = near.until_final([row], AT) + timedelta(minutes=1)
    right = cafe.lots.get(kind="replacement")
    assert (right.only_for, right.remaining) == (row.clave, 1)
    from iofacturo.folios.errors import Exhausted

    with pytest.raises(Exhausted):
        emission.issue_draft(scene.drafted(cafe), by=None, at=later)
    again = scene.drafted(cafe, **scene.referring(row.clave, "10", "07"))
    replacement = emission.issue_draft(again, by=None, at=later)
    assert replacement.folio_entry.lot == right
    assert replacement.referencia == row.clave


def test_many_companies_are_served_in_one_round(cafe, stranger, provider, near):
    companies = [scene.set_up(cafe), scene.set_up(stranger.memberships.get().company)]
    rows = [issued(company) for company in companies for _ in range(15)]
    near.until_final(rows, AT)
    assert {row.state for row in rows} == {Comprobante.ACCEPTED}


def test_warnings_of_an_accepted_document_are_kept_and_told_in_plain_words():
    said = "Aceptado\ncodigo, mensaje, fila, columna\n-37, La provincia no es la del RUT, 0, 0"
    (line,) = answer.in_words(said)
    assert line.known
    assert "RUT" in line.words
    (strange,) = answer.in_words("codigo, mensaje, fila, columna\n-9999, Algo nuevo, 0, 0")
    assert strange.words == strange.original == "Algo nuevo"
    assert "RUT" in answer.in_words(said, own=False)[0].words
    assert "su empresa" not in answer.in_words(said, own=False)[0].words  # a supplier's document


@pytest.mark.parametrize("code", answer.WORDS)
def test_no_words_say_what_became_of_the_document(code):
    """The same code comes with a rejection."""
    (line,) = answer.in_words(f"x\ncodigo, mensaje, fila, columna\n{code}, mal, 0, 0")
    assert line.known
    assert not re.search(r"vale|válid|acept|rechaz", line.words)


def test_the_envelope_from_the_row_is_the_one_from_the_xml(shop, near):
    from hacienda.recepcion import Recepcion

    issued(shop), issued(shop, "TE", Receptor=None)
    for row in submission.claim(scene.ENVIRONMENT, 10, AT):
        xml = row.comprobante.xml
        url = delivery.callback_url(row.comprobante.clave)
        assert delivery.envelope(row, xml).body() == Recepcion.of(xml, callback_url=url).body()


# -- trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["drop-before", "drop-after", "401", "429", "500", "503", "token-503", "invisible"]
)
def test_each_trouble_passes_and_the_document_arrives_once(shop, near, fault):
    near.faults(next=[fault])
    row = issued(shop)
    near.until_final([row], AT)
    assert row.state == Comprobante.ACCEPTED
    assert near.seen(row)["decisions"] == 1


def test_after_a_doubt_hacienda_is_asked_before_anything_is_sent_again(shop, near):
    near.faults(next=["drop-after"])
    row = issued(shop)
    near.round(AT)
    row.submission.refresh_from_db()
    assert row.submission.doubtful
    assert row.submission.state == Submission.WAITING
    near.until_final([row], LATER)
    assert row.state == Comprobante.ACCEPTED
    assert near.seen(row)["receptions"] == 1


def test_when_hacienda_fails_over_a_document_the_same_bytes_go_again(shop, near):
    near.faults(next=["error"])
    row = issued(shop)
    near.until_final([row], AT)
    assert row.state == Comprobante.ACCEPTED
    assert near.seen(row)["receptions"] == 2


def test_asking_becomes_rarer_and_goes_on(shop, near):
    near.faults(rates={"slow": 1.0}, slow_seconds=1e9)
    row = issued(shop)
    at, waits = AT, []
    for _ in range(8):
        near.round(at)
        row.submission.refresh_from_db()
        waits.append((row.submission.due_at - at).total_seconds())
        at = row.submission.due_at
    expected = [5, 5, 15, 30, 60, 300, 900, 900]
    for wait, usual in zip(waits, expected, strict=True):
        assert 0.8 * usual - 1 <= wait <= 1.2 * usual + 5
    assert row.submission.state == Submission.ASKING


def test_people_are_told_once_when_it_takes_three_hours(shop, issuer, near):
    near.faults(rates={"slow": 1.0}, slow_seconds=1e9)
    issued(shop)
    near.round(AT)
    for hours in (1, 3.1, 4, 5):
        near.round(AT + timedelta(hours=hours))
    assert [notice.kind for notice in Notice.objects.filter(user=issuer)] == ["delivery.late"]


def test_a_wrong_password_stops_and_a_new_one_sends_everything(cafe, provider, owner, settings):
    from tests.invoicing.hacienda_near import nearby

    scene.set_up(cafe)
    with nearby(settings, users={scene.user_of(cafe): "otra"}) as near:
        rows = [issued(cafe) for _ in range(3)]
        near.round(AT)
        assert {row.submission.state for row in refreshed(rows)} == {Submission.STOPPED}
        assert Notice.objects.get(user=owner).kind == "delivery.credentials"
        assert near.round(LATER) == 0
        credentials.install(
            cafe, scene.ENVIRONMENT, scene.user_of(cafe), "otra", by=owner, at=LATER
        )
        near.until_final(rows, LATER)
        assert {row.state for row in rows} == {Comprobante.ACCEPTED}


def refreshed(rows):
    for row in rows:
        row.refresh_from_db()
        row.submission.refresh_from_db()
    return rows


def test_what_hacienda_refuses_for_good_stops_and_can_be_sent_again(shop, issuer):
    row = issued(shop)
    refusal = SendError("Hacienda no recibió el documento", permanent=True, status=400)
    delivery.record([Outcome(letter(held(row)), error=refusal)], scene.ENVIRONMENT, AT)
    row.submission.refresh_from_db()
    assert (row.submission.state, row.submission.stopped_for) == ("stopped", "refused")
    assert Notice.objects.get(user=issuer).kind == "delivery.refused"
    assert submission.claim(scene.ENVIRONMENT, 5, LATER) == []
    assert submission.again(row.submission, at=LATER)
    assert len(submission.claim(scene.ENVIRONMENT, 5, LATER)) == 1


def test_a_company_without_access_waits_for_it(shop, near):
    row = issued(shop)
    shop.credentials.update(retired_at=AT)
    near.round(AT)
    row.submission.refresh_from_db()
    assert row.submission.stopped_for == Submission.CREDENTIALS


def test_documents_of_another_environment_are_left_alone(shop, near, settings):
    row = issued(shop)
    settings.HACIENDA_ENV = "stag"
    assert near.round(AT) == 0
    row.submission.refresh_from_db()
    assert row.submission.attempts == 0


# -- the circuit breaker ---------------------------------------------------------------------------


def test_an_outage_opens_the_breaker_and_its_end_closes_it(shop, near):
    rows = [issued(shop) for _ in range(12)]
    near.faults(outage={"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"})
    near.round(AT)
    state = Breaker.objects.get()
    assert state.opened_at is not None
    calls = Submission.objects.order_by("-failures").first().failures
    assert near.round(state.opened_at + timedelta(seconds=1)) == 0  # left alone
    during = issued(shop)
    assert during.situacion == "3"
    trial = state.retry_at + timedelta(seconds=1)
    assert near.round(trial) == 1  # one goes to try
    again = Breaker.objects.get()
    assert again.retry_at > state.retry_at
    assert calls >= 1
    near.tell("faults", outage=None)
    near.until_final([*rows, during], again.retry_at + timedelta(seconds=1))
    assert {row.state for row in [*rows, during]} == {Comprobante.ACCEPTED}
    assert {row.situacion for row in rows} == {"1"}
    assert not breaker.is_open(scene.ENVIRONMENT)


def test_only_one_worker_makes_the_trial(db):
    for _ in range(breaker.FAILURES):
        breaker.record("stag", answered=0, silent=1, now=AT)
    opened = Breaker.objects.get()
    assert breaker.allowance("stag", 50, AT) == 0
    assert breaker.rests("stag", AT)
    then = opened.retry_at
    assert [breaker.allowance("stag", 50, then) for _ in range(3)] == [1, 0, 0]
    assert breaker.allowance("stag", 50, then + breaker.PROBE) == 1  # the first one was killed
    assert breaker.allowance("prod", 50, AT) == 50


def test_refusals_and_limits_are_no_outage(shop):
    rows = [issued(shop) for _ in range(3)]
    mine = submission.claim(scene.ENVIRONMENT, 50, AT)
    errors = [
        SendError("x", permanent=True, status=400),
        SendError("x", status=429, retry_after=30),
        SendError("x", status=401),
    ]
    outcomes = [Outcome(letter(row), error=e) for row, e in zip(mine, errors, strict=True)]
    delivery.record(outcomes, scene.ENVIRONMENT, AT)
    assert not Breaker.objects.exists()
    refreshed(rows)
    waits = [row.submission.due_at - AT for row in rows if row.submission.state == "waiting"]
    assert any(timedelta(seconds=30) <= wait < timedelta(seconds=45) for wait in waits)


# -- leases --------------------------------------------------------------------------------------


def test_a_row_is_taken_by_one_and_comes_back_when_its_holder_dies(shop):
    row = issued(shop)
    assert len(submission.claim(scene.ENVIRONMENT, 5, AT)) == 1
    assert submission.claim(scene.ENVIRONMENT, 5, AT) == []
    lapsed = AT + submission.LEASE
    assert [one.pk for one in submission.claim(scene.ENVIRONMENT, 5, lapsed)] == [row.pk]


def test_who_lost_the_lease_writes_nothing(shop):
    row = issued(shop)
    first = held(row)
    second = held(row, AT + submission.LEASE)
    reply = Respuesta(clave=row.clave, estado="rechazado")
    first.asked = second.asked = 99
    delivery.record([Outcome(letter(first), respuesta=reply)], scene.ENVIRONMENT, LATER)
    row.refresh_from_db()
    assert row.state == Comprobante.ISSUED
    Submission.objects.update(asked=99)
    delivery.record([Outcome(letter(second), respuesta=reply)], scene.ENVIRONMENT, LATER)
    row.refresh_from_db()
    assert row.state == Comprobante.REJECTED


# -- the answer ------------------------------------------------------------------------------------


def test_the_same_answer_twice_is_one(shop):
    row = issued(shop)
    answered(row, "rechazado")
    Submission.objects.update(state="asking", due_at=AT)
    answered(row, "rechazado")
    assert row.answers.count() == 1
    assert shop.lots.get().remaining == 100


def test_a_final_state_without_its_message_is_asked_for_again_before_it_is_believed(shop):
    row = issued(shop)
    mine = held(row)
    reply = Respuesta(clave=row.clave, estado="aceptado")
    delivery.record([Outcome(letter(mine), respuesta=reply)], scene.ENVIRONMENT, AT)
    row.refresh_from_db()
    assert row.state == Comprobante.SENT
    assert not Answer.objects.exists()


def test_accepted_after_a_rejection_takes_its_folio_again(shop):
    row = issued(shop)
    answered(row, "rechazado")
    assert shop.lots.get().remaining == 100
    assert submission.hint(row.clave, LATER)
    answered(row, "aceptado", LATER)
    assert row.state == Comprobante.ACCEPTED
    assert not row.owes_folio
    assert shop.lots.get().remaining == 99


def test_accepted_after_a_rejection_without_folios_stands_and_owes_one(cafe, provider):
    scene.set_up(cafe, folios=1)
    row = issued(cafe)
    answered(row, "rechazado")
    other = issued(cafe)
    submission.hint(row.clave, LATER)
    Submission.objects.filter(pk=other.pk).update(due_at=LATER + timedelta(hours=1))
    answered(row, "aceptado", LATER)
    assert row.state == Comprobante.ACCEPTED
    assert row.owes_folio
    assert delivery.collect_owed(LATER) == 0
    scene.grant(cafe, 3, name="segundo")
    assert delivery.collect_owed(LATER) == 1
    row.refresh_from_db()
    assert not row.owes_folio
    assert cafe.lots.order_by("id").last().remaining == 2


def test_a_replacement_right_pays_for_a_document_that_was_accepted_after_all(cafe, provider):
    scene.set_up(cafe, folios=0)
    scene.grant(cafe, 1, name="se acaba", expires_at=AT + timedelta(seconds=1))
    row = issued(cafe)
    answered(row, "rechazado", AT + timedelta(seconds=2))
    submission.hint(row.clave, LATER)
    answered(row, "aceptado", LATER)
    assert cafe.lots.get(kind="replacement").remaining == 0
    assert not row.owes_folio


def test_rejected_after_it_was_accepted_changes_nothing(shop):
    row = issued(shop)
    answered(row, "aceptado")
    Submission.objects.update(state="asking", due_at=AT)
    answered(row, "rechazado")
    assert row.state == Comprobante.ACCEPTED
    assert shop.lots.get().remaining == 99
    assert row.answers.count() == 2


# -- the callback ----------------------------------------------------------------------------------


def call(clave: str, token: str, **data) -> int:
    url = reverse("invoicing:callback", kwargs={"token": token})
    body = {"clave": clave, "indEstado": "ACEPTADO", "respuestaXml": ""} | data
    return Client().post(url, json.dumps(body), content_type="application/json").status_code


def test_the_callback_makes_us_ask_and_is_not_believed(shop, near):
    from iofacturo.lib import clock

    row = issued(shop)
    near.round(AT)
    near.decided(row)
    with clock.moved_to(AT + timedelta(seconds=1)):
        assert call(row.clave, delivery.token(row.clave), indEstado="RECHAZADO") == 200
    row.refresh_from_db()
    assert row.state == Comprobante.SENT
    assert near.round(AT + timedelta(seconds=1)) == 1
    row.refresh_from_db()
    assert row.state == Comprobante.ACCEPTED


def test_a_callback_without_the_token_is_nothing(shop):
    row, other = issued(shop), issued(shop)
    assert call(row.clave, "0" * 40) == 404
    assert call(row.clave, delivery.token(other.clave)) == 404
    url = reverse("invoicing:callback", kwargs={"token": "0" * 40})
    for body in (b"", b"{", b"[]", b"\xff" * 100, b"{" * 100_000, b'{"clave": 5}'):
        assert Client().post(url, body, content_type="application/json").status_code == 404
    assert len({delivery.token(one.clave) for one in (row, other)}) == 2


def test_no_callback_address_is_given_where_it_would_not_be_safe(shop, settings):
    row = issued(shop)
    settings.SITE_URL, settings.HACIENDA_ENV = "http://facturas.example.cr", "prod"
    assert delivery.callback_url(row.clave) is None
    settings.SITE_URL = "https://facturas.example.cr/"
    url = delivery.callback_url(row.clave)
    assert url == f"https://facturas.example.cr/hacienda/aviso/{delivery.token(row.clave)}/"


def test_the_ledger_shows_the_whole_story(shop):
    row = issued(shop)
    answered(row, "rechazado")
    submission.hint(row.clave, LATER)
    answered(row, "aceptado", LATER)
    story = shop.folio_entries.filter(document=row.clave).order_by("id")
    assert [entry.kind for entry in story] == ["consume", "reverse", "consume"]
    assert ledger.consume(shop, row.clave, at=LATER).repeated
