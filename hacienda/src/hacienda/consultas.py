"""Hacienda's public look-ups: who a taxpayer is, CAByS, exonerations, exchange rates. No login.

    Consultas, AsyncConsultas
        contribuyente(identificacion)   cabys(words)   producto(codigo)   exoneracion(numero)
        tipo_cambio()   tipos_cambio(first, last)   agropecuario(identificacion)   pesca(…)

Answers are remembered for a while, in bounded memory, and the published limits are kept to, so
that a screen that looks up while somebody types does no harm. None means that there is no such
thing. `SendError` means that it cannot be known now; let the person type by hand.

Source: Hacienda's paper on its public API and the reference of it.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import Any, TypeVar

from hacienda.comprobante import FechaHora, dia
from hacienda.errors import InvalidError, SendError
from hacienda.transporte import (
    Answer,
    Call,
    Conversation,
    NoAnswer,
    ask,
    http_client,
    http_client_async,
    talk,
    talk_async,
    told_wait,
)

T = TypeVar("T")

BASE = "https://api.hacienda.go.cr"
TIMEOUT = 4.0

DAY = 24 * 3600.0
# What is not found may be registered any moment.
MISSING_LIFE = 600.0
RATE_LIFE = 3600.0
CACHE_SIZE = 5_000

# Users report 20 at once and 10 a second, then a block of ten minutes by address.
BURST = 15
PER_SECOND = 8.0
BLOCK = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Actividad:
    """An activity of a taxpayer; `codigo` is exactly the text Hacienda gives."""

    codigo: str
    descripcion: str
    activa: bool
    principal: bool
    codigo_ciiu3: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribuyente:
    """Who a taxpayer is. `regimen` is "0" none, "1" traditional, "2" simplified."""

    identificacion: str
    nombre: str
    tipo_identificacion: str
    regimen: str = ""
    regimen_descripcion: str = ""
    moroso: bool = False
    omiso: bool = False
    estado: str = ""
    administracion: str = ""
    actividades: tuple[Actividad, ...] = ()

    @property
    def actividades_activas(self) -> tuple[Actividad, ...]:
        """Those that can be put in a document."""
        return tuple(a for a in self.actividades if a.activa)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductoCabys:
    """A CAByS code as the look-up has it; `impuesto` in percent, None when it is not told."""

    codigo: str
    descripcion: str
    categorias: tuple[str, ...] = ()
    impuesto: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExoneracionAutorizada:
    """An authorisation to be exempt: whose, how many points, until when, for which CAByS.

    `datos` is the whole answer: what Hacienda adds is not lost.
    """

    numero: str
    identificacion: str
    porcentaje: Decimal | None
    emision: date | None
    vencimiento: date | None
    cabys: tuple[str, ...]
    datos: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TipoCambio:
    """Colones for a dollar on a day. Documents use `venta`."""

    fecha: date | None
    compra: Decimal | None
    venta: Decimal


class Cache:
    """Answers by address, each until its time; the least recently used give way. Thread-safe."""

    def __init__(
        self, size: int = CACHE_SIZE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._clock = clock
        self._lock = threading.Lock()
        self._items: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def get(self, key: str) -> tuple[bool, Any]:
        """Whether it is known, and what it is."""
        with self._lock:
            item = self._items.get(key)
            if item is None:
                return False, None
            if self._clock() >= item[0]:
                del self._items[key]
                return False, None
            self._items.move_to_end(key)
            return True, item[1]

    def put(self, key: str, value: Any, life: float) -> None:
        with self._lock:
            self._items[key] = (self._clock() + life, value)
            self._items.move_to_end(key)
            while len(self._items) > self._size:
                self._items.popitem(last=False)

    def __len__(self) -> int:
        return len(self._items)


class Pace:
    """How fast one may ask: a bucket of `burst` that fills at `per_second`; thread-safe.

    A block that the server imposed is kept until it ends.
    """

    def __init__(
        self,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = float(burst)
        self._rate = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._filled_at = clock()
        self._blocked_until = 0.0

    def take(self) -> float:
        """0 if one may ask now, and it counts; else the seconds until one may."""
        with self._lock:
            now = self._clock()
            if now < self._blocked_until:
                return self._blocked_until - now
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
            self._filled_at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._rate

    def block(self, seconds: float) -> None:
        """Ask nothing for so long."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + seconds)


class _Talks:
    """The conversations of both clients."""

    def __init__(self, url: str, timeout: float, cache: Cache | None, pace: Pace | None) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._cache = cache if cache is not None else Cache()
        self._pace = pace if pace is not None else Pace()

    def contribuyente(self, identificacion: str) -> Conversation[Contribuyente | None]:
        numero = _compact(identificacion)
        data = yield from self._get("/fe/ae", {"identificacion": numero}, DAY)
        return _read(_contribuyente, numero, data) if data is not None else None

    def cabys(self, words: str, top: int) -> Conversation[tuple[ProductoCabys, ...]]:
        words = " ".join(words.split())
        if len(words) < 3:
            raise InvalidError("Escriba al menos tres letras.")
        data = yield from self._get("/fe/cabys", {"q": words, "top": str(top)}, DAY)
        return _read(_productos, data) if data is not None else ()

    def producto(self, codigo: str) -> Conversation[ProductoCabys | None]:
        data = yield from self._get("/fe/cabys", {"codigo": codigo}, DAY)
        found = _read(_productos, data) if data is not None else ()
        return next((p for p in found if p.codigo == codigo), None)

    def exoneracion(self, numero: str) -> Conversation[ExoneracionAutorizada | None]:
        numero = numero.strip().upper()
        data = yield from self._get("/fe/ex", {"autorizacion": numero}, RATE_LIFE)
        return _read(_exoneracion, numero, data) if data is not None else None

    def registro(self, which: str, identificacion: str) -> Conversation[Mapping[str, Any] | None]:
        numero = _compact(identificacion)
        data = yield from self._get(f"/fe/{which}", {"identificacion": numero}, DAY)
        return data if isinstance(data, dict) else None

    def tipo_cambio(self) -> Conversation[TipoCambio]:
        data = yield from self._get("/indicadores/tc/dolar", {}, RATE_LIFE)
        return _read(_tipo_cambio, data)

    def tipos_cambio(self, first: date, last: date) -> Conversation[tuple[TipoCambio, ...]]:
        params = {"d": first.isoformat(), "h": last.isoformat()}
        data = yield from self._get("/indicadores/tc/dolar/historico", params, RATE_LIFE)
        return _read(_tipos_cambio, data) if data is not None else ()

    def _get(self, path: str, params: Mapping[str, str], life: float) -> Conversation[Any]:
        """The JSON of an answer; None for what is not found, in either way of saying so."""
        key = repr((path, sorted(params.items())))
        known, value = self._cache.get(key)
        if known:
            return value
        if (seconds := self._pace.take()) > 0:
            raise SendError(
                "Se están haciendo demasiadas consultas a Hacienda; espere un momento.",
                retry_after=seconds,
            )
        try:
            answer = yield from ask(
                Call(method="GET", url=self.url + path, params=params, timeout=self._timeout)
            )
        except NoAnswer as error:
            raise SendError("La consulta de Hacienda no responde.", cause=str(error)) from error
        data = self._understood(answer)
        self._cache.put(key, data, life if data is not None else MISSING_LIFE)
        return data

    def _understood(self, answer: Answer) -> Any:
        if answer.status == 404:
            return None
        if answer.status == 429:
            told = told_wait(answer.headers)
            seconds = BLOCK if told is None else told
            self._pace.block(seconds)
            raise SendError(
                "Hacienda limitó las consultas de este servidor por unos minutos.",
                status=429,
                retry_after=seconds,
            )
        if not answer.ok:
            raise SendError(
                f"La consulta de Hacienda respondió {answer.status}.",
                permanent=400 <= answer.status < 500 and answer.status not in (408, 425),
                status=answer.status,
                cause=answer.text[:500],
            )
        try:
            data = answer.json()
        except ValueError as error:
            raise _nonsense(answer.status) from error
        if isinstance(data, dict) and str(data.get("code", data.get("codigo", ""))) == "404":
            return None
        return data


class Consultas:
    """The look-ups, blocking. Safe to share between threads; share it, for the cache is in it."""

    def __init__(
        self,
        url: str = BASE,
        *,
        timeout: float = TIMEOUT,
        cache: Cache | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._talks = _Talks(url, timeout, cache, pace)
        self._http = http_client(url)

    def __enter__(self) -> Consultas:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def contribuyente(self, identificacion: str) -> Contribuyente | None:
        """Who has this identification. Raises `InvalidError`, `SendError`."""
        return talk(self._http, self._talks.contribuyente(identificacion))

    def cabys(self, words: str, top: int = 20) -> tuple[ProductoCabys, ...]:
        """CAByS codes by words, of at least three letters. Raises `InvalidError`, `SendError`."""
        return talk(self._http, self._talks.cabys(words, top))

    def producto(self, codigo: str) -> ProductoCabys | None:
        """One CAByS code. Raises `SendError`."""
        return talk(self._http, self._talks.producto(codigo))

    def exoneracion(self, numero: str) -> ExoneracionAutorizada | None:
        """An authorisation by its number, AL-00000000-00. Raises `SendError`."""
        return talk(self._http, self._talks.exoneracion(numero))

    def agropecuario(self, identificacion: str) -> Mapping[str, Any] | None:
        """Hacienda's answer about who is in the register of farming; None for who is not."""
        return talk(self._http, self._talks.registro("agropecuario", identificacion))

    def pesca(self, identificacion: str) -> Mapping[str, Any] | None:
        """Hacienda's answer about who is in the register of fishing; None for who is not."""
        return talk(self._http, self._talks.registro("pesca", identificacion))

    def tipo_cambio(self) -> TipoCambio:
        """Today's dollar. Raises `SendError`."""
        return talk(self._http, self._talks.tipo_cambio())

    def tipos_cambio(self, first: date, last: date) -> tuple[TipoCambio, ...]:
        """The dollar of each day of a period. Raises `SendError`."""
        return talk(self._http, self._talks.tipos_cambio(first, last))


class AsyncConsultas:
    """`Consultas` for an event loop: the same methods, awaited."""

    def __init__(
        self,
        url: str = BASE,
        *,
        timeout: float = TIMEOUT,
        cache: Cache | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._talks = _Talks(url, timeout, cache, pace)
        self._http = http_client_async(url)

    async def __aenter__(self) -> AsyncConsultas:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def contribuyente(self, identificacion: str) -> Contribuyente | None:
        """See `Consultas.contribuyente`."""
        return await talk_async(self._http, self._talks.contribuyente(identificacion))

    async def cabys(self, words: str, top: int = 20) -> tuple[ProductoCabys, ...]:
        """See `Consultas.cabys`."""
        return await talk_async(self._http, self._talks.cabys(words, top))

    async def producto(self, codigo: str) -> ProductoCabys | None:
        """See `Consultas.producto`."""
        return await talk_async(self._http, self._talks.producto(codigo))

    async def exoneracion(self, numero: str) -> ExoneracionAutorizada | None:
        """See `Consultas.exoneracion`."""
        return await talk_async(self._http, self._talks.exoneracion(numero))

    async def agropecuario(self, identificacion: str) -> Mapping[str, Any] | None:
        """See `Consultas.agropecuario`."""
        return await talk_async(self._http, self._talks.registro("agropecuario", identificacion))

    async def pesca(self, identificacion: str) -> Mapping[str, Any] | None:
        """See `Consultas.pesca`."""
        return await talk_async(self._http, self._talks.registro("pesca", identificacion))

    async def tipo_cambio(self) -> TipoCambio:
        """See `Consultas.tipo_cambio`."""
        return await talk_async(self._http, self._talks.tipo_cambio())

    async def tipos_cambio(self, first: date, last: date) -> tuple[TipoCambio, ...]:
        """See `Consultas.tipos_cambio`."""
        return await talk_async(self._http, self._talks.tipos_cambio(first, last))


def _read(reader: Callable[..., T], *values: Any) -> T:
    """Answers are a stranger's JSON: whatever does not fit is one error."""
    try:
        return reader(*values)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        raise _nonsense(200) from error


def _nonsense(status: int) -> SendError:
    return SendError("La consulta de Hacienda dio algo que no se entiende.", status=status)


def _compact(identificacion: str) -> str:
    numero = re.sub(r"[\s-]", "", identificacion).upper()
    if not re.fullmatch(r"[0-9A-Z]{9,12}", numero):
        raise InvalidError("La identificación lleva de 9 a 12 letras o dígitos.")
    return numero


def _contribuyente(numero: str, data: Any) -> Contribuyente:
    regimen = data.get("regimen") or {}
    situacion = data.get("situacion") or {}
    return Contribuyente(
        identificacion=numero,
        nombre=str(data["nombre"]).strip(),
        tipo_identificacion=str(data["tipoIdentificacion"]).zfill(2),
        regimen=_text(regimen.get("codigo")),
        regimen_descripcion=_text(regimen.get("descripcion")),
        moroso=_yes(situacion.get("moroso")),
        omiso=_yes(situacion.get("omiso")),
        estado=_text(situacion.get("estado")),
        administracion=_text(situacion.get("administracionTributaria")),
        actividades=tuple(_actividad(a) for a in data.get("actividades") or ()),
    )


def _actividad(data: Any) -> Actividad:
    old = data.get("ciiu3")
    if isinstance(old, list):
        old = old[0] if old else None
    if isinstance(old, dict):
        old = old.get("codigo")
    return Actividad(
        codigo=_text(data["codigo"]),
        descripcion=_text(data.get("descripcion")),
        activa=_text(data.get("estado")).upper() in ("A", ""),
        principal=_text(data.get("tipo")).upper() == "P",
        codigo_ciiu3=_text(old),
    )


def _productos(data: Any) -> tuple[ProductoCabys, ...]:
    items = data.get("cabys") or () if isinstance(data, dict) else data
    return tuple(
        ProductoCabys(
            codigo=_text(item["codigo"]).zfill(13),
            descripcion=_text(item.get("descripcion")),
            categorias=tuple(_text(c) for c in item.get("categorias") or ()),
            impuesto=_decimal(item.get("impuesto")),
        )
        for item in items
    )


def _exoneracion(numero: str, data: Any) -> ExoneracionAutorizada:
    if not isinstance(data, dict):
        raise TypeError("not an object")
    cabys = data.get("cabys") or ()
    return ExoneracionAutorizada(
        numero=_text(data.get("numeroDocumento")) or numero,
        identificacion=_text(data.get("identificacion")),
        porcentaje=_decimal(data.get("porcentajeExoneracion")),
        emision=_date(data.get("fechaEmision")),
        vencimiento=_date(data.get("fechaVencimiento")),
        cabys=tuple(_text(c["codigo"] if isinstance(c, dict) else c).zfill(13) for c in cabys),
        datos=data,
    )


def _tipo_cambio(data: Any) -> TipoCambio:
    venta, compra = data["venta"], data.get("compra") or {}
    value = _decimal(venta["valor"])
    if value is None or value <= 0:
        raise ValueError("no rate")
    return TipoCambio(
        fecha=_date(venta.get("fecha")), compra=_decimal(compra.get("valor")), venta=value
    )


def _tipos_cambio(data: Any) -> tuple[TipoCambio, ...]:
    found = []
    for item in data:
        venta = _decimal(item["venta"])
        if venta is not None and venta > 0:
            found.append(
                TipoCambio(
                    fecha=_date(item.get("fecha")),
                    compra=_decimal(item.get("compra")),
                    venta=venta,
                )
            )
    return tuple(found)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _yes(value: Any) -> bool:
    return value is True or _text(value).upper() in ("SI", "SÍ", "S", "TRUE")


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


def _date(value: Any) -> date | None:
    text = _text(value).replace(" ", "T")
    if not text:
        return None
    try:
        if len(text) > 10:
            return dia(FechaHora(text))
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None
