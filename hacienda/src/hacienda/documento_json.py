"""A document as JSON, and back.

    {"tipo": "FE", "Clave": "506…", "Emisor": {"Nombre": "…", …},
     "DetalleServicio": {"LineaDetalle": [{"NumeroLinea": "1", "Cantidad": "2.000", …}]}, …}

Names, nesting and order are the XSD's. Every leaf is text exactly as it stands in the XML, so
amounts keep their decimals; what may repeat is a list; what is absent is omitted. Beyond the XSD:

    tipo      FE, ND, NC, TE, FEC, FEE, REP, MR or MH
    version   "4.3" for the older generation; 4.4 when omitted
    extra     what the version does not know: [{"xml", "after", "ordinal"}] (see `Extra`)

OtroTexto and OtroContenido are text, or {"codigo", "texto"} or {"codigo", "xml"}.
The signature is not part of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from typing import Any

from hacienda.comprobante import TIPOS, Documento, Extra, texto_fecha
from hacienda.errors import InvalidError, XMLError
from hacienda.estructura import Element, Estructura, of
from hacienda.xml import fragment, reader, writer

MAX_BYTES = 20 * 1024 * 1024
"""Most bytes of JSON text: a document of the largest XML we read takes less."""

_TOP = frozenset({"tipo", "version", "extra"})
_NUMBER_TOO = frozenset({"integer", "plazo"})


def to_json(document: Documento) -> dict[str, Any]:
    """The document as a dict ready for `json.dumps`."""
    estructura = _estructura(document.tipo, document.version)
    out: dict[str, Any] = {"tipo": document.tipo}
    if document.version != "4.4":
        out["version"] = document.version
    out.update(_group_to_json(document, estructura.children))
    return out


def dumps(document: Documento, *, indent: int | None = 2) -> str:
    """The document as JSON text."""
    return json.dumps(to_json(document), ensure_ascii=False, indent=indent)


def loads(text: bytes | str) -> Documento:
    """The document in JSON text; `XMLError` for anything that is not one."""
    if len(text) > MAX_BYTES:
        raise XMLError(f"El JSON mide {len(text):,} y el máximo es {MAX_BYTES:,}.")
    try:
        data = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise XMLError("El JSON tiene demasiados niveles, uno dentro de otro.") from error
    except XMLError:
        raise
    except json.JSONDecodeError as error:
        raise XMLError(
            f"El archivo no es JSON bien formado: línea {error.lineno}, columna {error.colno} "
            f"({error.msg[:100]})."
        ) from error
    except UnicodeDecodeError as error:
        raise XMLError("El JSON no está en UTF-8.") from error
    except (ValueError, TypeError) as error:
        raise XMLError(f"El archivo no es JSON: {str(error)[:200]}.") from error
    return from_json(data)


def from_json(data: Any) -> Documento:
    """The document that a dict describes.

    Raises `XMLError`, whose `path` says where, for unknown keys, values of another type (amounts
    and codes are text, not numbers), and text that is not what its element takes. Whether the
    document obeys the law is another question: see `hacienda.reglas`.
    """
    if not isinstance(data, dict):
        raise XMLError('El JSON debe ser un objeto: {"tipo": "FE", …}.')
    tipo = data.get("tipo")
    if not isinstance(tipo, str) or tipo not in TIPOS:
        raise XMLError(
            f"«tipo» debe ser uno de {', '.join(TIPOS)}; es {_shown(tipo)}.", path="tipo"
        )
    version = data.get("version", "4.4")
    if not isinstance(version, str) or version not in reader.VERSIONS:
        raise XMLError(f"«version» debe ser 4.4 o 4.3; es {_shown(version)}.", path="version")
    estructura = _estructura(tipo, version)
    reading = _Reading(estructura.namespace)
    values = reading.group(data, _plan(tipo, version), "", _TOP)
    document: Documento = TIPOS[tipo](**values, version=version)
    return document


def _estructura(tipo: str, version: str) -> Estructura:
    try:
        return of(tipo, version=version)
    except InvalidError as error:
        raise XMLError(str(error), path="version") from error


def _shown(value: Any) -> str:
    """A value in a message: never long, whatever it is."""
    if isinstance(value, dict):
        return "un objeto"
    if isinstance(value, list):
        return "una lista"
    if isinstance(value, str):
        return f"«{value[:40]}»"
    if value is None:
        return "nada"
    if isinstance(value, bool):
        return "verdadero o falso"
    return "un número" if isinstance(value, (int, float)) else type(value).__name__


def _unknown(what: str, key: object, path: str, known: Iterable[str]) -> XMLError:
    """A name that means nothing in that place; told with the one that may have been meant."""
    shown = str(key)[:60]
    folded = {_folded(name): name for name in known}
    close = get_close_matches(_folded(shown), folded, n=1, cutoff=0.8)
    hint = f" ¿Será {folded[close[0]]}?" if close else ""
    where = path.rstrip("/") or "el documento"
    return XMLError(f"No hay un {what} «{shown}» en {where}.{hint}", path=f"{path}{shown}")


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise XMLError(f"La clave «{twice[:60]}» está repetida en el JSON.")
    return out


def _refuse_constant(name: str) -> Any:
    raise XMLError(f"{name} no es un valor de un comprobante.")


# --- value to dict


def _group_to_json(value: Any, elements: tuple[Element, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for element in elements:
        held = getattr(value, element.attribute)
        if held is None or held == ():
            continue
        if element.kind == "wrapper":
            item = element.children[0]
            out[element.name] = {item.name: [_group_to_json(v, item.children) for v in held]}
        elif isinstance(held, tuple):
            items = [_leaf_to_json(v, element) for v in held]
            out[element.name] = items if element.repeated or len(items) != 1 else items[0]
        else:
            out[element.name] = _leaf_to_json(held, element)
    if value.extra:
        out["extra"] = [_extra_to_json(extra) for extra in value.extra]
    return out


def _leaf_to_json(value: Any, element: Element) -> Any:
    if element.kind == "group":
        return _group_to_json(value, element.children)
    if element.kind == "content":
        held = {"xml": value.xml} if getattr(value, "xml", "") else {"texto": value.texto}
        return (
            held.get("texto")
            if value.codigo is None and "texto" in held
            else (held if value.codigo is None else {"codigo": value.codigo, **held})
        )
    if element.kind == "decimal":
        return writer.amount(value, element.name)
    if element.kind == "datetime":
        return texto_fecha(value)
    return str(value)


def _extra_to_json(extra: Extra) -> dict[str, Any]:
    out: dict[str, Any] = {"xml": extra.xml}
    if extra.after:
        out["after"] = extra.after
    if extra.ordinal != 1:
        out["ordinal"] = extra.ordinal
    return out


# --- dict to value


@cache
def _holds_tuple(owner: type[Any], attribute: str) -> bool:
    return any(f.name == attribute and f.default == () for f in fields(owner))


class _Group:
    """How an object of the JSON becomes a value of `cls`."""

    __slots__ = ("cls", "places")

    def __init__(self, cls: type[Any], elements: tuple[Element, ...]) -> None:
        self.cls = cls
        self.places = {element.name: _Place(element, cls) for element in elements}


class _Place:
    """One element within its owner: what of it does not depend on the document, looked up once."""

    __slots__ = ("attribute", "element", "group", "is_many", "leaf", "takes_numbers", "wrapper")

    def __init__(self, element: Element, owner: type[Any]) -> None:
        self.wrapper = element if element.kind == "wrapper" else None
        self.attribute = element.attribute
        self.element = inner = element.children[0] if self.wrapper else element
        self.is_many = _holds_tuple(owner, element.attribute)  # type: ignore[arg-type]  # a class is hashable
        self.group = None
        if inner.kind == "group":
            self.group = _Group(inner.value_class(), inner.children)
        kind = "plazo" if inner.attribute == "plazo_credito" else inner.kind
        self.leaf = reader.LEAVES.get(kind)
        self.takes_numbers = kind in _NUMBER_TOO


@cache  # bounded by the types and versions of the law
def _plan(tipo: str, version: str) -> _Group:
    return _Group(TIPOS[tipo], of(tipo, version=version).children)


class _Reading:
    """One dict on its way to a value."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def group(
        self, data: Any, plan: _Group, path: str, also: frozenset[str] = frozenset({"extra"})
    ) -> dict[str, Any]:
        """The constructor's arguments for the plan's class from an object of the JSON."""
        data = self._object(data, path)
        places = plan.places
        for key in data:
            if key not in places and key not in also:
                raise _unknown("elemento", key, path, places)
        values: dict[str, Any] = {}
        for name, held in data.items():
            place = places.get(name)
            if place is not None and held is not None:
                values[place.attribute] = self._element(held, place, f"{path}{name}")
        if data.get("extra") is not None:
            values["extra"] = self._extras(data["extra"], f"{path}extra")
        return values

    def _element(self, held: Any, place: _Place, path: str) -> Any:
        if place.wrapper is not None:
            item = place.element
            inner = self._object(held, path + "/")
            for key in inner:
                if key != item.name:
                    raise _unknown("elemento", key, f"{path}/", [item.name])
            held = inner.get(item.name)
            return self._many([] if held is None else held, place, f"{path}/{item.name}")
        if place.is_many:
            if not place.element.repeated and not isinstance(held, list):
                held = [held]
            return self._many(held, place, path)
        return self._one(held, place, path)

    def _many(self, held: Any, place: _Place, path: str) -> tuple[Any, ...]:
        if not isinstance(held, list):
            raise XMLError(f"{path} debe ser una lista, no {_shown(held)}.", path=path)
        return tuple([self._one(item, place, f"{path}[{n}]") for n, item in enumerate(held, 1)])

    def _one(self, held: Any, place: _Place, path: str) -> Any:
        group = place.group
        if group is not None:
            return group.cls(**self.group(held, group, path + "/"))
        if place.leaf is None:
            return self._content(held, place.element, path)
        if place.takes_numbers and isinstance(held, int) and not isinstance(held, bool):
            if not 0 <= held < 10**18:
                raise XMLError(f"{path}: el número no es posible.", path=path)
            return held
        return place.leaf(self._text(held, path), path)

    def _content(self, held: Any, element: Element, path: str) -> Any:
        cls = element.value_class()
        if isinstance(held, str):
            return cls(texto=self._text(held, path))
        allowed = {"codigo", "texto"} | ({"xml"} if element.cls == "OtroContenido" else set())
        data = self._object(held, path + "/")
        for key in data:
            if key not in allowed:
                raise _unknown("dato", key, f"{path}/", allowed)
        values = {k: self._text(v, f"{path}/{k}") for k, v in data.items() if v is not None}
        if values.get("xml") and values.get("texto"):
            raise XMLError(f"{path} lleva texto o xml, no ambos.", path=path)
        if "xml" in values:
            values["xml"] = self._canonical(fragment.canonical, values["xml"], f"{path}/xml")
        return cls(**values)

    def _extras(self, held: Any, path: str) -> tuple[Extra, ...]:
        if not isinstance(held, list):
            raise XMLError(f"{path} debe ser una lista, no {_shown(held)}.", path=path)
        if len(held) > reader.MAX_EXTRAS:
            raise XMLError(f"{path} tiene demasiados elementos.", path=path)
        return tuple(self._extra(item, f"{path}[{n}]") for n, item in enumerate(held, 1))

    def _extra(self, held: Any, path: str) -> Extra:
        data = self._object(held, path + "/")
        for key in data:
            if key not in ("xml", "after", "ordinal"):
                raise _unknown("dato", key, f"{path}/", ("xml", "after", "ordinal"))
        xml = self._text(data.get("xml"), f"{path}/xml")
        after = self._text(data.get("after", ""), f"{path}/after")
        ordinal = data.get("ordinal", 1)
        if not isinstance(ordinal, int) or isinstance(ordinal, bool) or ordinal < 1:
            raise XMLError(f"{path}/ordinal debe ser un número desde 1.", path=f"{path}/ordinal")
        canonical = (
            fragment.canonical_attributes if after[:1] == "@" else fragment.canonical_element
        )
        return Extra(self._canonical(canonical, xml, f"{path}/xml"), after, ordinal)

    def _canonical(self, canonical: Any, xml: str, path: str) -> str:
        try:
            text: str = canonical(xml, self.namespace)
        except XMLError as error:
            raise XMLError(f"{path}: {error}", path=path) from error
        return text

    def _object(self, held: Any, path: str) -> dict[Any, Any]:
        if not isinstance(held, dict):
            where = path.rstrip("/")
            raise XMLError(f"{where} debe ser un objeto, no {_shown(held)}.", path=where)
        return held

    def _text(self, held: Any, path: str) -> str:
        if not isinstance(held, str):
            raise XMLError(f"{path} debe ser texto entre comillas, no {_shown(held)}.", path=path)
        try:
            writer.text(held, path)
        except InvalidError as error:
            raise XMLError(str(error), path=path) from error
        return held
