"""A bank's slip, drawn for the demo: what a customer would attach."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from iofacturo.lib import clock, folding, formats

WIDTH, HEIGHT = 720, 1120
BLUE, INK, GREY, LINE = "#203a4f", "#1f2328", "#6b7178", "#d9dcdf"


def draw(
    *, amount: Decimal, reference: str, at: datetime, bank_reference: str, payer: str
) -> bytes:
    """A PNG with what a transfer's slip shows."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 130), fill=BLUE)
    _text(pen, (40, 45), "Banco de Muestra", 34, "white")
    _text(pen, (40, 200), "Transferencia realizada", 28, GREY)
    _text(pen, (40, 245), f"CRC {formats.numero(amount, 2)}".replace(formats.NBSP, " "), 56, INK)
    rows = [
        ("Fecha", f"{clock.local(at):%d/%m/%Y %H:%M}"),
        ("Cuenta destino", "CR05 0152 0200 1026 2840 66"),
        ("A nombre de", "Proveedor Demo S.A."),
        ("Detalle", reference),
        ("Paga", folding.fold(payer).upper()),
        ("Referencia", bank_reference),
    ]
    top = 380
    for label, value in rows:
        pen.line((40, top, WIDTH - 40, top), fill=LINE, width=2)
        _text(pen, (40, top + 24), label, 24, GREY)
        _text(pen, (280, top + 22), value, 26, INK)
        top += 90
    _text(pen, (40, HEIGHT - 70), "Documento de muestra, sin valor bancario", 22, GREY)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _text(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, fill: str) -> None:
    pen.text(at, text, font=ImageFont.load_default(size), fill=fill)
