"""Provinces, cantons and districts."""

from __future__ import annotations

import pytest

from hacienda import ubicacion
from hacienda.errors import InvalidError


def test_the_territory_is_whole():
    provinces = ubicacion.provincias()
    cantons = [(p, c) for p, _ in provinces for c, _ in ubicacion.cantones(p)]
    districts = [(p, c, d) for p, c in cantons for d, _ in ubicacion.distritos(p, c)]
    assert (len(provinces), len(cantons), len(districts)) == (7, 84, 492)
    assert [code for code, _ in provinces] == list("1234567")
    assert [name for _, name in provinces] == [
        "San José",
        "Alajuela",
        "Cartago",
        "Heredia",
        "Guanacaste",
        "Puntarenas",
        "Limón",
    ]


def test_names_are_written_as_people_write_them():
    for p, province in ubicacion.provincias():
        for c, canton in ubicacion.cantones(p):
            for d, district in ubicacion.distritos(p, c):
                for name in (province, canton, district):
                    assert name
                    assert name == name.strip()
                    assert not name.isupper() or name == "León XIII", name
                    assert name[0].isupper(), name
                assert ubicacion.describe(p, c, d) == f"{province}, {canton}, {district}"


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        (("1", "08", "07"), "San José, Goicoechea, Purral"),
        (("2", "16", "01"), "Alajuela, Río Cuarto, Río Cuarto"),
        (("4", "03", "01"), "Heredia, Santo Domingo, Santo Domingo"),
        (("5", "08", "08"), "Guanacaste, Tilarán, Cabeceras"),
        (("6", "01", "16"), "Puntarenas, Puntarenas, Arancibia"),
        (("6", "12", "01"), "Puntarenas, Monteverde, Monteverde"),
        (("7", "02", "07"), "Limón, Pococí, La Colonia"),
    ],
)
def test_some_places(codes, names):
    assert ubicacion.describe(*codes) == names
    assert ubicacion.is_valid(*codes)


def test_codes_are_valid_together_only():
    assert ubicacion.validate("1", "2", "3") == ("1", "02", "03")
    assert ubicacion.validate("01", "02", "03") == ("1", "02", "03")
    for bad in (
        ("0", "01", "01"),
        ("8", "01", "01"),
        ("6", "13", "02"),
        ("", "", ""),
        ("1", "1", "x"),
    ):
        assert not ubicacion.is_valid(*bad)
        with pytest.raises(InvalidError):
            ubicacion.validate(*bad)
    assert not ubicacion.is_valid("1", "2", "3")
    assert not ubicacion.is_valid("1", "01", "")
    assert ubicacion.cantones("9") == ubicacion.distritos("1", "99") == ()
    assert ubicacion.describe("1", "99", "01") == "San José"


def test_search_takes_words_in_any_order_without_accents():
    assert ubicacion.search("ESCAZU san raf") == (("1", "02", "03"),)
    assert ubicacion.search("escazu, san rafael") == ubicacion.search("san rafael escazu")
    assert ubicacion.search("") == ubicacion.search("atlantida") == ()
    assert len(ubicacion.search("san", limit=5)) == 5
