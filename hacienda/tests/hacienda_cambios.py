"""One change in a document, by the path of the law: `changed(factura, "Emisor/Nombre", "X")`."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from hacienda import documento_json
from hacienda.comprobante import FechaHora
from hacienda.errors import InvalidError

GOLDEN = Path(__file__).parent / "golden"
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


def golden(name: str) -> Any:
    """The document in a golden file: "fe", "nc"…"""
    return documento_json.loads((GOLDEN / f"{name}.json").read_bytes())


def changed(value: Any, path: str, new: Any) -> Any:
    """The value with `new` at a path below it. Items are counted from 1; one past the end is added.

    An amount and a date may be given as text, and become what the field held.
    """
    step, _, rest = path.partition("/")
    match = _STEP.fullmatch(step)
    assert match, path
    name, index = match[1], match[2]
    attribute = next(f.name for f in fields(value) if f.metadata.get("xsd") == name)
    held = getattr(value, attribute)
    if isinstance(held, tuple) and rest and index is None:  # the wrapper of a repeated element
        inner, _, rest = rest.partition("/")
        match = _STEP.fullmatch(inner)
        assert match, path
        index = match[2]
    if index is None:
        return replace(value, **{attribute: changed(held, rest, new) if rest else _like(held, new)})
    at = int(index) - 1
    items = list(held)
    if rest:
        items[at] = changed(items[at], rest, new)
    elif new is None:
        del items[at]
    else:
        items[at : at + 1] = [new]
    return replace(value, **{attribute: tuple(items)})


def _like(held: Any, new: Any) -> Any:
    if not isinstance(new, str):
        return new
    try:
        if isinstance(held, datetime):
            return FechaHora(new)
        if isinstance(held, Decimal):
            return Decimal(new)
    except (InvalidError, InvalidOperation):
        pass  # it is meant to be wrong
    return new
