"""The sandbox's registers, and the public look-ups that answer from them (reference, look-up API).

Who is in no list is invented from the number, always the same, so that any taxpayer can be looked
up offline; two endings of the number are kept for trying what is not found. With a CAByS file the
whole catalogue is there and unknown codes are refused; without, a short sample of it.

A file of registers is JSON: {"contribuyentes": [{"numero", "tipo", "nombre", "actividades":
[{"codigo", "descripcion"}], "ubicacion": {"provincia", "canton", "distrito"}}], "exoneraciones":
[the answer to /fe/ex, with its "numeroDocumento"]}.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from hacienda import identificacion
from hacienda.catalogos.cabys import Cabys, Producto
from hacienda.comprobante import Identificacion, dia
from hacienda.errors import InvalidError
from hacienda.sandbox.clock import Clock
from hacienda.sandbox.reply import Reply, Request, as_json
from hacienda.sandbox.store import Store

# Numbers with these endings are in no register; Hacienda has been seen to say so in both ways.
NOT_FOUND_404 = "0404"
NOT_FOUND_200 = "0200"
MAX_CABYS = 500
MAX_DAYS = 400

SAMPLE = Cabys(
    [
        Producto("0113200000000", "Arroz con cáscara, excepto para siembra", "1"),
        Producto("2341000000100", "Pan tostado de harina de trigo, incluido el molido", "13"),
        Producto("2391102010100", "Café tostado, sin descafeinar, en grano", "1"),
        Producto("2391102010200", "Café tostado, sin descafeinar, molido", "1"),
        Producto("2391102020000", "Café tostado, descafeinado", "13"),
        Producto("2441099000000", "Agua embotellada, sin edulcorantes, n.c.p.", "13"),
        Producto("2820204990000", "Camiseta para hombre o niño, n.c.p.", "13"),
        Producto("3331100010000", "Gasolina súper (RON 95)", "exento"),
        Producto("6311100000000", "Servicios de alojamiento para visitantes", "13"),
        Producto("6340001000100", "Café caliente, vendido en restaurantes y bares", "13"),
        Producto("6340002020100", "Agua embotellada, vendida en restaurantes y bares", "13"),
        Producto("8222100000000", "Servicios de contabilidad", "13"),
        Producto("8314100009900", "Servicios de diseño y desarrollo de aplicaciones", "13"),
        Producto("8315100000000", "Servicios de hospedaje (hosting) de sitios web", "13"),
    ]
)

_NOMBRES = ("Ana", "Luis", "María", "José", "Sofía", "Carlos", "Elena", "Jorge", "Lucía", "Óscar")
_APELLIDOS = ("Rojas", "Mora", "Vargas", "Solano", "Núñez", "Castro", "Araya", "Quirós", "Peña")
_GIROS = ("Comercial", "Distribuidora", "Inversiones", "Servicios", "Soluciones", "Importadora")
_LUGARES = ("La Ceiba", "Montezuma", "El Guarco", "Tres Ríos", "Zurquí", "Pacuare", "Orosi")
_ACTIVIDADES = (
    ("4690.0", "Venta al por mayor de otros productos no especializados"),
    ("6201.0", "Programación informática"),
    ("6202.0", "Consultoría informática"),
    ("6920.0", "Contabilidad, teneduría de libros y asesoría fiscal"),
    ("7020.0", "Consultoría de gestión"),
)


class Registers:
    """Who is who, what is what."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        cabys: Cabys | None = None,
        listed: Mapping[str, Any] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cabys = cabys
        listed = listed or {}
        self._taxpayers = {
            str(t["numero"]).upper(): t for t in listed.get("contribuyentes", ()) if "numero" in t
        }
        self._exonerations = {
            str(e["numeroDocumento"]).upper(): e
            for e in listed.get("exoneraciones", ())
            if "numeroDocumento" in e
        }

    def remember(self, who: Identificacion, nombre: str) -> None:
        """A name seen on an accepted document, for the look-ups."""
        if who.tipo and who.numero:
            self._store.execute(
                "INSERT OR IGNORE INTO taxpayers VALUES (?, ?, ?)",
                (who.numero.upper(), who.tipo, nombre),
            )

    def has_cabys(self, codigo: str) -> bool:
        """Whether the code exists; without a catalogue every code may."""
        return self._cabys is None or codigo in self._cabys

    def activities(self, numero: str) -> frozenset[str] | None:
        """The activities of a taxpayer that was listed; None where nothing is known."""
        taxpayer = self._taxpayers.get(numero.upper())
        if taxpayer is None or "actividades" not in taxpayer:
            return None
        return frozenset(str(a["codigo"]) for a in taxpayer["actividades"])

    def has(self, numero: str) -> bool:
        """Whether this taxpayer is registered: everybody is but the two endings kept for that."""
        numero = numero.upper()
        return numero in self._taxpayers or not numero.endswith((NOT_FOUND_404, NOT_FOUND_200))

    def location(self, numero: str) -> tuple[str, str, str] | None:
        """Province, canton and district of a taxpayer that was listed with them."""
        place = self._taxpayers.get(numero.upper(), {}).get("ubicacion")
        if place is None:
            return None
        return str(place["provincia"]), str(place["canton"]), str(place["distrito"])

    def exoneration(self, numero: str) -> Mapping[str, Any] | None:
        """An authorisation that was listed."""
        return self._exonerations.get(numero.upper())

    def handle(self, request: Request) -> Reply:
        """The public look-ups."""
        handler = {
            "/fe/ae": self._taxpayer,
            "/fe/cabys": self._search,
            "/fe/ex": self._exoneration,
            "/fe/agropecuario": self._reduced,
            "/fe/pesca": self._reduced,
            "/indicadores/tc": self._rates,
            "/indicadores/tc/dolar": self._dollar,
            "/indicadores/tc/dolar/historico": self._dollar_days,
            "/indicadores/tc/euro": self._euro,
        }.get(request.path.rstrip("/"))
        if handler is None or request.method != "GET":
            return _not_found()
        return handler(request.query)

    def _taxpayer(self, query: Mapping[str, str]) -> Reply:
        numero = re.sub(r"[\s-]", "", query.get("identificacion", "")).upper()
        if not re.fullmatch(r"[0-9A-Z]{9,12}", numero):
            return _bad("El parámetro «identificacion» no es válido.")
        if numero.endswith(NOT_FOUND_404):
            return _not_found()
        if numero.endswith(NOT_FOUND_200):
            return as_json({"code": 404, "status": "No se encontró información."})
        return as_json(self._described(numero))

    def _described(self, numero: str) -> dict[str, Any]:
        listed = self._taxpayers.get(numero, {})
        seen = self._store.rows("SELECT tipo, nombre FROM taxpayers WHERE numero = ?", (numero,))
        tipo = listed.get("tipo") or (seen[0]["tipo"] if seen else _tipo(numero))
        nombre = listed.get("nombre") or (seen[0]["nombre"] if seen else _name(numero, tipo))
        activities = listed.get("actividades") or [
            dict(zip(("codigo", "descripcion"), _pick(_ACTIVIDADES, numero, "a"), strict=True))
        ]
        return {
            "nombre": nombre,
            "tipoIdentificacion": tipo,
            "regimen": {"codigo": 1, "descripcion": "Régimen General"},
            "situacion": {
                "moroso": "NO",
                "omiso": "NO",
                "estado": "Inscrito",
                "administracionTributaria": "San José Este",
            },
            "actividades": [
                {"estado": "A", "tipo": "P" if n == 0 else "S", **a}
                for n, a in enumerate(activities)
            ],
        }

    def _search(self, query: Mapping[str, str]) -> Reply:
        catalogue = self._cabys if self._cabys is not None else SAMPLE
        if "codigo" in query:
            found = catalogue.get(query["codigo"].strip())
            return as_json([] if found is None else [_product(found)])
        words = query.get("q", "").strip()
        if len(words) < 3:
            return _bad("Se necesitan al menos tres letras.")
        top = query.get("top", "20")
        limit = min(int(top), MAX_CABYS) if re.fullmatch(r"[0-9]{1,6}", top) else 20
        everything = catalogue.search(words, limit=MAX_CABYS)
        shown = everything[: max(limit, 1)]
        return as_json(
            {
                "total": len(everything),
                "cantidad": len(shown),
                "cabys": [_product(p) for p in shown],
            }
        )

    def _exoneration(self, query: Mapping[str, str]) -> Reply:
        number = query.get("autorizacion", "").strip().upper()
        if number in self._exonerations:
            return as_json(self._exonerations[number])
        if not re.fullmatch(r"AL-[0-9]{8}-[0-9]{2}", number):
            return _bad("El número de autorización no es válido.")
        if number[3:11].endswith(NOT_FOUND_404):
            return _not_found()
        if number[3:11].endswith(NOT_FOUND_200):
            return as_json({"code": 404, "status": "No se encontró información."})
        today = dia(self._clock.now())
        return as_json(
            {
                "numeroDocumento": number,
                "identificacion": "3101" + number[5:11],
                "porcentajeExoneracion": 13,
                "fechaEmision": f"{today - timedelta(days=90):%Y-%m-%d}T00:00:00",
                "fechaVencimiento": f"{today + timedelta(days=275):%Y-%m-%d}T00:00:00",
                "ano": today.year,
                "cabys": [p.codigo for p in SAMPLE.values()],
                "poseeCabys": True,
                "tipoDocumento": {"codigo": "04", "descripcion": "Exención DGH local genérica"},
                "nombreInstitucion": "Ministerio de Hacienda",
            }
        )

    def _reduced(self, query: Mapping[str, str]) -> Reply:
        """The registers of farming and fishing: here nobody but who was listed is in them."""
        numero = re.sub(r"[\s-]", "", query.get("identificacion", "")).upper()
        taxpayer = self._taxpayers.get(numero, {})
        if not taxpayer.get("agropecuario"):
            return _not_found()
        return as_json({"listaDatos": [{"identificacion": numero, "activo": True}]})

    def _rates(self, query: Mapping[str, str]) -> Reply:
        today = dia(self._clock.now())
        return as_json({"dolar": _dollar(today), "euro": _euro(today)})

    def _dollar(self, query: Mapping[str, str]) -> Reply:
        return as_json(_dollar(dia(self._clock.now())))

    def _euro(self, query: Mapping[str, str]) -> Reply:
        return as_json(_euro(dia(self._clock.now())))

    def _dollar_days(self, query: Mapping[str, str]) -> Reply:
        try:
            first, last = (date.fromisoformat(query.get(name, "")) for name in ("d", "h"))
        except ValueError:
            return _bad("Los parámetros «d» y «h» son fechas AAAA-MM-DD.")
        days = (last - first).days
        if not 0 <= days <= MAX_DAYS:
            return _bad("El período no es válido.")
        return as_json(
            [
                {
                    "fecha": f"{day} 00:00:00",
                    "compra": float(_buying(day)),
                    "venta": float(_selling(day)),
                }
                for day in (first + timedelta(days=n) for n in range(days + 1))
            ]
        )


def read_listed(path: str | Path) -> dict[str, Any]:
    """A file of registers. Raises `InvalidError`."""
    try:
        data = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidError(f"No se puede leer el archivo de registros: {error}") from error
    if not isinstance(data, dict):
        raise InvalidError("El archivo de registros no es un objeto JSON.")
    return data


def _product(product: Producto) -> dict[str, Any]:
    tarifa = product.tarifa
    return {
        "codigo": product.codigo,
        "descripcion": product.descripcion,
        "categorias": [product.categoria] if product.categoria else [],
        "impuesto": float(tarifa) if tarifa is not None else None,
        "uri": f"/fe/cabys?codigo={product.codigo}",
    }


def _tipo(numero: str) -> str:
    kinds = identificacion.tipos(numero)
    return kinds[0] if kinds else "02"


def _name(numero: str, tipo: str) -> str:
    if tipo in ("02", "04"):
        kind, place = _pick(_GIROS, numero, "g"), _pick(_LUGARES, numero, "l")
        return f"{kind} {place} de Prueba S.A.".upper()
    given, first = _pick(_NOMBRES, numero, "n"), _pick(_APELLIDOS, numero, "1")
    return f"{given} {first} {_pick(_APELLIDOS, numero, '2')}".upper()


def _pick(choices: tuple[Any, ...], numero: str, salt: str) -> Any:
    digest = hashlib.sha256(f"{salt}{numero}".encode()).digest()
    return choices[int.from_bytes(digest[:4], "big") % len(choices)]


@cache
def _selling(day: date) -> Decimal:
    """An invented rate of the dollar, about 505 colones, a little different each day."""
    digest = hashlib.sha256(day.isoformat().encode()).digest()
    return Decimal(50300 + digest[0] + digest[1]) / 100


def _buying(day: date) -> Decimal:
    return _selling(day) - Decimal("6.50")


def _dollar(day: date) -> dict[str, Any]:
    return {
        "venta": {"fecha": day.isoformat(), "valor": float(_selling(day))},
        "compra": {"fecha": day.isoformat(), "valor": float(_buying(day))},
    }


def _euro(day: date) -> dict[str, Any]:
    colones = (_selling(day) * Decimal("1.15")).quantize(Decimal("0.01"))
    return {"fecha": day.isoformat(), "dolares": 1.15, "colones": float(colones)}


def _not_found() -> Reply:
    return as_json({"code": 404, "status": "No se encontró información."}, 404)


def _bad(message: str) -> Reply:
    return as_json({"code": 400, "status": message}, 400)
