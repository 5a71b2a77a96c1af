"""The form and the JSON of a document: what is not changed stays, whatever the document holds."""

from __future__ import annotations

import sys
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.invoicing import scene

import hacienda
from hacienda.documento_json import to_json
from hacienda.errors import Problem
from iofacturo.invoicing import draft as drafts
from iofacturo.invoicing.editor import (
    blank,
    cargos,
    cliente,
    condiciones,
    field,
    form,
    linea,
    lineas,
    nota,
    place,
    referencias,
    review,
    spot,
    unread,
)
from iofacturo.invoicing.editor.sheet import Sheet

sys.path.insert(0, str(Path(__file__).parents[2] / "hacienda" / "tests"))
import hacienda_strategies

TIPOS = ["FE", "TE", "NC", "ND", "FEC", "FEE", "REP"]
FEW = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SECTIONS = {"cliente", "condiciones", "lineas", "cargos", "referencias", "nota", "total"}


def documents(tipo: str):
    return hacienda_strategies.lawful(tipo, False).map(
        lambda one: drafts.stated(to_json(one)) | {"tipo": tipo}
    )


def shown(data, tipo, *, opened=None, is_open=True) -> Sheet:
    """The page of *data*, as the view makes it."""
    sheet = Sheet(data, tipo)
    cliente.show(sheet, is_open=is_open, activities=[])
    condiciones.show(sheet)
    window = lineas.window(opened or 1, len(place.items(data, place.LINES)))
    lineas.show(sheet, window, opened=opened)
    cargos.show(sheet)
    referencias.show(sheet)
    if nota.has_place(tipo):
        sheet.texts[nota.NAME] = nota.show(data)
    return sheet


def sent(sheet: Sheet) -> dict[str, str]:
    """What a browser sends of it: line ends as HTML has them."""
    return {name: text.replace("\n", "\r\n") for name, text in sheet.texts.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("tipo", TIPOS)
def test_a_page_that_nobody_touched_changes_nothing(tipo):
    @FEW
    @given(st.data())
    def check(data):
        document = data.draw(documents(tipo))
        before = deepcopy(document)
        count = len(place.items(document, place.LINES))
        opened = data.draw(st.sampled_from([None, *range(1, count + 1)]))
        after = form.read(sent(shown(document, tipo, opened=opened)), document, tipo)
        assert after == before
        assert document == before
        assert form.swept(after, tipo) == place.swept(before)

    check()


@pytest.mark.django_db
@pytest.mark.parametrize("tipo", TIPOS)
def test_whatever_is_typed_is_kept_and_shown_again(tipo, cafe):
    typed = st.text(max_size=40) | st.sampled_from(
        [
            "",
            "1.234",
            "1 234,5",
            "-3",
            "9" * 25,
            "12%",
            "₡500",
            "2026-02-30",
            "23/11/2026",
            "¿",
            "\x00",
            "01",
            "kg",
        ]
    )

    @FEW
    @given(st.data())
    def check(data):
        document = data.draw(documents(tipo))
        count = len(place.items(document, place.LINES))
        opened = data.draw(st.sampled_from([None, *range(1, count + 1)]))
        page = shown(document, tipo, opened=opened)
        name = data.draw(st.sampled_from(sorted(page.texts)))
        text = data.draw(typed)
        after = form.read(sent(page) | {name: text}, document, tipo)
        hacienda.documento_json.json.dumps(after)
        again = shown(after, tipo, opened=opened)
        assert form.read(sent(again), after, tipo) == after
        review.look(after, tipo, cafe, scene.AT)

    check()


@pytest.mark.django_db
@pytest.mark.parametrize("tipo", TIPOS)
def test_every_problem_has_its_place_on_the_page(tipo, cafe):
    rubbish = st.sampled_from(
        [None, "", "x", "99", "-1", "0", "9" * 30, "2020-01-01T00:00:00-06:00"]
    )

    @FEW
    @given(st.data())
    def check(data):
        document = data.draw(documents(tipo))
        page = shown(document, tipo)
        name = data.draw(st.sampled_from(sorted(page.texts)))
        broken = deepcopy(document)
        if name.rpartition("/")[2] not in ("descuento", "iva") and name != nota.NAME:
            place.put(broken, name, data.draw(rubbish))
        seen = review.look(broken, tipo, cafe, scene.AT)
        page = shown(broken, tipo)
        window = lineas.window(1, len(place.items(broken, place.LINES)))
        for problem in seen.errors:
            found = spot.of(problem.path, page.texts, window)
            assert found in page.texts or found in SECTIONS or place.LINE.fullmatch(found), problem
            if problem.path.startswith(place.LINES + "["):
                assert found in page.texts, problem
            assert spot.label(problem.path, tipo)
            assert spot.message(problem)

    check()


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("4200", "4200"), ("4 200,00", "4200"), ("4.200,00", "4200"), ("4,200.00", "4200"),
        ("₡4 200", "4200"), ("884,95575", "884.95575"), ("4\u00a0200,5", "4200.5"), ("0,5", "0.5"),
        ("1.234", "¿1.234"), ("mil", "¿mil"), ("-5", "¿-5"), ("1,2340", "1.234"),
    ],
)  # fmt: skip
def test_prices_as_people_type_them(typed, held):
    price = field.of_place("FE", "L1/PrecioUnitario")
    assert price.parse(typed) == held
    assert field.same(price.show(held), typed) or price.parse(price.show(held)) == held
    assert bool(price.fault(held)) == unread.is_unread(held)


def lines_of(**line):
    return {"DetalleServicio": {"LineaDetalle": [line]}}


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("5", "100"),
        ("5 %", "100"),
        ("2,5", "50"),
        ("₡150", "150"),
        ("100", "2000"),
        ("120", "¿120"),
        ("x", "¿x"),
    ],
)
def test_a_discount_is_a_percentage_or_an_amount_with_its_sign(typed, held):
    before = {"Cantidad": "2", "PrecioUnitario": "1000"}
    line = deepcopy(before)
    linea.write_discount(line, typed, before)
    assert line["Descuento"] == [{"CodigoDescuento": "07", "MontoDescuento": held}]
    again = deepcopy(line)
    linea.write_discount(again, linea.show_discount(line), line)
    assert again == line


def test_a_percentage_follows_the_quantity():
    data = lines_of(
        Cantidad="2",
        PrecioUnitario="1000",
        Descuento=[{"MontoDescuento": "100", "CodigoDescuento": "04"}],
    )
    page = sent(shown(data, "FE"))
    assert page["L1/descuento"] == "5"
    after = form.read(page | {"L1/Cantidad": "4"}, data, "FE")
    assert place.get(after, "L1/Descuento[1]") == {"MontoDescuento": "200", "CodigoDescuento": "04"}


def test_a_blank_line_between_two_keeps_their_places_until_it_is_swept():
    data = lines_of(Detalle="Uno", Cantidad="1")
    place.put(data, "L2", linea.blank("FE"))
    after = form.read(
        {"L1/Detalle": "Uno", "L2/Detalle": "", "L2/Cantidad": "1", "L3/Detalle": "Tres"},
        data,
        "FE",
    )
    assert [line.get("Detalle") for line in place.items(after, place.LINES)] == [
        "Uno",
        None,
        "Tres",
    ]
    kept = form.swept(after, "FE")
    assert [line.get("Detalle") for line in place.items(kept, place.LINES)] == ["Uno", "Tres"]


@pytest.mark.parametrize(
    "name",
    [
        "Clave", "FechaEmision", "Emisor/Nombre", "ResumenFactura/TotalComprobante", "L1/MontoTotalLinea",
        "L5000/Detalle", "L900/Detalle", "L1/Descuento[900]/MontoDescuento", "L1/Nada", "../../x", "L1/", "extra",
        "ResumenFactura/MedioPago[7]/TipoMedioPago", "L1/ImpuestoNeto", "Receptor/CorreoElectronico[2]",
    ],
)  # fmt: skip
def test_names_that_are_no_field_of_the_page_are_not_read(name):
    data = blank.of("FE") | lines_of(Detalle="Uno")
    assert form.read({name: "99"}, data, "FE") == data


def test_a_service_charge_follows_the_lines_and_one_that_was_typed_stands():
    data = lines_of(Cantidad="1", PrecioUnitario="1000")
    data["OtrosCargos"] = [
        {"TipoDocumentoOC": "06", "Detalle": "Servicio", "PorcentajeOC": "10", "MontoCargo": "100"},
        {"TipoDocumentoOC": "09", "Detalle": "Multa", "MontoCargo": "50"},
    ]
    after = form.read(sent(shown(data, "FE")) | {"L1/PrecioUnitario": "2000"}, data, "FE")
    assert "MontoCargo" not in after["OtrosCargos"][0]
    assert after["OtrosCargos"][1]["MontoCargo"] == "50"


def test_messages_have_no_names_of_the_schema():
    problem = Problem(
        "x", f"{place.LINES}[3]/CodigoCABYS", "error", "«321990399020» no son 13 dígitos."
    )
    assert spot.label(problem.path, "FE") == "Línea 3 · Código CAByS"
    wanted = Problem(
        "falta-tercero",
        "OtrosCargos[1]/NombreTercero",
        "error",
        "El cobro de un tercero necesita NombreTercero.",
    )
    assert "NombreTercero" not in spot.message(wanted)


def test_another_tariff_in_the_open_line_brings_its_percentage():
    data = lines_of(Impuesto=[{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}])
    page = sent(shown(data, "FE", opened=1))
    after = form.read(page | {"L1/Impuesto[1]/CodigoTarifaIVA": "04"}, data, "FE")
    assert place.get(after, "L1/Impuesto[1]/Tarifa") == "4"
