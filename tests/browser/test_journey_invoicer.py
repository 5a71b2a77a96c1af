"""The whole way of who issues: from an empty company to its first sale, its mistakes, its folios."""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page, expect
from tests import cast
from tests.invoicing import judges, purchases, scene
from tests.invoicing.hacienda_near import Near, nearby
from tests.renewals import scene as sale

from iofacturo import verify, worker
from iofacturo.accounts.company import Company
from iofacturo.demo import slip
from iofacturo.folios import ledger, summary
from iofacturo.invoicing.models import Comprobante, Submission
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.lib import clock
from iofacturo.outbox.message import Message
from iofacturo.renewals import review
from iofacturo.renewals.provider_invoice import ProviderInvoice
from iofacturo.renewals.request import RenewalRequest

pytestmark = pytest.mark.django_db(transaction=True)
QUARTER = timedelta(minutes=15)
CAFE = "2391102010200"
CLIENTE = ("3-101-654321", "Cliente de Prueba S.A.")
NOBODY = ("3-101-650404", "Nadie Conocido S.A.")


class Day:
    """The clock that everybody looks at, and the worker that comes by."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.later(timedelta(0))

    def later(self, by: timedelta = QUARTER) -> None:
        before = scene.AT if by == timedelta(0) else clock.now()
        self._stack.enter_context(clock.moved_to(before + by))

    def worker(self) -> None:
        """Its rounds, a quarter of an hour apart, until nothing waits for Hacienda."""
        over = ("done", "stopped")
        for _ in range(12):
            worker.round_of_claims()
            waiting = [
                rows.objects.exclude(state__in=over).exists() for rows in (Submission, Errand)
            ]
            if not any(waiting):
                worker.round_of_claims()  # mail about what was just answered
                return
            self.later()
        raise AssertionError("Hacienda never answers")


@pytest.fixture
def day() -> Iterator[Day]:
    with ExitStack() as stack:
        yield Day(stack)


@pytest.fixture
def hacienda(settings) -> Iterator[Near]:
    with nearby(settings, now="2026-11-23T20:00:00-06:00") as near:  # never behind the day's clock
        yield near


@pytest.fixture
def shop(transactional_db, day, hacienda, settings, tmp_path) -> SimpleNamespace:
    """The provider, who can issue; the café, of which only the name is known; its owner."""
    settings.DATA = tmp_path
    provider = cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    scene.set_up(provider, folios=1000)
    cafe = Company.objects.create(
        tipo_identificacion="02", identificacion="3101000001", nombre="Café Prueba S.A."
    )
    return SimpleNamespace(provider=provider, cafe=cafe, owner=cast.seat("duena", cafe, "owner"))


@pytest.fixture
def open_shop(shop) -> SimpleNamespace:
    """The café, set up; a test says how many folios it has."""
    data = {"actividad": "5610.0", "provincia": "1", "canton": "01", "distrito": "01",
            "otras_senas": "Avenida central, casa 25", "emails": ["facturas@ejemplo.cr"]}  # fmt: skip
    Company.objects.filter(pk=shop.cafe.pk).update(**data)
    shop.cafe.refresh_from_db()
    scene.set_up(shop.cafe, folios=0)
    return shop


@pytest.fixture(autouse=True)
def _judged(transactional_db) -> Iterator[None]:
    """Whatever the journey issued stands before the judges, and every book is right."""
    yield
    rows = list(Comprobante.objects.select_related("signed_xml", "company"))
    assert rows
    for row in rows:
        judges.judge(row)
    assert list(verify.broken()) == []


@pytest.fixture
def visit(page: Page, live_server) -> Callable[[str], Page]:
    def go(path: str) -> Page:
        page.goto(live_server.url + path)
        return page

    return go


def press(page: Page, name: str, role: str = "button") -> None:
    page.get_by_role(role, name=name, exact=True).first.click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def write_receiver(page: Page, who: tuple[str, str], mail: str = "compras@cliente.cr") -> None:
    numero, nombre = who
    page.get_by_label("Nombre o razón social").fill(nombre)
    page.get_by_label("Tipo de identificación").select_option("02")
    page.get_by_label("Número de identificación").fill(numero)
    page.get_by_label("Correo electrónico").fill(mail)


def write_line(page: Page, detalle: str, precio: str) -> None:
    line = page.get_by_role("group", name="Línea 1", exact=True)
    line.get_by_label("Detalle").fill(detalle)
    line.get_by_label("Código CAByS").fill(CAFE)
    line.get_by_label("Cantidad").fill("2")
    line.get_by_label("Precio unitario").fill(precio)
    line.get_by_label("IVA").select_option("08")


def issue(page: Page, label: str) -> None:
    page.locator("button[value=emitir]").click()
    heading(page, label)


def issued(company: Company) -> Comprobante:
    return company.comprobantes.latest("id")


def test_from_an_empty_company_to_its_first_sales(
    page, visit, shop, day, browser: Browser, no_barriers, tmp_path
) -> None:
    cafe = shop.cafe
    scene.grant(cafe, 20)
    visit("/facturar/")
    page.get_by_label("Correo electrónico").fill(shop.owner.email)
    page.get_by_label("Contraseña", exact=True).fill(cast.PASSWORD)
    press(page, "Iniciar sesión")
    heading(page, "¿Qué quiere emitir?")
    expect(page.get_by_role("heading", name="termine de preparar su empresa")).to_be_visible()
    no_barriers(page)

    visit("/facturar/preparar/")
    no_barriers(page)
    press(page, "Empezar: datos de la empresa", "link")
    press(page, "Consultar en Hacienda")
    page.locator("input[name=actividad]").first.check()
    page.get_by_label("Provincia").select_option("1")
    page.get_by_label("Cantón").select_option("1-01")
    page.get_by_label("Distrito").select_option("1-01-01")
    page.get_by_label("Otras señas").fill("Avenida central, casa 25")
    page.get_by_label("Correo", exact=False).first.fill("facturas@cafeprueba.cr")
    no_barriers(page)
    press(page, "Guardar los datos")
    page.get_by_role("link", name=re.compile("sucursales y numeración$")).click()
    page.get_by_label("Próximo número de Factura electrónica", exact=True).fill("4121")
    press(page, "Guardar")
    visit("/facturar/preparar/llave/")
    file = tmp_path / "llave.p12"
    file.write_bytes(scene.p12(scene.serial(cafe)))
    page.get_by_label("Archivo .p12").set_input_files(str(file))
    page.get_by_label("PIN").fill(scene.PIN)
    press(page, "Guardar la llave")
    expect(page.get_by_text("Vigente", exact=True)).to_be_visible()
    visit("/facturar/preparar/hacienda/")
    page.get_by_label("Usuario").fill(scene.user_of(cafe))
    page.get_by_label("Contraseña").fill(scene.PASSWORD)
    press(page, "Probar y guardar")
    expect(page.get_by_text("Hacienda los aceptó")).to_be_visible()
    visit("/facturar/preparar/")
    expect(page.get_by_text("Ya puede facturar")).to_be_visible()
    no_barriers(page)

    page.get_by_role("main").get_by_role("link", name="Emitir").click()
    page.get_by_role("button", name=re.compile("^Factura Para")).click()
    write_receiver(page, CLIENTE)
    write_line(page, "Café molido 500 g", "4 200,00")
    expect(page.get_by_text("₡9 492,00").first).to_be_visible()  # summed while it was typed
    no_barriers(page)
    issue(page, "Factura electrónica 4121")
    expect(page.get_by_text("Va camino a Hacienda")).to_be_visible()
    no_barriers(page)
    factura = issued(cafe)

    visit("/facturar/tiquete/")
    page.get_by_label("Qué vende").fill("Café para llevar")
    page.get_by_label("Monto con IVA incluido").fill("1 130")
    page.keyboard.press("Enter")
    page.get_by_label("Código CAByS").fill(CAFE)
    no_barriers(page)
    press(page, "Emitir tiquete")
    expect(page.get_by_role("heading", name="Tiquete electrónico 1: ₡1 130,00")).to_be_visible()
    no_barriers(page)

    day.worker()
    visit("/facturar/documentos/")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_role("main").get_by_text("Aceptado", exact=True)).to_have_count(2)
    no_barriers(page)
    visit(f"/facturar/documentos/{factura.clave}/")
    expect(page.get_by_text("Hacienda lo aceptó")).to_be_visible()
    press(page, "Correo y enlace para el cliente", "link")
    expect(page.get_by_text("compras@cliente.cr").first).to_be_visible()
    no_barriers(page)
    link = page.locator("button[data-copy]").get_attribute("data-copy")
    assert link in Message.objects.get(to="compras@cliente.cr").text
    assert summary.available(cafe, clock.now()) == 18

    alone = browser.new_context(locale="es-CR")  # the customer, who has no account
    guest = alone.new_page()
    guest.goto(re.sub("^https?://[^/]+", page.url.split("/facturar")[0], link))
    heading(guest, "Factura electrónica 4121")
    expect(guest.get_by_text("Hacienda lo aceptó")).to_be_visible()
    no_barriers(guest)
    with guest.expect_download() as coming:
        press(guest, "Descargar el XML firmado", "link")
    assert coming.value.path().read_bytes() == factura.xml
    assert alone.cookies() == []
    alone.close()


def test_a_rejection_a_note_and_an_annulment(
    page, visit, open_shop, day, log_in, no_barriers
) -> None:
    cafe = open_shop.cafe
    scene.grant(cafe, 10)
    log_in(open_shop.owner)
    visit("/facturar/")
    page.get_by_role("button", name=re.compile("^Factura Para")).click()
    write_receiver(page, NOBODY)
    write_line(page, "Café molido", "5 000")
    issue(page, "Factura electrónica 1")
    rejected = issued(cafe)
    day.worker()
    page.reload()
    expect(page.get_by_text("Hacienda lo rechazó").first).to_be_visible()
    expect(page.get_by_text("Su folio volvió")).to_be_visible()
    no_barriers(page)
    press(page, "Corregir y emitir otro")
    heading(page, "Factura electrónica")
    press(page, "Cambiar cliente")
    write_receiver(page, CLIENTE)
    no_barriers(page)
    issue(page, "Factura electrónica 2")
    expect(page.get_by_text(rejected.label)).to_be_visible()
    day.worker()
    page.reload()
    expect(page.get_by_text("Hacienda lo aceptó")).to_be_visible()
    good = issued(cafe)
    assert good.referencia == rejected.clave

    press(page, "Nota de crédito")
    heading(page, "Nota de crédito electrónica")
    page.get_by_role("group", name="Línea 1", exact=True).get_by_label("Cantidad").fill("1")
    page.get_by_label("Razón").fill("Devolvió un paquete")
    no_barriers(page)
    issue(page, "Nota de crédito electrónica 1")
    day.worker()
    visit(f"/facturar/documentos/{good.clave}/")
    expect(page.get_by_text("Ya se acreditaron ₡5 650,00: quedan ₡5 650,00.")).to_be_visible()
    no_barriers(page)
    press(page, "Anular", "link")
    page.get_by_label("Por qué se anula").fill("El cliente devolvió todo")
    no_barriers(page)
    press(page, "Emitir la nota y anular")
    heading(page, "Nota de crédito electrónica 2")
    expect(page.get_by_text(f"anula {good.label}")).to_be_visible()
    day.worker()
    visit(f"/facturar/documentos/{good.clave}/")
    expect(page.get_by_text("Anulado", exact=True)).to_be_visible()
    assert summary.available(cafe, clock.now()) == 7
    states = cafe.comprobantes.order_by("id").values_list("state", flat=True)
    assert list(states) == ["rejected", "accepted", "accepted", "accepted"]


def test_a_purchase_is_accepted(page, visit, open_shop, day, hacienda, log_in, no_barriers) -> None:
    cafe = open_shop.cafe
    scene.grant(cafe, 1)
    xml = purchases.purchase(cafe)
    purchases.hand_in(hacienda, xml)
    log_in(open_shop.owner)
    visit("/facturar/recibidos/")
    page.locator("#archivos").set_input_files(
        [{"name": "compra.xml", "mimeType": "text/xml", "buffer": xml}]
    )
    expect(page.get_by_role("link", name="de Distribuidora La Central")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="de Distribuidora La Central").click()
    expect(page.get_by_text("Le estamos preguntando a Hacienda")).to_be_visible()
    day.worker()
    page.reload()
    expect(page.get_by_text("Falta su respuesta")).to_be_visible()
    no_barriers(page)
    press(page, "Responder", "link")
    page.get_by_role("radio", name="Aceptarlo", exact=True).check()
    no_barriers(page)
    press(page, "Firmar y enviar la respuesta")
    expect(page.get_by_text("Usted lo aceptó").first).to_be_visible()
    day.worker()
    page.reload()
    no_barriers(page)
    message = cafe.receiver_messages.get()
    assert message.mensaje == "1"
    assert message.errand.state == Errand.DONE
    assert summary.available(cafe, clock.now()) == 1  # answering takes none
    issue_one_by_hand(page, visit)
    day.worker()


def issue_one_by_hand(page: Page, visit: Callable[[str], Page]) -> None:
    visit("/facturar/tiquete/")
    page.get_by_label("Qué vende").fill("Café para llevar")
    page.get_by_label("Monto con IVA incluido").fill("1130")
    page.keyboard.press("Enter")
    page.get_by_label("Código CAByS").fill(CAFE)
    press(page, "Emitir tiquete")
    expect(page.get_by_role("heading", name=re.compile("Tiquete electrónico"))).to_be_visible()


def test_out_of_folios_renewed_and_the_same_draft_issued(
    page, visit, open_shop, day, log_in, no_barriers, tmp_path
) -> None:
    cafe, now = open_shop.cafe, clock.now()
    reviewer = cast.staff_person("revisor", "reviewer")
    sale.house(cast.staff_person("revisora", "senior"), cast.staff_person("admin", "administrator"))
    ledger.grant(cafe, "courtesy", 1, origin="courtesy:cafe", at=now, months=12)
    log_in(open_shop.owner)
    issue_one_by_hand(page, visit)
    expect(page.get_by_role("heading", name="Se le acabaron los folios")).to_be_visible()
    visit("/facturar/")
    page.get_by_role("button", name=re.compile("^Factura Para")).click()
    write_receiver(page, CLIENTE)
    write_line(page, "Café molido 500 g", "4 200")
    issue(page, "Factura electrónica")
    expect(page.get_by_role("heading", name="No se emitió")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Su borrador está guardado")
    expect(page.locator("textarea[name='L1/Detalle']")).to_have_value("Café molido 500 g")
    assert cafe.comprobantes.count() == 1
    no_barriers(page)
    draft = cafe.drafts.get(comprobante__isnull=True)

    press(page, "Ir a Mi Plan", "link")
    page.get_by_role("radio", name=re.compile("Plan 500")).check()
    press(page, "Continuar con el pago")
    proof = tmp_path / "transferencia.png"
    proof.write_bytes(
        slip.draw(
            amount=75000,
            reference="IOF7K3Q9XW",
            at=now,
            bank_reference="2026112315288104",
            payer="Café Prueba S.A.",
        )
    )
    page.locator("input[type=file]").set_input_files(str(proof))
    expect(page.get_by_alt_text(re.compile("Vista previa"))).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Leí y acepto")).check()
    press(page, "Enviar renovación de plan")
    expect(page.get_by_role("heading", name="Recibimos su solicitud")).to_be_visible()
    request = RenewalRequest.objects.get()
    day.later()
    request = review.take(request, by=reviewer, at=clock.now())
    review.approve(request, by=reviewer, at=clock.now(), version=request.version,
                   lines=[sale.line(request.given.total)])  # fmt: skip
    day.worker()
    assert Comprobante.objects.filter(company=open_shop.provider, state="accepted").count() == 1
    assert ProviderInvoice.objects.count() == 1

    visit("/facturar/")
    page.get_by_role("link", name=re.compile("Café molido 500 g")).click()
    expect(page.get_by_text("le quedarán 499")).to_be_visible()
    issue(page, "Factura electrónica 1")
    draft.refresh_from_db()
    assert draft.comprobante == issued(cafe)
    day.worker()
    page.reload()
    expect(page.get_by_text("Hacienda lo aceptó")).to_be_visible()
    assert summary.available(cafe, clock.now()) == 499

    visit("/facturar/exportar/")
    page.get_by_label(re.compile("^XML, respuestas y tabla")).check()
    press(page, "Preparar la descarga")
    day.worker()
    link = page.get_by_role("link", name=re.compile("^Descargar XML"))
    expect(link).to_be_visible()
    no_barriers(page)
    with page.expect_download() as coming:
        link.click()
    with zipfile.ZipFile(coming.value.path()) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert any(archive.read(name) == draft.comprobante.xml for name in names)
