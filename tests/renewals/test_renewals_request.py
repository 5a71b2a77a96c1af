"""The customer's side: quote, draft, sending once, correcting, cancelling, time passing by."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from tests.renewals import scene

from iofacturo.business_time import calendar
from iofacturo.folios.plan import Plan
from iofacturo.folios.promotion import Promotion
from iofacturo.renewals import billing, claims, draft, due, invariants, proof, review, submission
from iofacturo.renewals.bank import Typed
from iofacturo.renewals.billing import Billing, BillingProfile
from iofacturo.renewals.due import DueTime
from iofacturo.renewals.errors import (
    Decided,
    Invalid,
    NotOffered,
    PriceRose,
    Repeated,
    Stale,
    WrongState,
)
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.quote import Quote
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.terms import TermsAcceptance

AT, HOUR, DAY = scene.AT, scene.HOUR, scene.DAY
TOTAL = Decimal("75000.00")


@pytest.fixture(autouse=True)
def _books_are_right(db):
    yield
    assert list(invariants.broken()) == []


# -- quoting -------------------------------------------------------------------------------------


def test_choosing_gives_a_quote_a_number_and_a_reference(drafted) -> None:
    quote = drafted.given
    assert (quote.price, quote.tax, quote.total) == (
        Decimal("66371.68"), Decimal("8628.32"), TOTAL,
    )  # fmt: skip
    assert quote.last_day == date(2026, 11, 28)
    assert drafted.state == RenewalRequest.DRAFT
    assert drafted.due_at is None


def test_a_promotion_lowers_the_price_and_is_shown(house, cafe, owner) -> None:
    scene.promotion()
    quote = scene.drafted(cafe, owner).given
    assert (quote.discount, quote.tax, quote.total) == (
        Decimal("9955.75"), Decimal("7334.07"), Decimal("63750.00"),
    )  # fmt: skip
    assert quote.price_with_tax == TOTAL


def test_choosing_twice_with_one_token_makes_one_draft(house, cafe, owner) -> None:
    first = draft.choose(cafe, "500", by=owner, at=AT, token="t")
    assert draft.choose(cafe, "500", by=owner, at=AT, token="t") == first
    with pytest.raises(Repeated):
        draft.choose(cafe, "100", by=owner, at=AT, token="t")
    assert RenewalRequest.objects.count() == 1


def test_a_token_of_one_company_says_nothing_to_another(house, cafe, owner, stranger) -> None:
    other = stranger.memberships.get().company
    mine = draft.choose(cafe, "500", by=owner, at=AT, token="t")
    theirs = draft.choose(other, "500", by=stranger, at=AT, token="t")
    assert mine != theirs


def test_a_quote_is_never_changed(drafted) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.update(total=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        RenewalRequest.objects.update(reference="IOF0000000")
    with pytest.raises(IntegrityError), transaction.atomic():
        RenewalRequest.objects.all()._raw_delete("default")


def test_case_21_a_withdrawn_plan_is_still_honoured(drafted, owner) -> None:
    Plan.objects.get(code="500").withdraw(by=None, at=AT + HOUR)
    scene.attached(drafted, owner)
    assert scene.send(drafted, owner, AT + 2 * HOUR).state == RenewalRequest.IN_REVIEW


def test_a_plan_that_is_not_sold_cannot_be_chosen(house, cafe, owner) -> None:
    Plan.objects.get(code="500").withdraw(by=None, at=AT)
    for code in ("500", "no-existe"):
        with pytest.raises(NotOffered):
            draft.choose(cafe, code, by=owner, at=AT, token=code)


def test_case_20_a_price_change_after_sending_has_no_effect(sent) -> None:
    scene.plan("500", net="99999.00", at=AT)
    sent.refresh_from_db()
    assert sent.given.total == TOTAL


def test_case_19_a_running_guarantee_keeps_the_price(drafted, owner) -> None:
    scene.plan("500", net="99999.00", at=AT + HOUR)
    scene.attached(drafted, owner, AT + DAY)
    request = scene.send(drafted, owner, AT + DAY)
    assert request.given.total == TOTAL


def test_case_19_after_it_a_lower_price_is_applied(drafted, owner) -> None:
    scene.plan("500", net="50000.00", at=AT + HOUR)
    scene.attached(drafted, owner)
    request = scene.send(drafted, owner, AT + 7 * DAY)
    assert request.given.total == Decimal("56500.00")
    assert request.reference == drafted.reference


def test_case_19_after_it_a_higher_price_needs_consent(drafted, owner) -> None:
    scene.plan("500", net="80000.00", at=AT + HOUR)
    scene.attached(drafted, owner)
    with pytest.raises(PriceRose) as told:
        scene.send(drafted, owner, AT + 7 * DAY)
    assert (told.value.before, told.value.now) == (TOTAL, Decimal("90400.00"))
    with pytest.raises(PriceRose):
        draft.refresh(drafted, by=owner, at=AT + 7 * DAY, consent=TOTAL)
    draft.refresh(drafted, by=owner, at=AT + 7 * DAY, consent=Decimal("90400.00"))
    drafted.refresh_from_db()
    assert drafted.given.total == Decimal("90400.00")


def test_case_19_money_dated_inside_the_guarantee_is_honoured(drafted, owner, reviewer) -> None:
    scene.plan("500", net="80000.00", at=AT + HOUR)
    scene.attached(drafted, owner)
    told = {"transfer": {"fecha": "2026-11-27"}, "billing": drafted.draft["billing"]}
    drafted.refresh_from_db()
    draft.save(drafted, told, at=AT)
    later = AT + 7 * DAY
    request = scene.send(drafted, owner, later)
    assert request.given.total == TOTAL
    late = Typed(booked_on=date(2026, 11, 30), amount=TOTAL, reference="L1")
    with pytest.raises(Invalid):
        review.approve(request, by=reviewer, at=later, version=request.version, lines=[late])
    early = Typed(booked_on=date(2026, 11, 27), amount=TOTAL, reference="L2")
    review.approve(request, by=reviewer, at=later, version=request.version, lines=[early])


# -- promotions ----------------------------------------------------------------------------------


def test_case_22_the_last_use_is_reserved_with_the_quote(house, cafe, owner, stranger) -> None:
    scene.promotion(limit_total=1)
    mine = scene.drafted(cafe, owner)
    theirs = scene.drafted(stranger.memberships.get().company, stranger)
    assert mine.given.discount > 0
    assert theirs.given.discount == 0, "told before transferring, not after"


def test_a_reservation_ends_with_the_draft(house, cafe, owner) -> None:
    scene.promotion(limit_total=1)
    draft.cancel(scene.drafted(cafe, owner), by=owner, at=AT)
    assert Promotion.objects.get().used == 0
    lapsing = scene.drafted(cafe, owner)
    assert claims.lapse_quotes(lapsing.given.valid_until) == 1
    assert Promotion.objects.get().used == 0


def test_changing_the_plan_does_not_compete_with_oneself(house, cafe, owner) -> None:
    scene.promotion(limit_total=1)
    request = scene.drafted(cafe, owner)
    changed = draft.change_plan(request, "100", by=owner, at=AT)
    assert changed.given.discount > 0
    assert changed.reference == request.reference
    assert Promotion.objects.get().used == 1


def test_a_rejected_request_gives_its_promotion_back(house, cafe, owner, reviewer) -> None:
    scene.promotion(limit_total=1)
    request = scene.sent(cafe, owner)
    review.reject(request, by=reviewer, at=AT, version=request.version, reason="no_money")
    assert Promotion.objects.get().used == 0


# -- drafts --------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_typed_right_or_wrong(drafted) -> None:
    wrong = {"billing": {"numero": "3-101-5951"}, "transfer": {"monto": "no sé"}}
    draft.save(drafted, wrong, at=AT)
    drafted.refresh_from_db()
    assert drafted.typed.numero == "3-101-5951"


def test_a_draft_saved_elsewhere_is_not_overwritten_unseen(drafted) -> None:
    draft.save(drafted, {"billing": {"nombre": "Uno"}}, at=AT, seen=drafted.version)
    with pytest.raises(Stale):
        draft.save(drafted, {"billing": {"nombre": "Otro"}}, at=AT, seen=drafted.version)


def test_saving_the_same_again_is_no_conflict(drafted) -> None:
    kept = draft.save(drafted, dict(drafted.draft), at=AT, seen=drafted.version)
    draft.save(kept, dict(kept.draft), at=AT, seen=kept.version)


def test_case_11_two_plans_are_two_requests(house, cafe, owner) -> None:
    first, second = scene.sent(cafe, owner), scene.sent(cafe, owner, "100")
    assert first.reference != second.reference
    assert len(RenewalRequest.open_for(cafe, AT)) == 2


def test_a_company_has_only_so_many_drafts(house, cafe, owner) -> None:
    for _ in range(draft.MOST_DRAFTS):
        scene.drafted(cafe, owner)
    with pytest.raises(WrongState):
        scene.drafted(cafe, owner)


def test_a_lapsed_draft_is_kept_and_comes_back(drafted, owner) -> None:
    end = drafted.given.valid_until
    assert claims.lapse_quotes(end - timedelta(seconds=1)) == 0
    assert claims.lapse_quotes(end) == 1
    assert claims.lapse_quotes(end) == 0
    drafted.refresh_from_db()
    assert drafted.state == RenewalRequest.EXPIRED
    back = draft.refresh(drafted, by=owner, at=end + DAY)
    assert back.state == RenewalRequest.DRAFT
    assert back.reference == drafted.reference
    assert back.given.holds(end + DAY)


def test_a_late_clock_changes_nothing_of_what_holds(drafted, owner) -> None:
    assert not drafted.given.holds(drafted.given.valid_until)
    scene.attached(drafted, owner)
    assert scene.send(drafted, owner, AT + 20 * DAY).given.created_at == AT + 20 * DAY


# -- sending -------------------------------------------------------------------------------------


def test_sending_stores_terms_billing_and_a_due_time(sent, owner) -> None:
    acceptance = TermsAcceptance.objects.get()
    assert (acceptance.user, acceptance.at, acceptance.ip) == (owner, AT, "192.0.2.7")
    assert acceptance.sha256 == sent.given.terms.sha256
    assert sent.billing.nombre == "Café Prueba S.A."
    assert sent.due_at == datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


def test_i14_sending_again_gives_the_same_and_other_contents_a_409(drafted, owner) -> None:
    scene.attached(drafted, owner)
    one = {"token": "t", "contents": {"a": 1}}
    first = scene.send(drafted, owner, **one)
    assert scene.send(drafted, owner, **one) == first
    with pytest.raises(Repeated):
        scene.send(drafted, owner, token="t", contents={"a": 2})
    with pytest.raises(Decided):
        scene.send(drafted, owner, token="another", contents={"a": 1})
    assert TermsAcceptance.objects.count() == 1


def test_everything_that_is_missing_is_said_at_once(drafted, owner) -> None:
    draft.save(drafted, {"billing": {"tipo": "02", "numero": "3-101"}}, at=AT)
    with pytest.raises(Invalid) as told:
        scene.send(drafted, owner, terms=None)
    assert {"archivo", "terminos", "numero", "nombre", "correos", "provincia"} <= set(
        told.value.problems
    )
    drafted.refresh_from_db()
    assert drafted.state == RenewalRequest.DRAFT


def test_other_terms_than_the_quotes_are_not_accepted(drafted, owner) -> None:
    scene.attached(drafted, owner)
    with pytest.raises(Invalid) as told:
        scene.send(drafted, owner, terms=drafted.given.terms_id + 1)
    assert list(told.value.problems) == ["terminos"]


def test_sending_another_version_than_was_seen_is_refused(drafted, owner) -> None:
    scene.attached(drafted, owner)
    with pytest.raises(Stale):
        scene.send(drafted, owner, seen=drafted.version)


def test_the_billing_data_are_for_this_invoice_only_unless_asked(drafted, cafe, owner) -> None:
    typed = dict(drafted.draft["billing"]) | {"nombre": "Otra Razón Social S.A."}
    draft.save(drafted, {"billing": typed}, at=AT)
    scene.attached(drafted, owner)
    scene.send(drafted, owner)
    assert billing.prefilled(cafe).nombre == "Café Prueba S.A."
    second = scene.drafted(cafe, owner)
    draft.save(second, {"billing": typed}, at=AT)
    scene.attached(second, owner)
    scene.send(second, owner, remember=True)
    assert billing.prefilled(cafe).nombre == "Otra Razón Social S.A."
    assert BillingProfile.objects.get().updated_by == owner
    cafe.refresh_from_db()
    assert cafe.nombre == "Café Prueba S.A."


# -- billing data --------------------------------------------------------------------------------

GOOD = Billing(
    tipo="02", numero="3-101-000001", nombre="Café Prueba S.A.", actividad="5610.0",
    correos="a@ejemplo.cr", provincia="1", canton="01", distrito="01",
    otras_senas="Avenida central",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tipo", "09"), ("tipo", ""), ("numero", "3-101-59516x1"), ("numero", ""), ("nombre", ""),
        ("nombre", "x" * 101), ("actividad", "56"), ("actividad", "abcdef"), ("correos", ""),
        ("correos", "no es correo"), ("correos", ",".join(f"{n}@ejemplo.cr" for n in range(5))),
        ("provincia", ""), ("distrito", "99"), ("canton", "99"), ("otras_senas", "ahí"),
        ("otras_senas", "x" * 251), ("barrio", "abc"), ("barrio", "x" * 51),
    ],
)  # fmt: skip
def test_billing_data_that_hacienda_would_refuse_are_refused(field, value) -> None:
    _, problems = billing.check(Billing(**(GOOD.as_dict() | {field: value})))
    assert problems, field


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("numero", " 3 101 000001 ", "3101000001"),
        ("actividad", "56100", "5610.0"),
        ("actividad", "", ""),
        ("correos", "a@ejemplo.cr; b@ejemplo.cr  a@ejemplo.cr", "a@ejemplo.cr, b@ejemplo.cr"),
        ("barrio", "Amón Norte", "Amón Norte"),
    ],
)
def test_billing_data_are_put_in_order(field, value, kept) -> None:
    checked, problems = billing.check(Billing(**(GOOD.as_dict() | {field: value})))
    assert problems == {}
    assert getattr(checked, field) == kept


# -- proofs --------------------------------------------------------------------------------------


def test_the_same_file_twice_in_one_request_is_one_proof(drafted, owner) -> None:
    first = scene.attached(drafted, owner, seed="igual")
    assert scene.attached(drafted, owner, seed="igual") == first


def test_case_30_the_same_file_in_another_request_is_noticed_and_never_blocks(
    house, cafe, owner, stranger
) -> None:
    first = scene.drafted(cafe, owner)
    scene.attached(first, owner, seed="uno")
    scene.send(first, owner)
    other_company = stranger.memberships.get().company
    second = scene.drafted(other_company, stranger)
    again = scene.attached(second, stranger, seed="uno")
    again.request = second
    (use,) = proof.uses([again])[again.pk]
    assert (use.how, use.proof.request) == ("same", first)
    assert scene.send(second, stranger).state == RenewalRequest.IN_REVIEW


def test_case_31_a_picture_that_looks_alike_is_noticed(house, cafe, owner) -> None:
    first = scene.sent(cafe, owner)
    one = PaymentProof.objects.get()
    second = scene.drafted(cafe, owner)
    data, cleaned = scene.picture()
    cleaned.phash = f"{int(one.phash, 16) ^ 0b101:016x}"
    like = proof.attach(second, data, cleaned, "recorte.png", by=owner, at=AT)
    like.request = second
    assert [(u.how, u.proof.request) for u in proof.uses([like])[like.pk]] == [("alike", first)]


def test_case_31_the_same_bank_reference_is_noticed(house, cafe, owner) -> None:
    told = {"transfer": {"numero_transferencia": "2026-1123 0001"}}
    first = scene.drafted(cafe, owner)
    scene.attached(first, owner)
    first.refresh_from_db()
    draft.save(first, first.draft | told, at=AT)
    scene.send(first, owner)
    second = scene.drafted(cafe, owner)
    scene.attached(second, owner)
    second.refresh_from_db()
    draft.save(second, second.draft | told, at=AT)
    row = PaymentProof.objects.select_related("request").get(request=second)
    assert [use.how for use in proof.uses([row])[row.pk]] == ["reference"]


def test_a_sent_proof_stays(sent, owner) -> None:
    row = PaymentProof.objects.get()
    with pytest.raises(WrongState):
        proof.remove(sent, row.pk, at=AT)
    with pytest.raises(WrongState):
        scene.attached(sent, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentProof.objects.update(sha256="0" * 64)


def test_there_is_room_for_a_few_proofs(drafted, owner) -> None:
    for _ in range(proof.MOST_PROOFS):
        scene.attached(drafted, owner)
    with pytest.raises(Invalid):
        scene.attached(drafted, owner)


def test_files_no_row_names_are_swept_and_the_others_stay(drafted, owner) -> None:
    kept = scene.attached(drafted, owner)
    data, cleaned = scene.picture()
    orphan = proof.store(data, cleaned, "x.png", AT)
    claims._swept.clear()
    assert claims.sweep(AT) == 0, "what was written a moment ago is left alone"
    claims._swept.clear()
    assert claims.sweep(AT + 3 * DAY) >= 2, "the original and its page"
    assert kept.pages.get().read()
    with pytest.raises(FileNotFoundError):
        proof.storage.read(orphan.original)


# -- cancelling and repeating --------------------------------------------------------------------


def test_a_sent_request_is_cancelled_while_nobody_took_it(sent, owner, reviewer) -> None:
    review.take(sent, by=reviewer, at=AT)
    with pytest.raises(WrongState):
        draft.cancel(sent, by=owner, at=AT)
    review.release(sent, by=reviewer, at=AT)
    cancelled = draft.cancel(sent, by=owner, at=AT)
    assert cancelled.state == RenewalRequest.CANCELLED
    assert draft.cancel(sent, by=owner, at=AT) == cancelled


def test_a_decided_request_is_not_cancelled(sent, owner, reviewer) -> None:
    review.reject(sent, by=reviewer, at=AT, version=sent.version, reason="no_money")
    with pytest.raises(Decided):
        draft.cancel(sent, by=owner, at=AT)


def test_a_rejected_request_is_repeated_with_its_data(sent, cafe, owner, reviewer) -> None:
    review.reject(sent, by=reviewer, at=AT, version=sent.version, reason="no_money")
    sent.refresh_from_db()
    again = draft.choose(cafe, "500", by=owner, at=AT, token="x", previous=sent)
    assert again.previous == sent
    assert again.reference != sent.reference
    assert again.typed.nombre == sent.billing.nombre
    row = proof.standing(again).get()
    assert row.sha256 == PaymentProof.objects.get(request=sent).sha256
    assert proof.uses([row])[row.pk] == [], "its own ancestor is no reuse"
    assert scene.send(again, owner).state == RenewalRequest.IN_REVIEW


def test_a_bad_proof_is_not_inherited(sent, cafe, owner, reviewer) -> None:
    review.reject(sent, by=reviewer, at=AT, version=sent.version, reason="altered_proof")
    sent.refresh_from_db()
    again = draft.choose(cafe, "500", by=owner, at=AT, token="x", previous=sent)
    assert not proof.standing(again).exists()


# -- time ----------------------------------------------------------------------------------------


def test_case_40_a_holiday_declared_later_moves_the_time_and_keeps_both(
    house, cafe, owner, admin
) -> None:
    monday = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)  # 4:00 p. m.: due on Tuesday at 11
    request = scene.sent(cafe, owner, at=monday)
    before = request.due_at
    assert before == datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    calendar.add_closure(admin, monday + HOUR, date(2026, 11, 24), "Asueto por decreto")
    assert due.recompute(monday + 2 * HOUR) == 1
    assert due.recompute(monday + 2 * HOUR) == 0
    request.refresh_from_db()
    assert request.due_at == datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    row = DueTime.objects.latest("id")
    assert (row.before, row.cause) == (before, DueTime.CALENDAR)


def test_a_calendar_change_that_moves_nothing_is_quiet(sent, admin) -> None:
    calendar.add_closure(admin, AT, date(2026, 12, 24), "Cierre")
    assert due.recompute(AT + HOUR) == 1
    assert DueTime.objects.count() == 1


def test_case_39_every_submission_is_due_inside_the_hours(house, cafe, owner) -> None:
    from datetime import timezone

    costa_rica = timezone(timedelta(hours=-6))
    for sent_at, expected in [
        ("2026-11-23 08:59:59", "2026-11-23 13:00:00"),
        ("2026-11-23 14:00:00", "2026-11-23 18:00:00"),
        ("2026-11-23 14:00:01", "2026-11-24 09:00:01"),
        ("2026-11-27 16:30:00", "2026-11-30 11:30:00"),
        ("2026-11-27 18:00:00", "2026-11-30 13:00:00"),
        ("2026-11-28 12:00:00", "2026-11-30 13:00:00"),
        ("2026-11-30 17:00:00", "2026-12-02 12:00:00"),
        ("2026-12-24 15:00:00", "2026-12-28 10:00:00"),
        ("2026-12-31 17:59:59", "2027-01-04 12:59:59"),
    ]:
        at = datetime.fromisoformat(sent_at).replace(tzinfo=costa_rica)
        request = scene.sent(cafe, owner, at=at)
        assert request.due_at == datetime.fromisoformat(expected).replace(tzinfo=costa_rica)


def test_an_unanswered_correction_expires_after_business_days(sent, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="billing")
    sent.refresh_from_db()
    assert sent.last_day_to_correct == date(2026, 11, 30)
    assert claims.run(sent.correct_until) >= 1
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.EXPIRED
    with pytest.raises(Decided):
        submission.answer(sent, by=sent.submitted_by, at=AT, token="x", contents={})


def test_running_the_claims_again_changes_nothing(drafted) -> None:
    end = drafted.given.valid_until
    claims.run(end)
    version = RenewalRequest.objects.get().version
    claims.run(end)
    claims.run(end + DAY)
    assert RenewalRequest.objects.get().version == version
