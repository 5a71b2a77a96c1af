"""Customers, products and a list on its way in, on a phone and on a desk, by script and by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests import cast

from iofacturo.invoicing.models import CabysEdition, CabysItem, Customer, Product
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)
CODES = [
    ("2391102010200", "Café tostado, sin descafeinar, molido", "1"),
    ("2391102020000", "Café tostado, descafeinado", "13"),
    ("9721000000100", "Servicios de corte de cabello", "13"),
]
LIST = (
    "Cédula;Nombre;Correo\n"
    "3-101-654321;Sodas del Valle S.A.;compras@ejemplo.cr\n"
    "12;Sin cédula buena;nadie\n"
)


@pytest.fixture
def owner(transactional_db):
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    now = clock.now()
    edition = CabysEdition.objects.create(
        imported_at=now, digest="d", name="cabys.csv", total=3, new=3, gone=0, rates=0
    )
    for code, text, rate in CODES:
        CabysItem.objects.create(codigo=code, descripcion=text, impuesto=rate)
    assert edition.pk
    Customer.objects.create(
        company=cafe, tipo_identificacion="02", identificacion="3101777888", created_at=now,
        nombre="Constructora de nombre muy largo y seguido de Costa Rica S.R.L.", updated_at=now,
        emails=["una.direccion.de.correo.bastante.larga@constructora-ejemplo.cr", "b@ejemplo.cr"],
        provincia="1", canton="02", distrito="03", otras_senas="Frente al parque",
        condicion_venta="02", plazo=30,
    )  # fmt: skip
    for number, warning in enumerate(("", "rate", "gone")):
        Product.objects.create(
            company=cafe, codigo=f"CAF-{number}", detalle=f"Café molido de {number} gramos",
            cabys=CODES[0][0], unidad="Unid", precio="3500.12345", tarifa_iva="02",
            cabys_warning=warning, created_at=now, updated_at=now,
        )  # fmt: skip
    return cast.seat("duena", cafe, "owner")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_every_page_is_without_barriers(
    page: Page, live_server, log_in, owner, no_barriers, width, scheme
):
    log_in(owner)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    customer, product = Customer.objects.get(), Product.objects.filter(cabys_warning="rate").get()
    for address in (
        "clientes/", "clientes/nuevo/", f"clientes/{customer.public_id}/",
        f"clientes/{customer.public_id}/cambiar/", "clientes/?q=nadie", "productos/",
        "productos/?aviso=1", "productos/nuevo/", f"productos/{product.public_id}/",
        "clientes/importar/", "productos/importar/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/facturar/{address}")
        no_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_code_is_found_while_typing_and_brings_its_tariff(page: Page, live_server, log_in, owner):
    log_in(owner)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{live_server.url}/facturar/productos/nuevo/")
    page.get_by_label("Detalle").fill("Café molido 250 g")
    page.get_by_label("Buscar por palabras").fill("cafe molido")
    page.get_by_role("button", name="2391102010200").click()
    expect(page.get_by_label("Código CAByS")).to_have_value("2391102010200")
    expect(page.get_by_label("Tarifa de IVA")).to_have_value("02")
    page.get_by_label("Precio", exact=True).fill("2 525,00")
    page.get_by_label("El precio ya incluye el IVA").check()
    page.get_by_role("button", name="Guardar producto").click()
    expect(page.get_by_text("Guardamos «Café molido 250 g».")).to_be_visible()
    assert Product.objects.get(detalle="Café molido 250 g").precio == 2500


def test_a_code_is_found_without_script_too(browser, live_server, log_in, context, owner):
    log_in(owner)
    cookies = context.cookies()
    plain = browser.new_context(java_script_enabled=False)
    plain.add_cookies(cookies)
    page = plain.new_page()
    page.goto(f"{live_server.url}/facturar/productos/nuevo/")
    page.get_by_label("Detalle").fill("Corte")
    page.get_by_label("Buscar por palabras").fill("corte de pelo")
    page.get_by_role("button", name="Buscar").click()
    page.get_by_role("button", name="9721000000100").click()
    expect(page.get_by_label("Código CAByS")).to_have_value("9721000000100")
    expect(page.get_by_label("Detalle")).to_have_value("Corte")
    plain.close()


def test_a_list_is_chosen_looked_at_and_confirmed(
    page: Page, live_server, log_in, owner, no_barriers
):
    log_in(owner)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{live_server.url}/facturar/clientes/importar/")
    page.set_input_files(
        "#archivo", {"name": "lista.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    )
    expect(page.get_by_role("heading", name="1 fila entra")).to_be_visible()
    expect(page.get_by_text("Fila 3")).to_be_visible()
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Importar 1 fila").click()
    expect(page.get_by_role("heading", name="Importación hecha")).to_be_visible()
    no_barriers(page)
    assert Customer.objects.filter(nombre="Sodas del Valle S.A.").exists()
