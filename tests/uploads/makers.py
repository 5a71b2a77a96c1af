"""Files made on the spot: pictures, PDFs, and the pieces that hostile ones are made of."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable

import pikepdf
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

PNG = b"\x89PNG\r\n\x1a\n"
JPEG_END = b"\xff\xd9"


# -- pictures ------------------------------------------------------------------------------------


def receipt(width: int = 600, height: int = 900, seed: int = 7) -> Image.Image:
    """A picture that looks like a transfer's receipt: a red corner, lines of writing."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 4, height // 8), fill=(200, 20, 30))
    chance = random.Random(seed)
    for line in range(12):
        top = height // 5 + line * height // 16
        for word in range(chance.randrange(2, 6)):
            left = width // 20 + word * width // 6
            right = left + chance.randrange(width // 20, width // 7)
            draw.rectangle((left, top, right, top + height // 40), fill=(20, 20, 40))
    return image


def saved(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def jpeg(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(image or receipt(), "JPEG", **options)


def png(image: Image.Image | None = None, **options: object) -> bytes:
    return saved(image or receipt(), "PNG", **options)


def exif(orientation: int, **tags: object) -> Image.Exif:
    """What a phone writes beside the photo: how it was held, where, with what."""
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = "Teléfono de prueba"
    gps = notes.get_ifd(0x8825)
    gps[1], gps[2] = "N", (9.0, 56.0, 1.5)
    for tag, value in tags.items():
        notes[int(tag)] = value
    return notes


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def with_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG *data* with a segment more, right after its beginning."""
    return data[:2] + segment(marker, payload) + data[2:]


def box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + name + payload


def film() -> bytes:
    return (
        box(b"ftyp", b"mp42\x00\x00\x00\x00isommp42")
        + box(b"mdat", b"\x07" * 999)
        + box(b"moov", b"\x00" * 64)
    )


def samsung_trailer() -> bytes:
    body = b"\x00\x00\x01\x0a\x0e\x00\x00\x00Image_UTC_Data1700000000000"
    head = b"SEFH" + struct.pack("<II", 107, 1) + b"\x00\x00\x01\x0a" + struct.pack("<II", 35, 35)
    return body + head + struct.pack("<I", len(head)) + b"SEFT"


def chunk(name: bytes, payload: bytes) -> bytes:
    return (
        struct.pack(">I", len(payload))
        + name
        + payload
        + struct.pack(">I", zlib.crc32(name + payload))
    )


def raw_png(
    width: int,
    height: int,
    depth: int,
    colour: int,
    rows: bytes,
    extra: Iterable[bytes] = (),
    interlace: int = 0,
) -> bytes:
    """A PNG put together by hand, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"".join(
        [PNG, chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)),
         chunk(b"IEND", b"")]
    )  # fmt: skip


def with_chunk(data: bytes, name: bytes, payload: bytes) -> bytes:
    """The PNG *data* with a chunk more, before its end."""
    end = data.rindex(b"IEND") - 4
    return data[:end] + chunk(name, payload) + data[end:]


def noted_png(text: str) -> bytes:
    info = PngInfo()
    info.add_text("Comment", text)
    info.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>lugar</x:xmpmeta>")
    return png(pnginfo=info)


# -- archives and pages --------------------------------------------------------------------------


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in members.items():
            into.writestr(name, content)
    return out.getvalue()


def nested_bomb(depth: int = 4) -> bytes:
    inner = archive(a=bytes(8_000_000))
    for _ in range(depth):
        inner = archive(a=inner, b=inner, c=inner, d=inner)
    return inner


def docx() -> bytes:
    members = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
    return archive(**members)


# -- PDF -----------------------------------------------------------------------------------------

TEXT = b"BT /F1 24 Tf 60 700 Td (Transferencia IOF7K3Q9X por 63 750,00) Tj ET 60 600 200 40 re f"


def pdf(
    change: Callable[[pikepdf.Pdf], None] | None = None,
    pages: int = 1,
    content: bytes = TEXT,
    box: tuple[float, float] = (612, 792),
    **options: object,
) -> bytes:
    """A PDF as a bank's program writes it, after *change*; *options* are those of saving."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    for _ in range(pages):
        page = document.add_blank_page(page_size=box)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = document.make_stream(content)
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def script(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    document.Root.OpenAction = document.make_indirect(action)


def launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.Launch, F=pikepdf.String("/bin/sh")
    )


def attachment(document: pikepdf.Pdf) -> None:
    document.attachments["fe.xml"] = b"<?xml version='1.0'?><FacturaElectronica/>"


def form(document: pikepdf.Pdf) -> None:
    field = document.make_indirect(
        pikepdf.Dictionary(
            FT=pikepdf.Name.Tx, T=pikepdf.String("monto"), V=pikepdf.String("1"),
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=[100, 100, 300, 140],
            AA=pikepdf.Dictionary(
                K=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("1"))
            ),
        )
    )  # fmt: skip
    document.pages[0].Annots = pikepdf.Array([field])
    document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))


def submit(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.SubmitForm, F=pikepdf.String("http://127.0.0.1:9/"), Flags=0
    )


def flate_bomb(levels: int = 2, size: int = 1_200_000_000) -> bytes:
    """A page whose content unfolds to more than a gigabyte."""
    packer = zlib.compressobj(9)
    piece, packed = b" " * 1_000_000, []
    for _ in range(size // len(piece)):
        packed.append(packer.compress(piece))
    packed.append(packer.flush())
    content = b"".join(packed)
    for _ in range(levels - 1):
        content = zlib.compress(content, 9)

    def change(document: pikepdf.Pdf) -> None:
        filters = pikepdf.Array([pikepdf.Name.FlateDecode] * levels)
        bomb = pikepdf.Stream(document, b"")
        bomb.write(content, filter=filters)
        document.pages[0].Contents = document.make_indirect(bomb)

    return pdf(change, compress_streams=False)


def image_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A page with a picture of billions of points that weighs nothing."""

    def change(document: pikepdf.Pdf) -> None:
        packer = zlib.compressobj(9)
        row, rows = bytes(width // 8), []
        for _ in range(height):
            rows.append(packer.compress(row))
        rows.append(packer.flush())
        picture = pikepdf.Stream(document, b"")
        picture.write(b"".join(rows), filter=pikepdf.Name.FlateDecode)
        picture.update(
            pikepdf.Dictionary(
                Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height,
                ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=1,
            )
        )  # fmt: skip
        page = document.pages[0]
        page.Resources.XObject = pikepdf.Dictionary(Im0=document.make_indirect(picture))
        page.Contents = document.make_stream(b"q 600 0 0 700 0 0 cm /Im0 Do Q")

    return pdf(change)


def form_bomb(levels: int = 9, each: int = 10) -> bytes:
    """Ten drawings that each show ten drawings that each show ten: a thousand million in the end."""

    def change(document: pikepdf.Pdf) -> None:
        below = None
        for _ in range(levels):
            drawing = pikepdf.Stream(
                document, b"/X Do " * each if below is not None else b"0 0 5 5 re f " * 50
            )
            drawing.update(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 600, 700],
                    Resources=pikepdf.Dictionary(
                        XObject=pikepdf.Dictionary(X=below) if below is not None
                        else pikepdf.Dictionary()
                    ),
                )
            )  # fmt: skip
            below = document.make_indirect(drawing)
        page = document.pages[0]
        page.Resources.XObject = pikepdf.Dictionary(X=below)
        page.Contents = document.make_stream(b"/X Do")

    return pdf(change)


def loop(document: pikepdf.Pdf) -> None:
    drawing = document.make_indirect(pikepdf.Stream(document, b"/X Do /X Do"))
    drawing.update(
        pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 600, 700],
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=drawing)),
        )
    )  # fmt: skip
    document.pages[0].Resources.XObject = pikepdf.Dictionary(X=drawing)
    document.pages[0].Contents = document.make_stream(b"/X Do")


def own_parent(document: pikepdf.Pdf) -> None:
    tree = document.Root.Pages
    tree.Parent = tree
    tree.Count = 1_000_000
    tree.Kids.append(tree)


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


def scanned(image: Image.Image, pages: int) -> bytes:
    return saved(image, "PDF", save_all=True, append_images=[image] * (pages - 1), quality=50)


def zip_inside_pdf() -> bytes:
    """A PDF and a ZIP at once: the ZIP stands in a comment and calls the PDF's end its own."""
    plain = pdf()
    end = plain.rindex(b"startxref")
    inner = bytearray(archive(a=b"<?php system($_GET[0]);"))
    tail = b"\n" + plain[end:]
    inner[-2:] = struct.pack("<H", len(tail))
    return plain[:end] + bytes(inner) + tail
