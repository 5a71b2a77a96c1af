"""Never stranded: grace while a request waits, repaid when it is activated, owed when it is not."""

from collections import Counter

import pytest
from django.urls import reverse
from tests import cast
from tests.accounts.processes import race
from tests.renewals import scene
from tests.renewals.test_renewals_races import REQUEST, approving, program, rejecting, submitting

from iofacturo import verify
from iofacturo.folios import grace as lots
from iofacturo.folios import ledger, summary
from iofacturo.folios.errors import Exhausted
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.notifications.notice import Notice
from iofacturo.renewals import claims, draft, grace, review
from iofacturo.renewals.request import RenewalRequest

AT, DAY = scene.AT, scene.DAY


@pytest.fixture
def cafe(cafe):
    """With one folio of its own left."""
    ledger.grant(cafe, "migration", 1, origin="migration:cafe", at=AT - DAY, months=6)
    return cafe


@pytest.fixture
def books(house, cafe):
    yield cafe
    assert list(verify.broken()) == []


def issue(company, *documents):
    for document in documents:
        ledger.consume(company, document, at=AT, label=f"FE {document}")


def approved(row, by):
    row.refresh_from_db()
    return review.approve(
        row, by=by, at=AT, version=row.version, lines=[scene.line(row.given.total)]
    )


def rejected(row, by):
    row.refresh_from_db()
    return review.reject(row, by=by, at=AT, version=row.version, reason="no_money")


def cancelled(row, by):
    return draft.cancel(row, by=row.submitted_by, at=AT)


def expired(row, by):
    row.refresh_from_db()
    review.ask_correction(row, by=by, at=AT, version=row.version, reason="unreadable")
    assert grace.of(row).left, "a correction that we ask for takes nothing back"
    claims.run(AT + 30 * DAY)


def told(kind):
    return Notice.objects.get(kind=kind).body


def test_the_whole_way_of_grace(books, owner, reviewer):
    row = scene.sent(books, owner)
    assert "puede emitir hasta 10 folios de gracia" in told("renewal.received")
    issue(books, "own", "a", "b", "c")
    claims_of_folios(AT)
    assert Notice.objects.get(kind="folios.grace").title.endswith("con 7 folios de gracia")
    assert summary.left(books, AT) == summary.Left(0, 7)
    approved(row, reviewer)
    assert summary.left(books, AT) == summary.Left(497, 0)
    assert "se tomaron 3 folios para reponer los de gracia" in told("renewal.activated")
    assert lots.standing(books) is None


def claims_of_folios(at):
    from iofacturo.folios import claims as folios

    folios.run(at)


@pytest.mark.parametrize("how", [rejected, cancelled, expired])
def test_what_ends_without_a_plan_leaves_what_was_used_owed(books, owner, reviewer, how):
    row = scene.sent(books, owner)
    issue(books, "own", "a", "b")
    how(row, reviewer)
    assert "usó 2 folios de gracia" in told(f"renewal.{how.__name__}")
    with pytest.raises(Exhausted):
        issue(books, "c")
    again = scene.sent(books, owner, code="100")
    assert grace.of(again) is None, "none while two are owed"
    claims.run(AT + 31 * DAY)
    assert grace.of(again) is None
    approved(again, reviewer)
    paid = FolioLot.objects.get(kind="paid")
    assert (paid.remaining, paid.consumed, lots.standing(books)) == (98, 2, None)


def test_two_requests_have_one_grace_and_the_second_gets_its_own_when_the_first_ends(
    books, owner, reviewer
):
    first, second = scene.sent(books, owner), scene.sent(books, owner)
    assert (grace.of(first).left, grace.of(second)) == (10, None)
    claims.run(AT + DAY)
    assert grace.of(second) is None
    rejected(first, reviewer)
    assert grace.begin_for_waiting(AT + DAY) == 1
    assert grace.begin_for_waiting(AT + DAY) == 0
    assert grace.of(second).left == 10


@pytest.mark.parametrize(
    ("setting", "code", "given"), [(10, "500", 10), (150, "100", 100), (0, "500", None)]
)
def test_how_many(books, owner, settings, setting, code, given):
    settings.GRACE_FOLIOS = setting
    found = grace.of(scene.sent(books, owner, code))
    claims.run(AT + DAY)
    assert (found.granted if found else None) == given


def test_who_never_had_a_folio_and_the_provider_get_none(house, provider):
    for company in (cast.company("Nueva S.A.", "3101000777"), provider):
        if company.is_provider:
            ledger.grant(company, "courtesy", 1, origin="courtesy:p", at=AT - DAY, months=6)
        person = cast.seat(f"otra{company.pk}", company, "owner")
        assert grace.of(scene.sent(company, person)) is None
        assert grace.begin_for_waiting(AT + DAY) == 0


def page(client, name, *args, **more):
    return client.get(reverse(name, args=args), **more).content.decode()


def test_the_pages_name_it(books, owner, reviewer, as_client):
    client, desk = as_client(owner), as_client(reviewer)
    row = scene.sent(books, owner)
    status = ("renewals:status", row.number)
    assert "seguir emitiendo con 10 folios de gracia" in page(client, *status)
    issue(books, "own", "a")
    for name in ("renewals:mi_plan", "portal", "facturar"):
        assert "9" in page(client, name)
        assert "de gracia" in page(client, name)
    assert "Le quedan 9 folios de gracia" in page(client, *status)
    assert "ya no podrá usar los demás" in page(client, "renewals:cancel", row.number)
    assert "9998" not in page(client, "folios:plans"), "its end is no day to show"
    assert "gracia" not in page(client, "renewals:mi_plan").partition("Últimos 5 planes")[2][:3000]
    assert "uno de gracia" in page(client, "folios:ledger")
    for name, key in (("backoffice:renewal", row.number), ("backoffice:ledger", books.public_id)):
        assert "Usó 1 de 10 folios de gracia" in page(desk, name, key)
    rejected(row, reviewer)
    assert "Debe 1 folio de gracia" in page(client, *status)
    assert "Debe 1 folio de gracia" in page(client, "renewals:mi_plan")
    for name, key in (("backoffice:renewal", row.number), ("backoffice:ledger", books.public_id)):
        assert "Debe 1 folio de gracia" in page(desk, name, key)


# -- races ---------------------------------------------------------------------------------------


@pytest.fixture
def crew(transactional_db, senior, admin, reviewer, other_reviewer):
    with clock.moved_to(AT):
        scene.house(senior, admin)
    yield [reviewer, other_reviewer, senior]
    assert list(verify.broken()) == []


def issuing(company, name: str, folios: int) -> str:
    return program(
        "from iofacturo.folios import ledger\n"
        "    from iofacturo.folios.errors import Exhausted\n"
        f"    company = Company.objects.get(pk={company.pk})\n"
        f"    for n in range({folios}):\n"
        f"        try: ledger.consume(company, '{name}-%d' % n, at=at); print('taken')\n"
        "        except Exhausted: print('none')"
    )


def cancelling(row, by) -> str:
    return program(
        f"r = draft.cancel({REQUEST.format(pk=row.pk)}, by=User.objects.get(pk={by.pk}), at=at); "
        "print(r.state)"
    )


TIDYING = program("from iofacturo.renewals import grace; grace.begin_for_waiting(at + "
                  "__import__('datetime').timedelta(hours=1)); print('tidied')")  # fmt: skip


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_requests_sent_at_once_give_one_grace(crew, cafe, owner) -> None:
    rows = []
    for _ in range(4):
        row = scene.drafted(cafe, owner)
        scene.attached(row, owner)
        row.refresh_from_db()
        rows.append(row)
    said = race(*(submitting(row, owner, f"t{row.pk}") for row in rows), TIDYING, TIDYING)
    assert Counter(word.split()[0] for word in said) == {"in_review": 4, "tidied": 2}
    assert FolioLot.objects.filter(kind="grace").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["approve", "reject", "cancel"])
def test_issuing_while_the_request_ends(crew, cafe, owner, end) -> None:
    """Every folio taken is repaid or owed, none is taken after the end, none is given twice."""
    row, other = scene.sent(cafe, owner), scene.sent(cafe, owner)
    ends = {
        "approve": approving(row, crew[0]),
        "reject": rejecting(row, crew[0]),
        "cancel": cancelling(row, owner),
    }
    said = race(
        issuing(cafe, "x", 5), issuing(cafe, "y", 5), ends[end], TIDYING, rejecting(other, crew[1])
    )
    issued = " ".join(said).split().count("taken")
    first = grace.of(row)
    if end == "approve":
        paid = FolioLot.objects.get(kind="paid")
        assert issued == 10, said
        assert (paid.consumed, paid.remaining) == (9, 491), "one was the company's own"
        assert first.used == 0
    else:
        taken = sum(FolioLot.objects.filter(kind="grace").values_list("consumed", flat=True))
        assert issued == 1 + taken
        assert first.owed == first.used
    assert not FolioLot.objects.filter(kind="grace", voided_at__isnull=True).exists() or (
        RenewalRequest.objects.filter(state="in_review").exists()
    )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_activations_repay_a_debt_once(crew, cafe, owner) -> None:
    row = scene.sent(cafe, owner)
    issue(cafe, "own", "a", "b", "c")
    rejected(row, crew[0])
    rows = [scene.sent(cafe, owner, "100") for _ in range(2)]
    said = race(
        *(approving(one, crew[n], f"BNK{n}", str(one.given.total)) for n, one in enumerate(rows)),
        program("from iofacturo.folios import ledger\n"
                f"    ledger.reverse(Company.objects.get(pk={cafe.pk}), 'b', at=at); print('back')"),
    )  # fmt: skip
    assert sorted(said) == ["active", "active", "back"]
    paid = FolioLot.objects.filter(kind="paid")
    assert sum(lot.consumed for lot in paid) == 2
    assert lots.standing(cafe) is None
