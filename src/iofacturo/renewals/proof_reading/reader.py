"""Words on the pages of a proof into what it says. Pure: no picture, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iofacturo.renewals.proof_reading import account, amount, code, day, party
from iofacturo.renewals.proof_reading.layout import Page
from iofacturo.renewals.proof_reading.reading import Reading
from iofacturo.renewals.proof_reading.word import Word

MOST_WORDS = 800  # of one page that are looked at
LONGEST = 300  # characters of one word


def read(pages: Sequence[Sequence[Word]]) -> Reading:
    """What the words of the *pages* say, each page by itself; the surest of each fact."""
    readings = [replace_page(read_page(words), number) for number, words in enumerate(pages)]
    if not readings:
        return Reading()
    return _together(readings)


def read_page(words: Sequence[Word]) -> Reading:
    """What one page says."""
    page = Page([word for word in words[:MOST_WORDS] if len(word.text) <= LONGEST])
    paid, others = amount.paid(list(amount.candidates(page)))
    sinpe_movil = party.is_sinpe_movil(page)
    if paid is not None and sinpe_movil:
        paid = replace(paid, currency="CRC")  # it knows no other; ¢ is easily taken for $
    return Reading(
        amount=paid,
        day=day.transfer_day(list(day.days(page))),
        accounts=tuple(account.accounts(page)),
        references=code.distinct(code.codes(page)),
        payee=party.payee(page),
        bank=party.bank(page),
        sinpe_movil=sinpe_movil,
        others=others,
    )


def replace_page(found: Reading, number: int) -> Reading:
    """*found* with every fact on page *number*."""
    if not number:
        return found
    return Reading(
        amount=found.amount and replace(found.amount, page=number),
        day=found.day and replace(found.day, page=number),
        accounts=tuple(replace(one, page=number) for one in found.accounts),
        references=tuple(replace(one, page=number) for one in found.references),
        payee=found.payee and replace(found.payee, page=number),
        bank=found.bank and replace(found.bank, page=number),
        sinpe_movil=found.sinpe_movil,
        others=tuple(replace(one, page=number) for one in found.others),
    )


def _together(readings: list[Reading]) -> Reading:
    """Of several pages the surest amount; the other facts from its page first."""
    main = max(readings, key=lambda one: one.amount.confidence if one.amount else 0.0)
    ordered = [main, *(one for one in readings if one is not main)]
    return Reading(
        amount=main.amount,
        day=next((one.day for one in ordered if one.day), None),
        accounts=tuple(account for one in ordered for account in one.accounts),
        references=code.distinct(iter([code for one in ordered for code in one.references])),
        payee=next((one.payee for one in ordered if one.payee), None),
        bank=next((one.bank for one in ordered if one.bank), None),
        sinpe_movil=any(one.sinpe_movil for one in readings),
        others=main.others,
    )
