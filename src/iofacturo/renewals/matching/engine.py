"""The tiers. Lines are read once; each request is settled at most once; nothing is guessed.

The order decides who goes first: a line that names several requests, then lines that name one,
then traces that are not sound, then what is known of payers. What names a reference of ours that
is not open is left to people: an amount that happens to fit must not speak louder.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from iofacturo.lib import formats
from iofacturo.lib.folding import fold
from iofacturo.renewals.matching.facts import Line, Match, Wanted
from iofacturo.renewals.matching.hunt import Found, Known, hunt
from iofacturo.renewals.matching.near import Neighbours
from iofacturo.renewals.reference import PREFIX

NEARBY = timedelta(days=5)
MOST_PARTS = 8  # lines that are tried in parts for one request
LEAST_CUT = 5  # characters of a body that was cut off, to be worth a suggestion
ZERO = Decimal(0)


def match(
    lines: Iterable[Line],
    wanted: Iterable[Wanted],
    *,
    payers: Mapping[str, Iterable[str]] | None = None,
    automatic_up_to: Decimal | None = None,
) -> list[Match]:
    """What pays what. Every line stands in exactly one match; the order is that of the lines.

    *payers* are names seen before and the companies that they paid for, besides those of each
    request. *automatic_up_to* is the highest amount that one person may approve; None: no bound.
    Numbers and line ids must be unique.
    """
    return _Matching(list(wanted), payers or {}, automatic_up_to).run(list(lines))


@dataclass
class _Matching:
    wanted: Sequence[Wanted]
    payers: Mapping[str, Iterable[str]]
    automatic_up_to: Decimal | None
    settled: set[str] = field(default_factory=set)
    answers: dict[str, Match] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)  # by line, the open code that it names

    def run(self, lines: list[Line]) -> list[Match]:
        self._file()
        known = Known(self.by_code)
        traces = {line.id: hunt(f"{line.detail} {line.reference}", known) for line in lines}
        naming: dict[str, list[Line]] = defaultdict(list)
        rest: list[Line] = []
        for line in lines:
            whole = [found.code for found in traces[line.id] if found.how == Found.WHOLE]
            # a line may name both a request and the group that it is paid with
            open_ones = list(
                {one.number: one for code in whole for one in self.by_code.get(code, ())}.values()
            )
            if len(open_ones) > 1:
                self._several(line, open_ones)
            elif open_ones:
                naming[open_ones[0].number].append(line)
                self.written[line.id] = next(code for code in whole if code in self.by_code)
            elif whole:
                self._leave(
                    line, f"La referencia {PREFIX}{whole[0]} no es de una solicitud abierta."
                )
            else:
                rest.append(line)
        for number, named in naming.items():
            self._named(self.by_number[number], named)
        for line in rest:
            if not self._unsound(line, traces[line.id]):
                self._unnamed(line)
        seen: set[int] = set()
        ordered = []
        for line in lines:
            found = self.answers[line.id]
            if id(found) not in seen:
                seen.add(id(found))
                ordered.append(found)
        return ordered

    def _file(self) -> None:
        self.by_number = {one.number: one for one in self.wanted}
        # one reference may stand for several requests that are paid together
        self.by_code: dict[str, list[Wanted]] = defaultdict(list)
        for one in self.wanted:
            for reference in one.references:
                self.by_code[reference.removeprefix(PREFIX)].append(one)
        self.by_body = _unique((code[:-1], ones) for code, ones in self.by_code.items())
        self.near = Neighbours(self.by_code)
        self.by_beginning = _unique((code[:LEAST_CUT], ones) for code, ones in self.by_code.items())
        self.by_company: dict[str, list[Wanted]] = defaultdict(list)
        self.by_transfer: dict[str, list[Wanted]] = defaultdict(list)
        self.companies: dict[str, set[str]] = defaultdict(set)
        for name, companies in self.payers.items():
            self.companies[fold(name)] |= set(companies)
        for one in self.wanted:
            self.by_company[one.company].append(one)
            for number in one.transfers:
                self.by_transfer[bank_number(number)].append(one)
            for name in one.payers:
                self.companies[fold(name)].add(one.company)
        self.companies.pop("", None)
        self.by_transfer.pop("", None)

    # -- a sound reference ---------------------------------------------------------------------

    def _several(self, line: Line, ones: list[Wanted]) -> None:
        """One transfer for several requests."""
        due = sum((one.due for one in ones), ZERO)
        fresh = all(one.number not in self.settled for one in ones)
        named = self._naming(ones)
        if fresh and line.amount == due and all(one.currency == line.currency for one in ones):
            strange = next((said for one in ones if (said := self._strange(line, one))), "")
            if not strange:
                self._answer(
                    1, [line], ones, [named, "El monto es la suma exacta."],
                    automatic=all(self._free(one, line) for one in ones),
                )  # fmt: skip
                return
            self._answer(3, [line], ones, [named, strange])
            return
        self._answer(2, [line], ones, [named, self._gap(line, due, ones)])

    @staticmethod
    def _naming(ones: list[Wanted]) -> str:
        numbers = _and(one.number for one in ones)
        shared = {one.shared or one.reference for one in ones}
        if len(shared) == 1:
            return f"La referencia {shared.pop()} es de {numbers}, que se pagan juntas."
        return f"Trae las referencias de {numbers}."

    def _named(self, one: Wanted, lines: list[Line]) -> None:
        """The lines that name one request: one that fits, parts that add up, or neither."""
        said = f"La referencia {PREFIX}{self.written[lines[0].id]} está en el movimiento."
        strangers = [line for line in lines if self._strange(line, one)]
        for line in strangers:
            self._answer(3, [line], [one], [said, self._strange(line, one)])
        lines = [line for line in lines if line not in strangers]
        usable = [line for line in lines if line.currency == one.currency]
        if one.number not in self.settled:
            paying = self._paying(one, usable)
            if paying:
                exact = "El monto es exacto." if len(paying) == 1 else "La suma es exacta."
                self._answer(
                    1, paying, [one], [said, exact],
                    automatic=all(self._free(one, line) for line in paying),
                )  # fmt: skip
                lines = [line for line in lines if line not in paying]
        for line in lines:
            if one.number in self.settled:
                why = "Otro movimiento ya la paga completa: esto sobra."
            else:
                why = self._gap(line, one.due, [one])
            self._answer(2, [line], [one], [said, why])

    def _paying(self, one: Wanted, lines: list[Line]) -> list[Line]:
        """One line of the exact amount, the earliest; else the parts, if just one choice fits."""
        exact = [line for line in lines if line.amount == one.due]
        if exact:
            return [min(exact, key=lambda line: (line.booked_on, lines.index(line)))]
        if sum((line.amount for line in lines), ZERO) == one.due and len(lines) > 1:
            return lines
        if not 2 < len(lines) <= MOST_PARTS:
            return []
        choices = [
            parts
            for size in range(2, len(lines))
            for parts in combinations(lines, size)
            if sum((line.amount for line in parts), ZERO) == one.due
        ]
        return list(choices[0]) if len(choices) == 1 else []

    def _strange(self, line: Line, one: Wanted) -> str:
        """What is odd about who pays; empty when nothing is."""
        known = self.companies.get(fold(line.payer), set())
        if known and known.isdisjoint((one.company, *one.companions)):
            return f"Quien paga, {line.payer}, es conocido de otra empresa."
        return ""

    def _free(self, one: Wanted, line: Line) -> bool:
        """Whether nothing about the request asks for a person."""
        bound = self.automatic_up_to
        return not one.flagged and (bound is None or one.due < bound)

    def _gap(self, line: Line, due: Decimal, ones: Sequence[Wanted]) -> str:
        if any(one.currency != line.currency for one in ones):
            return f"El movimiento está en {line.currency}: no paga por sí solo."
        if line.amount == due:
            return "El monto alcanza, pero una de ellas ya está pagada."
        word = "Faltan" if line.amount < due else "Sobran"
        return f"{word} {formats.dinero(abs(line.amount - due), line.currency)}."

    # -- less than a sound reference -------------------------------------------------------------

    def _unsound(self, line: Line, traces: list[Found]) -> bool:
        """Traces that need the exact amount beside them to be worth anything."""
        for found in traces:
            ones = self._meant(found)
            if not ones or not self._wait(ones, line):
                continue
            strange = next((odd for one in ones if (odd := self._strange(line, one))), "")
            reference = ones[0].reference if len(ones) == 1 else ones[0].shared or ones[0].reference
            exact = "El monto es exacto." if len(ones) == 1 else "El monto es la suma exacta."
            if found.how in (Found.UNCHECKED, Found.BARE) and not strange:
                what = (
                    "le falta el último carácter" if found.how == Found.UNCHECKED
                    else f"viene sin «{PREFIX}»"
                )  # fmt: skip
                said = f"La referencia {reference} está en el movimiento, pero {what}."
                self._answer(1, [line], ones, [said, exact])
                return True
            said = f"Lo escrito se parece a la referencia {reference}."
            self._answer(3, [line], ones, [said, exact, *([strange] if strange else [])])
            return True
        return False

    def _meant(self, found: Found) -> list[Wanted]:
        """The open request that *found* can mean, or those that are paid together; else none."""
        if found.how == Found.BARE:
            return self.by_code.get(found.code, [])
        if found.how == Found.UNCHECKED:
            return self.by_body.get(found.code, [])
        near = self.near.of(found.code)
        if len(near) == 1:
            return self.by_code.get(near[0], [])
        return self.by_beginning.get(found.code, [])

    def _unnamed(self, line: Line) -> None:
        """No reference: the bank's number that the customer typed, or a payer known from before."""
        number = bank_number(line.reference)
        typed = [one for one in self.by_transfer.get(number, ()) if self._waits(one, line)]
        if len(typed) == 1:
            strange = self._strange(line, typed[0])
            said = "El número de transferencia es el que anotó el cliente."
            reasons = [said, "El monto es exacto.", *([strange] if strange else [])]
            self._answer(3, [line], typed, reasons)
            return
        likely = [
            one
            for company in self.companies.get(fold(line.payer), ())
            for one in self.by_company[company]
            if self._waits(one, line)
            and one.since is not None
            and abs(line.booked_on - one.since) <= NEARBY
        ]
        if len(likely) == 1:
            said = f"{line.payer} ya pagó antes por esta empresa."
            self._answer(3, [line], likely, [said, "El monto es exacto.", "El día es cercano."])
        elif likely:
            self._leave(line, f"Puede ser de {_and(one.number for one in likely)}.")
        else:
            self._leave(line, "No trae una referencia nuestra, ni se conoce a quien paga.")

    def _waits(self, one: Wanted, line: Line) -> bool:
        """Whether *one* is still unpaid and *line* would pay it to the céntimo."""
        return self._wait([one], line)

    def _wait(self, ones: Sequence[Wanted], line: Line) -> bool:
        """Whether all of *ones* are still unpaid and *line* would pay them to the céntimo."""
        return sum((one.due for one in ones), ZERO) == line.amount and all(
            one.currency == line.currency and one.number not in self.settled for one in ones
        )

    # -- answers ---------------------------------------------------------------------------------

    def _answer(
        self,
        tier: int,
        lines: Sequence[Line],
        ones: Sequence[Wanted],
        evidence: Iterable[str],
        *,
        automatic: bool = False,
    ) -> None:
        found = Match(
            tier=tier,
            lines=tuple(line.id for line in lines),
            requests=tuple(one.number for one in ones),
            paid=sum((line.amount for line in lines), ZERO),
            due=sum((one.due for one in ones), ZERO),
            evidence=tuple(evidence),
            automatic=automatic,
        )
        for line in lines:
            self.answers[line.id] = found
        if tier == 1:
            self.settled |= set(found.requests)

    def _leave(self, line: Line, why: str) -> None:
        self.answers[line.id] = Match(4, (line.id,), (), line.amount, ZERO, (why,))


def bank_number(text: str) -> str:
    """A bank's number as two people may have written it: no separators, no leading zeros.

    >>> bank_number("00-1234 A") == bank_number("1234a")
    True
    """
    return "".join(c for c in text.upper() if c.isalnum()).lstrip("0")


def _unique(pairs: Iterable[tuple[str, list[Wanted]]]) -> dict[str, list[Wanted]]:
    """The pairs whose key comes once."""
    found: dict[str, list[Wanted]] = {}
    for key, ones in pairs:
        found[key] = [] if key in found else ones
    return found


def _and(words: Iterable[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} y {last}" if head else last
