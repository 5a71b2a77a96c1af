"""The clave and the consecutivo."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hacienda import clave
from hacienda.clave import Clave, Consecutivo
from hacienda.errors import InvalidError

EXAMPLE = "50622112600310112345600100001010000000001112345678"


def test_the_example_of_the_annex():
    number = Consecutivo.build(1, 1, "01", 1)
    assert clave.build(date(2026, 11, 22), "3101123456", number, codigo="12345678") == EXAMPLE
    assert clave.parse(EXAMPLE) == Clave(
        date(2026, 11, 22), "003101123456", Consecutivo(1, 1, "01", 1), "1", "12345678"
    )
    assert clave.parse(EXAMPLE).tipo == "01"


def test_the_day_is_that_of_costa_rica():
    instant = datetime(2026, 11, 23, 5, 59, tzinfo=UTC)
    number = Consecutivo.build(1, 1, "FE", 1)
    assert clave.build(instant, "3101123456", number)[3:9] == "221126"


def test_a_cedula_juridica_may_have_letters():
    number = Consecutivo.build(1, 1, "REP", 7)
    text = clave.build(date(2026, 12, 1), "3-101-a00001", number, "3", "00000000")
    assert text == "506011226003101A0000100100001100000000007300000000"
    assert clave.is_valid(text.lower())
    assert clave.validate(text.lower()) == text
    assert clave.parse(text).numero_identificacion == "3101A00001"


def test_security_codes_are_eight_digits_and_differ():
    codes = {clave.security_code() for _ in range(200)}
    assert all(len(code) == 8 and code.isdigit() for code in codes)
    assert len(codes) > 190


def test_it_reads_and_writes_groups():
    grouped = "506 221126 003101123456 00100001010000000001 1 12345678"
    assert clave.format(EXAMPLE) == grouped
    assert clave.validate(grouped) == EXAMPLE
    assert clave.format("nada") == "nada"


@pytest.mark.parametrize(
    ("position", "character"),
    [(0, "4"), (3, "9"), (5, "2"), (22, "x"), (41, "4"), (41, "0"), (29, "9"), (49, "-")],
)
def test_it_refuses_what_is_surely_wrong(position, character):
    text = EXAMPLE[:position] + character + EXAMPLE[position + 1 :]
    assert not clave.is_valid(text)


@pytest.mark.parametrize("text", ["", EXAMPLE[:-1], EXAMPLE + "0", "٥" * 50, EXAMPLE + "\n1"])
def test_it_refuses_other_lengths_and_alphabets(text):
    with pytest.raises(InvalidError):
        clave.parse(text)


@pytest.mark.parametrize(
    "bad",
    [
        {"dia": date(1999, 1, 1)},
        {"identificacion_emisor": "1234567890123"},
        {"identificacion_emisor": ""},
        {"consecutivo": "1" * 19},
        {"consecutivo": "00100001110000000001"},
        {"situacion": "4"},
        {"codigo": "1234567"},
        {"codigo": "1234567A"},
    ],
)
def test_it_does_not_build_from_bad_parts(bad):
    good = {
        "dia": date(2026, 11, 22),
        "identificacion_emisor": "3101123456",
        "consecutivo": "00100001010000000001",
        "codigo": "12345678",
    }
    assert clave.build(**good) == EXAMPLE
    with pytest.raises(InvalidError):
        clave.build(**{**good, **bad})


@pytest.mark.parametrize(
    "bad",
    [
        (0, 1, "01", 1),
        (1000, 1, "01", 1),
        (1, 0, "01", 1),
        (1, 100000, "01", 1),
        (1, 1, "11", 1),
        (1, 1, "MH", 1),
        (1, 1, "01", 0),
        (1, 1, "01", 10**10),
    ],
)
def test_it_refuses_numbers_out_of_their_series(bad):
    with pytest.raises(InvalidError):
        Consecutivo.build(*bad)


def test_a_consecutivo_names_its_type():
    assert Consecutivo.parse("99999999099999999999") == Consecutivo(999, 99999, "09", 9999999999)
    for text in ("", "1" * 19, "00100001990000000001", "0010000101000000000A"):
        with pytest.raises(InvalidError):
            Consecutivo.parse(text)


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.from_regex(r"[1-9A-Z][0-9A-Z]{0,11}", fullmatch=True),
    st.builds(
        Consecutivo,
        st.integers(1, 999),
        st.integers(1, 99999),
        st.sampled_from(sorted(clave.TIPOS)),
        st.integers(1, 9999999999),
    ),
    st.sampled_from("123"),
)
def test_what_is_built_is_read_back(day, number, consecutivo, situacion):
    text = clave.build(day, number, consecutivo, situacion)
    read = clave.parse(text)
    assert str(read) == text
    assert (read.dia, read.consecutivo, read.situacion) == (day, consecutivo, situacion)
    assert read.numero_identificacion == number


@given(st.text(max_size=60))
def test_any_text_is_a_clave_or_none(text):
    assert clave.is_valid(text) in (True, False)
    clave.format(text)
