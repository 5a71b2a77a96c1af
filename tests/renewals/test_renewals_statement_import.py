"""Files of the bank come in: any order, overlapping, again; the books end up the same."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.renewals import scene

from iofacturo.lib import append_only, clock
from iofacturo.renewals import (
    bank,
    bank_statement,
    invariants,
    payee,
    returning,
    statement_import,
    statement_profile,
)
from iofacturo.renewals.bank import BankLine, LineReturn
from iofacturo.renewals.bank_statement import BankStatement
from iofacturo.renewals.errors import Invalid, LineTaken, WrongState
from iofacturo.renewals.statement import ColumnProfile, Statement, StatementRow, bounded
from iofacturo.renewals.statement.row import UnusableStatement

AT = scene.AT
TODAY = clock.local(AT).date()


def books() -> Counter:
    return Counter(line.identity for line in BankLine.objects.all())


def test_a_file_comes_in_once_and_again_adds_nothing(house, senior) -> None:
    rows = [("75000.00", "IOF pago", "A1"), ("75000.00", "otro", "A2")]
    row = scene.imported(senior, *rows)
    assert (row.added, row.known, row.total) == (2, 0, Decimal("150000.00"))
    assert (row.first_day, row.last_day) == (date(2026, 11, 23), date(2026, 11, 23))
    with pytest.raises(statement_import.NothingNew):
        scene.imported(senior, *rows)
    assert BankLine.objects.count() == 2
    again = scene.imported(senior, *rows, ("10.00", "nuevo", "A3"))
    assert (again.added, again.known) == (1, 2)
    assert list(invariants.broken()) == []


def test_genuine_pairs_are_both_kept(house, senior) -> None:
    pair = ("5000.00", "SINPE pago", "")
    row = scene.imported(senior, pair, pair)
    assert row.added == 2
    assert sorted(line.occurrence for line in row.lines.all()) == [1, 2]
    third = scene.imported(senior, pair, pair, pair)
    assert (third.added, third.known) == (1, 2)
    assert list(invariants.broken()) == []


def test_without_a_reference_the_detail_tells_lines_apart(house, senior) -> None:
    row = scene.imported(senior, ("5000.00", "pago ANA", ""), ("5000.00", "pago BETO", ""))
    assert row.added == 2
    with pytest.raises(statement_import.NothingNew):
        scene.imported(senior, ("5000.00", "  PAGO  aná ", ""))


def test_a_typed_line_is_the_first_of_its_identity(house, senior) -> None:
    typed = bank.enter(scene.line("5000", "AB-1"), payee.current(AT), by=senior, at=AT, today=TODAY)
    row = scene.imported(senior, ("5000.00", "x", "ab1"), ("5000.00", "x", "AB 1"))
    assert (row.added, row.known) == (1, 1)
    assert BankLine.objects.exclude(pk=typed.pk).get().occurrence == 2


def test_typing_finds_an_imported_line_and_the_twin_that_is_free(house, senior, cafe) -> None:
    row = scene.imported(senior, ("5000.00", "x", "AB1"), ("5000.00", "x", "AB1"))
    first, second = row.lines.order_by("occurrence")
    enter = lambda: bank.enter(  # noqa: E731
        scene.line("5000", "ab-1"), payee.current(AT), by=senior, at=AT, today=TODAY
    )
    assert enter() == first
    bank.credit_line(first, cafe, by=senior, at=AT, note="es de ellos")
    assert enter() == second


def test_a_row_of_a_day_to_come_is_bad(house, senior) -> None:
    row = scene.uploaded(senior, scene.csv(("10.00", "x", "A", "24/11/2026"), ("11.00", "y", "B")))
    found = statement_import.preview(row, row.read(), TODAY)
    assert [one.reason for one in found.bad] == ["La fecha es futura."]
    assert len(found.new) == 1


def test_confirming_twice_is_refused(house, senior) -> None:
    row = scene.uploaded(senior)
    parsed = row.read()
    statement_import.confirm(row, parsed, by=senior, at=AT, today=TODAY)
    with pytest.raises(WrongState):
        statement_import.confirm(row, parsed, by=senior, at=AT, today=TODAY)
    assert BankLine.objects.count() == 1


CAMT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
<Ntry><Amt Ccy="CRC">75000.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def receive(data: bytes, iban: str, by) -> BankStatement:
    known = statement_profile.of("bac credomatic")
    return bank_statement.receive("a.xml", data, known, iban, by=by, at=AT)


def test_a_file_of_another_account_is_refused(house, senior) -> None:
    ours = bank_statement.accounts()[0].iban
    other = CAMT.format(iban="CR23015108410026012345").encode()
    with pytest.raises(Invalid, match="no es ninguna de las cuentas"):
        receive(other, "", senior)
    with pytest.raises(Invalid, match="Escoja la cuenta"):
        receive(scene.csv(("1.00", "x")), "", senior)
    with pytest.raises(Invalid, match="una de las cuentas"):
        receive(scene.csv(("1.00", "x")), "CR23015108410026012345", senior)
    row = receive(CAMT.format(iban=ours).encode(), "", senior)
    assert (row.iban, row.kind) == (ours, "camt.053")
    assert BankStatement.objects.count() == 1


def test_files_and_lines_never_change(house, senior, cafe) -> None:
    row = scene.imported(senior, ("10.00", "x", "A"))
    line = row.lines.get()
    back = scene.returned(line, senior)
    for change in (
        lambda: BankStatement.objects.filter(pk=row.pk).update(name="otro"),
        lambda: BankLine.objects.filter(pk=line.pk).update(detail="otro"),
        lambda: LineReturn.objects.filter(pk=back.pk).update(amount=1),
        lambda: BankStatement.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert append_only.missing(connection) == []


def test_money_is_credited_or_returned_once(house, senior, cafe) -> None:
    one, two = scene.imported(senior, ("10.00", "x", "A"), ("20.00", "y", "B")).lines.order_by("pk")
    bank.credit_line(one, cafe, by=senior, at=AT, note="lo dijeron por teléfono")
    scene.returned(two, senior)
    assert bank.credit(cafe) == Decimal("10.00")
    for line in (one, two):
        assert line.left == 0
        with pytest.raises(LineTaken):
            bank.credit_line(line, cafe, by=senior, at=AT, note="otra vez")
        with pytest.raises(LineTaken):
            returning.open_for_line(line, reason="unknown", note="otra vez", by=senior, at=AT)
    with pytest.raises(Invalid):
        returning.open_for_line(two, reason="", note=" ", by=senior, at=AT)
    assert not bank.free().exists()
    assert list(invariants.broken()) == []


ROW = st.builds(
    lambda day, amount, reference, detail: StatementRow(
        1, date(2026, 11, 1) + timedelta(days=day), Decimal(amount), "CRC", detail, reference
    ),
    st.integers(0, 2), st.sampled_from(["10.00", "20.00"]), st.sampled_from(["", "A-1", "a1"]),
    st.sampled_from(["pago", "PAGÓ", "otro"]),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(month=st.lists(ROW, max_size=9), windows=st.lists(st.sets(st.integers(0, 2)), max_size=4),
       order=st.randoms())  # fmt: skip
def test_imports_in_any_order_overlapping_and_again(house, senior, month, windows, order) -> None:
    """Whole days of one month, cut and repeated as one likes: the books hold the month."""
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(3)]
    files = [[row for row in month if days.index(row.booked_on) in window] for window in windows]
    files += [month]
    order.shuffle(files)
    iban = payee.current(AT).iban
    with transaction.atomic():
        for rows in files:
            order.shuffle(rows)
            kept = BankStatement.objects.create(
                name="f", kind="CSV", size=1, sha256="0" * 64, stored="x", iban=iban,
                currency="CRC", bank="b", columns={}, uploaded_by=senior, uploaded_at=AT,
            )  # fmt: skip
            try:
                statement_import.confirm(
                    kept, Statement("CSV", rows=rows), by=senior, at=AT, today=TODAY
                )
            except statement_import.NothingNew:
                continue
        expected = Counter(
            bank.identity(iban, r.booked_on, r.amount, "CRC", r.reference, r.detail) for r in month
        )
        assert books() == expected
        for same, n in expected.items():
            there = BankLine.objects.filter(**same._asdict()).values_list("occurrence", flat=True)
            assert sorted(there) == list(range(1, n + 1))
        transaction.set_rollback(True)


# -- profiles and the child ------------------------------------------------------------------------


def test_a_bank_known_from_the_start_can_be_changed_by_versions(house, senior, admin) -> None:
    assert statement_profile.of("BAC CREDOMÁTIC").number == 0
    columns = ColumnProfile(date="Dia", detail="Concepto", amount="Monto")
    one = statement_profile.save("BAC Credomatic", columns, seen=0, by=admin, at=AT)
    assert statement_profile.of("bac credomatic").columns == columns
    with pytest.raises(WrongState):
        statement_profile.save("BAC Credomatic", columns, seen=0, by=senior, at=AT)
    two = statement_profile.save("BAC Credomatic", columns, seen=one.number, by=senior, at=AT)
    assert two.number == 2
    assert [known.number for known in statement_profile.known()] == [2]
    with pytest.raises(Invalid):
        statement_profile.save(" ", ColumnProfile(date="", detail=""), seen=0, by=admin, at=AT)


def test_the_child_says_what_is_wrong_and_how_the_file_begins() -> None:
    with pytest.raises(bounded.Unreadable, match="«Fecha»") as told:
        bounded.read(b"Dia;Monto\n1;2\n", ColumnProfile("Fecha", "Detalle", amount="Monto"))
    assert told.value.cells == [["Dia", "Monto"], ["1", "2"]]


def test_a_child_that_dies_is_a_file_that_cannot_be_used(monkeypatch) -> None:
    import sys

    monkeypatch.setattr(bounded, "COMMAND", (sys.executable, "-c", "raise MemoryError"))
    with pytest.raises(UnusableStatement, match="no se puede leer"):
        bounded.read(b"x", ColumnProfile("a", "b", amount="c"))
    monkeypatch.setattr(bounded, "COMMAND", (sys.executable, "-c", "import time; time.sleep(9)"))
    monkeypatch.setattr(bounded, "SECONDS", 0.5)
    with pytest.raises(UnusableStatement, match="tarda demasiado"):
        bounded.read(b"x", ColumnProfile("a", "b", amount="c"))


def test_the_child_and_the_engine_agree() -> None:
    from iofacturo.renewals import statement

    data = scene.csv(("75000.00", "pago ñandú", "A-1"), ("x", "malo", "A-2"))
    assert bounded.read(data, statement.BAC) == statement.read(data, statement.BAC)
