"""Asking Hacienda who somebody is, what the dollar costs, whether an exoneration exists.

One `hacienda.consultas.Consultas` for the whole process: it remembers answers and keeps to the
published limits. Whoever asks gets an answer, None, or `Unavailable` with a message to show; never
a wait longer than the person would bear.

    taxpayer(numero)   exchange_rate(moneda, day)   dollar(day)   exoneration(numero)   cabys(words)
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.conf import settings

from hacienda.consultas import (
    BASE,
    Consultas,
    Contribuyente,
    ExoneracionAutorizada,
    Pace,
    ProductoCabys,
    TipoCambio,
)
from hacienda.errors import InvalidError, SendError

TIMEOUT = 1.8  # seconds for connecting, and again for the answer: under four in all
COMPANY_BURST = 20
COMPANY_PER_SECOND = 1.0
MOST_COMPANIES = 2_000

Taxpayer = Contribuyente


class Unavailable(Exception):
    """It cannot be known now; `str()` says so in Spanish, and what to do meanwhile."""


def taxpayer(numero: str) -> Taxpayer | None:
    """Who has this identification; None when nobody is registered under it."""
    try:
        return _consultas().contribuyente(numero)
    except InvalidError:
        return None
    except SendError as error:
        raise _unavailable(error) from error


def dollar(day: date, today: date) -> TipoCambio | None:
    """The dollar of *day*; None when Hacienda has none for it."""
    try:
        if day == today:
            return _consultas().tipo_cambio()
        rates = _consultas().tipos_cambio(day, day)
    except SendError as error:
        raise _unavailable(error) from error
    return rates[-1] if rates else None


def exchange_rate(moneda: str, day: date, today: date | None = None) -> Decimal | None:
    """Colones for one of *moneda* on *day*, at which it is sold; None for other currencies."""
    if moneda == "CRC":
        return Decimal(1)
    if moneda != "USD":
        return None
    found = dollar(day, today or day)
    return found.venta if found else None


def exoneration(numero: str) -> ExoneracionAutorizada | None:
    """An authorisation by its number, AL-00000000-00; None when there is none."""
    try:
        return _consultas().exoneracion(numero)
    except InvalidError:
        return None
    except SendError as error:
        raise _unavailable(error) from error


def cabys(words: str, most: int) -> tuple[ProductoCabys, ...]:
    """CAByS codes as Hacienda finds them, for where no catalogue was imported."""
    try:
        return _consultas().cabys(words, most)[:most]
    except InvalidError:
        return ()
    except SendError as error:
        raise _unavailable(error) from error


def allow(company_id: int) -> None:
    """Count a question of one company. Unavailable when it asks so much that others would wait."""
    with _paces_lock:
        pace = _paces.pop(company_id, None) or Pace(COMPANY_BURST, COMPANY_PER_SECOND)
        _paces[company_id] = pace
        while len(_paces) > MOST_COMPANIES:
            _paces.popitem(last=False)
    if pace.take() > 0:
        raise Unavailable("Son muchas consultas seguidas. Espere un momento y vuelva a intentar.")


_paces: OrderedDict[int, Pace] = OrderedDict()
_paces_lock = threading.Lock()


def _consultas() -> Consultas:
    if settings.HACIENDA_ENV == "sandbox-local":
        if not settings.HACIENDA_URL:
            raise Unavailable("En esta instalación no hay a quién consultar. Escriba los datos.")
        return _at(settings.HACIENDA_URL)
    return _at(BASE)


@lru_cache(maxsize=4)
def _at(url: str) -> Consultas:
    return Consultas(url, timeout=TIMEOUT)


def _unavailable(error: SendError) -> Unavailable:
    return Unavailable(f"{error.message} Puede escribir los datos a mano.")
