"""The printed representation: whole, in words, sealed against whatever people type."""

import io
import json
import threading

import pikepdf
import pytest
from tests.invoicing import scene
from tests.invoicing.papers import issued, of_type, receipt, settled, size_of, text_of
from tests.invoicing.scene import AT

import hacienda
from hacienda.catalogos.codigo_comercial import CODIGO_COMERCIAL
from iofacturo.invoicing import draft
from iofacturo.invoicing.models import Comprobante
from iofacturo.invoicing.paper import lettering, pdf
from iofacturo.invoicing.setup import sucursal

pytestmark = pytest.mark.django_db
SEVEN = ["FE", "TE", "NC", "ND", "FEC", "FEE", "REP"]
SIZES = ["letter", "ticket"]


def printed(row: Comprobante, size: str = "letter") -> str:
    return text_of(pdf.render(row, size=size)).replace("\u00a0", " ")


def proforma(company, size: str = "letter", **more) -> str:
    soft = draft.write(company, scene.stated(**more), by=None, at=AT)
    return text_of(pdf.render_draft(soft, size=size)).replace("\u00a0", " ")


# -- it is whole ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tipo", SEVEN)
def test_every_type_says_who_sells_what_to_whom_for_how_much(shop, tipo, size):
    row = of_type(shop, tipo)
    said = printed(row, size)
    document = row.document()
    for fact in (
        row.get_tipo_display(),
        row.consecutivo,
        hacienda.clave.format(row.clave),
        document.emisor.nombre,
        document.receptor.nombre,
        "3-101-000001",
        "Cédula jurídica",
        document.detalle_servicio[0].detalle,
        "Colón costarricense (CRC)",
        "23 nov 2026, 9:00 a. m.",
        "MH-DGT-RES-0027-2024",
        "3-101-999999",  # ProveedorSistemas
        "Pendiente de respuesta",
    ):
        assert fact in said, fact
    if tipo != "REP":
        assert "CAByS 2391102010200" in said
        assert "Kilogramo" in said


def test_the_letter_has_pages_of_letter_and_the_ticket_is_one_strip_of_80_mm(shop):
    row = issued(shop, lines=40)
    for width, height in size_of(pdf.render(row)):
        assert (round(width), round(height)) == (216, 279)
    [(width, height)] = size_of(pdf.render(row, size="ticket"))
    assert round(width) == 80
    assert height > 279


def test_a_thousand_lines_fill_many_pages_each_with_its_head_and_number(shop):
    content = _thousand(shop)
    made = pdf.render(content)
    with pikepdf.open(io.BytesIO(made)) as file:
        pages = len(file.pages)
    assert pages > 20
    said = text_of(made)
    assert said.count("Descripción") == pages  # the table's head is on each (the totals fit too)
    assert f"Página 1 de {pages}" in said
    assert f"Página {pages} de {pages}" in said
    assert said.count("Clave 506 ") == pages
    for number in (1, 500, 1000):
        assert f"Café molido {number} " in said


def _thousand(shop) -> Comprobante:
    return issued(shop, lines=1000)


def test_codes_are_told_in_words(shop):
    row = issued(
        shop,
        CondicionVenta="02",
        PlazoCredito="30",
        DetalleServicio={"LineaDetalle": [_rich_line()]},
        OtrosCargos=[
            {"TipoDocumentoOC": "06", "Detalle": "Servicio de mesa", "PorcentajeOC": "10",
             "MontoCargo": "200"}
        ],
        ResumenFactura={
            "CodigoTipoMoneda": {"CodigoMoneda": "USD", "TipoCambio": "512.34"},
            "MedioPago": [{"TipoMedioPago": "06"}],
        },
        Otros={"OtroTexto": [{"texto": "Entregar en bodega 4"}]},
    )  # fmt: skip
    for size in SIZES:
        said = printed(row, size)
        for words in (
            "Crédito", "30 días", "Dólar estadounidense (USD)", "₡512,34", "SINPE Móvil",
            "Descuento, comercial: 200,00", "Impuesto de servicio 10 %", "10 %", "200,00",
            "IVA, tarifa general 13 %", "Dirección General de Hacienda, autorización local genérica",
            "AL-00012345-26", "Ministerio de Hacienda", "3 de enero de 2026", "8 puntos porcentuales",
            "Exonerado: 144,00", "Entregar en bodega 4", "Equivale a ₡", "línea 1",
            f"{CODIGO_COMERCIAL['04'].nombre}: CAF-1", "USD 2 090,00",
        ):  # fmt: skip
            assert words in said, words


def _rich_line() -> dict:
    return {
        "NumeroLinea": "1",
        "CodigoCABYS": "2391102010200",
        "CodigoComercial": [{"Tipo": "04", "Codigo": "CAF-1"}],
        "Cantidad": "2",
        "UnidadMedida": "Kg",
        "Detalle": "Café molido",
        "PrecioUnitario": "1000",
        "Descuento": [{"MontoDescuento": "200", "CodigoDescuento": "07"}],
        "Impuesto": [
            {
                "Codigo": "01",
                "CodigoTarifaIVA": "08",
                "Tarifa": "13",
                "Exoneracion": {
                    "TipoDocumentoEX1": "04",
                    "NumeroDocumento": "AL-00012345-26",
                    "NombreInstitucion": "01",
                    "FechaEmisionEX": "2026-01-03T00:00:00-06:00",
                    "TarifaExonerada": "8",
                },
            }
        ],
    }


def test_a_note_says_what_it_corrects(shop):
    row = of_type(shop, "NC")
    said = printed(row)
    for words in (
        "Anula documento de referencia: Factura electrónica 1",
        "documento de referencia: Factura electrónica 1, del 23",
        "del 23 de noviembre de 2026",
        "Razón: Así lo pidió el cliente",
        hacienda.clave.format(row.referencia),
    ):
        assert words in said, words


def test_a_purchase_has_its_sides_swapped(shop):
    said = printed(of_type(shop, "FEC"))
    assert "Proveedor Foreign Beans LLC" in said
    assert "1 Main Street, Portland" in said
    assert said.index("Café Prueba S.A.") < said.index("Foreign Beans LLC")


def test_a_receipt_says_that_it_was_paid(shop):
    said = printed(receipt(shop))
    assert "Total pagado" in said
    assert "Pago de venta a crédito en IVA hasta 90 días" in said


@pytest.mark.parametrize("size", SIZES)
def test_the_sucursal_that_issues_it_is_printed_beside_the_address_of_the_law(shop, size):
    sucursal.tell(shop, 1, name="San Pedro", address="Frente al mall", by=None, at=AT)
    sucursal.tell(shop, 2, name="Heredia", address="", by=None, at=AT)
    row = issued(shop)
    said = printed(row, size).replace("\n", " ")
    assert "San Pedro, Frente al mall" in said
    assert "Heredia" not in said
    assert row.document().emisor.ubicacion.otras_senas in said
    assert "San Pedro, Frente al mall" in proforma(shop, size).replace("\n", " ")


# -- its state -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_state_is_shown(shop, size):
    waiting = issued(shop)
    assert "Pendiente de respuesta" in printed(waiting, size)
    accepted = printed(settled(issued(shop), "accepted"), size)
    assert "ACEPTADO" in accepted
    assert "23 nov 2026, 9:05 a. m." in accepted
    rejected = printed(settled(issued(shop), "rejected"), size)
    assert "RECHAZADO — sin valor" in rejected
    assert "ACEPTADO" not in rejected


def test_a_proforma_is_no_document(shop):
    said = proforma(shop)
    assert "PROFORMA" in said
    assert "No es un comprobante electrónico" in said
    assert "Clave" not in said
    assert "₡2 260,00" in said
    assert "MH-DGT-RES-0027-2024" not in said


def test_half_a_draft_is_printed_as_far_as_it_goes(shop):
    soft = draft.write(shop, {"tipo": "FE"}, by=None, at=AT)
    assert "Proforma" in text_of(pdf.render_draft(soft))


# -- its file ------------------------------------------------------------------------------------


def test_it_is_an_accessible_pdf_a_with_the_xml_and_the_answer_inside(shop):
    reply = "<MensajeHacienda>Aceptado ñ</MensajeHacienda>".encode()
    row = settled(issued(shop), "accepted", reply)
    for size in SIZES:
        with pikepdf.open(io.BytesIO(pdf.render(row, size=size))) as file:
            held = {name: spec.get_file().read_bytes() for name, spec in file.attachments.items()}
            assert held == {f"{row.clave}.xml": row.xml, f"{row.clave}_respuesta.xml": reply}
            assert [str(one.AFRelationship) for one in file.Root.AF] == ["/Source", "/Supplement"]
            with file.open_metadata() as metadata:
                assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
                assert metadata["pdfuaid:part"] == "1"
                assert row.label in metadata["dc:title"]
            assert str(file.Root.Lang) == "es-CR"
            assert file.Root.MarkInfo.Marked


def test_an_answer_that_is_no_utf_8_goes_in_as_it_came(shop):
    reply = b"<MensajeHacienda>\xf1\x00\xff</MensajeHacienda>"
    row = settled(issued(shop), "accepted", reply)
    with pikepdf.open(io.BytesIO(pdf.render(row))) as file:
        assert file.attachments[f"{row.clave}_respuesta.xml"].get_file().read_bytes() == reply


def test_the_same_document_gives_the_same_bytes(shop):
    row = issued(shop)
    for size in SIZES:
        assert pdf.render(row, size=size) == pdf.render(row, size=size)


def test_two_threads_print_at_once(shop):
    rows = [issued(shop, precio=str(price)) for price in (1000, 2000, 3000, 4000)]
    contents = [(pdf.sheet(row.document()), row) for row in rows]
    for content, _ in contents:
        content["state"], content["stamp"] = {"word": "x", "text": "", "tone": "ok"}, ""
    made: dict[int, bytes] = {}
    faults: list[BaseException] = []

    def work(mine) -> None:
        try:
            for content, row in mine * 5:
                made[row.pk] = pdf.compose(dict(content), "letter", (), AT)
        except BaseException as fault:
            faults.append(fault)

    crew = [threading.Thread(target=work, args=(contents[i::2],)) for i in range(2)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert faults == []
    for row in rows:
        assert row.consecutivo in text_of(made[row.pk])


# -- what people type ----------------------------------------------------------------------------

HOSTILE = [
    '#read("/etc/passwd")',
    '#import "common.typ": * #panic[x]',
    "$ x^2 $ *negrita* _cursiva_ `código` = título @cita <etiqueta> // nota \\ #",
    "<script>alert(1)</script> & &amp; ]]>",
    "\u202eodirever\u202c a\u200fb",
    "campana\x07 y\x1b[31m escape\x00",
    "x" * 10_000,
    "palabra " * 1250,
    "漢字 🎉 👩‍👩‍👧 שלום مرحبا \U000e0041",
    "e\u0301 n\u0303 ﬁ ﬂ",
    "\ufffd\ufeff\u2028\u2029",
    "{{ 7*7 }} {% now %} %s %(x)s",
    "-",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("size", SIZES)
def test_hostile_text_in_every_field_is_only_text(shop, text, size):
    document = hacienda.from_json(scene.stated(**scene.referring("A-1")))
    content = pdf.sheet(_everywhere(document, text))
    content["state"], content["stamp"] = {"word": "x", "text": "", "tone": "ok"}, ""
    said = text_of(pdf.compose(content, size, (), AT))
    assert "root:" not in said
    assert "49" not in said
    if text.startswith(("#read", "<script", "$")):
        assert "".join(text.split()) in "".join(said.split())  # as it was typed


def _everywhere(value, text: str):
    """*value* with *text* in each of its texts: also where only codes should be."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(_everywhere(one, text) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        from dataclasses import fields, replace

        return replace(
            value, **{f.name: _everywhere(getattr(value, f.name), text) for f in fields(value)
                      if f.name not in ("version", "extra")},
        )  # fmt: skip
    return value


def test_letters_the_typeface_lacks_are_owned_up_to(shop):
    said = proforma(shop, Receptor={"Nombre": "北京 Café S.A."})
    assert f"{lettering.MISSING}{lettering.MISSING} Café S.A." in said
    assert "ocupa el lugar de letras" in said
    assert "ocupa el lugar de letras" not in proforma(shop)


def test_the_typeface_has_what_costa_rica_writes():
    wanted = "₡$€¢áéíóúüñÁÉÍÓÚÜÑ¿¡«»“”–—…ºª°²³×±·%‰§\u00a0\u2009"
    assert {c for c in wanted if ord(c) not in lettering.known()} == set()
    assert lettering.line("Ñandú ₡1") == "Ñandú ₡1"


def test_every_word_of_the_catalogues_can_be_set():
    from hacienda.catalogos.unidad_medida import UNIDAD_MEDIDA

    words = json.dumps([unit.nombre for unit in UNIDAD_MEDIDA.values()], ensure_ascii=False)
    assert lettering.MISSING not in lettering.line(words)


def test_a_long_word_may_end_a_line_anywhere():
    word = lettering.line("x" * 100)
    assert word.replace(lettering.BREAK, "") == "x" * 100
    assert max(map(len, word.split(lettering.BREAK))) <= lettering.LONGEST_WORD
