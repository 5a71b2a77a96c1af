"""Asking Hacienda who somebody is, what the dollar costs, whether an exoneration exists.

One `hacienda.consultas.Consultas` for the whole process: it remembers answers and keeps to the
published limits. Whoever asks gets an answer, None, or `Unavailable` with a message to show; never
a wait longer than the person would bear.

    taxpayer(numero)   exchange_rate(moneda, day)   dollar(day)   exoneration(numero)   cabys(words)
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date, timedelta
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
from iofacturo.invoicing.catalogue import actividad

TIMEOUT = 1.8  # seconds for connecting, and again for the answer: under four in all
COMPANY_BURST = 20
COMPANY_PER_SECOND = 1.0
MOST_COMPANIES = 2_000
TOO_MANY = 429
MOST_STALE = timedelta(days=4)  # a long weekend

Taxpayer = Contribuyente


class Unavailable(Exception):
    """It cannot be known now; `str()` says so in Spanish, and what to do meanwhile."""


def taxpayer(numero: str) -> Taxpayer | None:
    """Who has this identification; None when nobody is registered under it."""
    try:
        found = _consultas().contribuyente(numero)
    except InvalidError:
        return None
    except SendError as error:
        raise _unavailable(error) from error
    if found is not None:
        actividad.remember(found)
    return found


def dollar(day: date, today: date) -> TipoCambio | None:
    """The dollar of *day*; None when Hacienda has none for it.

    A look-up that does not answer is asked once more; then the newest rate that this process has
    seen stands in for today's, under its own day, as long as it is no older than MOST_STALE.
    """
    try:
        found = _dollar(day, today)
    except SendError as error:
        if error.permanent or error.status == TOO_MANY:
            found = _seen(day, today)
        else:
            found = _asked_again(day, today)
        if found is None:
            raise _unavailable(error) from error
    if found is not None and found.fecha is not None:
        _rates[found.fecha] = found
    return found


def _dollar(day: date, today: date) -> TipoCambio | None:
    if day == today:
        found = _consultas().tipo_cambio()
        if found.fecha in (None, today):
            return found
        # an answer is remembered for an hour, past midnight too
        return _of_day(day) or found
    return _of_day(day)


def _of_day(day: date) -> TipoCambio | None:
    rates = _consultas().tipos_cambio(day, day)
    return rates[-1] if rates else None


def _asked_again(day: date, today: date) -> TipoCambio | None:
    try:
        return _dollar(day, today)
    except SendError:
        return _seen(day, today)


def _seen(day: date, today: date) -> TipoCambio | None:
    """The newest rate on or before *day* that was told before."""
    newest = max((known for known in list(_rates) if known <= day), default=None)
    if newest is None or (newest != day and (day != today or today - newest > MOST_STALE)):
        return None
    return _rates[newest]


_rates: dict[date, TipoCambio] = {}


def exchange_rate(moneda: str, day: date, today: date | None = None) -> Decimal | None:
    """Colones for one of *moneda* on *day*, at which it is sold; None for other currencies."""
    if moneda == "CRC":
        return Decimal(1)
    if moneda != "USD":
        return None
    try:
        found = _dollar(day, today or day)
    except SendError as error:
        raise _unavailable(error) from error
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
