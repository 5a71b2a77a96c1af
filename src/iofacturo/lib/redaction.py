"""Secrets in addresses stay out of the logs: whoever reads a log line could open what it names.

The rest of a path after one of `settings.SECRET_PATHS` becomes `…`. The same filter stands on our
own handler and on gunicorn's loggers (`server_log`), the access log included.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cache

HIDDEN = "…"
_REST = r"[^\s\"'<>?#&]+"


class Redaction(logging.Filter):
    """Rewrites a record before it is written anywhere; lets every record through."""

    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__()
        self.pattern = _pattern(tuple(paths))

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except Exception:  # a record that cannot be said is the handler's trouble
            return True
        hidden = self.pattern.sub(rf"\g<path>{HIDDEN}", said)
        if hidden != said:
            record.msg, record.args = hidden, None
        return True


@cache
def _pattern(paths: tuple[str, ...]) -> re.Pattern[str]:
    # also percent-encoded and inside a Referer: the prefix is looked for anywhere in the line
    return re.compile(rf"(?P<path>{'|'.join(map(re.escape, paths))}){_REST}")
