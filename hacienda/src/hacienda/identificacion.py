"""Identification numbers: the six kinds of the annex (note 4), checked and written.

    01 cédula física       9 digits, the first is not zero            1-0123-0456
    02 cédula jurídica     10 digits; letters too since Nov. 2026     3-101-123456
    03 DIMEX               11 or 12 digits, the first is not zero
    04 NITE                10 digits
    05 extranjero no domiciliado, 06 no contribuyente: up to 20 letters or digits

There are no check digits. What is refused here is surely wrong; whether a number is registered
only Hacienda knows. The four verbs take the kind and the number:

>>> validate("02", "3-101-123456")
'3101123456'
>>> format("01", "101230456")
'1-0123-0456'
>>> is_valid("03", "123")
False
"""

from __future__ import annotations

import re
from typing import Final

from hacienda.errors import InvalidError

TIPOS: Final[dict[str, str]] = {
    "01": "Cédula física",
    "02": "Cédula jurídica",
    "03": "DIMEX",
    "04": "NITE",
    "05": "Extranjero no domiciliado",
    "06": "No contribuyente",
}
"""Name of every kind."""

_SHAPES = {
    "01": re.compile(r"[1-9][0-9]{8}"),
    "02": re.compile(r"(?=.*[0-9])[0-9A-Z]{10}"),
    "03": re.compile(r"[1-9][0-9]{10,11}"),
    "04": re.compile(r"[0-9]{10}"),
    "05": re.compile(r"[0-9A-Z]{1,20}"),
    "06": re.compile(r"[0-9A-Z]{1,20}"),
}
_WANTED = {
    "01": "9 dígitos, sin cero al inicio",
    "02": "10 caracteres, dígitos o letras",
    "03": "11 o 12 dígitos, sin cero al inicio",
    "04": "10 dígitos",
    "05": "hasta 20 letras o dígitos",
    "06": "hasta 20 letras o dígitos",
}
# How people group the two kinds that they write with dashes.
_GROUPS = {"01": (1, 4, 4), "02": (1, 3, 6)}
_LENGTHS = {"01": (9,), "02": (10,), "03": (11, 12), "04": (10,)}
_SEPARATORS = re.compile(r"[\s.\-–—/·]+")


def compact(tipo: str, numero: str) -> str:
    """The number as it goes into a document: no separators, upper case, without padding zeros.

    Nothing is checked. Groups of a cédula física written short get their zeros, and the twelve
    characters of a clave lose theirs.

    >>> compact("01", "1-123-456"), compact("01", "000101230456"), compact("02", "3-101-a00001")
    ('101230456', '101230456', '3101A00001')
    """
    groups = [group for group in _SEPARATORS.split(numero.strip().upper()) if group]
    if tipo == "01" and len(groups) == 3:
        groups[0] = groups[0].lstrip("0")  # a certificate writes the first group with two digits
        sizes = _GROUPS["01"]
        if all(len(group) <= size for group, size in zip(groups, sizes, strict=True)):
            groups = [group.zfill(size) for group, size in zip(groups, sizes, strict=True)]
    text = "".join(groups)
    lengths = _LENGTHS.get(tipo)
    if lengths:  # padding: one of the four kinds written over too many places
        while len(text) > lengths[0] and text.startswith("0"):
            text = text[1:]
    return text


def validate(tipo: str, numero: str) -> str:
    """The compact number. Raises `InvalidError` if it cannot be one of this kind."""
    if tipo not in _SHAPES:
        raise InvalidError(f"El tipo de identificación «{tipo}» no existe.")
    text = compact(tipo, numero)
    if _SHAPES[tipo].fullmatch(text) is None or (tipo != "05" and not text.strip("0")):
        raise InvalidError(
            f"«{numero.strip()[:40]}» no es un número de {TIPOS[tipo]}: lleva {_WANTED[tipo]}."
        )
    return text


def is_valid(tipo: str, numero: str) -> bool:
    """Whether the number can be one of this kind."""
    try:
        validate(tipo, numero)
    except InvalidError:
        return False
    return True


def format(tipo: str, numero: str) -> str:
    """The number as people write it; as it came if it is not one of this kind."""
    text = compact(tipo, numero)
    if tipo not in _GROUPS or not is_valid(tipo, text):
        return text if is_valid(tipo, text) else numero
    first, second, _ = _GROUPS[tipo]
    return f"{text[:first]}-{text[first : first + second]}-{text[first + second :]}"


def tipos(numero: str) -> tuple[str, ...]:
    """The kinds that the number may be of, the likeliest first; () for what is none.

    >>> tipos("1-0123-0456"), tipos("3101123456"), tipos("155812345678"), tipos("X1234567")
    (('01',), ('02', '04'), ('03',), ('05', '06'))
    """
    text = "".join(_SEPARATORS.split(numero.strip().upper()))
    domestic = [tipo for tipo in ("01", "02", "03", "04") if is_valid(tipo, numero)]
    if len(text) == 10 and text[0] not in "2345" and {"02", "04"} <= set(domestic):
        domestic.reverse()  # legal persons begin with 2 to 5
    if domestic and text.isdigit():
        return tuple(domestic)
    return (*domestic, *(tipo for tipo in ("05", "06") if is_valid(tipo, numero)))


def padded(numero: str) -> str:
    """The twelve characters of the clave and of Hacienda's API: zeros to the left.

    >>> padded("3101123456")
    '003101123456'

    Raises `InvalidError` for more than twelve characters, or others than letters and digits.
    """
    text = "".join(_SEPARATORS.split(numero.strip().upper()))
    if not re.fullmatch(r"[0-9A-Z]{1,12}", text) or not text.strip("0"):
        raise InvalidError(
            f"«{numero.strip()[:40]}» no cabe en la clave: son hasta 12 letras o dígitos."
        )
    return text.zfill(12)
