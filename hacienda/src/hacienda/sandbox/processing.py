"""The sandbox's back office: judges what is due and records the answer, one document at a time."""

from __future__ import annotations

import base64
import json
import logging
import threading

from hacienda.respuesta import ACEPTADO, ERROR, RECHAZADO
from hacienda.sandbox.answer import Seal
from hacienda.sandbox.callbacks import Callbacks
from hacienda.sandbox.clock import Clock
from hacienda.sandbox.faults import Faults
from hacienda.sandbox.judge import Judge
from hacienda.sandbox.reception import status_of
from hacienda.sandbox.store import Document, Store

BATCH = 50
# Seconds, real ones, between looks at the table when nothing calls for one.
IDLE = 0.25

log = logging.getLogger("hacienda.sandbox")


class Processing:
    """One thread. The table is its queue, so a sandbox that is killed takes up where it was."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        faults: Faults,
        judge: Judge,
        seal: Seal,
        callbacks: Callbacks,
    ) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults
        self._judge = judge
        self._seal = seal
        self._callbacks = callbacks
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="processing", daemon=True)
        clock.on_move(self.wake)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(10)

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def forge(self, document: Document) -> None:
        """Send the callback of somebody who is not Hacienda and would like to be believed."""
        body = {
            "clave": document.identity,
            "fecha": document.fecha,
            "indEstado": "RECHAZADO",
            "respuestaXml": base64.b64encode(b"<MensajeHacienda/>").decode(),
        }
        self._callbacks.add(document.callback_url, json.dumps(body).encode())

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            due = self._store.documents(
                "state IN ('recibido', 'procesando') AND due_at <= ? ORDER BY due_at LIMIT ?",
                (self._clock.timestamp(), BATCH),
            )
            for document in due:
                if self._stop.is_set():
                    return
                self._decide(document)
            if not due:
                self._wake.wait(IDLE)

    def _decide(self, document: Document) -> None:
        if self._faults.strikes("error", document.identity):
            self._record(document, ERROR, None)
            return
        now = self._clock.now()
        try:
            with self._store.transaction():
                judgement = self._judge.judge(document, now)
                xml = self._seal.answer(judgement, now)
                estado = ACEPTADO if judgement.accepted else RECHAZADO
                self._record(document, estado, xml)
        except Exception:
            # A fault of the sandbox itself is what Hacienda calls the state `error`.
            log.exception("could not judge %s", document.identity)
            self._record(document, ERROR, None)

    def _record(self, document: Document, estado: str, answer: bytes | None) -> None:
        self._store.execute(
            "UPDATE documents SET state = ?, answer = ?, decisions = decisions + ?"
            " WHERE identity = ?",
            (estado, answer, int(answer is not None), document.identity),
        )
        if answer is not None and document.callback_url:
            self._announce(document)

    def _announce(self, document: Document) -> None:
        if self._faults.strikes("callback-lost", document.identity):
            return
        decided = self._store.document(document.identity)
        if decided is None:
            return
        body = json.dumps(status_of(decided, self._clock.timestamp(), camel=True)).encode()
        for _ in range(1 + self._faults.strikes("callback-duplicate", document.identity)):
            self._callbacks.add(document.callback_url, body)
