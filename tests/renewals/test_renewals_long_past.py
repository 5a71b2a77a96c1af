"""A long past neither hides what repeats nor is read to find what waits."""

import pytest
from django.db import connection
from tests.renewals import scene

from iofacturo.lib import clock
from iofacturo.renewals import automatic, proof
from iofacturo.renewals.machine_reading import MachineReading
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db
AT = scene.AT


@pytest.fixture
def house(senior, admin):
    scene.house(senior, admin)
    with clock.moved_to(AT):
        yield


def look_alikes(old: PaymentProof, like: str, bits: int, count: int = 260) -> None:
    """Slips of one bank that were sent after *old*: their hashes differ from *like* in *bits*."""
    phash = f"{int(like, 16) ^ bits:016x}"
    parts = {f"band{i}": phash[4 * i : 4 * i + 4] for i in range(4)}
    PaymentProof.objects.bulk_create(
        PaymentProof(
            company=old.company, request=old.request, name="x.png", kind="png", size=1,
            sha256=f"{n:064x}", phash=phash, original=f"x/{n}", uploaded_by=old.uploaded_by,
            uploaded_at=AT, sent_at=AT, **parts,
        )
        for n in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("how", ["same", "reference", "read", "alike"])
def test_no_look_alike_hides_a_repeat(house, cafe, owner, how) -> None:
    """Whatever repeats is older than hundreds of slips that share parts of its hash."""
    first = scene.sent(cafe, owner, "100")
    old = PaymentProof.objects.get()
    scene.sent(cafe, owner, "100")
    last = scene.sent(cafe, owner, "100")
    mine = PaymentProof.objects.get(request=last)
    repeat: dict = {"same": {"sha256": "ab" * 32}, "reference": {"bank_reference": "BANCO77"}}
    saved_again = f"{int(mine.phash, 16) ^ 1:016x}"
    repeat["alike"] = {"phash": saved_again, "band3": saved_again[12:]} | {
        f"band{i}": getattr(mine, f"band{i}") for i in range(3)
    }
    # the rows as they were written at the time: what a proof is, is never changed afterwards
    fields = {
        name: getattr(old, name)
        for name in ("company", "request", "kind", "size", "uploaded_by", "phash", "sha256",
                     "band0", "band1", "band2", "band3")
    }  # fmt: skip
    older = PaymentProof.objects.create(
        name="a.png", original="x/a", uploaded_at=AT, sent_at=AT, **fields | repeat.get(how, {})
    )
    if how == "read":
        MachineReading.objects.create(
            proof=older,
            version=1,
            state="read",
            facts={},
            reference="LEIDA777",
            milliseconds=1,
            at=AT,
        )
    look_alikes(old, mine.phash, 0xFFFF)  # three parts of four the same, many bits of the last
    look_alikes(old, mine.phash, 0xFFFF << 48)
    own = {"same": {"sha256": "ab" * 32}, "reference": {"bank_reference": "BANCO77"},
           "read": {"bank_reference": "LEIDA777"}}  # fmt: skip
    newest = PaymentProof.objects.create(
        name="b.png", original="x/b", uploaded_at=AT, sent_at=AT,
        **fields | {"request": last, "phash": mine.phash}
        | {f"band{i}": getattr(mine, f"band{i}") for i in range(4)} | {"sha256": "cd" * 32}
        | own.get(how, {}),
    )  # fmt: skip
    row = PaymentProof.objects.select_related("request", "request__quote").get(pk=newest.pk)
    found = [(use.how, use.proof.pk) for use in proof.uses([row])[row.pk]]
    assert (how, older.pk) in found
    assert automatic.is_flagged(last)
    assert first.pk == older.request_id


def test_what_waits_is_found_without_the_past(house, cafe, owner) -> None:
    scene.sent(cafe, owner, "100")
    RenewalRequest.objects.bulk_create(
        RenewalRequest(company=cafe, state="cancelled", created_at=AT, created_by=owner,
                       changed_at=AT, saved_at=AT)
        for _ in range(800)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE renewals_renewalrequest")
    assert set(RenewalRequest.waiting()) == set(
        RenewalRequest.objects.filter(state__in=RenewalRequest.SENT)
    )
    assert RenewalRequest.waiting().count() == 1
    plan = RenewalRequest.waiting().explain()
    assert "request_waiting" in plan or "request_queue" in plan, plan
