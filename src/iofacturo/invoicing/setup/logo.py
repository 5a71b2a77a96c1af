"""A company's logo: cleaned like everything people send in, cut to its ink, and made small."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageChops

from iofacturo.invoicing.setup.letterhead import LOGOS
from iofacturo.uploads import cleaning, storage
from iofacturo.uploads.refusal import shown

WIDEST, TALLEST = 900, 450  # pixels: 7,6 by 3,8 cm on paper at 300 to the inch
LARGEST = 5 * 1024 * 1024  # bytes
FAINT = 12  # of 255: what differs less from white is white

TRY = "Envíelo en PNG o JPG."
SENTENCES = {
    "empty": "está vacío. Búsquelo de nuevo y vuelva a elegirlo.",
    "cut_off": "llegó incompleto. Búsquelo de nuevo y vuelva a elegirlo.",
    "broken": f"está dañado y no se puede leer. Guárdelo otra vez. {TRY}",
    "svg": "es un dibujo SVG, que no recibimos. Ábralo y expórtelo como PNG.",
    "heic": f"es una foto HEIC, que no podemos leer. {TRY}",
    "encrypted": f"está protegido con contraseña. {TRY}",
    "mixed": "trae otro archivo escondido adentro y por seguridad no lo recibimos. "
    "Ábralo, guárdelo como PNG y envíe ese.",
    "too_many_pixels": "mide {width} × {height} puntos, más de lo que podemos abrir. "
    "Hágalo más pequeño: bastan 900 de ancho.",
    "too_small": "mide {width} × {height} puntos y saldría borroso. Busque uno más grande.",
    "too_complex": "es demasiado pesado de abrir. Guárdelo más pequeño: bastan 900 puntos de ancho.",
    "busy": "no se pudo revisar ahora porque hay muchos otros en turno. Vuelva a enviarlo en un "
    "minuto.",
}
OTHER = f"no es una imagen que podamos usar como logotipo. {TRY}"


class Refused(Exception):
    """A file that is no logo; `str()` says why and what to send instead."""


def clean(data: bytes, name: str, size: int | None = None) -> bytes:
    """The file *data*, called *name*, as the PNG of a logo. Raises Refused.

    *size* is what the whole file weighs, for whoever did not read all of one that is too large.
    """
    if max(size or 0, len(data)) > LARGEST:
        raise Refused(
            f"El archivo «{shown(name)}» pesa más de {cleaning.megabytes(LARGEST)}. "
            "Guárdelo más pequeño: bastan 900 puntos de ancho."
        )
    if data.startswith(b"%PDF-"):
        raise Refused(f"El archivo «{shown(name)}» es un PDF. {TRY}")
    try:
        cleaned = cleaning.clean(data, name, size)
    except cleaning.Refused as refused:
        raise Refused(_sentence(refused, name)) from None
    if cleaned.kind not in {"png", "jpg"}:
        raise Refused(f"El archivo «{shown(name)}» {OTHER}")
    return _fitted(cleaned.pages[0], name)


def _sentence(refused: cleaning.Refused, name: str) -> str:
    return (
        f"El archivo «{shown(name)}» {SENTENCES.get(refused.code, OTHER).format(**refused.facts)}"
    )


def _fitted(page: bytes, name: str) -> bytes:
    """The cleaned *page* without its white border, at most WIDEST by TALLEST.

    It is a plain PNG of ours by now, of bounded size: opening it here is a risk we take.
    """
    image = Image.open(BytesIO(page), formats=["PNG"]).convert("RGB")
    ink = ImageChops.difference(image, Image.new("RGB", image.size, "white")).convert("L")
    box = ink.point(lambda value: 255 if value > FAINT else 0).getbbox()
    if box is None:
        raise Refused(f"El archivo «{shown(name)}» está en blanco. Elija otro.")
    image = image.crop(box)
    image.thumbnail((WIDEST, TALLEST), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def store(png: bytes) -> str:
    """Write *png* and answer the name of its file. Before any row, outside any transaction."""
    return storage.keep(png, folder=LOGOS, suffix=".png")
