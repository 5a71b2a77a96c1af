"""What people and attackers send: each file with what must become of it."""

import zlib
from collections.abc import Callable

import pikepdf
from PIL import Image
from tests.uploads import makers as m

Maker = Callable[[], bytes]

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def many_scans() -> bytes:
    """A progressive JPEG that makes its reader go over the picture a thousand times."""
    data = m.jpeg(progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 1000 + m.JPEG_END


def frame_of(code: int) -> bytes:
    data = m.jpeg()
    return data.replace(b"\xff\xc0\x00\x11", bytes((0xFF, code)) + b"\x00\x11", 1)


def declared(width: int, height: int) -> bytes:
    """A JPEG that says it is much larger than it is."""
    data = m.jpeg()
    at = data.index(b"\xff\xc0\x00\x11") + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return data[:at] + size + data[at + 4 :]


def no_pages(document: pikepdf.Pdf) -> None:
    del document.pages[0]


def bad_sum() -> bytes:
    data = bytearray(m.png())
    at = data.index(b"IDAT") + 100
    data[at] ^= 0xFF
    return bytes(data)


# name of the file, how it is made, the code it is refused with
HOSTILE: dict[str, tuple[str, Maker, str]] = {
    "nothing at all": ("vacio.pdf", bytes, "empty"),
    "more than the limit": ("foto.jpg", lambda: m.jpeg() + bytes(15 * 1024 * 1024), "too_large"),
    "a download that never came": ("foto.jpg", lambda: bytes(50_000), "cut_off"),
    "plain text": ("nota.txt", lambda: b"Ya transferi, gracias." * 20, "unknown"),
    "noise": ("datos.pdf", lambda: bytes(range(7, 250)) * 40, "unknown"),
    "the scanners' test file": ("eicar.png", lambda: EICAR, "unknown"),
    "a HEIC photo": ("IMG_1.heic", lambda: m.box(b"ftyp", b"heic\0\0\0\0mif1heic"), "heic"),
    "a HEIC photo called JPG": ("IMG_1.JPG", lambda: m.box(b"ftyp", b"mif1\0\0\0\0heic"), "heic"),
    "an AVIF picture": ("a.avif", lambda: m.box(b"ftyp", b"avif\0\0\0\0avif"), "heic"),
    "a film": ("a.mp4", m.film, "unknown"),
    "a WEBP picture": ("a.webp", lambda: m.saved(m.receipt(), "WEBP"), "webp"),
    "a GIF": ("a.png", lambda: m.saved(m.receipt(), "GIF"), "gif"),
    "a TIFF": ("a.jpg", lambda: m.saved(m.receipt(), "TIFF"), "tiff"),
    "a BMP": ("a.jpg", lambda: m.saved(m.receipt(), "BMP"), "bmp"),
    "an SVG with a script": (
        "a.svg",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "svg",
    ),
    "an SVG called PNG": (
        "a.png",
        lambda: b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE svg>\n<svg onload='x()'/>",
        "svg",
    ),
    "a web page": ("a.pdf", lambda: b"<!DOCTYPE html><html><body>BAC</body></html>", "page"),
    "a PHP program called JPG": ("a.php.jpg", lambda: b"<?php system($_GET['c']); ?>", "page"),
    "a ZIP": ("a.zip", lambda: m.archive(a=b"hola"), "archive"),
    "a ZIP of ZIPs of ZIPs": ("a.zip", m.nested_bomb, "archive"),
    "a gzip": ("a.pdf", lambda: b"\x1f\x8b\x08\x00" + bytes(99), "archive"),
    "a RAR": ("a.rar", lambda: b"Rar!\x1a\x07\x01\x00" + bytes(99), "archive"),
    "a Word document": ("a.docx", m.docx, "office"),
    "an old Word document": ("a.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, "office"),
    "a program": ("a.exe", lambda: b"MZ\x90\x00" + bytes(512), "program"),
    "a JPEG and a ZIP": ("a.jpg", lambda: m.jpeg() + m.archive(a=b"hola"), "mixed"),
    "a JPEG, a JPEG and a ZIP": (
        "a.jpg", lambda: m.jpeg() * 2 + m.archive(a=b"hola"), "mixed",
    ),
    "a JPEG and a page": ("a.jpg", lambda: m.jpeg() + b"<html><script>1</script>", "mixed"),
    "a JPEG and a PDF": ("a.jpg", lambda: m.jpeg() + m.pdf(), "mixed"),
    "a JPEG with PHP in its comment": (
        "a.jpg", lambda: m.with_segment(m.jpeg(), 0xFE, b"<?php eval($_POST[1]);"), "mixed",
    ),
    "a JPEG with a page in its notes": (
        "a.jpg", lambda: m.jpeg(exif=m.exif(1, **{"270": "<SCRIPT>alert(1)</SCRIPT>"})), "mixed",
    ),
    "a JPEG with a ZIP in its comment": (
        "a.jpg",
        lambda: m.with_segment(m.jpeg(m.receipt(60, 90), quality=5), 0xFE, m.archive(a=b"x")),
        "mixed",
    ),
    "a JPEG cut in the middle": ("a.jpg", lambda: m.jpeg()[:9000], "cut_off"),
    "a JPEG without its last bytes": ("a.jpg", lambda: m.jpeg()[:-2], "cut_off"),
    "a JPEG cut in its head": ("a.jpg", lambda: m.jpeg()[:300], "cut_off"),
    "a JPEG of which only the head is left": ("a.jpg", lambda: b"\xff\xd8\xff", "cut_off"),
    "a JPEG that is no JPEG": ("a.jpg", lambda: b"\xff\xd8\xff" + b"A" * 999, "broken"),
    "a JPEG with arithmetic coding": ("a.jpg", lambda: frame_of(0xC9), "broken"),
    "a JPEG of a thousand scans": ("a.jpg", many_scans, "too_complex"),
    "a JPEG bomb": ("a.jpg", lambda: declared(65_000, 65_000), "too_many_pixels"),
    "a PNG bomb": (
        "a.png",
        lambda: m.raw_png(50_000, 50_000, 1, 0, bytes(6251) * 2000),
        "too_many_pixels",
    ),
    "a PNG taller than light": ("a.png", lambda: m.raw_png(1, 2**31 - 1, 8, 0, b"0"),
                                "too_many_pixels"),
    "a PNG of one point": ("a.png", lambda: m.png(Image.new("RGB", (1, 1))), "too_small"),
    "a PNG cut in the middle": ("a.png", lambda: m.png()[:700], "cut_off"),
    "a PNG without its end": ("a.png", lambda: m.png()[:-12], "cut_off"),
    "a PNG with a wrong sum": ("a.png", bad_sum, "broken"),
    "a PNG without a picture": (
        "a.png", lambda: m.PNG + m.chunk(b"IHDR", bytes(13)) + m.chunk(b"IEND", b""), "broken",
    ),
    "a PNG of noise": (
        "a.png",
        lambda: m.raw_png(99, 99, 8, 2, b"").replace(
            m.chunk(b"IDAT", zlib.compress(b"")), m.chunk(b"IDAT", b"noise" * 99)
        ),
        "broken",
    ),
    "a PNG and PHP": ("a.png", lambda: m.png() + b"<?php phpinfo();", "mixed"),
    "a PNG and a ZIP": ("a.png", lambda: m.png() + m.archive(a=b"hola"), "mixed"),
    "a PNG with a page in its text": (
        "a.png", lambda: m.noted_png("<html><body onload=x()>"), "mixed",
    ),
    "a PDF with a password": (
        "a.pdf", lambda: m.pdf(encryption=pikepdf.Encryption(owner="a", user="b")), "encrypted",
    ),
    "a PDF with permissions": (
        "a.pdf", lambda: m.pdf(encryption=pikepdf.Encryption(owner="a", user="")), "encrypted",
    ),
    "a PDF with an old lock": (
        "a.pdf", lambda: m.pdf(encryption=pikepdf.Encryption(owner="a", user="b", R=3, aes=False,
                                                             metadata=False)), "encrypted",
    ),
    "a PDF and a ZIP": ("a.pdf", lambda: m.pdf() + m.archive(a=b"hola"), "mixed"),
    "a ZIP and a PDF": ("a.pdf", lambda: m.archive(a=b"hola") + m.pdf(), "mixed"),
    "a PDF and a ZIP in one another": ("a.pdf", m.zip_inside_pdf, "mixed"),
    "a page before a PDF": ("a.pdf", lambda: b"<html><script>1</script>" + m.pdf(), "mixed"),
    "a page after a PDF": ("a.pdf", lambda: m.pdf() + b"<html><script>1</script>", "mixed"),
    "a PDF cut in the middle": ("a.pdf", lambda: m.pdf()[:400], "cut_off"),
    "a PDF for the web, cut": (
        "a.pdf", lambda: m.pdf(pages=9, linearize=True)[:-600], "cut_off",
    ),
    "a PDF of which only the head is left": ("a.pdf", lambda: b"%PDF-1.7\n%%EOF", "broken"),
    "a PDF of noise": (
        "a.pdf", lambda: b"%PDF-1.7\n" + bytes(range(130, 250)) * 99 + b"\n%%EOF\n", "broken",
    ),
    "a PDF without pages": ("a.pdf", lambda: m.pdf(no_pages), "broken"),
    "a PDF of ten thousand pages": (
        "a.pdf",
        lambda: m.pdf(pages=10_000, content=b"", object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "too_many_pages",
    ),
    "a PDF that unfolds to a gigabyte": ("a.pdf", m.flate_bomb, "too_complex"),
    "a PDF that draws a thousand million things": ("a.pdf", m.form_bomb, "too_complex"),
}  # fmt: skip

# heavy, but within what the child may use: taken or refused, it does not matter which
HEAVY: dict[str, Maker] = {
    "a PDF with a picture of thousands of millions of points": m.image_bomb,
    "a PDF of noise scanned ten times": lambda: m.scanned(m.noise(1400, 2000), 10),
    "a photo of noise": lambda: m.jpeg(m.noise(4000, 3000), quality=60),
    "a JPEG of noise in a good frame": lambda: m.jpeg()[:700] + bytes(range(255)) * 30 + m.JPEG_END,
    "a progressive photo of noise": lambda: m.jpeg(m.noise(3500, 2500), progressive=True),
    "a picture one can look through, as large as may be": lambda: m.png(
        Image.new("RGBA", (6300, 6300), (1, 2, 3, 99))
    ),
    "a photo as large as may be": lambda: m.jpeg(Image.new("L", (10_400, 10_500), 200)),
    "a PNG with less picture than it says": lambda: m.raw_png(400, 400, 8, 2, bytes(1201) * 20),
    "a PDF that shows itself within itself": lambda: m.pdf(m.loop),
    "a PDF whose pages are their own parents": lambda: m.pdf(m.own_parent),
}


def upright() -> bytes:
    """A photo of twelve megapixels taken with the phone on its side."""
    photo = m.receipt(3024, 4032).transpose(Image.Transpose.ROTATE_90)
    return m.jpeg(photo, exif=m.exif(6), quality=88)


def interlaced() -> bytes:
    """Adam7, put together by hand: seven passes over a white square of 64."""
    rows = b""
    for x0, y0, dx, dy in (
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):  # fmt: skip
        width, height = len(range(x0, 64, dx)), len(range(y0, 64, dy))
        rows += (b"\x00" + b"\xff" * width) * height
    return m.raw_png(64, 64, 8, 0, rows, interlace=1)


def sixteen_bits(colour: int, channels: int) -> bytes:
    row = b"\x00" + b"\x80\x00" * channels * 80
    return m.raw_png(80, 80, 16, colour, row * 80)


def grown(document: bytes) -> bytes:
    """*document* saved a second time by adding to its end, as signing programs do."""
    return (
        document
        + b"\n9 0 obj\n<<>>\nendobj\nstartxref\n"
        + document.rsplit(b"startxref\n")[-1].split(b"\n")[0]
        + b"\n%%EOF\n"
    )


# how it is made, the kind it is found to be, how many pages it has
GOOD: dict[str, tuple[Maker, str, int]] = {
    "a phone's photo, held on its side": (upright, "jpg", 1),
    "a photo": (m.jpeg, "jpg", 1),
    "a grey photo": (lambda: m.jpeg(m.receipt().convert("L")), "jpg", 1),
    "a progressive photo": (lambda: m.jpeg(progressive=True), "jpg", 1),
    "a photo in four inks": (lambda: m.jpeg(m.receipt().convert("CMYK")), "jpg", 1),
    "a photo with a smaller one behind": (
        lambda: m.jpeg() + m.jpeg(m.receipt(99, 150)), "jpg", 1,
    ),
    "a photo with a film behind": (lambda: m.jpeg() + m.film(), "jpg", 1),
    "a photo from a Samsung": (lambda: m.jpeg() + m.samsung_trailer(), "jpg", 1),
    "a photo padded with zeros": (lambda: m.jpeg() + bytes(512), "jpg", 1),
    "a screenshot": (m.png, "png", 1),
    "a screenshot with its place in words": (lambda: m.noted_png("Escazú, 9.93 N"), "png", 1),
    "a long screenshot": (lambda: m.png(m.receipt(1080, 8000)), "png", 1),
    "a PNG one can look through": (
        lambda: m.png(Image.new("RGBA", (300, 300), (0, 0, 0, 0))), "png", 1,
    ),
    "a grey PNG one can look through": (
        lambda: m.png(Image.new("LA", (300, 300), (0, 0))), "png", 1,
    ),
    "a PNG with a palette": (lambda: m.png(m.receipt().quantize(16)), "png", 1),
    "a PNG with a palette with a hole": (
        lambda: m.png(m.receipt().quantize(16), transparency=0), "png", 1,
    ),
    "a PNG in black and white": (lambda: m.png(m.receipt().convert("1")), "png", 1),
    "a grey PNG of sixteen bits": (lambda: sixteen_bits(0, 1), "png", 1),
    "a PNG of sixteen bits": (lambda: sixteen_bits(2, 3), "png", 1),
    "a PNG of sixteen bits one can look through": (lambda: sixteen_bits(6, 4), "png", 1),
    "an interlaced PNG": (interlaced, "png", 1),
    "a PNG that moves": (
        lambda: m.png(save_all=True, append_images=[m.receipt(seed=8)]), "png", 1,
    ),
    "a PNG with a bomb in its text": (
        lambda: m.with_chunk(m.png(), b"zTXt", b"a\x00\x00" + zlib.compress(bytes(50_000_000))),
        "png", 1,
    ),
    "a bank's PDF": (m.pdf, "pdf", 1),
    "a scanned PDF": (lambda: m.saved(m.receipt(), "PDF"), "pdf", 1),
    "a PDF of three pages": (lambda: m.pdf(pages=3), "pdf", 3),
    "a PDF of forty pages": (lambda: m.pdf(pages=40), "pdf", 40),
    "a PDF in object streams": (
        lambda: m.pdf(object_stream_mode=pikepdf.ObjectStreamMode.generate), "pdf", 1,
    ),
    "a PDF for the web": (lambda: m.pdf(pages=2, linearize=True), "pdf", 2),
    "a PDF saved twice": (lambda: grown(m.pdf()), "pdf", 1),
    "a PDF after a blank line": (lambda: b"\xef\xbb\xbf\r\n" + m.pdf() + b"\r\n\0", "pdf", 1),
    "a PDF that runs a script": (lambda: m.pdf(m.script), "pdf", 1),
    "a PDF that starts a program": (lambda: m.pdf(m.launch), "pdf", 1),
    "a PDF that sends a form": (lambda: m.pdf(m.submit), "pdf", 1),
    "a PDF with a form": (lambda: m.pdf(m.form), "pdf", 1),
    "an invoice with its XML attached": (lambda: m.pdf(m.attachment), "pdf", 1),
    "a PDF as large as a wall": (lambda: m.pdf(box=(14_000, 14_000)), "pdf", 1),
    "a PDF as small as a stamp": (lambda: m.pdf(box=(72, 72)), "pdf", 1),
}  # fmt: skip
