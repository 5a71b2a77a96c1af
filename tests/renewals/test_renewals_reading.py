"""Proofs that are read: the worker's turn, what is told about it, and the child that looks."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from PIL import Image
from tests.renewals import scene

from iofacturo.demo import slip
from iofacturo.lib import append_only, clock
from iofacturo.renewals import machine_reading, picture_facts, proof, reading_claims
from iofacturo.renewals.machine_reading import READ, UNREADABLE, MachineReading
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.proof_reading import bounded, command, reader
from iofacturo.renewals.proof_reading.bounded import Child, Seen, Sheet, Unreadable
from iofacturo.renewals.proof_reading.reading import Account, Amount, Code, Day, Reading
from iofacturo.renewals.proof_reading.word import Word
from iofacturo.renewals.request import RenewalRequest

AT, MINUTE = scene.AT, timedelta(minutes=1)
OTHER_IBAN = "CR68010766176031372159"
BOX = (100.0, 200.0, 400.0, 240.0)


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(
        Word.at(text, (60, 100 + 60 * n, 60 + 18 * len(text), 136 + 60 * n), 0.98)
        for n, text in enumerate(texts)
    )


class FakeChild:
    """A child that says what it is told to, and remembers what it was asked."""

    says: tuple[Word, ...] | None = None
    is_taken = False

    def __init__(self, lock: Path) -> None:
        self.asked: list[list[Sheet]] = []
        self.idle_seconds, self.answers = 0.0, True

    def ask(self, sheets: list[Sheet]) -> bool:
        if type(self).is_taken:
            return False
        self.asked.append(sheets)
        return True

    def answer(self, patience: float = 0.0) -> list[Seen] | None:
        if not self.answers:
            return None
        if self.says is None:
            raise Unreadable("it died")
        return [Seen(self.says, "picture")]

    def close(self) -> None:
        self.answers = False


@pytest.fixture
def desk(settings, monkeypatch, tmp_path) -> reading_claims.Desk:
    settings.READ_PROOFS = True
    monkeypatch.setattr(reading_claims, "Child", FakeChild)
    monkeypatch.setattr(FakeChild, "says", None)
    monkeypatch.setattr(FakeChild, "is_taken", False)
    return reading_claims.Desk(tmp_path / "lock")


def read(request: RenewalRequest, found: Reading, at=AT) -> MachineReading:
    """*found* as what the machine read on the newest proof of *request*."""
    one = proof.standing(request).last()
    assert one is not None
    pages = [{"width": 900, "height": 1600, "source": "picture"}]
    machine_reading.keep(one, found, pages=pages, milliseconds=900, at=at)
    PaymentProof.objects.filter(pk=one.pk).update(reading_due_at=None)
    return one.readings.get()


def amount(value: object, currency: str = "CRC", sure: float = 0.95) -> Amount:
    return Amount(confidence=sure, box=BOX, value=Decimal(str(value)), currency=currency)


# -- the worker's turn -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_proof_is_read_once_and_kept_for_good(desk, drafted, owner) -> None:
    one = scene.attached(drafted, owner)
    FakeChild.says = words("Monto: 75.000,00 CRC", "Referencia: 485934338")
    assert desk.round(AT) == 0  # asked
    assert reading_claims.claim(AT) is None  # nobody else takes it meanwhile
    assert desk.round(AT) == 1  # answered
    row = one.readings.get()
    assert (row.state, row.amount, row.reference) == (READ, Decimal("75000.00"), "485934338")
    assert row.reading.amount is not None
    assert (desk.round(AT + MINUTE), len(desk.child.asked)) == (0, 1)
    machine_reading.keep(one, None, pages=[], milliseconds=1, at=AT)
    assert one.readings.get().state == READ
    with pytest.raises(DatabaseError), transaction.atomic():
        MachineReading.objects.update(amount=1)
    assert "renewals_machinereading" in append_only.PROTECTED


@pytest.mark.django_db
def test_what_brings_the_child_down_is_unreadable_and_nothing_else(desk, drafted, owner) -> None:
    one = scene.attached(drafted, owner)
    desk.round(AT)
    assert desk.round(AT) == 1
    row = one.readings.get()
    assert (row.state, row.facts, row.amount) == (UNREADABLE, None, None)
    scene.send(drafted, owner)  # it goes on as if nobody had looked
    assert RenewalRequest.objects.get(pk=drafted.pk).state == RenewalRequest.IN_REVIEW


@pytest.mark.django_db
def test_a_killed_worker_leaves_its_turn_to_the_next_but_not_for_ever(desk, drafted, owner) -> None:
    one, at = scene.attached(drafted, owner), AT
    for _ in range(reading_claims.MOST_TRIES):
        assert reading_claims.claim(at) is not None
        assert reading_claims.claim(at) is None
        at += reading_claims.LEASE
    assert desk.round(at) == 1
    assert one.readings.get().state == UNREADABLE
    assert desk.child.asked == []


@pytest.mark.django_db
def test_the_same_file_is_looked_at_once(desk, drafted, cafe, owner) -> None:
    FakeChild.says = words("Monto: 75.000,00 CRC")
    scene.attached(drafted, owner, seed="igual")
    desk.round(AT)
    desk.round(AT)
    again = scene.attached(scene.drafted(cafe, owner), owner, seed="igual")
    assert desk.round(AT) == 1
    assert again.readings.get().amount == Decimal("75000.00")
    assert len(desk.child.asked) == 1


@pytest.mark.django_db
def test_only_one_process_reads_and_waiting_for_it_is_no_try(desk, drafted, owner) -> None:
    one = scene.attached(drafted, owner)
    FakeChild.is_taken = True
    for minute in range(6):
        assert desk.round(AT + minute * MINUTE) == 0
    one.refresh_from_db()
    assert one.reading_tries == 0
    assert one.reading_due_at is not None
    assert not one.readings.exists()


@pytest.mark.django_db
def test_decided_requests_and_removed_files_are_not_read(desk, drafted, owner) -> None:
    one = scene.attached(drafted, owner)
    proof.remove(drafted, one.pk, at=AT)
    assert desk.round(AT) == 0
    one.refresh_from_db()
    assert (one.reading_due_at, desk.child.asked) == (None, [])


@pytest.mark.django_db
def test_switched_off_nothing_is_read_nor_waited_for(settings, drafted, owner) -> None:
    one = scene.attached(drafted, owner)
    settings.READ_PROOFS = False
    assert reading_claims.run(AT) == 0
    assert not reading_claims.is_waiting(one, AT)


# -- what is told ----------------------------------------------------------------------------------


def told(request: RenewalRequest, found: Reading) -> dict[str, bool | None]:
    row = MachineReading(state=READ, facts=found.as_json(), pages=[{"width": 900, "height": 1600}])
    return {fact.name: fact.agrees for fact in picture_facts.facts(row, request, AT)}


def account(iban: str, role: str = "payee") -> Account:
    return Account(confidence=0.99, box=BOX, iban=iban, role=role)


def masked(ends: str, role: str) -> Account:
    return Account(confidence=0.7, box=BOX, ends=ends, role=role)


@pytest.mark.django_db
def test_what_differs_is_told_and_what_is_not_sure_is_not(drafted) -> None:
    ours = "".join(scene.IBAN.split())
    own = Code(confidence=0.99, box=BOX, value=drafted.reference, kind="ours")
    foreign = Code(confidence=0.99, box=BOX, value="IOF7K3Q9X2", kind="ours")
    table = [
        (Reading(amount=amount("75000.00")), {"Monto": True}),
        (Reading(amount=amount("75000.00", "")), {"Monto": True}),
        (Reading(amount=amount("75000.00", "USD")), {"Monto": None}),
        (Reading(amount=amount("150.00", "USD")), {"Monto": False}),
        (Reading(amount=amount("7500.00")), {"Monto": False}),
        (Reading(amount=amount("7500.00", sure=0.4)), {"Monto": None}),
        (Reading(day=Day(0.9, BOX, value=date(2026, 11, 23))), {"Fecha": True}),
        (Reading(day=Day(0.9, BOX, value=date(2026, 11, 22))), {"Fecha": False}),
        (Reading(day=Day(0.9, BOX, value=date(2026, 11, 24))), {"Fecha": False}),
        (Reading(accounts=(account(OTHER_IBAN, "payer"), account(ours))), {"Cuenta": True}),
        (Reading(accounts=(masked(ours[-4:], ""),)), {"Cuenta": True}),
        (Reading(accounts=(account(OTHER_IBAN),)), {"Cuenta": False}),
        (Reading(accounts=(masked("0000", "payee"),)), {"Cuenta": False}),
        (Reading(accounts=(masked("0000", ""),)), {"Cuenta": None}),
        (Reading(accounts=(account(OTHER_IBAN, "payer"),)), {}),
        (Reading(references=(foreign, own)), {"Detalle": True}),
        (Reading(references=(foreign,)), {"Detalle": False}),
    ]
    for found, expected in table:
        assert told(drafted, found) == expected, found


@pytest.mark.django_db
def test_the_sender_sees_it_on_the_picture_and_sends_all_the_same(
    settings, drafted, owner, stranger, as_client
) -> None:
    settings.READ_PROOFS = True
    one = scene.attached(drafted, owner)
    client = as_client(owner)
    page = reverse("renewals:renew", args=[drafted.number])
    part = reverse("renewals:reading", args=[drafted.number, one.pk])
    waiting = client.get(page).content.decode()
    assert "Estamos leyendo la imagen" in waiting
    assert f'hx-get="{part}"' in waiting
    read(drafted, Reading(amount=amount("57000.00"), accounts=(account(OTHER_IBAN),)))
    for address in (page, part):
        shown = re.sub(r"\s+", " ", client.get(address).content.decode()).replace("\xa0", " ")
        assert "En la imagen leemos ₡57 000,00 y el monto por transferir es ₡75 000,00." in shown
        assert "no es la que le dimos" in shown
        assert '<rect x="95" y="195" width="310" height="50"' in shown
        assert 'aria-label="transferencia.png, página 1. Se lee: 1, Monto: ₡57 000,00;' in shown
        assert "hx-get" not in shown
    assert as_client(stranger).get(part).status_code == 404
    assert client.get(part.replace(f"/{one.pk}/", "/999999/")).status_code == 404
    assert client.post(part).status_code == 405
    scene.send(drafted, owner)
    assert RenewalRequest.objects.get(pk=drafted.pk).state == RenewalRequest.IN_REVIEW


@pytest.mark.django_db
def test_nobody_is_kept_waiting_for_a_reading_that_does_not_come(
    settings, drafted, owner, as_client
) -> None:
    settings.READ_PROOFS = True
    one = scene.attached(drafted, owner)
    part = reverse("renewals:reading", args=[drafted.number, one.pk])
    with clock.moved_to(AT + reading_claims.SOON):
        assert "hx-get" not in as_client(owner).get(part).content.decode()


@pytest.mark.django_db
def test_the_reviewer_sees_marks_differences_and_the_same_number_of_another_company(
    sent, stranger, reviewer, as_client
) -> None:
    number = Code(confidence=0.98, box=BOX, value="485934338")
    other = scene.sent(stranger.memberships.get().company, stranger)
    read(other, Reading(amount=amount("75000.00"), references=(number,)))
    read(sent, Reading(amount=amount("57000.00"), references=(number,)))
    page = as_client(reviewer).get(reverse("backoffice:renewal", args=[sent.number]))
    shown = re.sub(r"\s+", " ", page.content.decode()).replace("\xa0", " ")
    assert "Lo que se lee en la imagen" in shown
    assert "No coincide" in shown
    assert "Se esperaba ₡75 000,00" in shown
    assert "?q=485934338" in shown
    assert shown.count('class="mark"') == 2
    assert "leída en la imagen" in shown
    assert other.number in shown


# -- the child that looks --------------------------------------------------------------------------


def drawn(value: str = "75000.00") -> bytes:
    return slip.draw(
        amount=Decimal(value), reference="IOF7K3Q9X2", at=AT, bank_reference="2026112315200000042",
        payer="Café Prueba S.A.",
    )  # fmt: skip


def test_pictures_are_read_in_a_bounded_child_and_hidden_text_is_not_believed(tmp_path) -> None:
    child, second = Child(tmp_path / "lock"), Child(tmp_path / "lock")
    sideways = BytesIO()
    Image.open(BytesIO(drawn())).transpose(Image.Transpose.ROTATE_90).save(sideways, "PNG")
    place = (40, 245, 420, 310)  # where the slip shows its amount
    try:
        (seen,) = child.look([Sheet(drawn())])
        assert not second.ask([Sheet(drawn())])  # one at a time on a machine
        found = reader.read([seen.words])
        assert found.amount is not None
        assert (found.amount.value, found.amount.currency) == (Decimal("75000.00"), "CRC")
        assert found.day is not None
        assert found.day.value == date(2026, 11, 23)
        assert [one.iban for one in found.accounts] == ["CR05015202001026284066"]
        assert {one.value for one in found.references} == {"IOF7K3Q9X2", "2026112315200000042"}

        (honest,) = child.look([Sheet(drawn(), (("CRC 75 000,00", place),))])
        (lying,) = child.look([Sheet(sideways.getvalue(), (("CRC 99 000,00", place),))])
        assert (honest.source, lying.source) == ("text", "picture")
        assert reader.read([lying.words]).amount.value == Decimal("75000.00")

        with pytest.raises(Unreadable):
            child.look([Sheet(b"no picture at all")])
        blank = BytesIO()
        Image.new("RGB", (600, 900), "white").save(blank, "PNG")
        assert child.look([Sheet(blank.getvalue())]) == [Seen((), "picture")]
    finally:
        child.close()
        second.close()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import time; time.sleep(60)", "too long"),
        ("raise SystemExit(1)", "died"),
        ("import sys; sys.stdout.write('x' * 5_000_000); sys.stdout.flush()", "too much"),
        ("print('[]')", "no sense"),
    ],
)
def test_a_child_that_misbehaves_is_ended(monkeypatch, tmp_path, script, why) -> None:
    monkeypatch.setattr(bounded, "COMMAND", (bounded.COMMAND[0], "-I", "-c", script))
    monkeypatch.setattr(bounded, "SECONDS", 0.5 if why == "too long" else 20.0)
    child = Child(tmp_path / "lock")
    with pytest.raises(Unreadable, match=why):
        child.look([Sheet(drawn())])
    assert child.pid is None
    child.close()


def test_the_command_tells_what_cannot_be_used(tmp_path, capsys) -> None:
    text = tmp_path / "nota.txt"
    text.write_text("Monto 75000")
    assert command.main([str(text)]) == 2
    assert command.main([str(tmp_path / "no-hay.pdf")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Envíelo en PDF, PNG o JPG" in said.err
