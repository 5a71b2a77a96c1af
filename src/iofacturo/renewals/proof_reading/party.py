"""Who was paid, from which bank, and whether it was SINPE Móvil."""

from __future__ import annotations

import re

from iofacturo.renewals.proof_reading import label
from iofacturo.renewals.proof_reading.layout import Page, Placed
from iofacturo.renewals.proof_reading.reading import Name

BANKS = {
    "bac": r"baccredomatic|bacsanjose|^bac$|^bac[^a-z]|baccr|^bancobac|sucursalelectronica",
    "Banco Nacional": r"banconacional|bnmovil|bncr|^bn$|bninternet",
    "Banco de Costa Rica": r"bancodecostarica|bancobcr|^bcr$|^bcr|bcrmovil",
    "Banco Popular": r"bancopopular|bpdc|popularfacil",
    "Scotiabank": r"scotiabank|scotia",
    "Davivienda": r"davivienda",
    "Promerica": r"promerica|promérica",
    "Banco Lafise": r"lafise",
    "Banco General": r"bancogeneral",
    "Banco BCT": r"bancobct|^bct$",
    "Banco Improsa": r"improsa",
    "Banco Cathay": r"cathay",
    "Prival": r"prival",
    "Coopealianza": r"coopealianza",
    "Coopeservidores": r"coopeservidores|cs ?ahorro",
    "Coopenae": r"coopenae|wink",
    "Coocique": r"coocique",
    "Coopeande": r"coopeande",
    "Mucap": r"mucap",
    "Mutual Alajuela": r"mutualalajuela|grupomutual",
    "Caja de ANDE": r"cajadeande",
    "Teledolar": r"teledolar",
}
BAC = "BAC Credomatic"
_BANKS = {name: re.compile(pattern) for name, pattern in BANKS.items()}
_LETTERS = re.compile(r"[^\W\d_]")
_NAMED_AFTER = re.compile(r"\w[,.]?\s+a nombre de\s+(?P<name>[^,;:]{4,60}?\.?)(?=[,;]|\.\s|\.?$)")
_TO = re.compile(r"^(?:a|para|a nombre de)\s+(?P<name>[A-ZÁÉÍÓÚÑ][\w.&'’ÁÉÍÓÚÑáéíóúñ -]{4,})$")
_TO_IOF = re.compile(r"^(?:a|para|a nombre de)\s+(?P<name>[\w.&'’ -]{4,})$")


def is_sinpe_movil(page: Page) -> bool:
    return any("sinpemovil" in placed.word.squashed for placed in page.placed)


def bank(page: Page) -> Name | None:
    """The bank that the page is from: the first named, unless a label says it is the payee's."""
    for placed in page.placed:
        squashed = placed.word.squashed
        name = bank_in(squashed)
        if name is None or label.BANK_OF_PAYEE.match(squashed):
            continue
        beside = page.left_of(placed)[:1]
        above = page.above(placed)
        labels = [one.word.squashed for one in (*beside, *([above] if above else []))]
        if any(label.BANK_OF_PAYEE.match(text) or label.PAYEE.match(text) for text in labels):
            continue
        return Name(confidence=placed.word.score * 0.9, box=placed.word.box, value=name)
    for placed in page.placed:  # one that is not in the list says so itself
        text = placed.word.text.strip()
        if re.match(r"(?i)(banco|coope)\s?\w{3,}", text) and not label.is_label(
            placed.word.squashed
        ):
            return Name(confidence=placed.word.score * 0.5, box=placed.word.box, value=text[:60])
    return None


def bank_in(squashed: str) -> str | None:
    """The bank that squashed text names.

    >>> bank_in("bancadigitalbancodecostarica")
    'Banco de Costa Rica'
    """
    for name, pattern in _BANKS.items():
        if pattern.search(squashed):
            return BAC if name == "bac" else name
    return None


def payee(page: Page) -> Name | None:
    """The name of who was paid, beside or under its label, or after «a» in a sentence."""
    best: Name | None = None
    for placed in page.placed:
        found = _in_sentence(placed) or _named(page, placed) or _addressed(placed)
        if found is not None and (best is None or found.confidence > best.confidence):
            best = found
    return best


def _named(page: Page, placed: Placed) -> Name | None:
    squashed = placed.word.squashed
    if not label.PAYEE.match(squashed):
        return None
    head, colon, tail = placed.word.text.partition(":")
    if colon and _is_name(tail) and label.PAYEE.match(re.sub(r"[^a-z]", "", head.lower())):
        strong = 0.75 if squashed.startswith("para") else 0.9  # a mail begins so
        return Name(placed.word.score * strong, placed.word.box, value=tail.strip())
    if not label.is_label(squashed) or "banco" in squashed:
        return None
    strong = 0.8 if squashed.startswith("para") else 0.9
    under = page.below(placed)
    for other in (*page.right_of(placed)[:1], *([under] if under else [])):
        if _is_name(other.word.text) and not label.is_label(other.word.squashed):
            return Name(other.word.score * strong, other.word.box, value=other.word.text.strip())
    return None


def _in_sentence(placed: Placed) -> Name | None:
    found = _NAMED_AFTER.search(placed.word.text)
    if found is None or not _is_name(found["name"]):
        return None
    return Name(placed.word.score * 0.92, placed.word.box, value=found["name"].strip(" ."))


def _addressed(placed: Placed) -> Name | None:
    text = placed.word.text.strip()
    found = _TO.match(text) or _TO_IOF.match(text)
    if found is None or not _is_name(found["name"]):
        return None
    return Name(placed.word.score * 0.6, placed.word.box, value=found["name"].strip())


def _is_name(text: str) -> bool:
    letters = len(_LETTERS.findall(text))
    digits = sum(c.isdigit() for c in text)
    return letters >= 4 and digits <= 2 and len(text) <= 80 and bank_in(text.lower()) is None
