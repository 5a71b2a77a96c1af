"""Pixels made anew: turned upright, without transparency, bounded, as PNG without a word beside."""

from io import BytesIO

from PIL import Image

from iofacturo.uploads.jpeg import Jpeg
from iofacturo.uploads.png import Png
from iofacturo.uploads.refusal import Refused

LEAST_SIDE = 48
MOST_JPEG = 110_000_000  # pixels; decoded line by line, at a fraction of its size
MOST_PASSES = 40_000_000  # pixels of a progressive JPEG, which the decoder holds whole
MOST_PNG = 40_000_000  # pixels; decoded whole
SHOWN = 4_000_000  # pixels of a page as it is kept: small print on a photo stays readable
LONGEST_SIDE = 12_000
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def from_jpeg(parts: Jpeg) -> Image.Image:
    """The photo, upright."""
    bounded(parts.width, parts.height, MOST_JPEG if parts.passes == 1 else MOST_PASSES)
    image = Image.open(BytesIO(parts.bare), formats=["JPEG"])
    image.draft("RGB", fitting(parts.width, parts.height))  # decodes fewer pixels of a large one
    turn = UPRIGHT.get(_orientation(parts.exif))
    shown = reduced(flat(_loaded(image)))
    return shown.transpose(turn) if turn is not None else shown


def from_png(parts: Png) -> Image.Image:
    """The picture on white paper."""
    bounded(parts.width, parts.height, MOST_PNG)
    return reduced(flat(_loaded(Image.open(BytesIO(parts.bare), formats=["PNG"]))))


def bounded(width: int, height: int, most: int) -> None:
    """Refused when a picture is too large to open or too small to read."""
    if width * height > most:
        raise Refused("too_many_pixels", width=width, height=height)
    if min(width, height) < LEAST_SIDE:
        raise Refused("too_small", width=width, height=height)


def fitting(width: int, height: int) -> tuple[int, int]:
    """The size at which a page is kept: as it is, or smaller in the same proportions."""
    scale = min(1.0, (SHOWN / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def flat(image: Image.Image) -> Image.Image:
    """*image* as RGB on white; sixteen bits become eight, palettes and inks become colours."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image if image.mode == "RGB" else image.convert("RGB")


def reduced(image: Image.Image) -> Image.Image:
    size = fitting(*image.size)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def encoded(image: Image.Image) -> bytes:
    """*image* as PNG: pixels and nothing else."""
    bare = Image.new("RGB", image.size)  # leaves behind whatever hangs on the old one
    bare.paste(image)
    out = BytesIO()
    bare.save(out, "PNG", compress_level=2)
    return out.getvalue()


def likeness(image: Image.Image) -> str:
    """The perceptual hash of *image*, 16 hex digits."""
    from imagehash import phash  # brings scipy along; only the child pays for it

    return str(phash(image))


def _loaded(image: Image.Image) -> Image.Image:
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:
        short = isinstance(error, OSError) and "truncated" in str(error)
        raise Refused("cut_off" if short else "broken") from error
    return image


def _orientation(exif: bytes) -> int:
    if not exif:
        return 1
    try:
        found = Image.Exif()
        found.load(exif)
        return int(found.get(ORIENTATION, 1))
    except Exception:  # a camera's notes may be nonsense; the photo is still good
        return 1
