"""Notes about a document: what they take back, what is left, and that Hacienda accepts them."""

import copy
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.accounts.processes import race
from tests.invoicing import scene
from tests.invoicing.scene import AT

import hacienda
from hacienda.respuesta import Respuesta
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import delivery, draft, emission, readiness, series, submission
from iofacturo.invoicing.courier import Account, Letter, Outcome
from iofacturo.invoicing.documents import annulment, limits, notes, preparation
from iofacturo.invoicing.documents.origin import Origin
from iofacturo.invoicing.errors import NotReady
from iofacturo.invoicing.models import Comprobante, Draft, Submission

pytestmark = pytest.mark.django_db(transaction=True)
LATER = AT + timedelta(seconds=10)


def issued(company, tipo="FE", **more) -> Comprobante:
    return emission.issue_draft(scene.drafted(company, tipo, **more), by=None, at=AT)


def accepted(company, near, tipo="FE", **more) -> Comprobante:
    row = issued(company, tipo, **more)
    near.until_final([row], AT)
    assert row.state == Comprobante.ACCEPTED, row.answer.detalle
    return row


def sent(company, near, data, razon="Así lo pidió el cliente") -> Comprobante:
    """*data* issued as a person would, with a reason, and Hacienda's word on it."""
    for one in data["InformacionReferencia"]:
        one.setdefault("Razon", razon)
    row = emission.issue_draft(draft.write(company, data, by=None, at=LATER), by=None, at=LATER)
    near.until_final([row], LATER)
    return row


def refused(row: Comprobante) -> None:
    """Hacienda says no about *row*, without saying why."""
    (mine,) = [s for s in submission.claim(scene.ENVIRONMENT, 50, LATER) if s.pk == row.pk]
    Submission.objects.filter(pk=mine.pk).update(asked=99)
    mine.asked = 99
    letter = Letter(mine, Account(mine.company_id, "x", "y"), row.clave, None, False)
    no = Respuesta(clave=row.clave, estado="rechazado")
    delivery.record([Outcome(letter, respuesta=no)], scene.ENVIRONMENT, LATER)
    row.refresh_from_db()
    assert row.state == Comprobante.REJECTED


def line(**more):
    return {
        "CodigoCABYS": "2391102010200",
        "Cantidad": "3",
        "UnidadMedida": "Kg",
        "Detalle": "Café molido",
        "PrecioUnitario": "1234.56789",
        "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
    } | more


def sale(*lines, **more):
    return {"DetalleServicio": {"LineaDetalle": [{"NumeroLinea": str(n), **one}
                                                for n, one in enumerate(lines, 1)]}} | more  # fmt: skip


USD = {
    "ResumenFactura": {
        "CodigoTipoMoneda": {"CodigoMoneda": "USD", "TipoCambio": "512.34"},
        "MedioPago": [{"TipoMedioPago": "04"}],
    }
}
EXONERATED = line(
    Impuesto=[
        {
            "Codigo": "01",
            "CodigoTarifaIVA": "08",
            "Tarifa": "13",
            "Exoneracion": {
                "TipoDocumentoEX1": "03",
                "NumeroDocumento": "7293",
                "Articulo": "12",
                "NombreInstitucion": "01",
                "FechaEmisionEX": "2026-01-05T00:00:00-06:00",
                "TarifaExonerada": "8",
            },
        }
    ]
)
DISCOUNTED = line(
    Descuento=[
        {"MontoDescuento": "100.11", "CodigoDescuento": "07"},
        {"MontoDescuento": "33.33333", "CodigoDescuento": "04"},
    ]
)
GIFT = line(Cantidad="1", PrecioUnitario="500",
            Descuento=[{"MontoDescuento": "500", "CodigoDescuento": "01"}])  # fmt: skip
EXEMPT = line(Impuesto=[{"Codigo": "01", "CodigoTarifaIVA": "10", "Tarifa": "0"}])
SERVICE = {
    "OtrosCargos": [
        {"TipoDocumentoOC": "06", "Detalle": "Servicio de mesa", "PorcentajeOC": "10"},
        {"TipoDocumentoOC": "99", "TipoDocumentoOTROS": "Empaque de regalo",
         "Detalle": "Caja", "MontoCargo": "250"},
    ]
}  # fmt: skip
TWO_MEANS = {
    "ResumenFactura": {
        "CodigoTipoMoneda": {"CodigoMoneda": "CRC", "TipoCambio": "1"},
        "MedioPago": [
            {"TipoMedioPago": "01", "TotalMedioPago": "1000"},
            {"TipoMedioPago": "06"},
        ],
    }
}
SALES = {
    "plain": {},
    "discounts": sale(DISCOUNTED, line()),
    "exoneration": sale(EXONERATED, line()),
    "gift": sale(GIFT, line()),
    "exempt": sale(EXEMPT, line()),
    "charges": sale(line(), DISCOUNTED, **SERVICE),
    "dollars": sale(DISCOUNTED, EXONERATED, **USD),
    "credit": {"CondicionVenta": "02", "PlazoCredito": "30"},
    "two-means": sale(line(), **TWO_MEANS),
    "many": {"lines": 120},
}


@pytest.mark.parametrize("kind", SALES)
def test_each_kind_of_sale_is_annulled_whole_and_hacienda_agrees(shop, near, kind):
    row = accepted(shop, near, **copy.deepcopy(SALES[kind]))
    note = annulment.annul(row, "Se anula la venta", by=None, at=LATER)
    near.until_final([note], LATER)
    assert note.state == Comprobante.ACCEPTED, note.answer.detalle
    assert note.total == row.total
    before, after = row.document().resumen_factura, note.document().resumen_factura
    assert after.total_impuesto == before.total_impuesto
    assert after.codigo_tipo_moneda == before.codigo_tipo_moneda
    assert limits.balance(row).is_annulled
    (reference,) = note.document().informacion_referencia
    assert (reference.tipo_doc_ir, reference.numero, reference.codigo) == ("01", row.clave, "01")
    assert reference.fecha_emision_ir == row.fecha.replace(microsecond=0)


FEC = {
    "CondicionVenta": "01",
    "Emisor": {
        "Nombre": "Finca Los Robles",
        "Identificacion": {"Tipo": "01", "Numero": "107890123"},
        "Ubicacion": {
            "Provincia": "1", "Canton": "01", "Distrito": "01", "OtrasSenas": "Frente a la plaza",
        },
    },
    "Receptor": None,
    "CodigoActividadReceptor": "5610.0",
    "InformacionReferencia": [
        {
            "TipoDocIR": "14", "Numero": "A-123", "FechaEmisionIR": "2026-11-20T10:00:00-06:00",
            "Codigo": "04", "Razon": "Recibo del productor",
        }
    ],
}  # fmt: skip
FEE = sale(
    line(
        PartidaArancelaria="090121000000",
        Impuesto=[{"Codigo": "01", "CodigoTarifaIVA": "10", "Tarifa": "0"}],
    )
)
OTHERS = {
    "tiquete": ("TE", {}, "04"),
    "anonymous": ("TE", {"Receptor": None}, "04"),
    "purchase": ("FEC", FEC, "17"),
    "export": ("FEE", FEE, "19"),
}


def told(more: dict) -> dict:
    return copy.deepcopy(more)


def drafted(company, tipo, more):
    data = scene.stated(tipo, **told(more))
    data = {name: held for name, held in data.items() if held is not None}
    return draft.write(company, data, by=None, at=AT)


@pytest.mark.parametrize("kind", OTHERS)
def test_other_documents_are_annulled_under_their_own_kind_of_reference(shop, near, kind):
    tipo, more, reference = OTHERS[kind]
    row = emission.issue_draft(drafted(shop, tipo, more), by=None, at=AT)
    near.until_final([row], AT)
    assert row.state == Comprobante.ACCEPTED, row.answer.detalle
    note = annulment.annul(row, "Se anula", by=None, at=LATER)
    near.until_final([note], LATER)
    assert note.state == Comprobante.ACCEPTED, note.answer.detalle
    assert note.total == row.total
    assert note.receptor_nombre == row.receptor_nombre
    assert note.document().informacion_referencia[0].tipo_doc_ir == reference


def test_a_credit_in_parts_leaves_what_is_left_and_no_more(shop, near):
    row = accepted(shop, near, **sale(DISCOUNTED, EXONERATED, line(Detalle="Otro"), **SERVICE))
    first = notes.credit(row)
    assert first["InformacionReferencia"][0]["Codigo"] == "02"
    lines = first["DetalleServicio"]["LineaDetalle"]
    lines[0]["Cantidad"] = "1"
    lines[0].pop("Descuento")
    first["DetalleServicio"]["LineaDetalle"] = lines[:1]
    first.pop("OtrosCargos")
    one = sent(shop, near, first)
    assert one.state == Comprobante.ACCEPTED, one.answer.detalle

    left = notes.credit(row)
    quantities = [each["Cantidad"] for each in left["DetalleServicio"]["LineaDetalle"]]
    assert [Decimal(each) for each in quantities] == [2, 3, 3]
    assert limits.balance(row).to_credit == row.total - one.total

    rest = annulment.annul(row, "Lo demás", by=None, at=LATER)
    near.until_final([rest], LATER)
    assert rest.state == Comprobante.ACCEPTED, rest.answer.detalle
    assert 0 <= row.total - one.total - rest.total < limits.CRUMB
    assert limits.balance(row).to_credit >= 0


def test_what_a_note_corrected_in_amounts_is_not_credited_twice(shop, near):
    row = accepted(shop, near, **sale(line(), DISCOUNTED, **SERVICE))
    data = notes.credit(row)
    data["DetalleServicio"]["LineaDetalle"] = [
        line(NumeroLinea="1", Cantidad="1", PrecioUnitario="777.77777", Detalle="Precio de más")
    ]
    data.pop("OtrosCargos")
    one = sent(shop, near, data)
    assert one.state == Comprobante.ACCEPTED, one.answer.detalle
    rest = annulment.annul(row, "Lo demás", by=None, at=LATER)
    near.until_final([rest], LATER)
    assert rest.state == Comprobante.ACCEPTED, rest.answer.detalle
    assert limits.balance(row).is_annulled
    assert one.total + rest.total <= row.total


def test_more_than_is_left_is_not_issued(shop, near):
    row = accepted(shop, near)
    sent(shop, near, notes.credit(row))
    again = draft.write(shop, notes.replacement(row) | scene.referring(row.clave) | {"tipo": "NC"},
                        by=None, at=LATER)  # fmt: skip
    again.data["InformacionReferencia"][0]["FechaEmisionIR"] = row.fecha.isoformat()
    with pytest.raises(NotReady) as refused:
        emission.issue_draft(again, by=None, at=LATER)
    assert "nota-sin-saldo" in {one.code for one in refused.value.problems}
    assert "nota-sin-saldo" in {one.code for one in readiness.problems(again, LATER)}


def test_a_batch_of_notes_stops_where_the_sale_is_used_up(shop, near):
    row = accepted(shop, near)
    data = notes.credit(row)
    data["InformacionReferencia"][0]["Razon"] = "Devuelve una parte"
    data["DetalleServicio"]["LineaDetalle"][0]["Cantidad"] = "0.9"
    readies = [
        readiness.standing(shop, LATER).ready(draft.read(told(data)), operation=f"parte:{n}")
        for n in range(4)
    ]
    answers = emission.issue_batch(readies, by=None)
    assert [isinstance(one, Comprobante) for one in answers] == [True, True, False, False]
    assert limits.balance(row).to_credit > 0


def test_another_currency_is_told_before_hacienda_does(shop, near):
    row = accepted(shop, near, **USD)
    data = notes.credit(row)
    data["ResumenFactura"]["CodigoTipoMoneda"] = {"CodigoMoneda": "CRC", "TipoCambio": "1"}
    data["InformacionReferencia"][0]["Razon"] = "Cambio"
    soft = draft.write(shop, data, by=None, at=LATER)
    assert "nota-en-otra-moneda" in {one.code for one in readiness.problems(soft, LATER)}


def test_a_debit_raises_what_can_be_credited(shop, near):
    row = accepted(shop, near)
    data = notes.debit(row)
    (only,) = data["DetalleServicio"]["LineaDetalle"]
    assert "PrecioUnitario" not in only
    only["PrecioUnitario"] = "50"
    debit = sent(shop, near, data)
    assert debit.state == Comprobante.ACCEPTED, debit.answer.detalle
    standing = limits.balance(row)
    assert standing.to_credit == row.total + debit.total
    assert standing.to_annul == row.total
    back = annulment.annul(debit, "No procedía", by=None, at=LATER)
    near.until_final([back], LATER)
    assert back.state == Comprobante.ACCEPTED, back.answer.detalle
    assert back.document().informacion_referencia[0].tipo_doc_ir == "02"


def test_a_credit_note_is_taken_back_by_a_debit_note(shop, near):
    row = accepted(shop, near)
    note = annulment.annul(row, "Por error", by=None, at=LATER)
    near.until_final([note], LATER)
    back = sent(shop, near, notes.debit(note))
    assert back.state == Comprobante.ACCEPTED, back.answer.detalle
    assert back.total == row.total


# -- annulling -----------------------------------------------------------------------------------


def test_annulling_twice_is_one_note(shop, near):
    row = accepted(shop, near)
    before = shop.lots.get().remaining
    one = annulment.annul(row, "Se anula", by=None, at=LATER)
    two = annulment.annul(row, "Otra razón", by=None, at=LATER)
    assert one == two
    assert shop.lots.get().remaining == before - 1


def test_nothing_happens_without_folios(cafe, provider, near):
    scene.set_up(cafe, folios=1)
    row = accepted(cafe, near)
    with pytest.raises(Exhausted):
        annulment.annul(row, "Se anula", by=None, at=LATER)
    assert cafe.comprobantes.count() == 1
    assert cafe.series.get(tipo="03").next_number == 1


def test_what_hacienda_has_not_answered_or_rejected_is_not_annulled(shop, near):
    waiting = issued(shop)
    with pytest.raises(preparation.NotLawful, match="todavía no ha respondido"):
        annulment.annul(waiting, "Se anula", by=None, at=AT)
    wrong = issued(shop, Receptor=scene.UNKNOWN)
    near.until_final([wrong], AT)
    with pytest.raises(preparation.NotLawful, match="rechazó"):
        annulment.annul(wrong, "Se anula", by=None, at=LATER)
    soft = draft.write(shop, scene.stated("NC", **scene.referring(wrong.clave)), by=None, at=LATER)
    assert "nota-a-rechazado" in {one.code for one in readiness.problems(soft, LATER)}


def test_a_note_that_hacienda_rejected_annuls_nothing_and_another_may_follow(shop, near):
    row = accepted(shop, near)
    one = annulment.annul(row, "Se anula", by=None, at=LATER)
    refused(one)
    assert limits.balance(row).to_credit == row.total
    two = annulment.annul(row, "Se anula", by=None, at=LATER)
    assert two != one
    near.until_final([two], LATER)
    assert two.state == Comprobante.ACCEPTED


def test_the_note_leaves_from_where_its_series_is_open(shop, near):
    series.open_series(shop, "01", sucursal=2, terminal=7, by=None, at=AT)
    soft = scene.drafted(shop)
    Draft.objects.filter(pk=soft.pk).update(sucursal=2, terminal=7)
    soft.refresh_from_db()
    row = emission.issue_draft(soft, by=None, at=AT)
    near.until_final([row], AT)
    assert row.consecutivo.startswith("0020000701")
    note = annulment.annul(row, "Se anula", by=None, at=LATER)
    assert note.consecutivo.startswith("0010000103")


# -- replacing, repeating, being paid ------------------------------------------------------------


def test_a_rejected_document_is_replaced_once(shop, owner, near):
    row = issued(shop, Receptor=scene.UNKNOWN)
    near.until_final([row], AT)
    soft = preparation.prepare(row, Origin.REPLACEMENT, by=owner, at=LATER)
    assert preparation.prepare(row, Origin.REPLACEMENT, by=owner, at=LATER) == soft
    data = soft.data | {"Receptor": scene.stated()["Receptor"]}
    soft.change(data, by=owner, at=LATER)
    new = emission.issue_draft(soft, by=owner, at=LATER)
    near.until_final([new], LATER)
    assert new.state == Comprobante.ACCEPTED, new.answer.detalle
    assert new.referencia == row.clave
    (reference,) = new.document().informacion_referencia
    assert (reference.tipo_doc_ir, reference.codigo) == ("10", "07")
    assert preparation.prepare(row, Origin.REPLACEMENT, by=owner, at=LATER).comprobante == new


def test_a_thrown_away_replacement_is_prepared_anew(shop, owner, near):
    row = issued(shop, Receptor=scene.UNKNOWN)
    near.until_final([row], AT)
    soft = preparation.prepare(row, Origin.REPLACEMENT, by=owner, at=LATER)
    soft.discard(at=LATER)
    assert preparation.prepare(row, Origin.REPLACEMENT, by=owner, at=LATER) != soft


def test_the_replacement_of_a_rejected_note_keeps_its_original(shop, owner, near):
    row = accepted(shop, near)
    note = annulment.annul(row, "Se anula", by=None, at=LATER)
    refused(note)
    soft = preparation.prepare(note, Origin.REPLACEMENT, by=owner, at=LATER)
    new = emission.issue_draft(soft, by=owner, at=LATER)
    near.until_final([new], LATER)
    assert new.state == Comprobante.ACCEPTED, new.answer.detalle
    assert new.referencia == row.clave
    assert limits.balance(row).is_annulled


def test_a_copy_is_about_nothing_and_states_no_old_rate(shop, owner, near):
    row = accepted(shop, near, **sale(DISCOUNTED, EXONERATED, **SERVICE), **USD)
    soft = preparation.prepare(row, Origin.COPY, by=owner, at=LATER)
    assert preparation.prepare(row, Origin.COPY, by=owner, at=LATER) == soft
    assert "TipoCambio" not in soft.data["ResumenFactura"]["CodigoTipoMoneda"]
    soft.data["ResumenFactura"]["CodigoTipoMoneda"]["TipoCambio"] = "512.34"
    soft.change(soft.data, by=owner, at=LATER)
    new = emission.issue_draft(soft, by=owner, at=LATER)
    assert new.total == row.total
    assert new.referencia == ""
    assert preparation.prepare(row, Origin.COPY, by=owner, at=LATER) != soft


@pytest.mark.parametrize(("sold", "paid"), [("08", "09"), ("10", "11")])
def test_a_payment_in_two_parts_pays_the_sale(shop, owner, near, sold, paid):
    more = {"CondicionVenta": sold} | ({"PlazoCredito": "60"} if sold == "10" else {})
    row = accepted(shop, near, **sale(DISCOUNTED, EXONERATED, EXEMPT, **SERVICE), **more)
    data = notes.payment(row)
    assert data["CondicionVenta"] == paid
    whole = hacienda.calculate(draft.read(data))
    assert row.total - limits.CRUMB < whole.resumen_factura.total_comprobante <= row.total
    sale_tax = row.document().resumen_factura.total_impuesto
    assert abs(whole.resumen_factura.total_impuesto - sale_tax) < limits.CRUMB
    for each in data["DetalleServicio"]["LineaDetalle"]:
        half = str(round(Decimal(each["SubTotal"]) / 2, 5))
        each["MontoTotal"] = each["SubTotal"] = half
    first = sent(shop, near, data)
    assert first.state == Comprobante.ACCEPTED, first.answer.detalle
    rest = notes.payment(row)
    assert rest["DetalleServicio"]["LineaDetalle"][0]["Detalle"].startswith("Pago 2 de")
    second = sent(shop, near, rest)
    assert second.state == Comprobante.ACCEPTED, second.answer.detalle
    assert limits.balance(row).to_pay < limits.CRUMB
    with pytest.raises(preparation.NotLawful, match="Ya se pagó"):
        preparation.prepare(row, Origin.PAYMENT, by=owner, at=LATER)


def test_a_cash_sale_has_no_receipt_of_payment(shop, owner, near):
    row = accepted(shop, near)
    with pytest.raises(preparation.NotLawful):
        preparation.prepare(row, Origin.PAYMENT, by=owner, at=LATER)


# -- at the same moment --------------------------------------------------------------------------

ANNUL = """
from datetime import datetime
from iofacturo.invoicing.documents import annulment
from iofacturo.invoicing.errors import InvoicingError
from iofacturo.invoicing.models import Comprobante
row = Comprobante.objects.select_related("company").get(pk={pk})
try:
    print(annulment.annul(row, "{razon}", by=None, at=datetime.fromisoformat("{at}")).consecutivo)
except InvoicingError as error:
    print(type(error).__name__)
"""

CREDIT = """
from datetime import datetime
from iofacturo.invoicing import emission
from iofacturo.invoicing.errors import InvoicingError
from iofacturo.invoicing.models import Draft
soft = Draft.objects.select_related("company").get(pk={pk})
try:
    print(emission.issue_draft(soft, by=None, at=datetime.fromisoformat("{at}")).consecutivo)
except InvoicingError as error:
    print(type(error).__name__)
"""


@pytest.mark.race
def test_people_who_annul_at_the_same_moment_make_one_note(shop, near):
    for number in range(1, 4):
        row = accepted(shop, near)
        said = race(
            *(
                ANNUL.format(pk=row.pk, razon=f"Se anula {n % 2}", at=LATER.isoformat())
                for n in range(4)
            )
        )
        assert set(said) == {f"0010000103{number:010}"}
    assert shop.comprobantes.filter(tipo="03").count() == 3
    assert shop.lots.get().remaining == 94


@pytest.mark.race
def test_people_who_credit_the_same_sale_from_several_terminals_do_not_exceed_it(shop, near):
    row = accepted(shop, near)
    drafts = []
    for terminal in range(1, 5):
        series.open_series(shop, "03", terminal=terminal, by=None, at=AT)
        data = notes.credit(row)
        data["InformacionReferencia"][0]["Razon"] = f"Desde la caja {terminal}"
        data["DetalleServicio"]["LineaDetalle"][0]["Cantidad"] = "0.9"
        drafts.append(draft.write(shop, data, by=None, at=LATER, terminal=terminal))
    said = race(*(CREDIT.format(pk=soft.pk, at=LATER.isoformat()) for soft in drafts))
    assert sorted(said).count("NotReady") == 2
    assert limits.balance(row).to_credit == row.total - 2 * shop.comprobantes.filter(
        tipo="03"
    )[0].total  # fmt: skip
    assert shop.lots.get().remaining == 97
