"""Strangers' files in, clean pictures out, or a sentence that helps."""

import hashlib
import io
import time

import pytest
from PIL import Image
from tests.uploads import makers
from tests.uploads.corpus import GOOD, HEAVY, HOSTILE

from iofacturo.uploads import likeness
from iofacturo.uploads.cleaning import LARGEST, Cleaned, Refused, clean
from iofacturo.uploads.refusal import SENTENCES, shown

SECONDS = 20  # a few, on a machine that does other things at the same time


def opened(page: bytes) -> Image.Image:
    return Image.open(io.BytesIO(page), formats=["PNG"])


def chunks(page: bytes) -> set[bytes]:
    at, names = 8, set()
    while at < len(page):
        names.add(page[at + 4 : at + 8])
        at += 12 + int.from_bytes(page[at : at + 4], "big")
    return names


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_refuses(kind: str) -> None:
    name, make, code = HOSTILE[kind]
    data = make()
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        clean(data, name)
    assert refused.value.code == code
    assert f"«{name}»" in refused.value.message
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("kind", GOOD)
def test_it_takes(kind: str) -> None:
    make, found, page_count = GOOD[kind]
    data = make()
    cleaned = clean(data, "comprobante.bin")
    assert (cleaned.kind, cleaned.page_count) == (found, page_count)
    assert cleaned.sha256 == hashlib.sha256(data).hexdigest()
    assert cleaned.size == len(data)
    assert 1 <= len(cleaned.pages) <= min(page_count, 10)
    assert len(cleaned.phash) == 16
    for page in cleaned.pages:
        assert chunks(page) == {b"IHDR", b"IDAT", b"IEND"}
        assert opened(page).mode == "RGB"
    assert opened(cleaned.pages[0]).size == (cleaned.width, cleaned.height)


@pytest.mark.parametrize("kind", HEAVY)
def test_what_is_heavy_ends_soon_either_way(kind: str) -> None:
    data = HEAVY[kind]()
    started = time.monotonic()
    try:
        cleaned = clean(data, "pesado.pdf")
    except Refused as refused:
        assert refused.code in {"too_complex", "broken"}  # noqa: PT017 either way is right
    else:
        assert cleaned.pages
    assert time.monotonic() - started < SECONDS


def colour(cleaned: Cleaned, x: float, y: float) -> tuple[int, ...]:
    image = opened(cleaned.pages[0])
    return image.getpixel((int(x * image.width), int(y * image.height)))


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 150 and pixel[1] < 90 and pixel[2] < 90


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_shown_upright_however_the_phone_was_held(orientation: int) -> None:
    back = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    photo = makers.receipt(400, 800)
    held = photo.transpose(back) if back is not None else photo
    cleaned = clean(makers.jpeg(held, exif=makers.exif(orientation)), "foto.jpg")
    assert (cleaned.width, cleaned.height) == (400, 800)
    assert is_red(colour(cleaned, 0.1, 0.05))
    assert colour(cleaned, 0.9, 0.95) > (240, 240, 240)


def test_notes_that_are_nonsense_do_not_cost_the_photo() -> None:
    data = makers.with_segment(makers.jpeg(), 0xE1, b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" * 9)
    assert clean(data, "foto.jpg").kind == "jpg"


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_colours_survive(mode: str) -> None:
    assert is_red(colour(clean(makers.jpeg(makers.receipt().convert(mode)), "a.jpg"), 0.1, 0.05))


def test_sixteen_bits_become_the_same_grey_and_glass_becomes_paper() -> None:
    make = GOOD["a grey PNG of sixteen bits"][0]
    assert 126 <= colour(clean(make(), "a.png"), 0.5, 0.5)[0] <= 129
    make = GOOD["a PNG one can look through"][0]
    assert colour(clean(make(), "a.png"), 0.5, 0.5) == (255, 255, 255)


def test_a_page_is_drawn_and_large_pictures_become_smaller() -> None:
    page = clean(makers.pdf(), "a.pdf")
    assert abs(page.width - 1275) <= 1
    assert abs(page.height - 1650) <= 1
    assert max(colour(page, 0.15, 1 - 620 / 792)) < 60
    photo = clean(GOOD["a phone's photo, held on its side"][0](), "a.jpg")
    assert photo.width * photo.height <= 4_010_000
    assert photo.height > photo.width


def test_nothing_of_a_phones_notes_is_left() -> None:
    cleaned = clean(makers.jpeg(exif=makers.exif(6)), "foto.jpg")
    assert b"prueba" not in cleaned.pages[0]
    assert not opened(cleaned.pages[0]).getexif()


def test_cleaning_what_was_cleaned_changes_nothing() -> None:
    once = clean(makers.png(), "a.png")
    assert clean(once.pages[0], "b.png").pages == once.pages


@pytest.mark.parametrize("data", [b"", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9"])
def test_scraps_are_refused_and_not_choked_on(data: bytes) -> None:
    with pytest.raises(Refused):
        clean(data, "a")


@pytest.mark.parametrize(("extra", "said"), [(1, "15,1"), (1024 * 1024, "16")])
def test_what_is_over_the_limit_never_reads_like_it(extra, said) -> None:
    # whoever reads a file only until it is too large tells how much there was
    with pytest.raises(Refused, match=f"pesa {said}\u00a0MB y el límite es 15\u00a0MB"):
        clean(bytes(LARGEST + 1), "a.pdf", LARGEST + extra)


def test_exactly_the_limit_is_not_too_large() -> None:
    data = makers.jpeg()
    assert clean(data + bytes(LARGEST - len(data)), "a.jpg").size == LARGEST


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("C:\\fotos\\pago.jpg", "pago.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00\u202egpj.exe", "abgpj.exe"),
        ("", "sin nombre"),
        ("x" * 100 + ".png", "x" * 40 + "…" + "x" * 14 + ".png"),
        ("<script>.png", "<script>.png"),  # the template escapes it
    ],
)
def test_a_files_name_fits_into_a_sentence(name: str, said: str) -> None:
    assert shown(name) == said


@pytest.mark.parametrize("code", SENTENCES)
def test_every_refusal_is_a_plain_spanish_sentence_with_a_way_out(code: str) -> None:
    facts = {"size": "16 MB", "limit": "15 MB", "pages": 101, "width": 1, "height": 1}
    message = Refused(code, "pago.jpg", **facts).message
    assert message.startswith("El archivo «pago.jpg» ")
    assert message.endswith(".")
    assert any(word in message for word in ("nví", "elegirlo", "envíe", "enviarlo"))
    assert "{" not in message


def test_a_picture_saved_again_is_near_and_another_one_is_far() -> None:
    first = clean(makers.png(), "a.png").phash
    again = clean(makers.jpeg(makers.receipt().resize((300, 450)), quality=60), "b.jpg").phash
    other = clean(makers.png(makers.receipt(seed=99)), "c.png").phash
    assert likeness.near(first, again)
    assert likeness.distance(first, other) > likeness.NEAR
    assert likeness.distance(first, first) == 0
    assert likeness.distance("0" * 16, "f" * 16) == 64
