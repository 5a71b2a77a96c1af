"""Presence, cardinality and facets: what the schema says, told in plain Spanish.

A document without fault, which nearly every one is, costs a glance (`hacienda.reglas.vistazo`); only
one that has some is walked element by element.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from hacienda import estructura
from hacienda.comprobante import TIPOS, Documento, Extra, OtroContenido
from hacienda.errors import InvalidError
from hacienda.estructura import Element
from hacienda.reglas.facetas import OTHER_CLASS, Check, checker
from hacienda.reglas.findings import Findings
from hacienda.reglas.vistazo import glance

_TAG = re.compile(r"<([^\s/>]+)")


class _Plan:
    """One class of values in one place of one document type, ready to be walked."""

    __slots__ = ("absent", "absent_names", "attributes", "cls", "elements", "names")

    def __init__(self, cls: type[Any], children: tuple[Element, ...]) -> None:
        self.cls = cls
        self.elements = tuple(_compiled(element) for element in children)
        self.names = [element.attribute for element in children]
        self.attributes = _getter(self.names)
        here = set(self.names)
        others = [f for f in fields(cls) if "xsd" in f.metadata and f.name not in here]
        self.absent_names = tuple((f.metadata["xsd"], f.default) for f in others)
        self.absent = _getter([f.name for f in others])


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda value: ()
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda value: (single(value),)
    return attrgetter(*names)


_Compiled = tuple[str, int, int | None, bool, Check | None, "_Plan | None", str]


def _compiled(element: Element) -> _Compiled:
    """(name, minimum, maximum, is a tuple, check, plan, name of the wrapped item)."""
    wrapped = element.kind == "wrapper"
    inner = element.children[0] if wrapped else element
    plan = _Plan(inner.value_class(), inner.children) if inner.kind == "group" else None
    return (
        element.name,
        element.minimum,
        inner.maximum if wrapped else element.maximum,
        element.repeated or wrapped,
        None if plan is not None else checker(inner),
        plan,
        inner.name if wrapped else "",
    )


@cache  # bounded by the types and versions of the law
def _plan(tipo: str, version: str) -> _Plan:
    table = estructura.of(tipo, version=version)
    return _Plan(TIPOS[tipo], table.children)


def check(documento: Documento, found: Findings) -> Documento | None:
    """What is missing, repeated too often, out of place, or not as its type asks.

    Returns what the other rules can be asked about: the document without what is out of place in it;
    None if a value is of another class than its field.
    """
    if glance(documento):
        return documento
    try:
        plan = _plan(documento.tipo, documento.version)
    except InvalidError as problem:
        found.error("version-sin-tipo", "", problem.message)
        return None
    except (TypeError, AttributeError):
        found.error(OTHER_CLASS, "", "Esto no es un comprobante.")
        return None
    walk = _Walk(found, documento.version, answer=documento.tipo == "MH")
    walk.group(documento, plan, "")
    if not walk.usable:
        return None
    return _pruned(documento, plan) if walk.misplaced else documento


def _pruned(value: Any, plan: _Plan) -> Any:
    """The value without the elements that its type does not have."""
    kept: dict[str, Any] = {}
    for name, held, compiled in zip(plan.names, plan.attributes(value), plan.elements, strict=True):
        inner = compiled[5]
        if inner is not None and isinstance(held, tuple):
            held = tuple(_pruned(one, inner) for one in held)
        elif inner is not None and held is not None:
            held = _pruned(held, inner)
        kept[name] = held
    if hasattr(value, "version"):
        kept["version"] = value.version
    return plan.cls(**kept)


class _Walk:
    """A walk over a document that tells every fault."""

    __slots__ = ("answer", "found", "misplaced", "usable", "version")

    def __init__(self, found: Findings, version: str, *, answer: bool) -> None:
        self.found = found
        self.answer = answer
        self.version = version
        self.usable = True
        self.misplaced = False

    def group(self, value: Any, plan: _Plan, prefix: str) -> None:
        if not isinstance(value, plan.cls):
            self._unusable(prefix.rstrip("/"), f"no es {plan.cls.__name__}.")
            return
        for held, compiled in zip(plan.attributes(value), plan.elements, strict=True):
            self._element(held, compiled, prefix)
        for (name, nothing), held in zip(plan.absent_names, plan.absent(value), strict=True):
            if held is nothing or held == nothing:
                continue
            self.misplaced = True
            if held is not None and held != ():
                self.found.error(
                    "elemento-fuera-de-lugar",
                    prefix + name,
                    f"Este comprobante no lleva {name} aquí.",
                    "Quite el dato o use el tipo de comprobante que lo admite.",
                )
        for extra in value.extra if isinstance(value.extra, tuple) else (value.extra,):
            if isinstance(extra, Extra) and isinstance(extra.xml, str):
                self._extra(extra, prefix)
            else:
                self._unusable(
                    prefix.rstrip("/"), "lleva un elemento agregado que no es texto XML."
                )

    def _element(self, held: Any, compiled: _Compiled, prefix: str) -> None:
        name, minimum, maximum, repeated, check, inner, item = compiled
        path = prefix + name
        if repeated and not isinstance(held, tuple):
            self._unusable(path, "no es una tupla.")
            return
        if held is None or (repeated and not held):
            if minimum:
                self.found.error(
                    "falta-elemento", path, f"Falta {name}.", "Complete el dato: es obligatorio."
                )
            return
        if held == "" and self.answer and not minimum:
            # Hacienda itself sends empty elements where there was no receiver
            self.found.warning("elemento-vacio", path, f"{name} está vacío.")
            return
        if not repeated:
            self._one(held, name, check, inner, path)
            return
        base = f"{path}/{item}" if item else path
        if maximum is not None and len(held) > maximum:
            self.found.error(
                "demasiados-elementos",
                base,
                f"{item or name} aparece {len(held)} veces y se permite {maximum}.",
            )
        for index, one in enumerate(held, 1):
            self._one(one, item or name, check, inner, f"{base}[{index}]")

    def _one(
        self, held: Any, name: str, check: Check | None, inner: _Plan | None, path: str
    ) -> None:
        if inner is not None:
            self.group(held, inner, f"{path}/")
            return
        fault = check(held) if check is not None else None
        if fault is None:
            if isinstance(held, OtroContenido):
                self._foreign(held, path)
            elif isinstance(held, str) and not held.strip():
                self.found.warning("elemento-vacio", path, f"{name} está vacío.", "Quite el dato.")
        elif fault.code == OTHER_CLASS:
            self._unusable(path, fault.words)
        else:
            self.found.error(fault.code, path, f"{name}: {fault.words}")

    def _unusable(self, path: str, words: str) -> None:
        self.usable = False
        name = path.rsplit("/", 1)[-1] or "El documento"
        self.found.error(OTHER_CLASS, path, f"{name}: {words}")

    def _foreign(self, held: OtroContenido, path: str) -> None:
        if held.xml and self.version == "4.4":
            self.found.warning(
                "contenido-con-xml",
                path,
                "El esquema de la versión 4.4 admite aquí solo texto.",
                "Ponga el contenido como texto, o mándelo aparte.",
            )

    def _extra(self, extra: Extra, prefix: str) -> None:
        where = prefix.rstrip("/")
        if extra.after.startswith("@"):
            self.found.error(
                "atributo-desconocido",
                f"{prefix}{extra.after[1:]}".rstrip("/"),
                f"El atributo {extra.xml.split('=')[0].strip()} no existe en este comprobante.",
            )
            return
        tag = _TAG.match(extra.xml)
        # what the parties put into Otros has been let pass
        report = self.found.warning if prefix == "Otros/" else self.found.error
        report(
            "elemento-desconocido",
            where,
            f"El elemento {tag[1] if tag else 'agregado'} no existe en este comprobante.",
        )
