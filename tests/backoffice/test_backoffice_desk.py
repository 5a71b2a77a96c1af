"""The desk's pages: what a reviewer sees, what each act does, and what it refuses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.renewals import scene

from iofacturo.folios import summary
from iofacturo.renewals import review
from iofacturo.renewals.request import RenewalRequest


def address(name: str, request: RenewalRequest) -> str:
    return reverse(f"backoffice:{name}", args=[request.number])


def line(amount: str = "75 000,00", reference: str = "BAC-1", **more: str) -> dict[str, str]:
    """The approval form as a browser sends it, with one movement typed."""
    return {
        "lines-TOTAL_FORMS": "3",
        "lines-INITIAL_FORMS": "0",
        "lines-0-booked_on": "2026-11-23",
        "lines-0-amount": amount,
        "lines-0-reference": reference,
        **more,
    }


@pytest.fixture
def desk(as_client, reviewer) -> Client:
    return as_client(reviewer)


@pytest.fixture
def taken(sent, reviewer) -> RenewalRequest:
    review.take(sent, by=reviewer, at=scene.AT)
    sent.refresh_from_db()
    return sent


def test_the_queue_shows_what_is_due_first(desk, house, cafe, owner, stranger) -> None:
    late = scene.sent(stranger.memberships.get().company, stranger, at=scene.AT - timedelta(days=3))
    fresh = scene.sent(cafe, owner)
    page = desk.get(reverse("backoffice:renewals")).content.decode()
    assert page.index(late.number) < page.index(fresh.number)
    assert "tarde" in page
    assert "4 h 00 min" in page


def test_drafts_are_not_on_the_desk(desk, drafted) -> None:
    assert drafted.number not in desk.get(reverse("backoffice:renewals")).content.decode()
    assert desk.get(address("renewal", drafted)).status_code == 404


@pytest.mark.parametrize("words", ["cafe prueba", "3-101-000001", "NUMBER", "reference"])
def test_the_search_finds_by_company_number_and_reference(desk, sent, words) -> None:
    words = {"NUMBER": sent.number.lower(), "reference": sent.reference.lower()}.get(words, words)
    page = desk.get(reverse("backoffice:renewals"), {"q": words}).content.decode()
    assert sent.number in page


def test_taking_reserves_the_case_and_tells_colleagues(
    desk, sent, as_client, other_reviewer
) -> None:
    answer = desk.post(address("renewal_take", sent), follow=True)
    assert "Reservada para usted" in answer.content.decode()
    page = as_client(other_reviewer).get(address("renewal", sent)).content.decode()
    assert "La tiene Revisor" in page
    assert "Aprobar y activar" not in page


def test_approving_activates_and_goes_to_the_next_case(
    desk, house, cafe, owner, stranger, reviewer
) -> None:
    first = scene.sent(cafe, owner, "100")
    other = scene.sent(stranger.memberships.get().company, stranger, "100")
    review.take(first, by=reviewer, at=scene.AT)
    first.refresh_from_db()
    answer = desk.post(
        address("renewal_approve", first), line("22.000,00", version=str(first.version))
    )
    assert answer.status_code == 302
    assert answer["Location"] == address("renewal", other)
    first.refresh_from_db()
    assert first.state == RenewalRequest.ACTIVE
    assert summary.available(cafe, scene.AT) == 100


def test_a_second_click_changes_nothing_and_says_who_decided(desk, taken, cafe) -> None:
    form = line(version=str(taken.version))
    desk.post(address("renewal_approve", taken), form)
    again = desk.post(address("renewal_approve", taken), form)
    assert again.status_code == 409
    assert "aprobada y activada (Revisor" in again.content.decode()
    assert summary.available(cafe, scene.AT) == 500


def test_an_underpaid_line_is_refused_with_the_exact_difference(desk, taken) -> None:
    answer = desk.post(
        address("renewal_approve", taken), line("70 000,00", "B-77", version=str(taken.version))
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Faltan ₡5\u00a0000,00" in page
    assert 'value="B-77"' in page  # what was typed is still there


@pytest.mark.parametrize(
    ("amount", "told"),
    [("1.234", "dos maneras"), ("muchos", "en números"), ("", "obligatorio")],
)
def test_a_badly_typed_amount_is_told_beside_its_field(desk, taken, amount, told) -> None:
    answer = desk.post(address("renewal_approve", taken), line(amount, version=str(taken.version)))
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_a_line_that_paid_once_never_pays_twice(
    desk, house, cafe, owner, stranger, reviewer
) -> None:
    rows = [scene.sent(cafe, owner), scene.sent(stranger.memberships.get().company, stranger)]
    answers = []
    for row in rows:
        review.take(row, by=reviewer, at=scene.AT)
        row.refresh_from_db()
        answers.append(
            desk.post(
                address("renewal_approve", row), line("75000", "B-1", version=str(row.version))
            )
        )
    assert [answer.status_code for answer in answers] == [302, 409]
    assert "ya pagó la solicitud" in answers[1].content.decode()


def test_the_reviewer_decides_on_the_version_they_saw(desk, taken) -> None:
    answer = desk.post(address("renewal_approve", taken), line(version=str(taken.version - 1)))
    assert answer.status_code == 409
    assert "cambió desde que usted la abrió" in answer.content.decode()


def test_two_people_above_the_amount(
    settings, desk, taken, as_client, senior, other_senior, cafe
) -> None:
    settings.SECOND_APPROVAL_FROM = 75_000
    answer = desk.post(
        address("renewal_approve", taken), line(version=str(taken.version)), follow=True
    )
    assert "primera aprobación anotada" in answer.content.decode()
    assert summary.available(cafe, scene.AT) == 0
    taken.refresh_from_db()
    own = desk.post(
        address("renewal_approve", taken),
        {"lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0", "version": str(taken.version)},
    )
    assert own.status_code == 403
    second = as_client(other_senior)
    second.post(address("renewal_take", taken))
    second.post(
        address("renewal_approve", taken),
        {"lines-TOTAL_FORMS": "3", "lines-INITIAL_FORMS": "0", "version": str(taken.version)},
    )
    taken.refresh_from_db()
    assert taken.state == RenewalRequest.ACTIVE


def test_a_correction_stops_the_clock(desk, taken) -> None:
    answer = desk.post(
        address("renewal_correction", taken),
        {
            "version": str(taken.version),
            "correction-reason": "unreadable",
            "correction-message": "La foto salió movida.",
        },
        follow=True,
    )
    assert "El reloj se detuvo" in answer.content.decode()
    taken.refresh_from_db()
    assert taken.state == RenewalRequest.NEEDS_INFO


def test_a_rejection_needs_a_reason(desk, taken) -> None:
    nothing = desk.post(address("renewal_reject", taken), {"version": str(taken.version)})
    assert nothing.status_code == 422
    assert '<details class="decision" id="rechazo" open>' in nothing.content.decode()
    desk.post(
        address("renewal_reject", taken),
        {"version": str(taken.version), "rejection-reason": "no_money"},
    )
    taken.refresh_from_db()
    assert taken.state == RenewalRequest.REJECTED


def test_support_reads_the_timeline_and_sees_no_proof(as_client, support, sent) -> None:
    client = as_client(support)
    page = client.get(address("renewal", sent)).content.decode()
    assert "Enviada" in page
    assert "<img" not in page
    proof = sent.proofs.get().pages.get()
    picture = reverse("backoffice:renewal_proof", args=[sent.number, proof.pk])
    assert client.get(picture).status_code == 403
    assert client.post(address("renewal_take", sent)).status_code == 403


def test_a_proof_is_served_locked_in(desk, sent) -> None:
    page = sent.proofs.get().pages.get()
    answer = desk.get(reverse("backoffice:renewal_proof", args=[sent.number, page.pk]))
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_nobody_decides_their_own_company(as_client, reviewer, house, cafe, owner) -> None:
    from iofacturo.accounts.membership import Membership

    Membership.objects.create(user=reviewer, company=cafe, role="reader")
    row = scene.sent(cafe, owner)
    client = as_client(reviewer)
    assert "la revisa otra persona" in client.get(address("renewal", row)).content.decode()
    assert client.post(address("renewal_take", row)).status_code == 403


def test_a_senior_reverses_an_active_plan(desk, taken, as_client, senior, cafe) -> None:
    desk.post(address("renewal_approve", taken), line(version=str(taken.version)))
    taken.refresh_from_db()
    answer = as_client(senior).post(
        address("renewal_reverse", taken),
        {
            "version": str(taken.version),
            "reversal-reason": "mistake",
            "reversal-note": "Se activó la solicitud equivocada.",
        },
        follow=True,
    )
    assert "revertida" in answer.content.decode()
    assert summary.available(cafe, scene.AT) == 0


def test_queries_do_not_grow_with_the_queue(desk, house, cafe, owner) -> None:
    def queries(sent: int) -> int:
        for _ in range(sent):
            row = scene.sent(cafe, owner)
        with CaptureQueriesContext(connection) as seen:
            desk.get(address("renewal", row))
        return len(seen)

    queries(2)  # the first visit also fills what is remembered
    few, many = queries(1), queries(12)
    assert many == few
    assert many <= 40


def test_a_part_that_is_missing_is_counted_from_what_arrived(desk, taken) -> None:
    words = {"version": str(taken.version), "correction-reason": "underpaid"}
    answer = desk.post(address("renewal_correction", taken), words)
    assert answer.status_code == 422, "else the customer would be asked for the whole amount"
    assert "Escriba los tres datos de lo que sí llegó" in answer.content.decode()
    arrived = {
        "correction-booked_on": f"{scene.AT:%Y-%m-%d}",
        "correction-amount": "70 000,00",
        "correction-reference": "B-78",
    }
    assert desk.post(address("renewal_correction", taken), words | arrived).status_code == 302
    taken.refresh_from_db()
    assert taken.state == taken.NEEDS_INFO
