"""Identification numbers of the six kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hacienda import identificacion
from hacienda.errors import InvalidError


@pytest.mark.parametrize(
    ("tipo", "written", "compact", "formatted"),
    [
        ("01", "1-0123-0456", "101230456", "1-0123-0456"),
        ("01", "1-123-456", "101230456", "1-0123-0456"),
        ("01", "01-0123-0456", "101230456", "1-0123-0456"),
        ("01", "1 0123 0456", "101230456", "1-0123-0456"),
        ("01", "000101230456", "101230456", "1-0123-0456"),
        ("02", "3-101-123456", "3101123456", "3-101-123456"),
        ("02", " 3101123456 ", "3101123456", "3-101-123456"),
        ("02", "3-101-a00001", "3101A00001", "3-101-A00001"),
        ("02", "003101123456", "3101123456", "3-101-123456"),
        ("03", "155812345678", "155812345678", "155812345678"),
        ("03", "15581234567", "15581234567", "15581234567"),
        ("03", "015581234567", "15581234567", "15581234567"),
        ("04", "3120123456", "3120123456", "3120123456"),
        ("05", "p-1234.567x", "P1234567X", "P1234567X"),
        ("06", "12345678901234567890", "12345678901234567890", "12345678901234567890"),
    ],
)
def test_every_kind_as_people_write_it(tipo, written, compact, formatted):
    assert identificacion.validate(tipo, written) == compact
    assert identificacion.format(tipo, written) == formatted
    assert identificacion.is_valid(tipo, formatted)


@pytest.mark.parametrize(
    ("tipo", "number"),
    [
        ("01", "12345678"),
        ("01", "1012304567"),
        ("01", "10123045A"),
        ("01", "000000000"),
        ("01", "1-01234-0456"),
        ("02", "310112345"),
        ("02", "31011234567"),
        ("02", "3101Ñ00001"),
        ("02", "ABCDEFGHIJ"),
        ("02", "0000000000"),
        ("03", "1234567890"),
        ("03", "1234567890123"),
        ("03", "15581234567A"),
        ("04", "312012345A"),
        ("05", ""),
        ("05", "A" * 21),
        ("05", "PASA#PORTE"),
        ("06", "--"),
        ("07", "101230456"),
        ("1", "101230456"),
        ("01", "١٠١٢٣٠٤٥٦"),
    ],
)
def test_it_refuses_what_is_surely_wrong(tipo, number):
    assert not identificacion.is_valid(tipo, number)
    with pytest.raises(InvalidError) as caught:
        identificacion.validate(tipo, number)
    assert caught.value.message


def test_what_is_no_number_is_formatted_as_it_came():
    assert identificacion.format("01", "¿1-2?") == "¿1-2?"
    assert identificacion.format("09", "12-3") == "12-3"


@pytest.mark.parametrize(
    ("number", "tipos"),
    [
        ("101230456", ("01",)),
        ("1-123-456", ("01",)),
        ("3101123456", ("02", "04")),
        ("9101123456", ("04", "02")),
        ("3101A00001", ("02", "05", "06")),
        ("155812345678", ("03",)),
        ("AB12345", ("05", "06")),
        ("12345", ("05", "06")),
        ("?", ()),
        ("", ()),
    ],
)
def test_it_guesses_the_kind(number, tipos):
    assert identificacion.tipos(number) == tipos


def test_padding():
    assert identificacion.padded("1-0123-0456") == "000101230456"
    assert identificacion.padded("155812345678") == "155812345678"
    for bad in ("", "0", "1" * 13, "12_3"):
        with pytest.raises(InvalidError):
            identificacion.padded(bad)


@given(st.sampled_from(sorted(identificacion.TIPOS)), st.text(max_size=30))
def test_compacting_and_formatting_are_stable(tipo, text):
    if identificacion.is_valid(tipo, text):
        compact = identificacion.validate(tipo, text)
        assert identificacion.validate(tipo, compact) == compact
        assert identificacion.validate(tipo, identificacion.format(tipo, text)) == compact
        assert tipo in identificacion.tipos(compact) or tipo in ("05", "06")
    identificacion.format(tipo, text)
    identificacion.tipos(text)
