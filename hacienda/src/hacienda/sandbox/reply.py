"""What the sandbox answers to a request, before it goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """`drop` closes the connection instead of answering."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


def as_json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(
        status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def refusal(status: int, cause: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A refusal of the reception API, which gives its reason in a header."""
    return Reply(status, b"", {"X-Error-Cause": " ".join(cause.split()), **(headers or {})})


DROPPED = Reply(0, drop=True)


@dataclass(frozen=True, slots=True)
class Request:
    """What came in; header names in lower case, `query` with the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
