"""Many requests approved together: only exact and clean ones, each once, whoever presses."""

from collections import Counter
from datetime import timedelta

import pytest
from tests.accounts.processes import race
from tests.renewals import scene
from tests.renewals.test_renewals_desk_races import AUTOMATIC
from tests.renewals.test_renewals_races import REQUEST, USER, program

from iofacturo.accounts.membership import Membership
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import clock
from iofacturo.renewals import (
    automatic,
    bulk,
    internal_note,
    invariants,
    machine_reading,
    proof,
    review,
)
from iofacturo.renewals.bank import Allocation
from iofacturo.renewals.bulk import BulkResult, Chosen
from iofacturo.renewals.errors import Invalid, NotAllowed, WrongState
from iofacturo.renewals.internal_note import InternalNote
from iofacturo.renewals.proof import Use
from iofacturo.renewals.proof_reading.reading import Code, Reading
from iofacturo.renewals.request import RenewalRequest

AT = scene.AT
TOKEN = "token-1"


def paid(rows: list[RenewalRequest], by) -> None:
    scene.imported(by, *((row.given.total, row.reference) for row in rows))


def chosen(rows: list[RenewalRequest], by) -> list[Chosen]:
    numbers = [row.number for row in rows]
    return [
        Chosen(one.request.number, one.request.version, tuple(one.lines))
        for one in bulk.exact(by, AT, numbers)
    ]


def numbers(some: list[bulk.Exact]) -> set[str]:
    return {one.request.number for one in some}


def test_only_exact_and_clean_ones_stand_in_the_list(
    house, cafe, owner, stranger, reviewer, other_reviewer, senior, settings
) -> None:
    other = stranger.memberships.get().company
    good, odd, held, own, large, twin = (
        scene.sent(company, who, "100")
        for company, who in [(cafe, owner)] * 3 + [(other, stranger)] + [(cafe, owner)] * 2
    )
    scene.attached(drafted := scene.drafted(cafe, owner, "100"), owner, seed="one slip")
    repeated = scene.send(drafted, owner)
    scene.attached(drafted := scene.drafted(cafe, owner, "100"), owner, seed="one slip")
    again = scene.send(drafted, owner)
    paid([good, held, own, twin, repeated, again], senior)
    scene.imported(senior, ("21999.00", odd.reference))
    review.take(held, by=other_reviewer, at=AT)
    Membership.objects.create(user=reviewer, company=other, role="reader")
    settings.SECOND_APPROVAL_FROM = 50_000
    large = scene.sent(cafe, owner)  # 75 000
    paid([large], senior)
    assert numbers(bulk.exact(reviewer, AT)) == {good.number, twin.number}
    assert numbers(bulk.exact(other_reviewer, AT)) == {good.number, twin.number, held.number,
                                                       own.number}  # fmt: skip
    assert numbers(bulk.exact(reviewer, AT, [odd.number, good.number])) == {good.number}
    assert numbers(bulk.exact(reviewer, AT + review.LEASE, [held.number])) == {held.number}


def test_a_slip_like_another_is_clean_where_it_names_this_very_request(
    house, cafe, owner, senior, monkeypatch
) -> None:
    first, second = scene.sent(cafe, owner, "100"), scene.sent(cafe, owner, "100")
    paid([first, second], senior)
    slips = {row: proof.standing(row).get() for row in (first, second)}
    like = {one.pk: [Use(slips[first], "alike", 0)] for one in [slips[second]]}
    monkeypatch.setattr(proof, "uses", lambda some: like)

    def read(reference: str) -> None:
        ours = Reading(references=(Code(1.0, (0, 0, 9, 9), value=reference, kind="ours"),))
        machine_reading.keep(slips[second], ours, pages=[], milliseconds=1, at=AT)

    assert automatic.is_flagged(second)
    read(second.reference)
    assert not automatic.is_flagged(second)
    other = scene.sent(cafe, owner, "100")
    slips[second] = proof.standing(other).get()
    like[slips[second].pk] = [Use(slips[first], "alike", 0)]
    read(first.reference)  # an old slip, sent once more
    assert automatic.is_flagged(other)


def test_each_is_approved_by_itself_and_again_nothing_happens(
    house, cafe, owner, reviewer, senior
) -> None:
    rows = [scene.sent(cafe, owner, "100") for _ in range(4)]
    paid(rows, senior)
    some = chosen(rows, reviewer)
    rows[1].change(saved_at=AT)  # another version than was looked at
    review.reject(rows[2], by=senior, at=AT, version=rows[2].version, reason="on_request")
    for moment in (AT, AT + timedelta(minutes=1)):
        done = bulk.approve(some, by=reviewer, at=moment, token=TOKEN)
    told = {row.request_id: (row.approved, row.told) for row in done.results.all()}
    assert [told[row.pk][0] for row in rows] == [True, False, False, True]
    assert "cambió desde que usted la abrió" in told[rows[1].pk][1]
    assert "rechazada" in told[rows[2].pk][1]
    assert FolioLot.objects.filter(kind="paid").count() == 2
    # a list that was cut off goes on: the same token, the one that is left
    done = bulk.approve(chosen([rows[1]], reviewer), by=reviewer, at=AT, token="token-2")
    assert done.results.get().approved
    assert list(invariants.broken()) == []


def test_lists_that_make_no_sense_are_refused(
    house, sent, reviewer, other_reviewer, senior
) -> None:
    paid([sent], senior)
    some = chosen([sent], reviewer)
    for wrong in ([], [Chosen(f"SR-{n}", 1, (1,)) for n in range(bulk.MOST + 1)]):
        with pytest.raises(Invalid):
            bulk.approve(wrong, by=reviewer, at=AT, token=TOKEN)
    changed = [Chosen(some[0].number, some[0].version, (some[0].lines[0] + 1,))]
    done = bulk.approve(changed, by=reviewer, at=AT, token=TOKEN)
    assert [(row.approved, "movimiento exacto" in row.told) for row in done.results.all()] == [
        (False, True)
    ]
    with pytest.raises(NotAllowed):
        bulk.approve(some, by=other_reviewer, at=AT, token=TOKEN)  # somebody else's list
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.IN_REVIEW


# -- hands and notes -------------------------------------------------------------------------------


def test_handing_over_follows_the_lease(
    house, sent, cafe, reviewer, other_reviewer, senior
) -> None:
    def hand(by, to, reason="Conozco a la empresa"):
        return review.hand_over(sent, by=by, at=AT, to=to, reason=reason)

    with pytest.raises(WrongState):
        hand(reviewer, other_reviewer)  # nobody has it
    review.take(sent, by=reviewer, at=AT)
    with pytest.raises(WrongState):
        hand(other_reviewer, other_reviewer)  # it is not theirs
    with pytest.raises(Invalid):
        hand(reviewer, other_reviewer, "  ")
    Membership.objects.create(user=senior, company=cafe, role="reader")
    for nobody in (senior, reviewer, sent.submitted_by):
        with pytest.raises(Invalid):
            hand(reviewer, nobody)
    version = sent.version
    row = hand(reviewer, other_reviewer)
    assert (row.taken_by, row.taken_until, row.version) == (
        other_reviewer, AT + review.LEASE, version,
    )  # fmt: skip
    row = hand(other_reviewer, None)
    assert (row.taken_by, row.taken_until) == (None, None)
    reasons = [step.internal_note for step in row.decisions.filter(action="handed_over")]
    assert reasons == ["Conozco a la empresa"] * 2
    assert list(invariants.broken()) == []


def test_a_note_is_written_once_and_stays(sent, reviewer, owner) -> None:
    for _ in range(2):
        internal_note.write(sent, " Llamó la dueña ", by=reviewer, at=AT, token="t")
    assert [note.text for note in internal_note.of(sent)] == ["Llamó la dueña"]
    with pytest.raises(NotAllowed):
        internal_note.write(sent, "Hola", by=owner, at=AT, token="u")
    with pytest.raises(Exception, match="append-only"):
        InternalNote.objects.update(text="Otra cosa")


# -- races -----------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_reviewers_lists_and_the_system_at_the_same_request(
    transactional_db, senior, admin, reviewer, other_reviewer, cafe, owner
) -> None:
    with clock.moved_to(AT):
        scene.house(senior, admin)
    rows = [scene.sent(cafe, owner, "100") for _ in range(3)]
    paid(rows, senior)
    some = chosen(rows, reviewer)
    listed = (
        "from iofacturo.renewals import bulk\nfrom iofacturo.renewals.bulk import Chosen\n"
        + program(
            f"b = bulk.approve({some!r}, by={USER.format(pk=reviewer.pk)}, at=at, token='{TOKEN}'); "
            "print('list')"
        )
    )
    alone = program(
        f"r = review.approve({REQUEST.format(pk=rows[1].pk)}, "
        f"by={USER.format(pk=other_reviewer.pk)}, at=at, version={rows[1].version}, "
        f"found={list(some[[one.number for one in some].index(rows[1].number)].lines)}); "
        "print(r.state)"
    )
    by_itself = AUTOMATIC + program("automatic.run(at); print('system')")
    said = Counter(race(listed, listed, alone, alone, by_itself))
    assert said["list"] == 2, said
    assert said["system"] == 1, said
    assert set(said) <= {"list", "system", "active", "Decided", "WrongState"}, said
    assert {row.state for row in RenewalRequest.objects.all()} == {RenewalRequest.ACTIVE}
    assert FolioLot.objects.filter(kind="paid").count() == 3
    assert Allocation.objects.count() == 3
    results = BulkResult.objects.filter(bulk__token=TOKEN)
    assert results.count() == 3  # one row each, though it was sent twice
    by_list = results.filter(approved=True).values_list("request", flat=True)
    approvals = {
        row.pk: row.decisions.get(action="approved").actor_id
        for row in RenewalRequest.objects.all()
    }
    assert all(approvals[pk] == reviewer.pk for pk in by_list)
    assert list(invariants.broken()) == []
