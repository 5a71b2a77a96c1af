"""Hostile files: each is refused with words, soon and within bounds, and harms no neighbour."""

import io
import struct
import time
import tracemalloc
import zipfile
from dataclasses import replace

import pytest
from tests.invoicing import purchases
from tests.invoicing.purchases import receive

from iofacturo.invoicing.reception import intake, parcel
from iofacturo.invoicing.reception.parcel import MOST_BYTES, Piece, pieces

BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 10) for n in range(9)
    )
    + b"]><x>&j;</x>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
DEEP = b"<a>" * 100_000 + b"</a>" * 100_000
WIDE = b"<x>" + b"<y/>" * 1_000_000 + b"</x>"
LARGE = b"<x>" + b" " * (50 * 1024 * 1024) + b"</x>"


def taken(name: str, data: bytes) -> list[Piece]:
    return list(pieces([(name, io.BytesIO(data))]))


def said(data: bytes, name: str = "a.zip") -> list[str]:
    return [piece.refusal for piece in taken(name, data)]


def bounded(data: bytes, name: str = "a.zip", seconds: float = 5.0, memory: int = 150) -> list[str]:
    """What is said, within the time and so many megabytes above the file itself."""
    started = time.monotonic()
    tracemalloc.start()
    try:
        # one at a time, as the intake takes them
        words = [piece.refusal for piece in pieces([(name, io.BytesIO(data))])]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < seconds
    assert peak < len(data) + memory * 1024 * 1024
    return words


# -- ZIP -------------------------------------------------------------------------------------------


def many(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.xml", b"")
    return out.getvalue()


def test_a_hundred_thousand_members_are_refused_before_they_are_listed():
    (words,) = bounded(many(100_000), seconds=3.0)
    assert "demasiados archivos" in words


def test_a_table_of_contents_that_lies_about_its_size_is_bounded():
    data = bytearray(many(5_000))
    end = data.rfind(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<HH", 1, 1)  # "one member"
    (words,) = bounded(bytes(data))
    assert "demasiados archivos" in words


def test_a_bomb_is_read_no_further_than_a_file_may_be_long():
    data = purchases.zipped(a__xml=b"<x>" + b" " * (300 * 1024 * 1024), b__xml=b"<ok/>")
    assert len(data) < 400_000
    words = bounded(data, memory=30)
    assert "Mide más de 5 MB" in words[0]
    assert words[1] == ""


def test_many_members_that_grow_together_are_cut_off():
    packed = purchases.zipped(**{f"a{n}__xml": b"<x>" + b" " * (5_000_000 - 3) for n in range(40)})
    words = bounded(packed, memory=30, seconds=20)
    assert "demasiado grande al abrirlo" in words[-1]
    assert sum(5_000_000 for one in words if one == "") <= MOST_BYTES + 5_000_000


def test_names_that_would_climb_out_are_only_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in (
            "../../etc/cron.d/x.xml",
            "/etc/passwd",
            "..\\..\\boot.ini",
            "a\x1b[2J\u202e.xml",
        ):
            archive.writestr(name, b"<x/>")
    names = [piece.name for piece in taken("a.zip", out.getvalue())]
    assert names == ["x.xml", "passwd", "boot.ini", "a[2J.xml"]
    assert list(tmp_path.iterdir()) == []


def test_a_zip_in_a_zip_is_refused_and_not_opened():
    inner = purchases.zipped(x__xml=b"<x/>")
    assert "dentro de otro" in said(purchases.zipped(a__zip=inner))[0]
    assert "dentro de otro" in said(purchases.zipped(a__xml=inner))[0]


def test_an_encrypted_member_is_told_and_the_others_go_on():
    data = bytearray(purchases.zipped(a__xml=b"<x/>", b__xml=b"<y/>"))
    first = data.find(b"PK\x01\x02")
    data[first + 8] |= 1
    data[6] |= 1
    words = said(bytes(data))
    assert "contraseña" in words[0]
    assert words[1] == ""


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_pack_are_refused(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.xml", b"<x/>" * 1000)
    assert "no se lee" in said(out.getvalue())[0]


def test_a_zip64_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("a.xml", "w", force_zip64=True) as one:
        one.write(b"<x/>")
    data = out.getvalue()
    end = data.rfind(b"PK\x05\x06")
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    forged = data[:end] + locator + data[end:]
    assert "demasiados archivos" in said(forged)[0]


def test_every_cut_of_a_zip_is_told_and_none_raises():
    data = purchases.zipped(a__xml=b"<x>" + bytes(range(32, 127)) * 20 + b"</x>", b__xml=b"<y/>")
    for cut in range(4, len(data), 3):
        assert taken("a.zip", data[:cut])
    for place in range(0, len(data), 2):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        assert taken("a.zip", bytes(broken))


def test_an_empty_zip_and_one_by_name_only():
    assert "vacío" in said(purchases.zipped())[0]
    assert "No es un ZIP" in said(b"hola", "b.zip")[0]


def test_what_systems_leave_in_zips_is_passed_over():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("__MACOSX/._a.xml", b"x")
        archive.writestr(".DS_Store", b"x")
        archive.writestr("carpeta/a.xml", b"<x/>")
    assert [piece.name for piece in taken("a.zip", out.getvalue())] == ["a.xml"]


# -- XML -------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [BOMB, OUTSIDE, DEEP, WIDE, LARGE, b"", b"\x00" * 100, b"<" * 100_000, b"\xff\xfe<\x00",
     b"<FacturaElectronica/>", "hola, ñandú".encode("latin-1"), b"<?xml version='1.0'?>",
     b"<x " + b"a='1' " * 700_000 + b"/>"],
    ids=["entities", "file", "deep", "wide", "large", "empty", "nul", "angles", "utf16", "no-ns",
         "text", "nothing", "attributes"],
)  # fmt: skip
def test_hostile_xml_is_refused_and_its_neighbour_is_taken(shop, data):
    good = purchases.purchase(shop)
    started = time.monotonic()
    batch = receive(shop, ("malo.xml", data), ("bueno.xml", good))
    assert time.monotonic() - started < 10
    assert [one["kind"] for one in batch.outcomes] == ["refused", "new"]
    assert batch.outcomes[0]["message"]
    assert "passwd" not in batch.outcomes[0]["message"]
    assert "root:" not in batch.outcomes[0]["message"]


@pytest.mark.django_db
def test_markup_in_every_field_is_only_text(shop, issuer, as_client):
    evil = ("3101222333", "<script>alert(1)</script>\u202e{{ 7*7 }}")
    value = purchases.document(shop, supplier=evil)
    line = replace(value.detalle_servicio[0], detalle="<img src=x onerror=alert(1)>")
    row_id = receive(shop, purchases.signed(replace(value, detalle_servicio=(line,)))).outcomes[0][
        "received"
    ]
    row = shop.received.get(public_id=row_id)
    assert "\u202e" not in row.emisor_nombre
    client = as_client(issuer)
    for path in ("/facturar/recibidos/", f"/facturar/recibidos/{row_id}/"):
        text = client.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b"<TotalComprobante>2260.00000<", b"<TotalComprobante>99999999999999<", "refused"),
        (b"<TotalComprobante>2260.00000<", b"<TotalComprobante>-1<", "refused"),
        (b"<TotalComprobante>2260.00000<", b"<TotalComprobante>" + b"9" * 55 + b"<", "refused"),
        (b"<TotalComprobante>2260.00000</TotalComprobante>", b"", "refused"),
        (b"<CodigoMoneda>CRC<", b"<CodigoMoneda>\xc2\xa2\xc2\xa2\xc2\xa2<", "refused"),
        (b"<Monto>260.00000<", b"<Monto>" + b"9" * 50 + b"<", "apart"),
        (b"<FechaEmision>2026", b"<FechaEmision>9999", "refused"),
        (b"<FechaEmision>2026", b"<FechaEmision>0001", "refused"),
        (b"<FechaEmision>2026", b"<FechaEmision>2097", "apart"),
        (b"<Tarifa>13<", b"<Tarifa>-13000000000<", "apart"),
        (b"<CodigoTarifaIVA>08<", b"<CodigoTarifaIVA>" + b"8" * 200 + b"<", "apart"),
        (b"<Tipo>02<", b"<Tipo>" + b"0" * 90 + b"<", "refused"),
        (b"<TipoCambio>1", b"<TipoCambio>0", "apart"),
        (b"<Detalle>", b"<Detalle>" + b"x" * 90_000, "apart"),
    ],
)
def test_values_no_column_has_room_for_are_refused_or_kept_apart(shop, old, new, kind):
    xml = purchases.purchase(shop)
    assert old in xml
    batch = receive(shop, xml.replace(old, new))
    assert [one["kind"] for one in batch.outcomes] == [kind], batch.outcomes


@pytest.mark.django_db
def test_a_batch_that_takes_too_long_says_where_to_go_on(shop, monkeypatch):
    monkeypatch.setattr(intake, "SECONDS", -1.0)
    files = [purchases.purchase(shop), purchases.purchase(shop)]
    batch = receive(shop, *files)
    assert [one["kind"] for one in batch.outcomes] == ["refused"]
    assert "alcanzó el tiempo" in batch.outcomes[0]["message"]
    monkeypatch.setattr(intake, "SECONDS", 20.0)
    assert [one["kind"] for one in receive(shop, *files).outcomes] == ["new", "new"]


def test_the_limits_are_told_in_the_words_of_the_page():
    assert parcel.LARGEST_ZIP == 40 * 1024 * 1024
