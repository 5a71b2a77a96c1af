"""Which movement pays which request: the tiers, their edges, and the command on files."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iofacturo.renewals import reference
from iofacturo.renewals.matching import Line, Wanted, command, match
from iofacturo.renewals.matching.money_column import decimal_mark, parse

DAY = date(2026, 11, 20)
PRICE = Decimal("63750.00")


def ref(body: str) -> str:
    return reference.PREFIX + body + reference.check_character(body)


A, B, C = ref("7K3Q9X"), ref("7K3Q9A"), ref("MMT24H")


def wanted(number="SR-A", code=A, company="cafe", due=PRICE, **more) -> Wanted:
    return Wanted(number, code, company, due, since=DAY, **more)


def line(detail, amount=PRICE, id="1", **more) -> Line:
    return Line(id, DAY, amount, detail=detail, **more)


def only(lines, *ones, **more):
    (found,) = match(lines, ones, **more)
    return found


@pytest.mark.parametrize(
    "written",
    [
        A,
        A.lower(),
        f"{A[:3]} {A[3:6]} {A[6:]}",
        f"pago plan {A[:3]}-{A[3:]} gracias",
        A.replace("Q", "0").replace("2", "z"),
        "1" + A[1:],
        A.replace("O", "0"),
        f"DTR:{A}/CAFE",
        f"BIOFERTILIZANTES {A}",
        "".join(chr(ord(c) + 0xFEE0) for c in A),  # full width
    ],
)
def test_a_whole_reference_however_it_is_written(written) -> None:
    found = only([line(written)], wanted(), wanted("SR-B", B))
    assert (found.tier, found.requests, found.automatic) == (1, ("SR-A",), True)


def test_another_amount_tells_the_difference() -> None:
    found = only([line(A, PRICE - 1)], wanted())
    assert (found.tier, found.difference, found.automatic) == (2, Decimal(-1), False)
    assert "Faltan" in found.evidence[1]
    assert "Sobran" in only([line(A, PRICE + 1)], wanted()).evidence[1]


def test_another_currency_never_pays() -> None:
    found = only([line(A, currency="USD")], wanted())
    assert found.tier == 2
    assert "USD" in found.evidence[1]


def test_one_for_several_only_on_the_exact_sum() -> None:
    ones = wanted(), wanted("SR-C", C, due=Decimal(100))
    text = f"{A} y {C}"
    assert only([line(text, PRICE + 100)], *ones).tier == 1
    assert only([line(text, PRICE + 99)], *ones).tier == 2


def test_requests_that_share_a_reference_are_paid_together() -> None:
    ones = wanted(), wanted("SR-2", A, company="bar", due=Decimal(100))
    assert only([line(A, PRICE + 100)], *ones).requests == ("SR-A", "SR-2")
    assert only([line(A, PRICE)], *ones).tier == 2


def test_several_for_one_only_on_the_exact_sum() -> None:
    parts = [line(A, PRICE - 500, "1"), line(A, Decimal(500), "2")]
    assert only(parts, wanted()).lines == ("1", "2")
    odd = [line(A, PRICE - 500, "1"), line(A, Decimal(499), "2")]
    assert [one.tier for one in match(odd, [wanted()])] == [2, 2]
    beside = [*parts, line(A, Decimal(7), "3")]
    first, second = match(beside, [wanted()])
    assert (first.tier, first.lines, second.tier) == (1, ("1", "2"), 2)


def test_the_second_of_two_equal_payments_is_too_much() -> None:
    first, second = match([line(A, id="1"), line(A, id="2")], [wanted()])
    assert (first.tier, second.tier) == (1, 2)
    assert "sobra" in second.evidence[1]


def test_a_payer_of_another_company_is_never_automatic() -> None:
    found = only(
        [line(A, payer="JOSÉ Mora")],
        wanted(),
        wanted("SR-B", B, company="bar", payers=("jose mora",)),
    )
    assert (found.tier, found.automatic) == (3, False)
    assert "otra empresa" in found.evidence[1]


def test_flagged_ones_and_large_ones_wait_for_a_person() -> None:
    assert not only([line(A)], wanted(flagged=True)).automatic
    assert not only([line(A)], wanted(), automatic_up_to=PRICE).automatic
    assert only([line(A)], wanted(), automatic_up_to=PRICE + 1).automatic


@pytest.mark.parametrize("written", [A[:-1], f"{A[:-1]} gracias", A[3:], f"X{A[3:]}"])
def test_half_a_reference_needs_the_exact_amount_and_a_person(written) -> None:
    found = only([line(written)], wanted(), wanted("SR-C", C))
    assert (found.tier, found.requests, found.automatic) == (1, ("SR-A",), False)
    assert only([line(written, PRICE - 1)], wanted()).tier == 4


@pytest.mark.parametrize("place", range(3, 10))
def test_a_slip_is_a_suggestion(place) -> None:
    other = "M" if A[place] != "M" else "N"
    for written in (
        A[:place] + other + A[place + 1 :], A[:place] + A[place + 1 :], A[:place] + other + A[place:],
    ):  # fmt: skip
        found = only([line(written)], wanted(), wanted("SR-C", C))
        assert found.requests in {("SR-A",), ()}
        if found.requests:
            assert not found.automatic
            assert found.tier == 3 or written == A[:-1]


def test_a_slip_between_two_open_references_is_nobodys() -> None:
    near = ref("7K3Q9X"), ref("7K3Q9Y")
    written = "IOF7K3Q9" + "M" + near[0][-1]
    ones = wanted("SR-1", near[0]), wanted("SR-2", near[1])
    assert all(not one.automatic for one in match([line(written)], ones))


def test_a_reference_of_ours_that_is_not_open_is_left_to_people() -> None:
    found = only([line(C, payer="José Mora")], wanted(payers=("José Mora",)))
    assert found.tier == 4
    assert C in found.evidence[0]


def test_a_known_payer_on_a_near_day_is_a_suggestion() -> None:
    one = wanted(payers=("José Mora",))
    assert only([line("plan", payer="JOSE  MORA")], one).tier == 3
    assert only([line("plan", payer="Otra")], one).tier == 4
    assert only([line("plan", PRICE - 1, payer="jose mora")], one).tier == 4
    late = Line("1", date(2026, 11, 26), PRICE, payer="José Mora")
    assert only([late], one).tier == 4
    two = wanted("SR-2", C, payers=("José Mora",))
    assert only([line("plan", payer="jose mora")], one, two).tier == 4


def test_the_banks_number_that_the_customer_typed_is_a_suggestion() -> None:
    one = wanted(transfers=("00123-456",))
    assert only([line("", reference="123456")], one).tier == 3
    assert only([line("", reference="123457")], one).tier == 4


@given(st.randoms(use_true_random=False), st.data())
def test_no_line_is_lost_and_no_request_is_paid_twice(chance: random.Random, data) -> None:
    ones = [
        wanted(f"SR-{n}", code, f"c{n}", Decimal(100 * n + 100), payers=(f"P {n}",))
        for n, code in enumerate((A, B, C, ref("HHHHHH")))
    ]
    pieces = [one.reference for one in ones] + ["pago", A[:-1], C[3:], "IOF", "0", "plan\u202e"]
    lines = [
        Line(
            str(n), DAY, Decimal(data.draw(st.sampled_from([100, 200, 300, 400, 50, 150]))),
            detail=" ".join(data.draw(st.lists(st.sampled_from(pieces), max_size=3))),
            payer=data.draw(st.sampled_from(["", "P 1", "p 2", "otra"])),
        )
        for n in range(data.draw(st.integers(0, 8)))
    ]  # fmt: skip
    chance.shuffle(lines)
    found = match(lines, ones)
    assert sorted(n for one in found for n in one.lines) == sorted(one.id for one in lines)
    settled = [number for one in found if one.tier == 1 for number in one.requests]
    assert len(settled) == len(set(settled))
    for one in found:
        if one.tier == 1:
            assert one.difference == 0
        if one.automatic:
            assert one.tier == 1


@given(st.text(max_size=300))
def test_any_text_can_stand_in_a_statement(text) -> None:
    assert only([line(text, reference=text, payer=text)], wanted()).tier in (1, 2, 3, 4)


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1.234", "5,5"], ","),
        (["1.234"], None),
        (["1.234.567"], ","),
        (["12,50", "12.50"], None),
        (["₡1 234,50"], ","),
        ([], None),
    ],
)
def test_a_column_shows_its_decimal_mark(texts, mark) -> None:
    assert decimal_mark(texts) == mark


def test_what_the_column_leaves_open_is_not_guessed() -> None:
    assert parse("1.234", ",") == 1234
    with pytest.raises(ValueError, match="dos maneras"):
        parse("1.234", None)


def run(tmp_path, capsys, lines, requests, encoding="utf-8"):
    (tmp_path / "l.csv").write_bytes(lines.encode(encoding))
    (tmp_path / "r.csv").write_bytes(requests.encode(encoding))
    status = command.main([str(tmp_path / "l.csv"), str(tmp_path / "r.csv"), "--json"])
    printed = capsys.readouterr()
    return status, json.loads(printed.out) if printed.out else printed.err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_command_reads_what_banks_write(tmp_path, capsys, encoding) -> None:
    status, told = run(
        tmp_path, capsys,
        f"Descripción;Monto;Fecha\nPago {A};63.750,00;20/11/2026\nalquiler;1.234;2026-11-20\n",
        f"Solicitud;Referencia;Empresa;Total\nSR-A;{A};Café;63.750,00\n",
        encoding,
    )  # fmt: skip
    assert status == 0
    assert told["matches"][0]["requests"] == ["SR-A"]
    assert told["matches"][1]["paid"] == "1234"
    assert told["left_out"] == []


def test_bad_rows_are_named_and_lose_no_good_one(tmp_path, capsys) -> None:
    status, told = run(
        tmp_path, capsys,
        f"id,date,amount,detail\n1,2026-11-20,abc,x\n2,mañana,5,x\n3,2026-11-20,-5,x\n"
        f"4,2026-11-20,63750,{A}\n4,2026-11-20,63750,{A}\n5,2026-11-20\n",
        f"number,reference,company,total\nSR-A,{A},c,63750\nSR-B,XX,c,1\n",
    )  # fmt: skip
    assert status == 1
    assert [one["lines"] for one in told["matches"]] == [["4"]]
    assert [(row["file"], row["row"]) for row in told["left_out"]] == [
        ("r.csv", 3), ("l.csv", 2), ("l.csv", 3), ("l.csv", 4), ("l.csv", 6), ("l.csv", 7),
    ]  # fmt: skip


@pytest.mark.parametrize("lines", ["", "a,b\n1,2\n", "\x00\x01", 'fecha,monto,detalle\n"'])
def test_an_unusable_file_is_said_so(tmp_path, capsys, lines) -> None:
    status, said = run(tmp_path, capsys, lines, f"number,reference,company,total\nSR-A,{A},c,1\n")
    assert status in (0, 2)
    if status == 2:
        assert "bank-match" in said


def test_a_file_that_is_not_there(tmp_path, capsys) -> None:
    assert command.main([str(tmp_path / "no.csv"), str(tmp_path / "no.csv")]) == 2
    assert "No se puede abrir" in capsys.readouterr().err
