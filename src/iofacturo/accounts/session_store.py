"""Django's sessions in the database, read by one plain statement: every request asks for one."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

from iofacturo.lib import statement

LIVE = """
SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s
"""


@lru_cache(maxsize=1024)
def _opened(data: str) -> str:
    """The JSON inside a stored text. Its signature is checked once in a process: the text is the
    same, letter by letter; and each request gets values of its own.
    """
    return json.dumps(SessionStore().decode(data))


class SessionStore(db.SessionStore):
    """The engine named by SESSION_ENGINE; all but reading is Django's."""

    @classmethod
    def get_model_class(cls) -> Any:
        from django.contrib.sessions.models import Session

        return Session

    def load(self) -> dict[str, Any]:
        """What the session holds; of one that is over or was never there, nothing."""
        key = self.session_key
        # a key is letters and digits; whatever else a cookie says names no session
        found = self._asked(key) if key and key.isascii() and key.isalnum() else []
        if not found:
            self._session_key = None
            return {}
        held: dict[str, Any] = json.loads(_opened(found[0][0]))
        return held

    @staticmethod
    def _asked(key: str) -> list[statement.Row]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        return statement.rows(LIVE, [key, now])
