"""What goes wrong in the sandbox, on demand and by seed.

A fault by rate is decided from the seed, the name of the fault, what it strikes (a clave, a path)
and how often that was struck before. So a run with the same seed and the same documents goes wrong
in the same places, however requests interleave. A fault on demand strikes the next request that
fits, once.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hacienda.errors import InvalidError
from hacienda.sandbox.clock import instant

# On each call of the reception API.
CALLS = ("latency", "drop-before", "401", "429", "500", "503", "drop-after")
# On what becomes of a document that was received.
FATES = ("error", "slow", "invisible")
# On the callback about it.
CALLBACKS = ("callback-duplicate", "callback-forged", "callback-lost")
# On the identity provider and the public look-ups.
OTHERS = ("token-503", "lookup-429", "lookup-503", "lookup-slow")
SETTINGS = frozenset(("seed", "rates", "latency", "slow_seconds", "retry_after", "outage", "next"))
KNOWN = frozenset(CALLS + FATES + CALLBACKS + OTHERS)

# Beyond this many different things struck, counting begins again: memory stays bounded.
MAX_COUNTED = 200_000


@dataclass(frozen=True, slots=True)
class Demand:
    """The next request whose path or clave contains `match` gets this fault."""

    fault: str
    match: str = ""


class Faults:
    """The sandbox's bad habits. Everything is off at first. Safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._struck: Counter[tuple[str, str]] = Counter()
        self._demands: list[Demand] = []
        self.seed = 0
        self.rates: dict[str, float] = {}
        self.latency = (0.0, 0.2)
        """seconds, least and most, of a request struck by `latency`"""
        self.slow_seconds = 3 * 3600.0
        """by the sandbox's clock, until the answer to a document struck by `slow`"""
        self.retry_after = 1.0
        """seconds told with a 429"""
        self.outage: tuple[datetime, datetime] | None = None
        """by the sandbox's clock: within it nothing is answered but 503"""

    def configure(self, data: Mapping[str, Any]) -> None:
        """Take settings from JSON or the command line. Raises `InvalidError`."""
        strange = sorted(data.keys() - SETTINGS)
        if strange:  # who misspells one would believe that nothing fails
            raise InvalidError(
                f"No existe el ajuste «{strange[0]}». Los hay: {', '.join(sorted(SETTINGS))}."
            )
        with self._lock:
            if "seed" in data:
                self.seed = int(_number(data["seed"], "seed"))
                self._struck.clear()
            if "rates" in data:
                self.rates = _rates(data["rates"])
            if "latency" in data:
                self.latency = _range(data["latency"])
            if "slow_seconds" in data:
                self.slow_seconds = _number(data["slow_seconds"], "slow_seconds")
            if "retry_after" in data:
                self.retry_after = _number(data["retry_after"], "retry_after")
            if "outage" in data:
                self.outage = _window(data["outage"])
            if "next" in data:
                self._demands += _demands(data["next"])

    def strikes(self, fault: str, subject: str, *, also: str = "") -> bool:
        """Whether this fault happens now to `subject`; `also` is other text a demand may match."""
        with self._lock:
            for i, demand in enumerate(self._demands):
                if demand.fault == fault and (demand.match in subject or demand.match in also):
                    del self._demands[i]
                    return True
            rate = self.rates.get(fault, 0.0)
            if rate <= 0:
                return False
            key = (fault, subject)
            if len(self._struck) > MAX_COUNTED:
                self._struck.clear()
            self._struck[key] += 1
            return self._chance(fault, subject, self._struck[key]) < rate

    def delay(self, subject: str) -> float:
        """Seconds of latency for a request that it strikes."""
        least, most = self.latency
        return least + (most - least) * self._chance("latency-length", subject, 1)

    def is_out(self, now: datetime) -> bool:
        """Whether `now` lies in the outage window."""
        return self.outage is not None and self.outage[0] <= now < self.outage[1]

    def describe(self) -> dict[str, Any]:
        """The settings as JSON, as `configure` takes them."""
        with self._lock:
            return {
                "seed": self.seed,
                "rates": dict(self.rates),
                "latency": list(self.latency),
                "slow_seconds": self.slow_seconds,
                "retry_after": self.retry_after,
                "outage": None
                if self.outage is None
                else {"from": self.outage[0].isoformat(), "until": self.outage[1].isoformat()},
                "next": [{"fault": d.fault, "match": d.match} for d in self._demands],
            }

    def _chance(self, fault: str, subject: str, n: int) -> float:
        digest = hashlib.sha256(f"{self.seed}|{fault}|{subject}|{n}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


def parse_rates(text: str) -> dict[str, float]:
    """Rates as they stand on a command line.

    >>> parse_rates("429=0.05,drop-after=0.02")
    {'429': 0.05, 'drop-after': 0.02}
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return _rates({name.strip(): value.strip() for name, _, value in pairs})


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidError(f"«{name}» no es un número.") from None
    if not 0 <= number < 1e12:
        raise InvalidError(f"«{name}» está fuera de lo posible.")
    return number


def _name(value: Any) -> str:
    if not isinstance(value, str) or value not in KNOWN:
        raise InvalidError(f"No existe la falla «{value}». Las hay: {', '.join(sorted(KNOWN))}.")
    return value


def _rates(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise InvalidError("«rates» no es un objeto.")
    return {_name(k): _number(v, str(k)) for k, v in value.items()}


def _range(value: Any) -> tuple[float, float]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidError("«latency» es un par: mínimo y máximo, en segundos.")
    least, most = (_number(v, "latency") for v in value)
    return least, max(least, most)


def _window(value: Any) -> tuple[datetime, datetime] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not {"from", "until"} <= value.keys():
        raise InvalidError("«outage» necesita «from» y «until».")
    return instant(str(value["from"])), instant(str(value["until"]))


def _demands(value: Any) -> list[Demand]:
    if not isinstance(value, list):
        raise InvalidError("«next» no es una lista.")
    made = []
    for item in value:
        if isinstance(item, Mapping):
            made.append(Demand(_name(item.get("fault")), str(item.get("match", ""))))
        else:
            made.append(Demand(_name(item)))
    return made
