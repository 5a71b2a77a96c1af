"""The sandbox's back door: move its clock, break it, look at what it holds.

    GET  /_sandbox/                       clock, counts, faults
    POST /_sandbox/clock                  {"now": ISO instant} or {"advance": seconds}
    GET, POST /_sandbox/faults            see `hacienda.sandbox.faults.Faults.configure`
    GET  /_sandbox/documents/{clave}      how often it was taken in and judged, its state
    POST /_sandbox/tokens/expire          every access token ends now
    GET  /_sandbox/certificate            of the key that signs the answers, PEM

Only for requests that name this machine as host, so that a page of the internet cannot reach it
through a name that points here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hacienda.errors import InvalidError
from hacienda.sandbox.answer import Seal
from hacienda.sandbox.clock import Clock, instant
from hacienda.sandbox.faults import Faults
from hacienda.sandbox.identity import IdentityProvider
from hacienda.sandbox.reply import Reply, Request, as_json
from hacienda.sandbox.store import Store
from hacienda.transporte import is_loopback

PREFIX = "/_sandbox/"


class Admin:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        faults: Faults,
        identity: IdentityProvider,
        seal: Seal,
    ) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._identity = identity
        self._seal = seal

    def handle(self, request: Request) -> Reply:
        """Anything below `PREFIX`."""
        if not is_loopback(f"http://{request.headers.get('host', '')}"):
            return _error(403, "Solo desde esta máquina.")
        where = request.path[len(PREFIX) :]
        try:
            if request.method == "POST":
                return self._post(where, request)
            return self._get(where)
        except (InvalidError, ValueError) as error:
            return _error(400, str(error))

    def _post(self, where: str, request: Request) -> Reply:
        # A page elsewhere cannot send this type without asking first.
        if not request.headers.get("content-type", "").startswith("application/json"):
            return _error(415, "Se espera JSON.")
        data = json.loads(request.body or b"{}")
        if not isinstance(data, Mapping):
            raise InvalidError("Se espera un objeto JSON.")
        if where == "clock":
            if "now" in data:
                self._clock.set(instant(str(data["now"])))
            if "advance" in data:
                self._clock.advance(float(data["advance"]))
            return as_json(self._time())
        if where == "faults":
            self._faults.configure(data)
            return as_json(self._faults.describe())
        if where == "tokens/expire":
            self._identity.expire()
            return as_json({})
        return _error(404, "No existe.")

    def _get(self, where: str) -> Reply:
        if where == "":
            return as_json(
                {**self._time(), "documents": self._counts(), "faults": self._faults.describe()}
            )
        if where == "faults":
            return as_json(self._faults.describe())
        if where == "certificate":
            return Reply(
                200, self._seal.certificate_pem, {"Content-Type": "application/x-pem-file"}
            )
        if where.startswith("documents/"):
            document = self._store.document(unquote(where.partition("/")[2]))
            if document is not None:
                return as_json(
                    {
                        "clave": document.identity,
                        "state": document.state,
                        "receptions": document.receptions,
                        "decisions": document.decisions,
                    }
                )
        return _error(404, "No existe.")

    def _time(self) -> dict[str, Any]:
        return {"now": self._clock.now().isoformat()}

    def _counts(self) -> dict[str, int]:
        rows = self._store.rows("SELECT state, count(*) AS n FROM documents GROUP BY state")
        return {row["state"]: row["n"] for row in rows}


def _error(status: int, message: str) -> Reply:
    return as_json({"error": message}, status)
