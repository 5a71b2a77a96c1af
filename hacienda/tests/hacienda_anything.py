"""Hypothesis strategies for documents of any shape: whatever a value can hold, lawful or not.

They are for what must hold of every value (canonical form, identity of reading and writing).
Unknown elements and attributes come along now and then.
"""

from __future__ import annotations

import string
from dataclasses import fields
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hacienda.comprobante import TIPOS, Extra, FechaHora, OtroContenido, OtroTexto
from hacienda.estructura import Element, of

TEXT = st.text(
    st.one_of(
        st.sampled_from(
            string.ascii_letters + string.digits + " áéíóúñÑ€&<>\"'\t\n]]>😀\u0085\u2028"
        ),
        st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Cn"]),
    ),
    max_size=12,
)
DECIMALS = st.one_of(
    st.decimals(min_value=0, max_value=Decimal("9999999999999.99999"), places=5),
    st.sampled_from(["0", "0.5", "2.50000", "1000", "-3.10", "0.00000", "13.0"]).map(Decimal),
)
DATES = st.one_of(
    st.datetimes().map(lambda d: d.strftime("%Y").zfill(4) + d.strftime("-%m-%dT%H:%M:%S-06:00")),
    st.sampled_from(
        ["2026-11-22T08:30:00", "2026-11-22T08:30:00.123456789Z", "2024-02-29T23:59:59+05:30"]
    ),
).map(FechaHora)
UNKNOWN = st.sampled_from(
    [
        "<Nuevo>1</Nuevo>",
        '<Nuevo a="&lt;1&gt;" b="2"><Otro></Otro>&amp;</Nuevo>',
        '<x:Ajeno xmlns:x="urn:ajeno" x:uno="1"><x:b></x:b></x:Ajeno>',
        '<Ajeno xmlns="urn:ajeno"><b></b></Ajeno>',
        '<sinEspacio xmlns=""><b></b></sinEspacio>',
    ]
)
ATTRIBUTES = st.sampled_from(
    [' id="7"', ' a="&quot;" b="&#xA;"', ' xmlns:x="urn:x" x:nil="true"', ' codigo2="&lt;"']
)


def documents(version: str | None = None) -> st.SearchStrategy[Any]:
    """Documents of every type, in both versions or in the one given."""
    kinds = [
        (tipo, v)
        for tipo in TIPOS
        for v in ("4.4", "4.3")
        if (version is None or v == version) and (tipo, v) != ("REP", "4.3")
    ]
    return st.sampled_from(kinds).flatmap(lambda kind: document(*kind))


@st.composite
def document(draw: st.DrawFn, tipo: str, version: str) -> Any:
    return draw(group(TIPOS[tipo], of(tipo, version=version).children, {"version": version}))


@st.composite
def group(
    draw: st.DrawFn,
    cls: type[Any],
    elements: tuple[Element, ...],
    also: dict[str, Any] | None = None,
) -> Any:
    """A value of `cls` in which each element is there or not."""
    values: dict[str, Any] = dict(also or {})
    tuples = {f.name for f in fields(cls) if f.default == ()}
    places: list[tuple[str, int]] = [("", 1)]
    full = draw(st.booleans())
    for element in elements:
        if not full and draw(st.integers(0, 2)):
            continue
        if element.attribute in tuples:
            most = 1 if element.kind == "group" and len(element.children) > 9 else 2
            wrapped = element.kind == "wrapper"
            item = element.children[0] if wrapped else element
            held = tuple(draw(_value(item)) for _ in range(draw(st.integers(1, most))))
            values[element.attribute] = held
            place = f"{element.name}/{item.name}" if wrapped else element.name
            places.append((place, len(held)))
            if wrapped:
                places += [(f"{element.name}/", 1), (element.name, 1)]
        else:
            values[element.attribute] = draw(_value(element))
            places.append((element.name, 1))
    if draw(st.integers(0, 9)) == 0:
        values["extra"] = tuple(draw(_extras(places)))
    return cls(**values)


def _value(element: Element) -> st.SearchStrategy[Any]:
    if element.kind == "group":
        return group(element.value_class(), element.children)
    if element.kind == "content":
        codes = st.none() | TEXT
        if element.cls == "OtroTexto":
            return st.builds(OtroTexto, texto=TEXT, codigo=codes)
        return st.builds(OtroContenido, texto=TEXT, codigo=codes) | st.builds(
            OtroContenido, xml=UNKNOWN, codigo=codes
        )
    if element.attribute == "plazo_credito":
        return st.integers(0, 99999)
    if element.kind == "integer":
        return st.integers(1, 1000)
    if element.kind == "decimal":
        return DECIMALS
    if element.kind == "datetime":
        return DATES
    return TEXT


@st.composite
def _extras(draw: st.DrawFn, places: list[tuple[str, int]]) -> list[Extra]:
    """At different places, in the order in which a reader meets them."""
    chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True))
    out = [Extra(draw(UNKNOWN), *place) for place in chosen]
    carriers = [place for place in chosen if place[0] and not place[0].endswith("/")]
    if carriers and draw(st.booleans()):
        out.append(Extra(draw(ATTRIBUTES), f"@{carriers[0][0]}", carriers[0][1]))
    return out
