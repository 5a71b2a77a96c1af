"""Proofs of transfers made up by us, with their truth: apps, web pages, slips, mails, PDFs.

The layouts and names of banks are inventions in the manner of what circulates; none copies one.
`LAYOUTS` were looked at while the reader was written. `UNSEEN` (other layouts, other typefaces,
other ways of writing) were drawn up afterwards, to be told apart in the figures.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

MONTHS = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "setiembre",
    "octubre", "noviembre", "diciembre",
]  # fmt: skip
BANKS = {
    "0102": "BAC Credomatic", "0151": "Banco Nacional", "0152": "Banco de Costa Rica",
    "0123": "Scotiabank", "0161": "Banco Popular", "0116": "Promerica", "0107": "Davivienda",
}  # fmt: skip
PEOPLE = ["María Fernanda Solano", "José Ángel Quirós", "Inversiones Ávila S.A.", "Ferretería Núñez",
          "Karla Jiménez Mora", "Soda Doña Flor", "Grupo Peña y Castro S.R.L."]  # fmt: skip
PAYEES = ["Folios del Valle S.A.", "ioFacturo Costa Rica S.A.", "Servicios Digitales Tica S.A.",
          "Proveedora Guanacaste Ltda."]  # fmt: skip


@dataclass
class Truth:
    """What one proof says, in whatever manner it is written."""

    amount: Decimal
    currency: str
    day: date
    bank: str  # that it was paid from
    bank_reference: str
    ours: str  # the IOF reference in its detail, or empty
    iban: str
    payee: str
    payer: str
    sinpe: bool
    layout: str = ""
    spoilt: str = ""


@dataclass
class Proof:
    """A file as it would be sent, and its truth."""

    name: str
    data: bytes
    truth: Truth


def iban(random_: random.Random, bank: str) -> str:
    """A Costa Rican IBAN with right check digits."""
    bban = bank + "".join(random_.choice("0123456789") for _ in range(14))
    return f"CR{98 - int(bban + '122700') % 97:02d}{bban}"


def truth(random_: random.Random) -> Truth:
    from iofacturo.renewals import reference

    bank = random_.choice(list(BANKS))
    payee_bank = random_.choice(list(BANKS))
    day = date(2026, 7, 1) + timedelta(days=random_.randrange(200))
    sinpe = random_.random() < 0.3
    dollars = not sinpe and random_.random() < 0.12
    amount = Decimal(random_.choice([
        random_.randrange(900, 99999) * 100, random_.randrange(100000, 25000000),
        random_.choice([990000, 1850000, 3490000, 6375000, 11300000]),
    ])) / 100  # fmt: skip
    if dollars:
        amount = (amount / 500).quantize(Decimal("0.01"))
    state = random_.getstate()
    body = "".join(random_.choice(reference.ALPHABET) for _ in range(reference.BODY))
    ours = reference.PREFIX + body + reference.check_character(body)
    random_.setstate(state)
    random_.random()
    long = f"{day:%Y%m%d}{payee_bank[1:]}{random_.randrange(10**13, 10**14)}"
    bank_reference = random_.choice([
        long, long, str(random_.randrange(10**7, 10**9)), str(random_.randrange(10**5, 10**8)),
        f"{random_.choice('ABFT')}{random_.randrange(10**6, 10**9)}",
    ])  # fmt: skip
    return Truth(
        amount, "USD" if dollars else "CRC", day, BANKS[bank], bank_reference,
        ours if random_.random() < 0.7 else "", iban(random_, payee_bank), random_.choice(PAYEES),
        random_.choice(PEOPLE), sinpe,
    )  # fmt: skip


# -- ways of writing -----------------------------------------------------------------------------


def grouped(amount: Decimal, style: str) -> str:
    text = f"{amount:,.2f}"
    if style == "comma":  # 1.234,56
        return text.translate(str.maketrans(",.", ".,"))
    if style == "space":
        return text.replace(",", " ").replace(".", ",")
    return text


def money(t: Truth, random_: random.Random, *, sign: bool, style: str | None = None) -> str:
    """*t*'s amount; *sign*: whether the typeface has ₡."""
    style = style or random_.choice(["comma", "point", "comma", "point", "space"])
    number = grouped(t.amount, style)
    if t.amount == t.amount.to_integral() and random_.random() < 0.12 and style != "space":
        number = number[:-3]
    if t.currency == "USD":
        shape = random_.choice(["${}", "US$ {}", "USD {}", "{} USD", "$ {}"])
    elif sign:
        shape = random_.choice(["₡{}", "₡ {}", "₡{}", "CRC {}", "{} CRC", "¢{}", "{} colones"])
    else:
        shape = random_.choice(["¢{}", "CRC {}", "{} CRC", "¢ {}", "{} colones", "CRC{}"])
    return shape.format(number)


def small_money(value: str, t: Truth, sign: bool) -> str:
    mark = "$" if t.currency == "USD" else ("₡" if sign else "CRC ")
    return mark + value


def day_text(day: date, random_: random.Random) -> str:
    month = MONTHS[day.month - 1]
    hour, minute = random_.randrange(1, 13), random_.randrange(60)
    clock = random_.choice([
        "", "", f" {hour:02d}:{minute:02d}", f" {hour}:{minute:02d} p. m.",
        f", {hour}:{minute:02d} a.m.", f" {hour + 10:02d}:{minute:02d}:{random_.randrange(60):02d}",
    ])  # fmt: skip
    shape = random_.choice([
        f"{day:%d/%m/%Y}", f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%Y-%m-%d}",
        f"{day.day} de {month} de {day.year}", f"{day.day} {month[:3]} {day.year}",
        f"{day.day} {month[:3]}. {day.year}", f"{day:%d}/{month[:3].upper()}/{day.year}",
        f"{day.day} de {month} del {day.year}", f"{day.day}/{day.month}/{day.year}",
        f"{day:%d/%m/%y}", f"{month.capitalize()} {day.day}, {day.year}",
    ])  # fmt: skip
    return shape + clock


def iban_text(iban_: str, random_: random.Random, *, masked: bool | None = None) -> str:
    if masked is None:
        masked = random_.random() < 0.3
    if masked:
        return random_.choice([
            f"CR{iban_[2:4]}************{iban_[-4:]}", f"****{iban_[-4:]}",
            f"CR{iban_[2:4]} XXXX XXXX XXXX {iban_[-4:]}", f"••••{iban_[-4:]}",
        ])  # fmt: skip
    if random_.random() < 0.5:
        return " ".join(iban_[i : i + 4] for i in range(0, len(iban_), 4))
    return iban_


# -- typefaces -----------------------------------------------------------------------------------


@lru_cache(maxsize=200)
def face(family: str, size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """A typeface out of the packages; families: inter, lato, roboto, fira, open, mono."""
    package, names, axes = {
        "inter": ("fontpkg_inter", ("Inter[opsz,wght].ttf",) * 2, (14, 400, 14, 700)),
        "lato": ("fontpkg_lato", ("Lato-Regular.ttf", "Lato-Bold.ttf"), None),
        "roboto": ("fontpkg_roboto", ("Roboto[wdth,wght].ttf",) * 2, (400, 100, 700, 100)),
        "fira": ("fontpkg_fira_sans", ("FiraSans-Regular.ttf", "FiraSans-SemiBold.ttf"), None),
        "open": ("fontpkg_open_sans", ("OpenSans[wdth,wght].ttf",) * 2, (400, 100, 700, 100)),
        "mono": ("fontpkg_roboto_mono", ("RobotoMono[wght].ttf",) * 2, (400, 700)),
    }[family]  # fmt: skip
    folder = Path(str(import_module(package).ROOT)) / "files"
    found = ImageFont.truetype(str(folder / names[bold]), size)
    if axes:
        half = len(axes) // 2
        found.set_variation_by_axes(list(axes[half:] if bold else axes[:half]))
    return found


HAS_COLON = {"inter", "lato", "fira"}

# -- drawing -------------------------------------------------------------------------------------


class Sheet:
    """A page that grows downwards."""

    def __init__(self, width: int, family: str, *, paper: str, ink: str, soft: str,
                 pad: int = 60) -> None:  # fmt: skip
        self.width, self.family, self.pad = width, family, pad
        self.paper, self.ink, self.soft = paper, ink, soft
        self.image = Image.new("RGB", (width, 5000), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.y = 0

    @property
    def sign(self) -> bool:
        return self.family in HAS_COLON

    def text(self, what: str, size: int, *, bold: bool = False, align: str = "left",
             ink: str | None = None, x: int | None = None, gap: float = 0.45,
             move: bool = True) -> None:  # fmt: skip
        font = face(self.family, size, bold)
        width = self.draw.textlength(what, font=font)
        room = self.width - 2 * self.pad
        while width > room and size > 18:
            size -= 2
            font = face(self.family, size, bold)
            width = self.draw.textlength(what, font=font)
        if x is None:
            x = {
                "left": self.pad, "center": round((self.width - width) / 2),
                "right": round(self.width - self.pad - width),
            }[align]  # fmt: skip
        self.draw.text((x, self.y), what, font=font, fill=ink or self.ink)
        if move:
            self.y += round(size * (1.2 + gap))

    def pair(self, label: str, value: str, size: int, *, bold: bool = False) -> None:
        """Label on the left, value on the right of one row."""
        self.text(label, size, ink=self.soft, move=False)
        font = face(self.family, size, bold)
        room = self.width - 2 * self.pad - self.draw.textlength(label, font=face(self.family, size))
        small = size
        while self.draw.textlength(value, font=font) > room - 30 and small > 20:
            small -= 2
            font = face(self.family, small, bold)
        x = self.width - self.pad - self.draw.textlength(value, font=font)
        self.draw.text((x, self.y), value, font=font, fill=self.ink)
        self.y += round(size * 1.95)

    def stacked(self, label: str, value: str, size: int, *, bold: bool = False) -> None:
        self.text(label, round(size * 0.8), ink=self.soft, gap=0.1)
        self.text(value, size, bold=bold, gap=0.75)

    def rule(self, colour: str) -> None:
        self.draw.line([(self.pad, self.y), (self.width - self.pad, self.y)], colour, 2)
        self.y += 26

    def band(self, height: int, colour: str) -> None:
        self.draw.rectangle([(0, self.y), (self.width, self.y + height)], fill=colour)

    def done(self, tail: int = 90) -> Image.Image:
        return self.image.crop((0, 0, self.width, min(self.y + tail, 5000)))


def status_bar(s: Sheet, random_: random.Random, ink: str) -> None:
    s.y = 22
    s.text(f"{random_.randrange(1, 13)}:{random_.randrange(60):02d}", 30, ink=ink, move=False)
    s.text(f"{random_.randrange(9, 100)}%", 28, align="right", ink=ink, gap=0.6)


def extras(t: Truth, random_: random.Random, sign: bool) -> list[tuple[str, str]]:
    """Other money on the page, none of it the amount."""
    other = Decimal(random_.randrange(20000, 400000000)) / 100
    return random_.sample([
        ("Comisión", small_money("0,00", t, sign)), ("Comisión", small_money("250.00", t, sign)),
        ("Saldo disponible", small_money(grouped(other, "comma"), t, sign)),
        ("Saldo anterior", small_money(grouped(other, "point"), t, sign)),
        ("Teléfono", "8812-4477"), ("Cédula", "3-101-123456"), ("Tipo de cambio", "512,45"),
    ], random_.choice([0, 1, 2]))  # fmt: skip


def detail(t: Truth, random_: random.Random) -> str:
    word = random_.choice(["", "pago ", "plan ", "Pago plan ", "folios "])
    mine = t.ours if random_.random() < 0.8 else t.ours.lower()
    return (word + mine) if t.ours else random_.choice(["pago", "Plan anual", "folios"])


def bac_app(t: Truth, r: random.Random) -> Image.Image:
    """A phone's confirmation: labels above values."""
    dark = r.random() < 0.4
    s = Sheet(1080, r.choice(["inter", "lato", "roboto"]), paper="#17181c" if dark else "#ffffff",
              ink="#f3f3f5" if dark else "#1d1d1f", soft="#9b9ca3" if dark else "#6f7076")  # fmt: skip
    status_bar(s, r, s.ink)
    s.y += 30
    s.text(t.bank, 44, bold=True, ink="#e4002b")
    s.text(r.choice(["¡Listo! Transferencia realizada", "Transferencia exitosa"]), 52, bold=True)
    s.y += 20
    rows = [("Monto", money(t, r, sign=s.sign)), ("Fecha", day_text(t.day, r)),
            ("Cuenta origen", iban_text(iban(r, "0102"), r, masked=True)),
            ("Cuenta destino", iban_text(t.iban, r)), ("Beneficiario", t.payee),
            (r.choice(["Número de referencia", "Referencia", "N.º de comprobante"]), t.bank_reference),
            (r.choice(["Detalle", "Descripción", "Concepto"]), detail(t, r))]  # fmt: skip
    rows[2:2] = extras(t, r, s.sign)
    for label, value in rows:
        s.stacked(label, value, 40, bold=label == "Monto")
    return s.done()


def bn_app(t: Truth, r: random.Random) -> Image.Image:
    """Large amount on top, rows of label and value."""
    dark = r.random() < 0.4
    s = Sheet(1080, r.choice(["lato", "inter"]), paper="#0f1a14" if dark else "#f4f6f4",
              ink="#e9f0eb" if dark else "#1c2420", soft="#8ba294" if dark else "#66756c")  # fmt: skip
    s.band(230, "#00693c")
    status_bar(s, r, "#ffffff")
    s.y += 40
    s.text(t.bank, 48, bold=True, align="center", ink="#ffffff")
    s.y = 290
    s.text("Comprobante de transferencia", 42, align="center")
    s.text(money(t, r, sign=s.sign), 86, bold=True, align="center", gap=0.7)
    rows = [("Fecha y hora", day_text(t.day, r)), ("Origen", t.payer), ("Destino", t.payee),
            ("Cuenta", iban_text(t.iban, r)), *extras(t, r, s.sign),
            (r.choice(["Documento", "Referencia", "Confirmación"]), t.bank_reference),
            ("Detalle", detail(t, r))]  # fmt: skip
    for label, value in rows:
        s.rule("#8fa39755"[:7])
        s.pair(label, value, 36)
    return s.done()


def bcr_web(t: Truth, r: random.Random) -> Image.Image:
    """A desktop bank's page, in a table with lines."""
    s = Sheet(1280, r.choice(["roboto", "lato", "inter"]), paper="#ffffff", ink="#222222",
              soft="#333333", pad=80)  # fmt: skip
    s.y = 40
    s.text(f"{t.bank} · Banca en línea", 30, bold=True, ink="#003da5")
    s.text("Comprobante de la operación", 26)
    s.y += 16
    rows = [("Fecha de la transacción:", day_text(t.day, r)),
            ("Cuenta a debitar:", iban_text(iban(r, "0152"), r)),
            ("Cuenta a acreditar:", iban_text(t.iban, r)), ("Nombre del destinatario:", t.payee),
            (r.choice(["Monto transferido:", "Monto:", "Monto de la transferencia:"]),
             money(t, r, sign=s.sign)), *extras(t, r, s.sign),
            ("Número de transacción SINPE:", t.bank_reference), ("Motivo:", detail(t, r))]  # fmt: skip
    for label, value in rows:
        s.draw.rectangle([(80, s.y), (1200, s.y + 46)], outline="#b9b9c2")
        s.draw.line([(520, s.y), (520, s.y + 46)], "#b9b9c2")
        s.y += 8
        s.text(label, 22, x=96, move=False, bold=True)
        s.text(value, 22, x=536, move=False)
        s.y += 38
    return s.done(70)


def sinpe_slip(t: Truth, r: random.Random) -> Image.Image:
    """What a phone shows after SINPE Móvil."""
    t.sinpe = True
    t.currency = "CRC"
    s = Sheet(900, r.choice(["inter", "roboto", "lato"]), paper="#ffffff", ink="#202124",
              soft="#777a80")  # fmt: skip
    status_bar(s, r, s.ink)
    s.draw.ellipse([(390, s.y + 20), (510, s.y + 140)], fill="#19a45b")
    s.y += 170
    s.text(r.choice(["SINPE Móvil", "Sinpe Movil realizado", "SINPE MÓVIL"]), 46, bold=True,
           align="center")  # fmt: skip
    s.text(r.choice(["Usted envió", "Monto enviado", "Envió"]), 34, align="center", ink=s.soft)
    s.text(money(t, r, sign=s.sign), 72, bold=True, align="center")
    s.text(f"a {t.payee}", 36, align="center")
    s.text("8" + "".join(r.choice("0123456789") for _ in range(3)) + "-"
           + "".join(r.choice("0123456789") for _ in range(4)), 34, align="center")  # fmt: skip
    s.text(day_text(t.day, r), 32, align="center", ink=s.soft)
    s.y += 20
    s.stacked(r.choice(["Comprobante", "Referencia", "No. de referencia"]), t.bank_reference, 34)
    s.stacked("Detalle", detail(t, r), 34)
    t.iban = ""
    return s.done()


def scotia_app(t: Truth, r: random.Random) -> Image.Image:
    """Two columns, a red head, the amount in the middle of the rows."""
    s = Sheet(1170, r.choice(["inter", "roboto"]), paper="#ffffff", ink="#2b2b2b", soft="#75757a")
    s.band(180, "#c8102e")
    status_bar(s, r, "#ffffff")
    s.text(t.bank, 50, bold=True, ink="#ffffff")
    s.y = 220
    s.text("Detalle del movimiento", 46, bold=True)
    s.pair("Tipo", "Transferencia a terceros", 36)
    s.pair("De", t.payer, 36)
    s.pair("Para", t.payee, 36)
    s.pair("Cuenta destino", iban_text(t.iban, r), 36)
    s.pair(
        r.choice(["Monto debitado", "Total", "Importe"]), money(t, r, sign=s.sign), 40, bold=True
    )
    for label, value in extras(t, r, s.sign):
        s.pair(label, value, 36)
    s.pair("Fecha", day_text(t.day, r), 36)
    s.pair("Ref.", t.bank_reference, 36)
    s.pair("Comentario", detail(t, r), 36)
    return s.done()


LAYOUTS: dict[str, Callable[[Truth, random.Random], Image.Image]] = {
    "app, labels above": bac_app, "app, rows": bn_app, "web table": bcr_web,
    "sinpe slip": sinpe_slip, "app, two columns": scotia_app,
}  # fmt: skip

# -- what happens to a picture -------------------------------------------------------------------


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def photographed(image: np.ndarray, r: random.Random, *, harsh: bool) -> np.ndarray:
    """A phone's photo of it: on a table, not square, unevenly lit, not quite sharp."""
    height, width = image.shape[:2]
    wide, tall = round(width * 1.25), round(height * 1.2)
    rng = np.random.default_rng(r.randrange(2**32))
    table = rng.normal(110, 14, (tall // 8 + 1, wide // 8 + 1, 3)).clip(0, 255).astype(np.uint8)
    table = cv2.resize(table, (wide, tall), interpolation=cv2.INTER_LINEAR)
    slack = (0.05 if harsh else 0.025) * width
    x0, y0 = (wide - width) / 2, (tall - height) / 2
    corners = np.array([[x0, y0], [x0 + width, y0], [x0 + width, y0 + height], [x0, y0 + height]])
    bent = corners + rng.uniform(-slack, slack, (4, 2))
    turn = cv2.getRotationMatrix2D((wide / 2, tall / 2), r.uniform(-7, 7) if harsh
                                   else r.uniform(-3, 3), r.uniform(0.9, 1.0))  # fmt: skip
    bent = (turn @ np.c_[bent, np.ones(4)].T).T
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    move = cv2.getPerspectiveTransform(source, bent.astype(np.float32))
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), move, (wide, tall))
    photo = cv2.warpPerspective(image, move, (wide, tall), flags=cv2.INTER_AREA)
    photo = np.where(mask[..., None] > 128, photo, table)
    across = np.linspace(r.uniform(0.55, 0.9), r.uniform(0.9, 1.15), wide)
    down = np.linspace(r.uniform(0.8, 1.05), r.uniform(0.7, 1.05), tall)
    light = (across[None, :] * down[:, None])[..., None]
    out = photo.astype(np.float32) * light
    return out.clip(0, 255).astype(np.uint8)


def moire(image: np.ndarray, r: random.Random) -> np.ndarray:
    """The beat of a screen's pixels and a camera's."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, period = r.uniform(0, 3.1), r.uniform(3.5, 9)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 6.283 / period)
    bend = np.sin((x * np.sin(angle) - y * np.cos(angle)) * 6.283 / (period * r.uniform(1.1, 3)))
    tint = np.array([1.0, 0.7, 1.1], np.float32)
    return (
        (image + (wave * bend)[..., None] * tint * r.uniform(10, 22)).clip(0, 255).astype(np.uint8)
    )


def noisy(image: np.ndarray, r: random.Random, sigma: float) -> np.ndarray:
    rng = np.random.default_rng(r.randrange(2**32))
    return (image + rng.normal(0, sigma, image.shape)).clip(0, 255).astype(np.uint8)


def as_it_is(image: np.ndarray, r: random.Random) -> np.ndarray:
    return image


def forwarded(image: np.ndarray, r: random.Random) -> np.ndarray:
    """Through a messenger: smaller, and saved badly twice."""
    scale = r.uniform(0.5, 0.75)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return jpeg(jpeg(small, r.randrange(45, 65)), r.randrange(25, 45))


def photo(image: np.ndarray, r: random.Random) -> np.ndarray:
    out = photographed(image, r, harsh=False)
    return jpeg(cv2.GaussianBlur(out, (0, 0), r.uniform(0.6, 1.1)), 60)


def bad_photo(image: np.ndarray, r: random.Random) -> np.ndarray:
    out = photographed(image, r, harsh=True)
    out = cv2.GaussianBlur(out, (0, 0), r.uniform(1.1, 1.9))
    return jpeg(noisy(out, r, 7), r.randrange(30, 50))


def dim_photo(image: np.ndarray, r: random.Random) -> np.ndarray:
    out = photographed(image, r, harsh=False).astype(np.float32) / 255
    out = (out ** r.uniform(1.2, 1.8)) * r.uniform(90, 140)
    out = noisy(out, r, r.uniform(8, 13)).astype(np.uint8)
    return jpeg(cv2.GaussianBlur(out, (0, 0), 0.8), 45)


def screen_photo(image: np.ndarray, r: random.Random) -> np.ndarray:
    out = moire(photographed(image, r, harsh=False), r)
    return jpeg(cv2.GaussianBlur(out, (0, 0), r.uniform(0.6, 1.1)), 50)


def shaken_photo(image: np.ndarray, r: random.Random) -> np.ndarray:
    """Moved while it was taken."""
    out = photographed(image, r, harsh=False)
    length = r.randrange(5, 9)
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2, :] = 1 / length
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), r.uniform(0, 180), 1)
    return jpeg(cv2.filter2D(out, -1, cv2.warpAffine(kernel, turn, (length, length))), 60)


def sideways(image: np.ndarray, r: random.Random) -> np.ndarray:
    """A photo whose phone did not know how it was held."""
    turn = r.choice([cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180])
    return cv2.rotate(photo(image, r), turn)


SPOILT: dict[str, Callable[[np.ndarray, random.Random], np.ndarray]] = {
    "as it is": as_it_is, "forwarded": forwarded, "photo": photo, "bad photo": bad_photo,
    "dim photo": dim_photo, "photo of a screen": screen_photo, "shaken photo": shaken_photo,
    "sideways": sideways,
}  # fmt: skip

# -- layouts drawn up when the reader was done -----------------------------------------------------


def wrapped(s: Sheet, what: str, size: int) -> None:
    """A paragraph."""
    font, line = face(s.family, size), ""
    for word in what.split():
        longer = f"{line} {word}".strip()
        if s.draw.textlength(longer, font=font) > s.width - 2 * s.pad:
            s.text(line, size, gap=0.2)
            line = word
        else:
            line = longer
    s.text(line, size, gap=0.9)


def mail_print(t: Truth, r: random.Random) -> Image.Image:
    """A notice by mail, printed: what matters stands in a sentence."""
    s = Sheet(1240, r.choice(["fira", "open"]), paper="#ffffff", ink="#111111", soft="#444444",
              pad=110)  # fmt: skip
    s.y = 60
    s.text(f"De: notificaciones@{''.join(c for c in t.bank.lower() if c.isalpha())}.example", 22)
    s.text(f"Para: {t.payer}", 22)
    s.text("Asunto: Notificación de transferencia", 22, gap=1.2)
    wrapped(s, f"Estimado(a) {t.payer}:", 26)
    wrapped(s, f"Le informamos que el {day_text(t.day, r)} se realizó una transferencia por "
            f"{money(t, r, sign=s.sign)} desde su cuenta {iban_text(iban(r, '0102'), r, masked=True)} "
            f"a la cuenta {iban_text(t.iban, r)} a nombre de {t.payee}.", 26)  # fmt: skip
    wrapped(s, f"Número de referencia: {t.bank_reference}. Concepto: {detail(t, r)}.", 26)
    if r.random() < 0.5:
        wrapped(s, f"Su saldo disponible es de {small_money('1.250.300,10', t, s.sign)}.", 26)
    wrapped(s, "Si no reconoce esta operación llame al 2287-9000. Mensaje automático.", 20)
    return s.done()


def till_slip(t: Truth, r: random.Random) -> Image.Image:
    """A narrow slip of a counter, in a typewriter's face."""
    s = Sheet(620, "mono", paper="#fbfaf4", ink="#2c2c2c", soft="#2c2c2c", pad=34)
    s.y = 40
    s.text(t.bank.upper(), 34, align="center", bold=True)
    s.text("COMPROBANTE DE PAGO", 26, align="center")
    s.text("-" * 34, 26, align="center")
    s.pair("FECHA", day_text(t.day, r), 24)
    s.pair("CAJERO", "0417", 24)
    s.pair("AUTORIZACION", t.bank_reference, 24)
    s.text("CUENTA ACREDITADA:", 24, gap=0.1)
    s.text(iban_text(t.iban, r), 24)
    s.text("BENEFICIARIO:", 24, gap=0.1)
    s.text(t.payee.upper(), 24)
    s.text("-" * 34, 26, align="center")
    s.pair("EFECTIVO", small_money("0.00", t, s.sign), 26)
    s.pair("TOTAL", money(t, r, sign=s.sign), 32, bold=True)
    s.text(f"MOTIVO: {detail(t, r)}", 24)
    s.text("GRACIAS POR SU VISITA", 24, align="center")
    return s.done()


def cards(t: Truth, r: random.Random) -> Image.Image:
    """Two columns of small cards, labels over values side by side."""
    s = Sheet(1080, r.choice(["fira", "open"]), paper="#10131f", ink="#f1f3ff", soft="#9aa3c7")
    status_bar(s, r, s.ink)
    s.y += 30
    s.text(t.bank, 40, bold=True, align="center")
    s.text("Enviaste", 34, align="center", ink=s.soft)
    s.text(money(t, r, sign=s.sign), 80, bold=True, align="center", gap=0.8)
    cells = [("Para", t.payee), ("Fecha", day_text(t.day, r)), ("Cuenta IBAN", iban_text(t.iban, r)),
             ("Comprobante", t.bank_reference), ("Descripción", detail(t, r)),
             *extras(t, r, s.sign)]  # fmt: skip
    for i in range(0, len(cells), 2):
        top, size = s.y, 28
        for (label, value), x in zip(cells[i : i + 2], (60, 560), strict=False):
            s.draw.rounded_rectangle([(x - 16, top), (x + 456, top + 120)], 18, fill="#1b2034")
            s.y = top + 14
            s.text(label, 24, x=x, ink=s.soft, gap=0.2)
            while s.draw.textlength(value, font=face(s.family, size)) > 440 and size > 17:
                size -= 1
            s.text(value, size, x=x)
            size = 28
        s.y = top + 140
    return s.done()


def amount_last(t: Truth, r: random.Random) -> Image.Image:
    """A list of lines of one column, the amount at its end and no larger than the rest."""
    s = Sheet(900, r.choice(["open", "fira"]), paper="#fff9ef", ink="#3a2b12", soft="#8a7651")
    status_bar(s, r, s.ink)
    s.text("Operación procesada", 44, bold=True)
    s.text(f"{t.bank} te confirma que tu pago fue enviado.", 28, gap=1.0)
    for label, value in [
        ("Cuenta de origen", iban_text(iban(r, "0161"), r)), ("Enviado a", t.payee),
        ("Cuenta de destino", iban_text(t.iban, r)), ("Procesado el", day_text(t.day, r)),
        ("Código de confirmación", t.bank_reference), ("Nota", detail(t, r)),
        *extras(t, r, s.sign), ("Monto total", money(t, r, sign=s.sign)),
    ]:  # fmt: skip
        s.text(f"{label}: {value}", 30, gap=0.8)
    return s.done()


UNSEEN: dict[str, Callable[[Truth, random.Random], Image.Image]] = {
    "mail, printed": mail_print, "till slip": till_slip, "cards": cards, "amount last": amount_last,
}  # fmt: skip

# -- files -----------------------------------------------------------------------------------------

PDF_TABLE = """#set page(width: 15cm, height: 17cm, margin: 1.4cm)
#set text(font: "Libertinus Serif", size: 11pt)
#let d = json(bytes(sys.inputs.at("d")))
= #d.bank
#text(9pt)[Comprobante de transferencia interbancaria]
#v(6pt)
#table(columns: (5cm, 1fr), inset: 6pt,
  [Fecha y hora], d.day, [Cuenta origen], d.origin, [Cuenta destino], d.iban,
  [Beneficiario], d.payee, [Monto], d.amount, [Comisión], d.fee,
  [Número de comprobante], d.reference, [Detalle], d.detail)
"""
PDF_LETTER = """#set page(width: 18cm, height: 12cm, margin: 2cm)
#set text(font: "New Computer Modern", size: 11pt)
#let d = json(bytes(sys.inputs.at("d")))
#align(center)[*#upper(d.bank)*]
#align(right)[#d.day]

Se acreditó a #d.payee la suma de *#d.amount*.

/ Cuenta: #d.iban
/ Referencia: #d.reference
/ Concepto: #d.detail
"""


def pdf(t: Truth, r: random.Random, template: str) -> bytes:
    """A PDF with text, as banks make them."""
    import typst

    facts = {
        "bank": t.bank, "day": day_text(t.day, r), "origin": iban_text(iban(r, "0151"), r),
        "iban": iban_text(t.iban, r, masked=False), "payee": t.payee,
        "amount": money(t, r, sign=False), "fee": small_money("0,00", t, False),
        "reference": t.bank_reference, "detail": detail(t, r),
    }  # fmt: skip
    return typst.compile(template.encode(), sys_inputs={"d": json.dumps(facts)})


def scanned(image: np.ndarray) -> bytes:
    """A PDF that is only a picture."""
    out = BytesIO()
    Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).save(out, "PDF", resolution=150)
    return out.getvalue()


def corpus(seed: int, *, unseen: bool, pdfs: int) -> list[Proof]:
    """Every layout in every state of damage, and *pdfs* PDFs, half of them scanned."""
    r = random.Random(seed)
    layouts = UNSEEN if unseen else LAYOUTS
    found = []
    for layout, draw in layouts.items():
        for spoilt, spoil in SPOILT.items():
            t = truth(r)
            t.layout, t.spoilt = layout, spoilt
            image = cv2.cvtColor(np.asarray(draw(t, r)), cv2.COLOR_RGB2BGR)
            data = cv2.imencode(".png", spoil(image, r))[1].tobytes()
            found.append(Proof(f"{layout}, {spoilt}.png", data, t))
    for n in range(pdfs):
        t = truth(r)
        t.layout = "PDF letter" if unseen else "PDF table"
        t.spoilt = "scanned" if n % 2 else "text"
        if n % 2:
            layout = list(layouts)[n % len(layouts)]
            image = cv2.cvtColor(np.asarray(layouts[layout](t, r)), cv2.COLOR_RGB2BGR)
            data = scanned(photographed(image, r, harsh=False))
        else:
            data = pdf(t, r, PDF_LETTER if unseen else PDF_TABLE)
        found.append(Proof(f"{t.layout}, {t.spoilt} {n}.pdf", data, t))
    return found
