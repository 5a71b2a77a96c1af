"""Customers of a company: its own, one per cédula, found by what people type, never lost."""

from __future__ import annotations

import contextlib
import csv
import io
import threading
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.cast import company as another_company
from tests.cast import seat
from tests.invoicing import scene
from tests.invoicing.scene import AT

import hacienda
from hacienda.consultas import TipoCambio
from hacienda.errors import SendError
from iofacturo.invoicing import draft, emission
from iofacturo.invoicing.catalogue import actividad, customer, lookup
from iofacturo.invoicing.models import Customer
from iofacturo.invoicing.paper import sheet as paper

pytestmark = pytest.mark.django_db

LIST = "/facturar/clientes/"
NEW = "/facturar/clientes/nuevo/"


@pytest.fixture
def answering():
    """A Hacienda that answers everything alike: with a status, or after seconds."""
    servers = []

    def start(status: int = 200, headers: dict[str, str] | None = None, delay: float = 0) -> str:
        stop = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stop.wait(delay)
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in (headers or {}).items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append((server, stop))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, stop in servers:
        stop.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    lookup._paces.clear()
    lookup._rates.clear()
    actividad._held.clear()
    lookup._at.cache_clear()


def made(company, nombre="Sodas del Valle S.A.", identificacion="3101654321", **more) -> Customer:
    known = {"tipo_identificacion": "02", "created_at": AT, "updated_at": AT}
    return Customer.objects.create(
        company=company, nombre=nombre, identificacion=identificacion, **(known | more)
    )


def form(**more) -> dict[str, str]:
    known = {
        "marca": "ABCDEFGH2345",
        "tipo_identificacion": "02",
        "identificacion": "3-101-654321",
        "nombre": "Sodas del Valle S.A.",
        "email_1": "compras@ejemplo.cr",
        "provincia": "1",
        "canton": "1-02",
        "distrito": "1-02-03",
        "otras_senas": "200 metros norte de la iglesia",
        "telefono": "2222-3344",
        "condicion_venta": "02",
        "plazo": "30",
    }
    return known | more


def found(company, words: str) -> list[str]:
    return [row.nombre for row in customer.search(company, words)]


# -- the form --------------------------------------------------------------------------------------


def test_a_customer_is_written_and_becomes_a_receptor(owner, cafe, as_client):
    answer = as_client(owner).post(NEW, form())
    row = cafe.customers.get()
    assert answer.url == f"/facturar/clientes/{row.public_id}/"
    assert row.receptor() == {
        "Nombre": "Sodas del Valle S.A.",
        "Identificacion": {"Tipo": "02", "Numero": "3101654321"},
        "Ubicacion": {
            "Provincia": "1", "Canton": "02", "Distrito": "03",
            "OtrasSenas": "200 metros norte de la iglesia",
        },
        "Telefono": {"CodigoPais": "506", "NumTelefono": "22223344"},
        "CorreoElectronico": "compras@ejemplo.cr",
    }  # fmt: skip
    assert (row.condicion_venta, row.plazo) == ("02", 30)


def test_what_a_customer_states_can_be_issued(shop, owner, as_client):
    as_client(owner).post(NEW, form(nombre_comercial="Soda La Esquina", barrio="Barrio Nuevo"))
    receptor = shop.customers.get().receptor()
    row = draft.write(shop, scene.stated(Receptor=receptor), by=owner, at=AT)
    issued = emission.issue_draft(row, by=owner, at=AT)
    assert isinstance(issued.document(), hacienda.FacturaElectronica)  # and the judges look at it
    page = as_client(owner).get(f"/facturar/clientes/{shop.customers.get().public_id}/")
    assert issued.short in page.content.decode()


def test_the_same_form_twice_makes_one_customer(owner, cafe, as_client):
    client = as_client(owner)
    assert client.post(NEW, form()).url == client.post(NEW, form()).url
    assert cafe.customers.count() == 1


def test_one_cedula_is_one_customer(owner, cafe, as_client):
    there = made(cafe)
    page = as_client(owner).post(NEW, form(nombre="Otra empresa"))
    assert page.status_code == 200
    assert "Ya tiene un cliente con este número" in page.content.decode()
    assert there.public_id in page.content.decode()


def test_two_companies_may_have_the_same_customer(owner, cafe, stranger, as_client):
    made(stranger.memberships.get().company)
    as_client(owner).post(NEW, form())
    assert cafe.customers.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"identificacion": "3-101"}, "no es un número de Cédula jurídica"),
        ({"nombre": "ab"}, "al menos 3"),
        ({"email_1": "nadie"}, "correo"),
        ({"telefono": "22"}, "8 números"),
        ({"plazo": ""}, "lleva su plazo"),
        ({"plazo": "muchos"}, "Escriba los días en números"),
        ({"distrito": "2-01-01"}, "no es del cantón"),
        ({"otras_senas": ""}, "otras señas"),
        ({"condicion_venta": "77"}, "opciones disponibles"),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(owner, cafe, as_client, change, said):
    page = as_client(owner).post(NEW, form(**change)).content.decode()
    assert said in page
    assert 'role="alert"' in page
    assert "compras@ejemplo.cr" in page or "email_1" in change
    assert not cafe.customers.exists()


def test_a_foreigner_has_an_address_of_their_own(owner, cafe, as_client):
    data = form(tipo_identificacion="05", identificacion="X1234567", distrito="", canton="")
    data |= {"provincia": "", "otras_senas": "Calle Mayor 1, Madrid", "telefono": "+34 912 345 678"}
    as_client(owner).post(NEW, data)
    receptor = cafe.customers.get().receptor()
    assert receptor["OtrasSenasExtranjero"] == "Calle Mayor 1, Madrid"
    assert receptor["Telefono"] == {"CodigoPais": "34", "NumTelefono": "912345678"}
    assert "Ubicacion" not in receptor


def test_a_customer_is_changed(owner, cafe, as_client):
    row = made(cafe)
    address = f"/facturar/clientes/{row.public_id}/cambiar/"
    assert "Sodas del Valle" in as_client(owner).get(address).content.decode()
    as_client(owner).post(address, form(nombre="Sodas del Este S.A."))
    row.refresh_from_db()
    assert row.nombre == "Sodas del Este S.A."
    assert found(cafe, "este") == ["Sodas del Este S.A."]


def test_hostile_text_is_shown_as_text(owner, cafe, as_client):
    as_client(owner).post(NEW, form(nombre="<script>alert(1)</script>\u202e Ltda"))
    page = as_client(owner).get(LIST).content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in cafe.customers.get().nombre


# -- archiving -------------------------------------------------------------------------------------


def test_an_archived_customer_is_not_offered_and_not_lost(owner, cafe, as_client):
    row = made(cafe)
    client = as_client(owner)
    client.post(f"/facturar/clientes/{row.public_id}/archivar/")
    assert found(cafe, "sodas") == []
    assert row.nombre not in client.get(LIST).content.decode().split("</h1>")[1].split("banner")[0]
    assert row.nombre in client.get(f"{LIST}?archivados=1").content.decode()
    client.post(f"/facturar/clientes/{row.public_id}/archivar/", {"restaurar": "1"})
    assert found(cafe, "sodas") == [row.nombre]


# -- searching -------------------------------------------------------------------------------------


def test_customers_are_found_by_the_beginnings_of_words_and_by_number(cafe):
    made(cafe, "Pérez Ñandú e Hijos S.A.", "3101000111", nombre_comercial="La Peña")
    made(cafe, "María Solano Quesada", "101110111", tipo_identificacion="01")
    assert found(cafe, "perez") == found(cafe, "ÑANDU per") == ["Pérez Ñandú e Hijos S.A."]
    assert found(cafe, "pena") == ["Pérez Ñandú e Hijos S.A."]
    assert found(cafe, "1-0111-0111") == found(cafe, "10111") == ["María Solano Quesada"]
    assert found(cafe, "erez") == []
    assert found(cafe, "100% _") == []
    assert len(found(cafe, "")) == 2


def test_nobody_finds_the_customers_of_another_company(cafe, stranger):
    made(stranger.memberships.get().company)
    assert found(cafe, "sodas") == []


def test_the_script_gets_what_it_needs(owner, cafe, as_client):
    row = made(cafe, emails=["a@ejemplo.cr", "b@ejemplo.cr"])
    answer = as_client(owner).get("/facturar/buscar/clientes/?q=soda").json()
    (one,) = answer["results"]
    assert one["receptor"] == row.receptor()
    assert (one["cedula"], one["correo"]) == ("3-101-654321", "a@ejemplo.cr")


# -- who may ---------------------------------------------------------------------------------------


def test_strangers_see_nothing_of_it(stranger, cafe, as_client):
    row = made(cafe)
    client = as_client(stranger)
    assert client.get(f"/facturar/clientes/{row.public_id}/").status_code == 404
    assert client.get(f"/facturar/clientes/{row.public_id}/cambiar/").status_code == 404
    assert client.post(f"/facturar/clientes/{row.public_id}/archivar/").status_code == 404
    assert row.nombre not in client.get(LIST).content.decode()
    assert client.get("/facturar/buscar/clientes/?q=soda").json() == {"results": []}
    assert row.nombre not in b"".join(client.get("/facturar/clientes.csv")).decode()


def test_who_only_reads_looks_and_does_not_touch(reader, cafe, as_client):
    row = made(cafe)
    client = as_client(reader)
    page = client.get(LIST).content.decode()
    assert row.nombre in page
    assert "Agregar cliente" not in page
    assert client.get(f"/facturar/clientes/{row.public_id}/").status_code == 200
    for address in (NEW, f"/facturar/clientes/{row.public_id}/cambiar/"):
        assert client.post(address, form()).status_code == 403
    assert client.get("/facturar/buscar/clientes/?q=soda").status_code == 403
    assert cafe.customers.get().nombre == row.nombre


def test_a_form_of_another_company_is_not_taken(owner, cafe, as_client):
    assert as_client(owner).post(NEW, form(empresa="WWWWWWWWWWWW")).status_code == 409
    assert not cafe.customers.exists()


def test_a_mark_of_another_companys_customer_opens_nothing(owner, cafe, stranger, as_client):
    theirs = made(stranger.memberships.get().company, public_id="ABCDEFGH2345")
    as_client(owner).post(NEW, form(nombre="Otro nombre"))
    theirs.refresh_from_db()
    assert theirs.nombre == "Sodas del Valle S.A."


# -- many of them ----------------------------------------------------------------------------------


def test_the_list_costs_the_same_however_long_it_is(
    owner, cafe, as_client, django_assert_max_num_queries
):
    made(cafe)
    client = as_client(owner)
    with django_assert_max_num_queries(12) as few:
        client.get(LIST)
    rows = [
        Customer(
            company=cafe, tipo_identificacion="02", identificacion=f"3102{number:06}",
            nombre=f"Cliente número {number:05}", created_at=AT, updated_at=AT,
        )
        for number in range(5_000)
    ]  # fmt: skip
    for row in rows:
        row.fold()
    Customer.objects.bulk_create(rows, batch_size=500)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(f"{LIST}?q=cliente")
    assert len(page.content) < 100_000
    with django_assert_max_num_queries(12):
        assert len(client.get("/facturar/buscar/clientes/?q=numero").json()["results"]) == 8


def test_pages_follow_each_other_without_a_gap(owner, cafe, as_client):
    names = {f"Cliente {number:03}" for number in range(120)}
    for number, name in enumerate(sorted(names)):
        made(cafe, name, f"3102{number:06}")
    seen: list[str] = []
    address = LIST
    for _ in range(3):
        context = as_client(owner).get(address).context
        seen += [row.nombre for row in context["rows"]]
        address = f"{LIST}?desde={context['more']}"
    assert seen == sorted(names)


# -- asking Hacienda -------------------------------------------------------------------------------


def test_hacienda_fills_in_who_it_is(near, owner, cafe, as_client):
    answer = as_client(owner).get("/facturar/buscar/contribuyente/?numero=3-101-000001")
    assert answer.status_code == 200
    told = answer.json()
    assert told["numero"] == "3101000001"
    assert told["nombre"]
    page = as_client(owner).post(NEW, form(identificacion="3-101-000001", nombre="", consultar="1"))
    text = page.content.decode()
    assert f"Hacienda: {told['nombre']}" in text
    assert told["actividades"][0]["codigo"] in text
    assert not cafe.customers.exists()


def test_what_hacienda_calls_an_activity_is_kept_and_shown(near, owner, shop, as_client):
    client = as_client(owner)
    told = client.get("/facturar/buscar/contribuyente/?numero=3101000001").json()
    (one,) = told["actividades"]
    row = made(shop, actividad=one["codigo"])
    assert one["descripcion"] in client.get(f"{LIST}{row.public_id}/").content.decode()
    stated = draft.read(scene.stated(CodigoActividadReceptor=one["codigo"]))
    facts = dict(paper.sheet(stated)["parties"][1]["facts"])
    assert facts["Actividad económica"] == f"{one['codigo']} · {one['descripcion']}"


def test_who_is_not_registered_is_not_found(near, owner, cafe, as_client):
    answer = as_client(owner).get("/facturar/buscar/contribuyente/?numero=3101650404")
    assert answer.status_code == 404
    assert "inscrita" in answer.json()["error"]
    assert as_client(owner).get("/facturar/buscar/contribuyente/?numero=").status_code == 404


def test_the_days_dollar_is_told(near, owner, cafe, as_client):
    told = as_client(owner).get("/facturar/buscar/tipo-de-cambio/?moneda=USD").json()
    assert float(told["venta"]) > 100
    assert as_client(owner).get("/facturar/buscar/tipo-de-cambio/?moneda=EUR").status_code == 404
    assert as_client(owner).get("/facturar/buscar/tipo-de-cambio/?dia=ayer").status_code == 404
    assert lookup.exchange_rate("CRC", AT.date()) == 1


class Rates:
    """Hacienda's rates as the look-up tells them; raises what it was given in place of one."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def tipo_cambio(self):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tipos_cambio(self, first, last):
        return (TipoCambio(fecha=first, compra=None, venta=Decimal("507")),)


def test_the_days_dollar_of_a_lookup_that_limps(monkeypatch):
    silence = SendError("La consulta de Hacienda no responde.")
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)

    def asked(*answers, day):
        rates = Rates(*answers)
        monkeypatch.setattr(lookup, "_consultas", lambda: rates)
        return lookup.dollar(day, day).venta

    known = TipoCambio(fecha=friday, compra=None, venta=Decimal("505"))
    with pytest.raises(lookup.Unavailable):
        asked(silence, silence, day=friday)
    assert asked(silence, known, day=friday) == 505  # asked once more
    assert asked(silence, silence, day=friday) == 505  # what was seen
    assert asked(silence, silence, day=monday) == 505  # the last one published
    with pytest.raises(lookup.Unavailable):
        asked(silence, silence, day=monday + timedelta(days=9))
    assert asked(known, day=monday) == 507  # an answer of before midnight is not today's


def test_an_exoneration_that_is_not_there(near, owner, cafe, as_client):
    answer = as_client(owner).get("/facturar/buscar/exoneracion/?numero=AL-00000404-26")
    assert answer.status_code == 404


def test_an_exoneration_says_whose_it_is_and_until_when(near, owner, cafe, as_client):
    told = as_client(owner).get("/facturar/buscar/exoneracion/?numero=al-00123456-26").json()
    assert told["numero"] == "AL-00123456-26"
    assert told["identificacion"]
    assert told["vencimiento"] > told["emision"]


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429, "headers": {"Retry-After": "60"}}]
)
def test_when_hacienda_cannot_be_asked_one_types(
    owner, cafe, as_client, settings, fault, answering
):
    settings.HACIENDA_URL = answering(**fault)
    answer = as_client(owner).get("/facturar/buscar/contribuyente/?numero=3101000001")
    assert answer.status_code == 503
    assert "a mano" in answer.json()["error"]


def test_a_slow_hacienda_is_not_waited_for(owner, cafe, as_client, settings, answering):
    import time

    settings.HACIENDA_URL = answering(delay=8)
    before = time.monotonic()
    answer = as_client(owner).get("/facturar/buscar/contribuyente/?numero=3101000001")
    assert answer.status_code == 503
    assert time.monotonic() - before < 4


def test_nobody_listening_is_no_error_of_ours(owner, cafe, as_client, settings):
    settings.HACIENDA_URL = "http://127.0.0.1:9"
    page = as_client(owner).post(NEW, form(consultar="1"))
    assert page.status_code == 200
    assert "No se pudo consultar" in page.content.decode()
    assert "compras@ejemplo.cr" in page.content.decode()  # what was typed is still there


def test_one_company_cannot_ask_without_end(near, owner, cafe, as_client):
    client = as_client(owner)
    states = [
        client.get(f"/facturar/buscar/contribuyente/?numero=31016504{n:02}").status_code
        for n in range(lookup.COMPANY_BURST + 5)
    ]
    assert 503 in states
    other = another_company("Otra Empresa S.A.", "3101777777")
    someone = seat("otra", other, "owner")
    lookup._at.cache_clear()  # the server's own pace is another thing
    answer = as_client(someone).get("/facturar/buscar/contribuyente/?numero=3101000001")
    assert answer.status_code == 200


# -- out and back in -------------------------------------------------------------------------------


def test_the_list_goes_out_as_csv_without_formulas(owner, cafe, as_client):
    made(cafe, "=HYPERLINK(1)", nombre_comercial="+50")
    data = b"".join(as_client(owner).get("/facturar/clientes.csv")).decode("utf-8-sig")
    (headings, row) = csv.reader(io.StringIO(data))
    assert row[headings.index("Nombre")] == "'=HYPERLINK(1)"
    assert row[headings.index("Nombre comercial")] == "'+50"
