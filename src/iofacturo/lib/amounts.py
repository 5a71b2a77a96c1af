"""Amounts as people type them: `125000`, `125 000,00`, `125.000,00`, `125,000.00`, `₡ 125 000`.

One separator followed by exactly three digits (`1.234`) may be thousands or decimals: that is
refused with both readings in the message, because money is not guessed.
"""

import re
import unicodedata
from decimal import Decimal

LONGEST = 30
NUMBERS = {2: "dos", 3: "tres", 4: "cuatro", 5: "cinco"}


class AmountError(ValueError):
    """The text is no amount, or could be two; the message is for the person who typed it."""


def parse(text: str, decimals: int = 2) -> Decimal:
    """The amount in *text*, with at most *decimals* decimals; AmountError otherwise.

    Zeros at the end do not count, so that three decimals can be told from thousands: `1,2340`.

    >>> parse("₡125.000,50")
    Decimal('125000.50')
    """
    if len(text) > LONGEST:
        raise AmountError("Escriba un monto más corto.")
    plain = unicodedata.normalize("NFKC", text).strip()
    for symbol in ("₡", "¢", "$", "CRC", "crc", "USD", "usd"):
        plain = plain.removeprefix(symbol).removesuffix(symbol).strip()
    plain = " ".join(plain.replace("\u2019", "'").replace("'", " ").split())
    if not plain or not re.fullmatch(r"[0-9., ]+", plain) or not plain.isascii():
        raise AmountError("Escriba el monto en números, por ejemplo 63 750,00.")
    whole, fraction = _split(plain, decimals)
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            most = NUMBERS.get(decimals, str(decimals))
            raise AmountError(f"Escriba el monto con {most} decimales como máximo.")
        fraction = fraction[:decimals]
    return Decimal(whole + ("." + fraction if fraction else ""))


def _split(plain: str, decimals: int) -> tuple[str, str]:
    """Digits before and after the decimal mark."""
    marks = [c for c in plain if c in ".,"]
    kinds = set(marks)
    if not marks:
        return _grouped(plain, " "), ""
    last = plain.rindex(marks[-1])
    head, tail = plain[:last], plain[last + 1 :]
    if " " in tail or not tail:
        raise AmountError("Escriba el monto en números, por ejemplo 63 750,00.")
    if len(kinds) == 2:
        other = (kinds - {marks[-1]}).pop()
        if marks.count(marks[-1]) > 1 or " " in head:
            raise AmountError("Escriba el monto en números, por ejemplo 63 750,00.")
        return _grouped(head, other), tail
    if len(marks) > 1:
        return _grouped(plain, marks[0]), ""
    if " " in head:
        return _grouped(head, " "), tail
    if len(tail) == 3 and 1 <= len(head) <= 3 and head != "0":
        raise AmountError(
            f"«{plain}» se puede leer de dos maneras. Escriba {head} {tail},00 si son miles, "
            f"o {head},{tail[:2] if decimals <= 2 else tail + '0'} si son decimales."
        )
    return _grouped(head or "0", " "), tail


def _grouped(text: str, mark: str) -> str:
    """*text* without its thousands *mark*, which must stand every three digits."""
    parts = text.split(mark)
    if not all(part.isdigit() for part in parts) or (
        len(parts) > 1
        and (not 1 <= len(parts[0]) <= 3 or any(len(part) != 3 for part in parts[1:]))
    ):
        raise AmountError("Escriba el monto en números, por ejemplo 63 750,00.")
    return "".join(parts)
