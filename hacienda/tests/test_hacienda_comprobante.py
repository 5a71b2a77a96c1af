"""The values themselves: names, dates, freezing."""

from __future__ import annotations

import copy
import pickle
import re
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hacienda import comprobante
from hacienda.comprobante import COSTA_RICA, FechaHora, by_codigo, by_root, dia, texto_fecha
from hacienda.errors import InvalidError, SendError, XMLError

CLASSES = [
    value
    for value in vars(comprobante).values()
    if is_dataclass(value) and value.__module__ == comprobante.__name__
]


def snake(name: str) -> str:
    """The rule for names: a word begins at a capital, and a run of capitals is one word."""
    if name == "NumeroVINoSerie":  # "VIN o serie": no rule sees that
        return "numero_vin_o_serie"
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


@pytest.mark.parametrize("cls", CLASSES)
def test_attributes_are_the_names_of_the_law(cls):
    for item in fields(cls):
        name = item.metadata.get("xsd")
        if name is not None:
            assert item.name == snake(name)
        else:
            own = ("extra", "version", "texto", "xml", "codigo", "after", "ordinal")
            assert item.name in own


@pytest.mark.parametrize("cls", CLASSES)
def test_values_are_frozen_slotted_and_hashable(cls):
    value = cls(xml="<a/>") if cls is comprobante.Extra else cls()
    assert not hasattr(value, "__dict__")
    name = fields(cls)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, "x")
    assert value == pickle.loads(pickle.dumps(value)) == copy.deepcopy(value)
    assert hash(value) == hash(copy.copy(value))
    assert replace(value) == value


def test_types():
    assert {tipo: cls.codigo for tipo, cls in comprobante.TIPOS.items()} == {
        "FE": "01",
        "ND": "02",
        "NC": "03",
        "TE": "04",
        "FEC": "08",
        "FEE": "09",
        "REP": "10",
        "MR": "",
        "MH": "",
    }
    for tipo, cls in comprobante.TIPOS.items():
        assert cls.tipo == tipo
        assert by_root(cls.root) is cls
        assert cls.namespace.startswith(
            "https://cdn.comprobanteselectronicos.go.cr/xml-schemas/v4.4/"
        )
        assert cls.namespace.rsplit("/", 1)[1] == cls.root[0].lower() + cls.root[1:]
        if cls.codigo:
            assert by_codigo(cls.codigo) is cls
    assert by_codigo("06") is comprobante.MensajeReceptor
    assert by_codigo("11") is by_root("Factura") is None


def test_equal_facts_of_different_types_are_different_documents():
    assert comprobante.FacturaElectronica(clave="1") != comprobante.TiqueteElectronico(clave="1")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T08:30:00-06:00", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("2026-11-22T08:30:00", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("2026-11-22T08:30:00Z", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        ("2026-11-22T08:30:00+05:30", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        ("2026-11-22T08:30:00.1234567-06:00", datetime(2026, 11, 22, 14, 30, 0, 123456, UTC)),
        ("2026-11-22T24:00:00Z", datetime(2026, 11, 23, tzinfo=UTC)),
        (" 2026-11-22T08:30:00.5\n", datetime(2026, 11, 22, 14, 30, 0, 500000, UTC)),
    ],
)
def test_a_date_remembers_its_text(text, instant):
    value = FechaHora(text)
    assert value == instant
    assert value.texto == texto_fecha(value) == text.strip()
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (other, other.texto) == (value, value.texto)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hoy",
        "2026-11-22",
        "2026-11-22 08:30:00",
        "2026-13-22T08:30:00",
        "2026-02-30T08:30:00",
        "2026-11-22T24:00:01",
        "2026-11-22T08:30:60",
        "2026-11-22T08:30:00+25:00",
        "2026-11-22T08:30:00-06:75",
        "9999-12-31T24:00:00",
        "٢٠٢٦-11-22T08:30:00",
    ],
)
def test_it_refuses_what_is_no_date(text):
    with pytest.raises(InvalidError):
        FechaHora(text)


def test_arithmetic_forgets_the_text():
    value = FechaHora("2026-11-22T08:30:00Z")
    for other in (
        value + timedelta(hours=1),
        value - timedelta(hours=1),
        value.replace(minute=0),
        value.astimezone(COSTA_RICA),
        FechaHora.now(UTC),
    ):
        assert texto_fecha(other).endswith("-06:00")
        assert pickle.loads(pickle.dumps(other)) == other
    assert (value + timedelta(hours=1)).texto == "2026-11-22T03:30:00-06:00"


NAIVE = st.datetimes(  # naive on purpose: that is read as Costa Rica time
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
)


@given(NAIVE)
def test_dates_are_written_in_costa_rica_time(when):
    text = texto_fecha(when)
    assert FechaHora(text) == when.replace(microsecond=0, tzinfo=COSTA_RICA)
    elsewhere = when.replace(tzinfo=COSTA_RICA).astimezone(timezone(timedelta(hours=9)))
    assert texto_fecha(elsewhere) == text
    assert dia(elsewhere) == when.date()


def test_a_day_is_a_day():
    assert dia(date(2026, 1, 1)) == date(2026, 1, 1)
    assert dia(datetime(2026, 1, 1, 23, 59)) == date(2026, 1, 1)  # noqa: DTZ001


def test_errors_keep_their_facts():
    for error in (
        SendError("No hay red", permanent=True, status=503, cause="timeout"),
        XMLError("No se lee", path="Emisor/Nombre"),
        InvalidError("No es"),
    ):
        twin = pickle.loads(pickle.dumps(error))
        assert type(twin) is type(error)
        assert twin.__dict__ == error.__dict__
        assert twin.message == error.message
    assert SendError("x").permanent is False
    assert InvalidError("x").permanent is True
