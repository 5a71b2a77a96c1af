"""Issuing: number, clave, bytes and folio together, once, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.invoicing import scene
from tests.invoicing.scene import AT

import hacienda
from hacienda.errors import FirmaError, LlaveError
from iofacturo.folios import ledger
from iofacturo.folios.errors import Exhausted
from iofacturo.folios.models import FolioEntry
from iofacturo.invoicing import breaker, draft, emission, invariants, key, readiness, series
from iofacturo.invoicing.errors import (
    AlreadyIssued,
    DraftChanged,
    NotReady,
    OperationReused,
    SeriesError,
)
from iofacturo.invoicing.models import Breaker, Comprobante, SignedXML, Submission

pytestmark = pytest.mark.django_db
TIPOS = ["FE", "TE", "NC", "ND"]


def codes(refusal) -> set[str]:
    return {problem.code for problem in refusal.value.problems}


# -- it works ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tipo", TIPOS)
def test_a_draft_becomes_a_document_with_a_number_a_folio_and_a_way_out(shop, owner, tipo):
    more = scene.referring("5" * 50) if tipo in ("NC", "ND") else {}
    if more:
        original = emission.issue_draft(scene.drafted(shop), by=owner, at=AT)
        more = scene.referring(original.clave)
    soft = scene.drafted(shop, tipo, **more)
    row = emission.issue_draft(soft, by=owner, at=AT)
    codigo = hacienda.TIPOS[tipo].codigo
    assert row.consecutivo == f"00100001{codigo}0000000001"
    assert row.clave[41] == "1"
    assert row.state == Comprobante.ISSUED
    assert row.total == 2260
    assert row.folio_entry.document == row.clave
    assert row.folio_entry.label == row.label
    assert row.issued_by == owner
    assert row.submission.due_at == AT
    assert (row.referencia != "") == bool(more)
    soft.refresh_from_db()
    assert soft.comprobante == row


def test_the_other_kinds_go_the_same_way(shop):
    """Factura de compra, exportación and recibo de pago: who is who differs, the door is one."""
    compra = scene.stated("FEC", **scene.referring("A-77", "16", "04"))
    compra["Emisor"] = {
        "Nombre": "Foreign Beans LLC",
        "Identificacion": {"Tipo": "05", "Numero": "US123456789"},
        "OtrasSenasExtranjero": "1 Main Street, Portland",
        "CorreoElectronico": ["sales@beans.example"],
    }
    del compra["Receptor"]
    row = emission.issue_draft(draft.write(shop, compra, by=None, at=AT), by=None, at=AT)
    document = row.document()
    assert document.receptor.identificacion.numero == shop.identificacion
    assert document.codigo_actividad_receptor == shop.actividad
    assert (row.receptor_nombre, row.receptor_numero) == ("Foreign Beans LLC", "US123456789")
    assert row.clave[9:21] == "003101000001"


def test_an_export_and_a_receipt_of_payment_go_the_same_way_too(shop):
    export = scene.stated("FEE")
    export["Receptor"] = {
        "Nombre": "Foreign Roasters LLC",
        "Identificacion": {"Tipo": "05", "Numero": "US123456789"},
        "OtrasSenasExtranjero": "1 Main Street, Portland",
    }
    export["DetalleServicio"]["LineaDetalle"][0]["PartidaArancelaria"] = "090121000000"
    row = emission.issue_draft(draft.write(shop, export, by=None, at=AT), by=None, at=AT)
    assert (row.tipo, row.receptor_tipo) == ("09", "05")
    on_credit = scene.stated(CondicionVenta="10", PlazoCredito="30")
    sale = emission.issue_draft(draft.write(shop, on_credit, by=None, at=AT), by=None, at=AT)
    payment = scene.stated("REP", CondicionVenta="11", **scene.referring(sale.clave, "01", "04"))
    payment["DetalleServicio"]["LineaDetalle"] = [
        {
            "NumeroLinea": "1",
            "Detalle": "Primer abono",
            "MontoTotal": "1000",
            "SubTotal": "1000",
            "Impuesto": [{"Codigo": "01", "CodigoTarifaIVA": "08", "Tarifa": "13"}],
        }
    ]
    receipt = emission.issue_draft(draft.write(shop, payment, by=None, at=AT), by=None, at=AT)
    assert receipt.consecutivo.startswith("0010000110")
    assert receipt.referencia == sale.clave
    assert receipt.document().codigo_actividad_emisor is None


def test_what_the_company_says_of_itself_is_in_the_document(shop):
    shop.telefono, shop.nombre_comercial = "+506 2222-3333", "El Café"
    shop.save()
    document = emission.issue_draft(scene.drafted(shop), by=None, at=AT).document()
    assert document.proveedor_sistemas == "3101999999"
    assert document.emisor.identificacion.numero == "3101000001"
    assert document.emisor.nombre_comercial == "El Café"
    assert document.emisor.telefono.num_telefono == "22223333"
    assert document.codigo_actividad_emisor == "5610.0"


def test_the_day_of_the_clave_is_costa_ricas(shop):
    late = datetime(2026, 11, 24, 5, 59, 59, 900000, tzinfo=UTC)  # 23:59:59 of the 23rd
    row = emission.issue_draft(scene.drafted(shop, at=late), by=None, at=late)
    assert row.clave[3:9] == "231126"
    assert row.fecha == late.replace(microsecond=0)


def test_numbers_go_on_and_each_series_has_its_own(shop):
    for tipo in ("FE", "FE", "TE", "FE", "TE"):
        emission.issue_draft(scene.drafted(shop, tipo), by=None, at=AT)
    assert scene.numbers(shop, "01") == [1, 2, 3]
    assert scene.numbers(shop, "04") == [1, 2]


def test_a_company_that_came_from_elsewhere_goes_on_from_its_number(shop, owner):
    row = shop.series.get(tipo="01")
    row.start_at(4121, by=owner, at=AT)
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert scene.numbers(shop) == [4121, 4122]
    row.refresh_from_db()
    with pytest.raises(SeriesError):
        row.start_at(4122, by=owner, at=AT)
    row.start_at(5000, by=owner, at=AT)
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert scene.numbers(shop) == [4121, 4122, 5000]
    assert list(invariants.numbers()) == []


def test_the_last_number_of_a_series_is_the_last(shop, owner):
    shop.series.get(tipo="01").start_at(series.LAST_NUMBER, by=owner, at=AT)
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    with pytest.raises(SeriesError):
        emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert scene.numbers(shop) == [series.LAST_NUMBER]


def test_while_hacienda_is_out_documents_say_so_for_ever(shop):
    Breaker.objects.create(environment=scene.ENVIRONMENT, opened_at=AT, retry_at=AT)
    row = emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert (row.situacion, row.clave[41]) == ("3", "3")
    breaker.record(scene.ENVIRONMENT, answered=1, silent=0, now=AT)
    assert emission.issue_draft(scene.drafted(shop), by=None, at=AT).situacion == "1"
    row.refresh_from_db()
    assert row.situacion == "3"


# -- once ----------------------------------------------------------------------------------------


def test_asking_again_gives_the_same_document(shop):
    soft = scene.drafted(shop)
    stale = type(soft).objects.get(pk=soft.pk)
    first = emission.issue_draft(soft, by=None, at=AT)
    assert emission.issue_draft(stale, by=None, at=AT + timedelta(hours=1)) == first
    assert emission.issue_draft(soft, by=None, at=AT) == first
    assert shop.comprobantes.count() == 1
    assert scene.numbers(shop) == [1]


def test_two_that_were_ready_at_once_make_one_document(shop):
    soft = scene.drafted(shop)
    one, two = readiness.ready(soft, AT), readiness.ready(soft, AT)
    assert emission.issue(one, by=None) == emission.issue(two, by=None)
    assert shop.lots.get().remaining == 99
    assert shop.series.get(tipo="01").next_number == 2


def test_the_same_operation_with_another_document_is_refused(shop):
    first = emission.issue(scene.ready(shop, "pedido-7"), by=None)
    assert emission.issue(scene.ready(shop, "pedido-7"), by=None) == first
    with pytest.raises(OperationReused):
        emission.issue(scene.ready(shop, "pedido-7", precio="2000"), by=None)
    assert scene.numbers(shop) == [1]


def test_operations_of_two_companies_do_not_meet(shop, stranger):
    other = scene.set_up(stranger.memberships.get().company)
    one = emission.issue(scene.ready(shop, "pedido-7"), by=None)
    two = emission.issue(scene.ready(other, "pedido-7"), by=None)
    assert one != two
    assert two.clave[9:21] == "003102284610"


def test_a_draft_that_changed_since_it_was_checked_is_not_issued(shop, owner):
    soft = scene.drafted(shop)
    checked = readiness.ready(soft, AT)
    same = type(soft).objects.get(pk=soft.pk)
    same.change(scene.stated(precio="9999"), by=owner, at=AT)
    with pytest.raises(DraftChanged):
        emission.issue(checked, by=None)
    assert not shop.comprobantes.exists()
    assert shop.lots.get().remaining == 100
    assert shop.series.get(tipo="01").next_number == 1
    with pytest.raises(DraftChanged):
        soft.change(scene.stated(), by=owner, at=AT)


def test_a_draft_that_was_issued_or_thrown_away_changes_no_more(shop, owner):
    soft = scene.drafted(shop)
    emission.issue_draft(soft, by=None, at=AT)
    for act in (lambda: soft.change(scene.stated(), by=owner, at=AT), lambda: soft.discard(at=AT)):
        with pytest.raises(AlreadyIssued):
            act()
    gone = scene.drafted(shop)
    gone.discard(at=AT)
    with pytest.raises(DraftChanged):
        emission.issue(readiness.ready(gone, AT), by=None)


# -- not at all ------------------------------------------------------------------------------------


def untouched(company) -> bool:
    return (
        not company.comprobantes.exists()
        and not SignedXML.objects.exists()
        and not Submission.objects.exists()
        and set(company.series.values_list("next_number", flat=True)) == {1}
        and not FolioEntry.objects.filter(company=company, kind="consume").exists()
    )


def test_problems_come_all_at_once_and_nothing_happens(shop):
    bad = scene.stated()
    bad["DetalleServicio"]["LineaDetalle"][0] |= {"Cantidad": "0", "CodigoCABYS": "12"}
    bad["CondicionVenta"] = "02"
    soft = draft.write(shop, bad, by=None, at=AT)
    with pytest.raises(NotReady) as refusal:
        emission.issue_draft(soft, by=None, at=AT)
    paths = {problem.path for problem in refusal.value.problems}
    assert {
        "DetalleServicio/LineaDetalle[1]/Cantidad",
        "DetalleServicio/LineaDetalle[1]/CodigoCABYS",
        "PlazoCredito",
    } <= paths
    assert readiness.problems(soft, AT) == refusal.value.problems
    assert untouched(shop)


@pytest.mark.parametrize(
    "spoil",
    [
        {"Receptor": "nadie"},
        {"SinNombre": "x"},
        {"ResumenFactura": {"CodigoTipoMoneda": {"CodigoMoneda": "CRC", "TipoCambio": "uno"}}},
        {"CondicionVentaOtros": "a\x01b", "CondicionVenta": "99"},
        {"tipo": "MR"},
    ],
)
def test_json_that_is_no_document_is_a_problem_with_a_place(shop, spoil):
    soft = draft.write(shop, {**scene.stated(), **spoil}, by=None, at=AT)
    with pytest.raises(NotReady) as refusal:
        emission.issue_draft(soft, by=None, at=AT)
    assert refusal.value.problems
    assert untouched(shop)


def test_characters_that_no_database_stores_are_dropped(shop):
    data = scene.stated()
    data["DetalleServicio"]["LineaDetalle"][0]["Detalle"] = "Ca\x00fé \ud83d molido \U0001f600"
    row = emission.issue_draft(draft.write(shop, data, by=None, at=AT), by=None, at=AT)
    assert row.document().detalle_servicio[0].detalle == "Café  molido \U0001f600"


def test_amounts_beyond_all_bounds_are_a_problem(shop):
    with pytest.raises(NotReady):
        emission.issue_draft(scene.drafted(shop, precio="1" + "0" * 40), by=None, at=AT)
    assert untouched(shop)


def test_a_company_that_is_not_set_up_is_told_what_is_missing(cafe):
    with pytest.raises(NotReady) as refusal:
        emission.issue_draft(scene.drafted(cafe), by=None, at=AT)
    assert codes(refusal) == {"llave-falta", "credenciales-faltan", "proveedor-falta"}


def test_a_series_that_nobody_opened_is_not_invented(shop):
    soft = draft.write(shop, scene.stated(), by=None, at=AT, terminal=2)
    with pytest.raises(NotReady) as refusal:
        emission.issue_draft(soft, by=None, at=AT)
    assert codes(refusal) == {"serie-falta"}


def test_an_expired_key_signs_nothing(shop):
    later = datetime(2029, 1, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(NotReady) as refusal:
        emission.issue_draft(scene.drafted(shop, at=later), by=None, at=later)
    assert codes(refusal) == {"llave-vencida"}
    assert untouched(shop)


def test_a_key_that_expires_after_it_was_checked_takes_nothing(shop):
    """The check and the signature read one instant; a forged one shows what the transaction does."""
    checked = readiness.ready(scene.drafted(shop), AT)
    object.__setattr__(checked, "at", datetime(2030, 1, 1, tzinfo=UTC))
    with pytest.raises(FirmaError):
        emission.issue(checked, by=None)
    assert untouched(shop)


def test_without_folios_the_draft_is_kept_and_told_where_to_go(cafe, provider):
    scene.set_up(cafe, folios=1)
    emission.issue_draft(scene.drafted(cafe), by=None, at=AT)
    soft = scene.drafted(cafe)
    with pytest.raises(Exhausted, match="Mi Plan"):
        emission.issue_draft(soft, by=None, at=AT)
    soft.refresh_from_db()
    assert soft.comprobante is None
    assert scene.numbers(cafe) == [1]
    scene.grant(cafe, 5, name="segundo")
    assert emission.issue_draft(soft, by=None, at=AT).consecutivo.endswith("2")


def test_lots_are_used_in_their_order(cafe, provider):
    scene.set_up(cafe, folios=0)
    later = scene.grant(cafe, 1, name="después")
    sooner = scene.grant(cafe, 1, name="antes", months=1)
    rows = [emission.issue_draft(scene.drafted(cafe), by=None, at=AT) for _ in range(2)]
    assert [row.folio_entry.lot for row in rows] == [sooner, later]


@pytest.mark.parametrize("step", ["take", "build_sign", "store", "consume", "_store", "_close"])
def test_a_failure_at_any_step_gives_everything_back(shop, monkeypatch, step):
    class Bang(Exception):
        pass

    homes = {
        "take": series, "build_sign": emission.firma, "store": emission.issuance, "consume": ledger,
    }  # fmt: skip
    home = homes.get(step, emission)
    if step in ("consume", "_store", "_close"):  # the steps of batches, and of SQLite
        monkeypatch.setattr(emission.issuance, "store", lambda *args, **kwargs: False)
    real = getattr(home, step)

    def fails(*args, **kwargs):
        real(*args, **kwargs)
        raise Bang

    monkeypatch.setattr(home, step, fails)
    soft = scene.drafted(shop)
    with pytest.raises(Bang):
        emission.issue_draft(soft, by=None, at=AT)
    assert untouched(shop)
    monkeypatch.setattr(home, step, real)
    assert emission.issue_draft(soft, by=None, at=AT).consecutivo.endswith("1")


# -- batches -------------------------------------------------------------------------------------


def test_a_batch_takes_consecutive_numbers_in_its_order(cafe, provider):
    scene.set_up(cafe, folios=200)
    ready = [scene.ready(cafe, f"lote-{n}", precio=str(n + 1)) for n in range(120)]
    rows = emission.issue_batch(ready, by=None)
    assert [row.total for row in rows[:3]] == [one.document.resumen_factura.total_comprobante for one in ready[:3]]  # fmt: skip
    assert scene.numbers(cafe) == list(range(1, 121))
    assert [int(row.consecutivo[10:]) for row in rows] == list(range(1, 121))
    assert cafe.lots.get().remaining == 80


def test_a_batch_that_came_again_makes_nothing_new(shop):
    ready = [scene.ready(shop, f"lote-{n}") for n in range(10)]
    first = emission.issue_batch(ready[:6], by=None)
    again = emission.issue_batch(ready, by=None)
    assert again[:6] == first
    assert scene.numbers(shop) == list(range(1, 11))
    assert shop.lots.get().remaining == 90


def test_a_batch_larger_than_the_folios_issues_the_first_ones(cafe, provider):
    scene.set_up(cafe, folios=57)
    answers = emission.issue_batch([scene.ready(cafe, f"n{n}") for n in range(70)], by=None)
    assert [isinstance(one, Comprobante) for one in answers] == [True] * 57 + [False] * 13
    assert all(isinstance(one, Exhausted) for one in answers[57:])
    assert scene.numbers(cafe) == list(range(1, 58))


def test_a_batch_mixes_series_and_a_repeated_operation_is_one_document(shop):
    ready = [
        scene.ready(shop, "a"),
        scene.ready(shop, "b", tipo="TE"),
        scene.ready(shop, "a"),
        scene.ready(shop, "c"),
    ]
    rows = emission.issue_batch(ready, by=None)
    assert rows[0] == rows[2]
    assert (scene.numbers(shop, "01"), scene.numbers(shop, "04")) == ([1, 2], [1])


# -- for ever ------------------------------------------------------------------------------------


def refuses(sql: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize("column", [*Comprobante.FROZEN[1:]])
def test_the_database_refuses_to_change_a_document(shop, column):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    refuses(f"UPDATE invoicing_comprobante SET {column} = {column}")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM invoicing_comprobante",
        "UPDATE invoicing_signedxml SET xml = xml",
        "UPDATE invoicing_signedxml SET sha256 = sha256",
        "DELETE FROM invoicing_signedxml",
        "UPDATE invoicing_seriesstart SET number = 1",
        "DELETE FROM invoicing_seriesstart",
    ],
)
def test_the_database_refuses_to_change_or_lose_bytes(shop, sql):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    refuses(sql)


def test_lists_do_not_carry_the_bodies(shop, django_assert_num_queries):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    with django_assert_num_queries(1) as asked:
        list(shop.comprobantes.all())
    assert "signedxml" not in asked[0]["sql"]


# -- the key -------------------------------------------------------------------------------------


def test_a_key_of_somebody_else_is_not_kept(cafe):
    with pytest.raises(NotReady) as refusal:
        key.install(cafe, scene.p12("CPJ-3-101-654321"), scene.PIN, by=None, at=AT)
    assert codes(refusal) == {"llave-de-otro"}
    with pytest.raises(LlaveError, match="PIN"):
        key.install(cafe, scene.p12(scene.serial(cafe)), "9999", by=None, at=AT)
    assert not cafe.keys.exists()


def test_a_sealed_key_copied_to_another_company_does_not_open(shop, stranger):
    other = stranger.memberships.get().company
    mine = shop.keys.get()
    stolen = other.keys.create(
        sealed=mine.sealed, subject=mine.subject, fingerprint=mine.fingerprint,
        not_before=mine.not_before, not_after=mine.not_after, installed_at=AT,
    )  # fmt: skip
    with pytest.raises(LlaveError):
        stolen.open()


def test_a_new_key_takes_over_and_the_old_one_stays(shop, owner):
    emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    fresh = scene.p12(scene.serial(shop), after=datetime(2030, 1, 1, tzinfo=UTC))
    key.install(shop, fresh, scene.PIN, by=owner, at=AT)
    assert [row.retired_at for row in shop.keys.order_by("id")] == [AT, None]
    row = emission.issue_draft(scene.drafted(shop), by=None, at=AT)
    assert hacienda.verify(row.xml).not_after == datetime(2030, 1, 1, tzinfo=UTC)


def test_a_process_holds_few_keys_open(monkeypatch, shop, stranger):
    monkeypatch.setattr(key, "_opened", key._Opened())
    monkeypatch.setattr(key, "KEPT_OPEN", 1)
    other = scene.set_up(stranger.memberships.get().company)
    for company in (shop, other, shop):
        emission.issue(scene.ready(company, f"k{company.comprobantes.count()}"), by=None)
        assert len(key._opened) == 1


def test_secrets_are_sealed_again_when_the_ring_gets_a_new_key(shop, settings):
    from iofacturo.accounts import sealing

    before = settings.KEYRING
    settings.KEYRING = f"{hacienda.KeyRing.generate('nueva')},{before}"
    assert sealing.rotate() == 2
    settings.KEYRING = settings.KEYRING.partition(",")[0]  # the old key is dropped
    assert shop.keys.get().open().subject_id == "CPJ-3-101-000001"
    assert shop.credentials.get().password() == scene.PASSWORD
    assert sealing.rotate() == 0


def test_nothing_secret_shows(shop):
    ready = scene.ready(shop, "x")
    for shown in (repr(ready), repr(shop.credentials.get()), repr(readiness.standing(shop, AT))):
        assert scene.PASSWORD not in shown
        assert "PRIVATE" not in shown
