"""A month of the bank: 100,000 movements against 20,000 open requests, with the truth known.

`bank.match`      seconds of `iofacturo bank-match` on the two files, reading them included,
                  against 20; `rss_mb` is the most memory it held (bar 500)
`bank.precision`  of tiers 1 and 2: the part of their movements that are put to just the requests
                  they were made for, against 1
`bank.recall`     of the movements that carry a usable reference (any case, spaces, hyphens,
                  look-alikes, one for several, several for one, doubles), the part that tiers 1 and
                  2 put right, against 0.98; `spoilt_suggested` is how many of the misspelt and cut
                  ones are suggested right

`BENCH_BANK_LINES` (100000) and `BENCH_BANK_REQUESTS` (20000) say how many.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from iofacturo.renewals import reference

LINES = int(os.environ.get("BENCH_BANK_LINES", "100000"))
REQUESTS = int(os.environ.get("BENCH_BANK_REQUESTS", "20000"))
SEED = 20261122
START = date(2026, 11, 1)
PRICES = [Decimal(text) for text in ("9900.00", "18500.00", "34900.00", "63750.00", "113000.00")]
LOOKS = {"Q": "0", "5": "S", "2": "Z", "8": "B", "6": "G", "V": "U"}
WORDS = [
    "PAGO",
    "PLAN",
    "FACTURACION",
    "RENOVACION",
    "ANUAL",
    "MENSUAL",
    "TRANSFERENCIA",
    "SINPE",
    "MOVIL",
    "DE",
    "LA",
    "EMPRESA",
    "GRACIAS",
    "FOLIOS",
    "IOFACTURO",
    "CANCELACION",
    "FACTURA",
    "CUOTA",
    "ALQUILER",
    "OFICINA",
    "PLANILLA",
    "QUINCENA",
    "PROVEEDOR",
    "DTR",
    "BIOFERTILIZANTES",
    "COMISION",
    "DEPOSITO",
    "CLIENTE",
    "AHORRO",
    "PRESTAMO",
    "INTERESES",
    "VENTA",
    "CAFE",
    "MOLIDO",
]
NAMES = [
    "Ana",
    "Luis",
    "María",
    "José",
    "Carmen",
    "Jorge",
    "Rosa",
    "Carlos",
    "Elena",
    "Pedro",
    "Inés",
    "Mario",
    "Sofía",
    "Diego",
]
SURNAMES = [
    "Mora",
    "Rojas",
    "Peña",
    "Vargas",
    "Solís",
    "Ávila",
    "Castro",
    "Jiménez",
    "Núñez",
    "Quesada",
    "Zúñiga",
    "Brenes",
]


@dataclass
class Made:
    """A movement and what it truly pays; `usable` when its reference can be read."""

    amount: Decimal
    detail: str
    payer: str
    on: date
    pays: frozenset[str] = frozenset()
    usable: bool = False
    spoilt: bool = False


class Month:
    """The generator: requests, then every kind of movement, shuffled."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.given: set[str] = set()
        self.requests = [self._request(n) for n in range(REQUESTS)]
        self.lines: list[Made] = []

    def _request(self, n: int) -> dict[str, str]:
        body = ""
        while not body or body in self.given:
            body = "".join(self.chance.choice(reference.ALPHABET) for _ in range(reference.BODY))
        self.given.add(body)
        company = f"C{n * 4 // 5:05}"
        return {
            "solicitud": f"SR-{n:06}",
            "referencia": reference.PREFIX + body + reference.check_character(body),
            "empresa": company,
            "total": f"{self.chance.choice(PRICES):.2f}",
            "moneda": "CRC",
            "fecha": (START + timedelta(days=self.chance.randrange(28))).isoformat(),
            "pagadores": self._name(n * 4 // 5) if n % 3 else "",
        }

    def _name(self, n: int) -> str:
        many = len(NAMES) * len(SURNAMES)
        return f"{NAMES[n % len(NAMES)]} {SURNAMES[n // len(NAMES) % len(SURNAMES)]} {n // many}"

    def fill(self) -> None:
        waiting = list(self.requests)
        self.chance.shuffle(waiting)
        kinds = [
            (0.40, self._plain), (0.08, self._less_or_more), (0.05, self._two_parts),
            (0.04, self._double), (0.06, self._slip), (0.04, self._cut), (0.03, self._neighbour),
        ]  # fmt: skip
        for share, make in kinds:
            for _ in range(int(share * REQUESTS)):
                make(waiting.pop())
        for _ in range(int(0.04 * REQUESTS)):
            self._one_for_two(waiting.pop(), waiting.pop())
        for _ in range(int(0.05 * REQUESTS)):
            self._silent(waiting.pop())
        while len(self.lines) < LINES:
            self._noise()
        self.chance.shuffle(self.lines)

    # -- kinds of movement ---------------------------------------------------------------------

    def _plain(self, one: dict[str, str]) -> None:
        self._add(one, Decimal(one["total"]), self._written(one["referencia"]), usable=True)

    def _less_or_more(self, one: dict[str, str]) -> None:
        off = Decimal(self.chance.choice((-1, 1)) * self.chance.randrange(1, 900_000)) / 100
        amount = max(Decimal("1.00"), Decimal(one["total"]) + off)
        self._add(one, amount, self._written(one["referencia"]), usable=True)

    def _two_parts(self, one: dict[str, str]) -> None:
        total = Decimal(one["total"])
        part = (total * self.chance.randrange(20, 80) / 100).quantize(Decimal("0.01"))
        for amount in (part, total - part):
            self._add(one, amount, self._written(one["referencia"]), usable=True)

    def _double(self, one: dict[str, str]) -> None:
        for _ in range(2):
            self._add(one, Decimal(one["total"]), self._written(one["referencia"]), usable=True)

    def _slip(self, one: dict[str, str]) -> None:
        code = list(one["referencia"])
        place = self.chance.randrange(len(reference.PREFIX), len(code))
        how = self.chance.randrange(3)
        if how == 0:
            code[place] = self.chance.choice(reference.ALPHABET.replace(code[place], ""))
        elif how == 1:
            del code[place]
        else:
            code.insert(place, self.chance.choice(reference.ALPHABET))
        self._add(one, Decimal(one["total"]), self._around("".join(code)), spoilt=True)

    def _cut(self, one: dict[str, str]) -> None:
        size = self.chance.randrange(6, len(one["referencia"]))
        detail = f"{self._words(2)} {one['referencia'][:size]}"
        self._add(one, Decimal(one["total"]), detail, spoilt=True)

    def _neighbour(self, one: dict[str, str]) -> None:
        """Somebody known pays, but wrote the reference of another company."""
        if not one["pagadores"]:
            return
        other = self.chance.choice(self.requests)
        if other["empresa"] == one["empresa"]:
            return
        self._add(one, Decimal(other["total"]), self._written(other["referencia"]))

    def _one_for_two(self, one: dict[str, str], other: dict[str, str]) -> None:
        amount = Decimal(one["total"]) + Decimal(other["total"])
        detail = f"{one['referencia']} {self.chance.choice('y + ,').strip()} {other['referencia']}"
        made = Made(amount, detail, "", self._day(one), usable=True)
        made.pays = frozenset({one["solicitud"], other["solicitud"]})
        self.lines.append(made)

    def _silent(self, one: dict[str, str]) -> None:
        self._add(one, Decimal(one["total"]), self._words(3))

    def _noise(self) -> None:
        amount = (
            self.chance.choice(PRICES) if self.chance.random() < 0.2
            else Decimal(self.chance.randrange(100, 90_000_000)) / 100
        )  # fmt: skip
        detail = self._words(4)
        if self.chance.random() < 0.3:
            detail += " " + "".join(
                self.chance.choice("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")
                for _ in range(self.chance.randrange(6, 14))
            )
        payer = self._name(self.chance.randrange(10 * REQUESTS, 20 * REQUESTS))
        day = START + timedelta(days=self.chance.randrange(30))
        self.lines.append(Made(amount, detail, payer, day))

    def _add(
        self, one: dict[str, str], amount: Decimal, detail: str, *,
        usable: bool = False, spoilt: bool = False,
    ) -> None:  # fmt: skip
        made = Made(amount, detail, one["pagadores"], self._day(one), usable=usable, spoilt=spoilt)
        made.pays = frozenset({one["solicitud"]})
        self.lines.append(made)

    def _day(self, one: dict[str, str]) -> date:
        return date.fromisoformat(one["fecha"]) + timedelta(days=self.chance.randrange(4))

    def _written(self, text: str) -> str:
        """A reference as people write it, all of it there."""
        how = self.chance.randrange(6)
        if how == 1:
            text = text.lower()
        elif how == 2:
            text = f"{text[:3]} {text[3:6]} {text[6:]}"
        elif how == 3:
            text = "".join(LOOKS.get(c, c) if self.chance.random() < 0.5 else c for c in text)
        elif how == 4:
            text = text.replace("I", "1", 1).replace("O", "0", 1)
        elif how == 5:
            text = f"{text[:3]}-{text[3:]}"
        return self._around(text)

    def _around(self, text: str) -> str:
        return f"{self._words(self.chance.randrange(3))} {text} {self._words(1)}".strip()

    def _words(self, n: int) -> str:
        return " ".join(self.chance.choice(WORDS) for _ in range(n))

    # -- files -----------------------------------------------------------------------------------

    def write(self, folder: Path) -> None:
        with (folder / "requests.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(self.requests[0]))
            writer.writeheader()
            writer.writerows(self.requests)
        with (folder / "lines.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "fecha", "monto", "moneda", "detalle", "ordenante"])
            for n, made in enumerate(self.lines):
                rows.writerow(
                    [n, made.on.isoformat(), f"{made.amount:.2f}", "CRC", made.detail, made.payer]
                )


def measure() -> dict[str, dict[str, object]]:
    month = Month()
    month.fill()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        month.write(folder)
        command = [sys.executable, "-m", "iofacturo.cli", "bank-match", "--json"]
        started = time.perf_counter()
        with (folder / "answer.json").open("w") as answer:
            child = subprocess.Popen(
                [*command, str(folder / "lines.csv"), str(folder / "requests.csv")], stdout=answer
            )
            _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError(f"bank-match ended with {child.returncode}")
        matches = json.loads((folder / "answer.json").read_text())["matches"]
    return _judge(month, matches, seconds, usage)


def _judge(
    month: Month, matches: list[dict[str, object]], seconds: float, usage: resource.struct_rusage
) -> dict[str, dict[str, object]]:
    told: dict[int, tuple[int, frozenset[str]]] = {}
    for one in matches:
        for line in one["lines"]:  # type: ignore[attr-defined]
            told[int(line)] = (one["tier"], frozenset(one["requests"]))  # type: ignore[assignment,arg-type]
    sure = right = usable = found = spoilt = suggested = 0
    for n, made in enumerate(month.lines):
        tier, requests = told[n]
        fits = requests == made.pays
        if tier <= 2:
            sure += 1
            right += fits
        if made.usable:
            usable += 1
            found += fits and tier <= 2
        if made.spoilt:
            spoilt += 1
            suggested += fits
    return {
        "bank.match": {
            "value": seconds, "unit": "s", "against": 20.0, "ratio": seconds / 20,
            "better": "lower", "n": len(month.lines), "rss_mb": usage.ru_maxrss / 1024,
        },
        "bank.precision": {
            "value": right / sure, "unit": "of tiers 1 and 2", "against": 1.0,
            "ratio": right / sure, "better": "higher", "n": sure,
        },
        "bank.recall": {
            "value": found / usable, "unit": "of usable references", "against": 0.98,
            "ratio": found / usable / 0.98, "better": "higher", "n": usable,
            "spoilt_suggested": f"{suggested}/{spoilt}",
        },
    }  # fmt: skip
