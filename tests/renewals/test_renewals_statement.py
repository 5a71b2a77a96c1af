"""Statements of banks as they really come: columns, marks, encodings, hostile files."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from iofacturo.renewals.statement import BAC, ColumnProfile, UnusableStatement, read

PLAIN = ColumnProfile(
    date="fecha", detail="detalle", amount="monto", reference="referencia", payer="ordenante"
)
HEADER = "Fecha;Monto;Detalle;Referencia;Ordenante\n"


def csv(rows: str, header: str = HEADER, profile: ColumnProfile = PLAIN, encoding: str = "utf-8"):
    return read((header + rows).encode(encoding), profile)


def xlsx(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_in_any_encoding(encoding) -> None:
    found = csv("20/11/2026;63.750,00;Pago José;0012;José Núñez\n", encoding=encoding)
    (row,) = found.rows
    assert (row.booked_on, row.amount, row.currency) == (date(2026, 11, 20), 63750, "CRC")
    assert (row.detail, row.reference, row.payer) == ("Pago José", "0012", "José Núñez")
    assert (row.number, found.bad, found.kind) == (2, [], "CSV")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("₡1 234,50", "1234.50"),
        ("CRC 1234", "1234"), ("1234.5", "1234.50"), ("63 750,00", "63750"),
    ],
)  # fmt: skip
def test_amounts_as_each_bank_writes_them(text, amount) -> None:
    assert csv(f"20/11/2026;{text};x;1;\n").rows[0].amount == Decimal(amount)


def test_one_file_has_one_decimal_mark() -> None:
    found = csv("20/11/2026;1.234;x;1;\n20/11/2026;1.234,50;x;2;\n")
    assert [row.amount for row in found.rows] == [1234, Decimal("1234.50")]
    found = csv("20/11/2026;1.234;x;1;\n")
    assert found.rows == []
    assert "dos maneras" in found.bad[0].reason
    told = csv(
        "20/11/2026;1.234;x;1;\n", profile=ColumnProfile(**{**PLAIN.as_json(), "decimal_mark": "."})
    )
    assert told.bad[0].reason  # three decimals: still no amount of money


def test_every_bad_row_is_named_and_no_good_one_is_lost() -> None:
    found = csv(
        "20/11/2026;;x;1;\n31/02/2026;5,00;x;2;\n20/11/2026;cinco;x;3;\n20/11/2026;0;x;4;\n"
        "20/11/2026;-5,00;comisión;5;\n20/11/2026;=1+1;x;6;\n\n20/11/2026;7,00;bueno;7;\n"
    )
    assert [bad.number for bad in found.bad] == [2, 3, 4, 5, 7]
    assert found.outgoing == 1
    assert [row.detail for row in found.rows] == ["bueno"]
    assert all(bad.reason and bad.text for bad in found.bad)


def test_the_header_may_stand_below_the_banks_own_words() -> None:
    head = "Banco de Muestra\nCuenta: CR05...\n\nFecha,Referencia,Código,Descripción,Débitos,Créditos\n"
    found = csv(
        '20/11/2026,123,TF,"PAGO, IOF",,63750.00\n20/11/2026,124,CO,Comisión,15.00,\n', head, BAC
    )
    assert (found.rows[0].amount, found.rows[0].detail, found.outgoing) == (63750, "PAGO, IOF", 1)


def test_a_missing_column_is_told_by_its_name() -> None:
    with pytest.raises(UnusableStatement, match="«monto»"):
        csv("20/11/2026;x\n", "Fecha;Detalle\n")


def test_an_xlsx_with_real_dates_and_numbers() -> None:
    data = xlsx(
        [
            ["Estado de cuenta"],
            ["Fecha", "Referencia", "Descripción", "Débitos", "Créditos"],
            [datetime(2026, 11, 20, 9), 20261120015, "IOF7K3Q9X2", None, 63750],  # noqa: DTZ001
            [date(2026, 11, 21), "A-1", "x", None, 0.1 + 0.2],
            ["22/11/2026", "A-2", "x", 500, None],
            [date(2026, 11, 22), "A-3", "x", None, "=SUM(E3:E4)"],
            [date(2026, 11, 22), "A-4", "x", None, 1.005],
        ]
    )
    found = read(data, BAC)
    assert [row.amount for row in found.rows] == [63750, Decimal("0.30")]
    assert found.rows[0].reference == "20261120015"
    assert found.outgoing == 1
    assert ["fórmula" in bad.reason or "decimales" in bad.reason for bad in found.bad] == [
        True,
        True,
    ]


# -- camt.053 ----------------------------------------------------------------------------------------

ENTRY = """<Ntry><Amt Ccy="CRC">{amount}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts>{sts}</Sts>
<BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls>{inner}</NtryDtls></Ntry>"""
TX = """<TxDtls><Refs><EndToEndId>{e2e}</EndToEndId></Refs>{amt}
<RltdPties><Dbtr><Nm>José Núñez</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"""


def camt(*entries: str, iban: str = "CR05015202001026284066", version: str = "02") -> bytes:
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><Stmt><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def entry(amount="63750.00", way="CRDT", sts="BOOK", inner="") -> str:
    return ENTRY.format(amount=amount, way=way, sts=sts, inner=inner)


def tx(text="IOF7K3Q9X2", amt="", e2e="NOTPROVIDED") -> str:
    return TX.format(text=text, amt=amt, e2e=e2e)


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_camt_credits_with_their_words(version) -> None:
    found = read(camt(entry(inner=tx()), entry(way="DBIT"), version=version), PLAIN)
    (row,) = found.rows
    assert (row.amount, row.detail, row.payer, row.reference) == (
        63750, "IOF7K3Q9X2", "José Núñez", "B-1",
    )  # fmt: skip
    assert (found.iban, found.outgoing) == ("CR05015202001026284066", 1)


def test_camt_pending_is_not_booked_yet() -> None:
    with pytest.raises(UnusableStatement, match="ningún movimiento"):
        read(camt(entry(sts="PDNG")), PLAIN)
    assert len(read(camt(entry(sts="<Cd>BOOK</Cd>", inner=tx())), PLAIN).rows) == 1


def test_camt_batches_come_apart_only_when_they_add_up() -> None:
    amounts = [
        '<Amt Ccy="CRC">50.00</Amt>',
        "<AmtDtls><TxAmt><Amt Ccy='CRC'>13.50</Amt></TxAmt></AmtDtls>",
    ]
    found = read(camt(entry("63.50", inner="".join(tx(amt=one) for one in amounts))), PLAIN)
    assert [row.amount for row in found.rows] == [Decimal("50.00"), Decimal("13.50")]
    for inner in (tx() + tx(), "".join(tx(amt=one) for one in amounts[:1] * 2),
                  "<Btch><NbOfTxs>3</NbOfTxs></Btch>"):  # fmt: skip
        found = read(camt(entry("63.50", inner=inner)), PLAIN)
        assert (found.rows, len(found.bad)) == ([], 1)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "vac"),
        (b"  \n", "vac"),
        (b"\x00\x01\x02", "texto"),
        (b"\xd0\xcf\x11\xe0aaaa", "XLSX"),
        (b"PK\x03\x04rubbish", "dañada"),
        (b"<a/>", "camt"),
        (b"<a>", "dañado"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "definiciones"),
        (
            camt(entry()).replace(b"</Acct>", b"</Acct><Acct><Id><IBAN>CR1</IBAN></Id></Acct>"),
            "varias",
        ),
    ],
)
def test_what_is_no_statement_is_said_so(data, why) -> None:
    with pytest.raises(UnusableStatement, match=why):
        read(data, PLAIN)


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(200):
                part.write(b" " * 1024 * 1024)
    assert len(out.getvalue()) < 1024 * 1024
    with pytest.raises(UnusableStatement, match="demasiado grande"):
        read(out.getvalue(), PLAIN)


def test_a_workbook_with_entities_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>')
    with pytest.raises(UnusableStatement, match="no es de las que hace un banco"):
        read(out.getvalue(), PLAIN)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data) -> None:
    for start in (b"", HEADER.encode(), b"PK\x03\x04", b"<?xml version='1.0'?>"):
        try:
            found = read(start + data, PLAIN)
        except UnusableStatement:
            continue
        assert all(row.amount > 0 for row in found.rows)


def test_marks_that_turn_text_are_left_out() -> None:
    (row,) = csv("20/11/2026;5,00;IOF\u202e7K3\x07;1;\n").rows
    assert row.detail == "IOF7K3"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"date": ""}, "date"), ({"detail": ""}, "detail"), ({"amount": ""}, "amount"),
     ({"credit": "x"}, "credit"), ({"day_order": "x"}, "day_order"), ({"decimal_mark": "x"}, "decimal_mark")],
)  # fmt: skip
def test_a_profile_says_what_it_lacks(change, field) -> None:
    assert field in ColumnProfile.from_json(PLAIN.as_json() | change).problems()
    assert PLAIN.problems() == BAC.problems() == {}
