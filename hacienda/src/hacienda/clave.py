"""The clave of 50 characters and the consecutivo of 20 digits (note 3 of the annexes).

    506 ddmmaa iiiiiiiiiiii sssTTTTTttnnnnnnnnnn S cccccccc
    country, day of issue, issuer's id padded to 12, consecutivo, situación, security code

    sss sucursal · TTTTT terminal · tt type of document · nnnnnnnnnn number

There is no check digit. Letters may stand in the id only, since November 2026.

>>> from datetime import date
>>> consecutivo = Consecutivo.build(sucursal=1, terminal=1, tipo="01", numero=1)
>>> consecutivo
'00100001010000000001'
>>> build(date(2026, 11, 22), "3101123456", consecutivo, codigo="12345678")
'50622112600310112345600100001010000000001112345678'
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from hacienda import comprobante, identificacion
from hacienda.errors import InvalidError

PAIS: Final = "506"
SITUACIONES: Final[dict[str, str]] = {"1": "Normal", "2": "Contingencia", "3": "Sin internet"}
TIPOS: Final[dict[str, str]] = {
    "01": "Factura electrónica",
    "02": "Nota de débito electrónica",
    "03": "Nota de crédito electrónica",
    "04": "Tiquete electrónico",
    "05": "Confirmación de aceptación",
    "06": "Confirmación de aceptación parcial",
    "07": "Confirmación de rechazo",
    "08": "Factura electrónica de compra",
    "09": "Factura electrónica de exportación",
    "10": "Recibo electrónico de pago",
}
"""Name of every type code, digits 9 and 10 of the consecutivo."""

_CLAVE = re.compile(r"506([0-9]{6})([0-9A-Z]{12})([0-9]{20})([123])([0-9A-Z]{8})")
_CONSECUTIVO = re.compile(r"([0-9]{3})([0-9]{5})([0-9]{2})([0-9]{10})")
_SEPARATORS = re.compile(r"[\s\-]+")


@dataclass(frozen=True, slots=True)
class Consecutivo:
    """The number of a document in the series of its sucursal, terminal and type.

    >>> Consecutivo.parse("00200013040000000917")
    Consecutivo(sucursal=2, terminal=13, tipo='04', numero=917)
    >>> str(Consecutivo(1, 1, "10", 5))
    '00100001100000000005'
    """

    sucursal: int
    terminal: int
    tipo: str
    numero: int

    def __str__(self) -> str:
        return f"{self.sucursal:03}{self.terminal:05}{self.tipo}{self.numero:010}"

    @staticmethod
    def build(sucursal: int, terminal: int, tipo: str, numero: int) -> str:
        """The 20 digits. Raises `InvalidError` for a part that is out of range.

        sucursal 1 to 999 (1 is the main office), terminal 1 to 99999, number 1 to 9999999999;
        `tipo` is the code ("01") or the short name of an issued document ("FE").
        """
        cls = comprobante.TIPOS.get(tipo)
        if cls is not None and cls.codigo:
            tipo = cls.codigo
        for name, value, top in (
            ("sucursal", sucursal, 999),
            ("terminal", terminal, 99999),
            ("número", numero, 9999999999),
        ):
            if not 1 <= value <= top:
                raise InvalidError(f"El consecutivo no admite {name} {value}: va de 1 a {top}.")
        if tipo not in TIPOS:
            raise InvalidError(f"El tipo de comprobante «{tipo}» no existe.")
        return f"{sucursal:03}{terminal:05}{tipo}{numero:010}"

    @classmethod
    def parse(cls, text: str) -> Consecutivo:
        """The parts of 20 digits. Raises `InvalidError` for anything else."""
        match = _CONSECUTIVO.fullmatch(_SEPARATORS.sub("", text))
        if match is None:
            raise InvalidError(f"«{text.strip()[:40]}» no es un consecutivo de 20 dígitos.")
        sucursal, terminal, tipo, numero = match.groups()
        if tipo not in TIPOS:
            raise InvalidError(f"El consecutivo lleva el tipo «{tipo}», que no existe.")
        return cls(int(sucursal), int(terminal), tipo, int(numero))


@dataclass(frozen=True, slots=True)
class Clave:
    """A clave taken apart. `identificacion` has its twelve characters, padding included."""

    dia: date
    identificacion: str
    consecutivo: Consecutivo
    situacion: str
    codigo: str

    @property
    def tipo(self) -> str:
        """Type code of the document, "01"."""
        return self.consecutivo.tipo

    @property
    def numero_identificacion(self) -> str:
        """The issuer's number without its padding."""
        return self.identificacion.lstrip("0")

    def __str__(self) -> str:
        day = f"{self.dia.day:02}{self.dia.month:02}{self.dia.year % 100:02}"
        return f"{PAIS}{day}{self.identificacion}{self.consecutivo}{self.situacion}{self.codigo}"


def security_code() -> str:
    """Eight unpredictable digits. Keep them with the document: a re-send has the same clave."""
    return f"{secrets.randbelow(100_000_000):08}"


def build(
    dia: date | datetime,
    identificacion_emisor: str,
    consecutivo: str | Consecutivo,
    situacion: str = "1",
    codigo: str | None = None,
) -> str:
    """The clave of a document.

    `dia` is the day of FechaEmision in Costa Rica (an instant is converted);
    `identificacion_emisor` the number of who issues and signs (in a factura de compra the
    Receptor); `codigo` eight digits, drawn by `security_code` if not given.
    Raises `InvalidError` for a part that cannot be.
    """
    day = comprobante.dia(dia)
    number = str(consecutivo)
    Consecutivo.parse(number)
    code = security_code() if codigo is None else codigo
    if not 2000 <= day.year <= 2099:
        raise InvalidError(f"La clave no admite el año {day.year}.")
    if situacion not in SITUACIONES:
        raise InvalidError(f"La situación «{situacion}» no existe: es 1, 2 o 3.")
    if not re.fullmatch(r"[0-9]{8}", code):
        raise InvalidError("El código de seguridad lleva 8 dígitos.")
    return (
        f"{PAIS}{day.day:02}{day.month:02}{day.year % 100:02}"
        f"{identificacion.padded(identificacion_emisor)}{number}{situacion}{code}"
    )


def parse(text: str) -> Clave:
    """The parts of a clave. Raises `InvalidError` for what is none.

    >>> parse("50622112600310112345600100001010000000001112345678").numero_identificacion
    '3101123456'
    """
    match = _CLAVE.fullmatch(compact(text))
    if match is None:
        raise InvalidError(f"«{text.strip()[:60]}» no es una clave de 50 caracteres.")
    day, holder, number, situacion, code = match.groups()
    try:
        issued = date(2000 + int(day[4:]), int(day[2:4]), int(day[:2]))
    except ValueError:
        raise InvalidError(f"La clave lleva la fecha «{day}», que no existe.") from None
    return Clave(issued, holder, Consecutivo.parse(number), situacion, code)


def compact(text: str) -> str:
    """The clave without spaces or dashes, upper case; nothing is checked."""
    return _SEPARATORS.sub("", text).upper()


def validate(text: str) -> str:
    """The compact clave. Raises `InvalidError` for what is none."""
    return str(parse(text))


def is_valid(text: str) -> bool:
    """Whether the text is a clave."""
    try:
        parse(text)
    except InvalidError:
        return False
    return True


def format(text: str) -> str:
    """The clave in groups, for people; as it came if it is none.

    >>> format("50622112600310112345600100001010000000001112345678")
    '506 221126 003101123456 00100001010000000001 1 12345678'
    """
    match = _CLAVE.fullmatch(compact(text))
    return " ".join((PAIS, *match.groups())) if match else text
