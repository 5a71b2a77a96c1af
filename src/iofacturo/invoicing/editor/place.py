"""Places in the JSON of a document, named by their XSD paths, and their short names on a page.

    DetalleServicio/LineaDetalle[3]/Cantidad   is   L3/Cantidad

The short name is what a field is called (`name` and `id`), so that a problem's path leads to it.
Positions count from 1. Nothing here raises for JSON of an unexpected shape: it holds nothing then.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any

LINES = "DetalleServicio/LineaDetalle"
MOST_LINES = 1000
LINE = re.compile(r"L([1-9][0-9]{0,3})(?:/(.*))?", re.DOTALL)
LONG_LINE = re.compile(r"DetalleServicio/LineaDetalle\[([1-9][0-9]{0,3})\](?:/(.*))?", re.DOTALL)
STEP = re.compile(r"([A-Za-z0-9]+)(?:\[([1-9][0-9]{0,3})\])?")


def short(path: str) -> str:
    """The name on the page of an XSD path."""
    found = LONG_LINE.fullmatch(path)
    if found is None:
        return path
    return f"L{found[1]}/{found[2]}" if found[2] else f"L{found[1]}"


def long(name: str) -> str:
    """The XSD path of a name on the page."""
    found = LINE.fullmatch(name)
    if found is None:
        return name
    line = f"{LINES}[{found[1]}]"
    return f"{line}/{found[2]}" if found[2] else line


def plain(path: str) -> str:
    """A path without its positions, as the structure knows it."""
    return re.sub(r"\[\d+\]", "", long(path))


@lru_cache(maxsize=8192)
def steps(name: str) -> tuple[str | int, ...]:
    """Keys and positions (from 0) that lead to a place; empty for what is no path."""
    taken: list[str | int] = []
    for part in long(name).split("/"):
        found = STEP.fullmatch(part)
        if found is None:
            return ()
        taken.append(found[1])
        if found[2]:
            taken.append(int(found[2]) - 1)
    return tuple(taken)


def get(data: Any, name: str) -> Any:
    """What stands at a place, or None."""
    held = data
    for step in steps(name) or ("",):
        if isinstance(step, int):
            held = held[step] if isinstance(held, list) and step < len(held) else None
        else:
            held = held.get(step) if isinstance(held, dict) else None
    return held


def items(data: Any, name: str) -> list[Any]:
    """The list at a place; a single thing where a list is meant is a list of it."""
    held = get(data, name)
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def put(data: dict[str, Any], name: str, value: Any) -> None:
    """Write *value* at a place, making what leads there; None takes away what stands there.

    A list keeps its length, so that the other rows stay where the page has them: what is taken out
    of it leaves an empty thing behind (see `swept`).
    """
    path = steps(name)
    if not path:
        return
    if value is None:
        _clear(data, path)
        return
    held: Any = data
    for step, following in pairwise(path):
        held = _below(held, step, [] if isinstance(following, int) else {})
    _store(held, path[-1], value)


def _below(held: Any, step: str | int, empty: Any) -> Any:
    """What stands under *step*, made where it is missing or of another kind."""
    if isinstance(step, int):
        while len(held) <= step:
            held.append({})
    elif step not in held:
        held[step] = empty
    if type(held[step]) is not type(empty):
        held[step] = [held[step]] if isinstance(empty, list) and held[step] != {} else empty
    return held[step]


def _store(held: Any, step: str | int, value: Any) -> None:
    if isinstance(step, int):
        while len(held) <= step:
            held.append("")
    held[step] = value


def _clear(held: Any, path: tuple[str | int, ...]) -> None:
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(held, list) or step >= len(held):
            return
        if rest:
            _clear(held[step], rest)
        else:
            held[step] = {} if isinstance(held[step], dict) else ""
        return
    if not isinstance(held, dict) or step not in held:
        return
    if rest:
        _clear(held[step], rest)
        if held[step] == {}:
            del held[step]
    else:
        del held[step]


def take(data: dict[str, Any], name: str) -> None:
    """Take one thing out of its list, or out of its parent; what follows moves up."""
    path = steps(name)
    if not path:
        return
    if not isinstance(path[-1], int):
        put(data, name, None)
        return
    owner = name[: name.rindex("[")] if name.endswith("]") else long(name)[: long(name).rindex("[")]
    held = get(data, owner)
    if isinstance(held, list) and path[-1] < len(held):
        del held[path[-1]]


def swept(value: Any) -> Any:
    """The same JSON without empty rows, and without what held nothing but them."""
    if isinstance(value, dict):
        kept = {name: swept(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in ({}, [])}
    if isinstance(value, list):
        return [one for one in map(swept, value) if one not in ({}, [], "")]
    return value


def has_blanks(value: dict[str, Any] | list[Any]) -> bool:
    """Whether `swept` would take anything out."""
    is_list = isinstance(value, list)
    for one in value if is_list else value.values():  # type: ignore[union-attr]
        if isinstance(one, str):
            if not one and is_list:
                return True
        elif isinstance(one, dict | list) and (not one or has_blanks(one)):
            return True
    return False


def swept_owner(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The same without the list that *name* stood in, when nothing is left of it."""
    owner = re.sub(r"\[\d+\]$", "", long(name))
    if get(data, owner) == []:
        put(data, owner, None)
    return data
