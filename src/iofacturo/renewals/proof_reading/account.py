"""Accounts on a page: IBANs of Costa Rica, whole or masked, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from iofacturo.lib.folding import fold
from iofacturo.renewals.proof_reading import label
from iofacturo.renewals.proof_reading.layout import Page, Placed
from iofacturo.renewals.proof_reading.reading import Account
from iofacturo.renewals.proof_reading.word import around

LENGTH = 22
LEAST_SEEN = 3  # digits after a mask
_MEANT = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "S": "5", "B": "8",
                        "Z": "2", "G": "6"})  # fmt: skip
_BEGIN = re.compile(r"[CG(]\s?[RF]\s?(?=[\dOQ])")
_MASK = re.compile(
    r"(?P<begins>CR\d{1,6}|\d{1,4})?(?:[-\s.]*(?:[*•●∙·xX#]{2,}|\.{3,}|…)[-\s.]*)+"
    r"(?P<ends>\d{3,6})(?!\d)"
)
_LONE_DOT = re.compile(r"^[*•●∙·]+(?P<ends>\d{3,6})$")


def accounts(page: Page) -> Iterator[Account]:
    """Every account on *page*, from top to bottom."""
    for placed in page.placed:
        text = placed.word.text.upper()
        yield from _whole(page, placed, text)
        if "CR" in text and _valid_in(text):
            continue
        found = _MASK.search(placed.word.text) or _LONE_DOT.match(placed.word.text)
        if found is None:
            continue
        begins = found.groupdict().get("begins") or ""
        if begins and not begins.upper().startswith("CR"):
            begins = ""  # the first digits of a card or of an older kind of account
        yield Account(
            confidence=placed.word.score * 0.7,
            box=placed.word.box,
            begins=begins.upper(),
            ends=found["ends"],
            role=_role(page, placed, placed.word.text[: found.start()]),
        )


def _whole(page: Page, placed: Placed, text: str) -> Iterator[Account]:
    for begin in _BEGIN.finditer(text):
        rest = re.sub(r"[^0-9A-Z]", "", text[begin.end() :]).translate(_MEANT)
        words, digits = [placed.word], _digits(rest)
        if len(digits) < LENGTH - 2:
            under = page.below(placed)
            for other in (*page.right_of(placed)[:1], *([under] if under else [])):
                tail = _digits(re.sub(r"[\s-]", "", other.word.text))
                if len(digits) + len(tail) == LENGTH - 2:
                    digits, words = digits + tail, [placed.word, other.word]
                    break
        iban = "CR" + digits[: LENGTH - 2]
        if is_valid(iban):
            yield Account(
                confidence=min(word.score for word in words) * 0.99,
                box=around(words),
                iban=iban,
                role=_role(page, placed, text[: begin.start()]),
            )


def _digits(text: str) -> str:
    found = re.match(r"\d*", text)
    return found[0] if found else ""


def _valid_in(text: str) -> bool:
    return any(
        is_valid("CR" + _digits(re.sub(r"[^0-9A-Z]", "", text[b.end() :]).translate(_MEANT))[:20])
        for b in _BEGIN.finditer(text)
    )


def is_valid(iban: str) -> bool:
    """Whether the check digits of *iban* (no spaces) are right."""
    if len(iban) != LENGTH:
        return False
    try:
        IBAN(iban)
    except SchwiftyException:
        return False
    return True


def _role(page: Page, placed: Placed, before: str) -> str:
    texts = [re.sub(r"[^a-z0-9]+", "", fold(before))[-40:]]
    texts += [one.word.squashed for one in page.left_of(placed)[:1]]
    above = page.above(placed)
    for _ in range(2):  # under the name of its holder, under the label
        if above is not None:
            texts.append(above.word.squashed)
            above = page.above(above)
    for index, text in enumerate(texts):
        inline = index == 0
        for pattern, role in ((label.PAYEE_ACCOUNT, "payee"), (label.PAYER_ACCOUNT, "payer")):
            if text and (pattern.search(text) if inline else pattern.match(text)):
                return role
    return ""
