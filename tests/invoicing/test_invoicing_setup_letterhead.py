"""Logo, text and reply address: what is cleaned, what is refused, what is swept."""

import os
import time
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageDraw
from tests.invoicing.scene import AT
from tests.uploads import makers
from tests.uploads.corpus import HOSTILE

from iofacturo.invoicing import invariants
from iofacturo.invoicing.setup import claims, letterhead, logo
from iofacturo.lib import clock
from iofacturo.uploads import storage

pytestmark = pytest.mark.django_db
LOGO, MAIL = "/facturar/preparar/logotipo/", "/facturar/preparar/correo/"
PICTURE = f"{LOGO}imagen.png"


@pytest.fixture(autouse=True)
def _monday():
    with clock.moved_to(AT):
        yield


@pytest.fixture
def client(owner, as_client) -> Client:
    return as_client(owner)


def drawn(width: int = 400, height: int = 200, mode: str = "RGB", colour="darkred") -> Image.Image:
    """A mark in the middle of white (or nothing)."""
    image = Image.new(mode, (width, height), (0, 0, 0, 0) if mode == "RGBA" else "white")
    box = (width // 4, height // 4, 3 * width // 4, 3 * height // 4)
    ImageDraw.Draw(image).rectangle(box, fill=colour)
    return image


def send(client: Client, company, data: bytes, name: str = "logo.png", **more):
    fields = {"empresa": company.public_id, **more}
    if data:
        fields["archivo"] = SimpleUploadedFile(name, data)
    return client.post(LOGO, fields)


def opened(png: bytes | None) -> Image.Image:
    assert png is not None
    return Image.open(BytesIO(png), formats=["PNG"])


def test_without_anything_there_is_an_empty_letterhead(cafe) -> None:
    row = letterhead.of(cafe)
    assert (row.pk, row.logo, row.mail_text, row.reply_to) == (None, "", "", "")
    assert row.logo_png() is None


@pytest.mark.parametrize(
    "data",
    [makers.png(drawn()), makers.jpeg(drawn(), quality=95), makers.png(drawn(mode="RGBA"))],
    ids=["png", "jpg", "transparent"],
)
def test_a_logo_is_made_anew_and_cut_to_its_ink(client, cafe, data) -> None:
    assert send(client, cafe, data)["Location"] == LOGO
    png = letterhead.of(cafe).logo_png()
    assert png not in (None, data)
    image = opened(png)
    assert image.mode == "RGB"
    assert abs(image.width - 201) <= 2
    assert abs(image.height - 101) <= 2
    served = client.get(PICTURE)
    assert served.content == png
    assert served["Content-Type"] == "image/png"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served["Content-Security-Policy"]
    assert PICTURE in client.get(LOGO).text


def test_a_large_logo_becomes_small(client, cafe) -> None:
    send(client, cafe, makers.png(drawn(3000, 2600)))
    image = opened(letterhead.of(cafe).logo_png())
    assert image.width <= logo.WIDEST
    assert image.height <= logo.TALLEST
    assert round(image.width / image.height, 2) == round(1501 / 1301, 2)


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_is_no_logo_is_refused_in_plain_words(what, client, cafe) -> None:
    name, make, _ = HOSTILE[what]
    page = send(client, cafe, make(), name)
    assert page.status_code == 200
    assert 'id="archivo-e"' in page.text
    for words in ("comprobante", "transferencia", "PDF, PNG"):
        assert words not in page.text.split('id="archivo-e"')[1].split("</p>")[0]
    assert not letterhead.of(cafe).logo


def test_a_pdf_is_no_logo(client, cafe) -> None:
    assert "es un PDF" in send(client, cafe, makers.pdf(), "logo.pdf").text


def test_a_white_sheet_is_no_logo(client, cafe) -> None:
    blank = makers.png(Image.new("RGB", (300, 200), (250, 250, 252)))
    assert "está en blanco" in send(client, cafe, blank).text


def test_no_file_is_told(client, cafe) -> None:
    assert "Elija un archivo PNG o JPG" in send(client, cafe, b"").text


def test_every_refusal_of_the_cleaning_has_words_for_a_logo() -> None:
    from iofacturo.uploads.refusal import Refused

    facts = {"width": 1, "height": 1, "pages": 2, "limit": "1", "size": "1"}
    for code in logo.SENTENCES:
        assert logo._sentence(Refused(code, "x", **facts), "x").startswith("El archivo «x» ")


def test_the_same_logo_twice_is_one_file(client, cafe) -> None:
    send(client, cafe, makers.png(drawn()))
    first = letterhead.of(cafe).logo
    send(client, cafe, makers.png(drawn()))
    assert letterhead.of(cafe).logo == first


def test_it_can_be_taken_away_and_its_file_is_swept(client, cafe, settings) -> None:
    send(client, cafe, makers.png(drawn()))
    old = letterhead.of(cafe).logo
    send(client, cafe, makers.png(drawn(colour="navy")))
    new = letterhead.of(cafe).logo
    _age(settings, old)
    _age(settings, new)
    claims._swept.clear()
    assert claims.sweep(AT) == 1
    assert (storage.exists(old), storage.exists(new)) == (False, True)
    assert client.post(LOGO, {"empresa": cafe.public_id, "accion": "quitar"}).status_code == 302
    assert client.get(PICTURE).status_code == 404
    assert letterhead.of(cafe).logo_png() is None


def _age(settings, name: str) -> None:
    from django.core.files.storage import default_storage

    then = time.time() - 3 * 86_400
    os.utime(default_storage.path(name), (then, then))


def test_a_lost_file_breaks_the_books_and_no_page(client, cafe) -> None:
    send(client, cafe, makers.png(drawn()))
    from django.core.files.storage import default_storage

    name = letterhead.of(cafe).logo
    png = letterhead.of(cafe).logo_png()
    default_storage.delete(name)
    assert letterhead.of(cafe).logo_png() is None
    assert [line for line in invariants.broken() if "logotipo" in line]
    assert client.get(LOGO).status_code == 200
    with default_storage.open(name, "wb") as file:
        file.write(png)


def test_colleagues_see_the_logo_and_strangers_their_own(
    client, cafe, reader, stranger, as_client
) -> None:
    send(client, cafe, makers.png(drawn()))
    assert as_client(reader).get(PICTURE).status_code == 200
    assert as_client(stranger).get(PICTURE).status_code == 404
    assert as_client(stranger).get(f"{PICTURE}?empresa={cafe.public_id}").status_code == 404


def test_text_and_reply_address_are_kept_plain(client, cafe) -> None:
    sent = {
        "empresa": cafe.public_id, "reply_to": "ventas@cafe.cr",
        "mail_text": "  Gracias\u202e por   su compra.\r\n\r\n<b>Hasta pronto</b>\x07 ",
    }  # fmt: skip
    assert client.post(MAIL, sent).status_code == 302
    row = letterhead.of(cafe)
    assert row.mail_text == "Gracias por su compra.\n\n<b>Hasta pronto</b>"
    assert row.reply_to == "ventas@cafe.cr"
    assert "&lt;b&gt;Hasta pronto" in client.get(MAIL).text
    assert "ventas@cafe.cr" in client.get("/facturar/preparar/").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mail_text": "a" * 1001}, "como máximo 1000"), ({"reply_to": "nadie"}, "correo"),
        ({"reply_to": "a@b.cr\r\nBcc: x@y.cr"}, "correo"),
    ],
)  # fmt: skip
def test_what_cannot_be_mailed_is_told(client, cafe, fields, words) -> None:
    page = client.post(MAIL, {"empresa": cafe.public_id, **fields})
    assert page.status_code == 200
    assert words in page.text
    assert letterhead.of(cafe).pk is None
