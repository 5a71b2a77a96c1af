"""The worker: one loop over a named list of claims. The row is the queue.

Each claim takes due rows with a lease by conditional update and does their work, so any number of
workers may run and any of them may be killed: what it held becomes due again when the lease lapses.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, close_old_connections

from iofacturo.business_time import claims as business_time
from iofacturo.folios import claims as folios
from iofacturo.invoicing import claims as invoicing
from iofacturo.invoicing.archive import claims as archive
from iofacturo.invoicing.catalogue import claims as catalogue
from iofacturo.invoicing.paper import claims as paper
from iofacturo.invoicing.reception import claims as reception
from iofacturo.invoicing.setup import claims as setup
from iofacturo.lib import clock
from iofacturo.outbox import claims as outbox
from iofacturo.renewals import claims as renewals
from iofacturo.renewals import daily_report, reading_claims
from iofacturo.support import claims as support

log = logging.getLogger(__name__)

CLAIMS: dict[str, Callable[[datetime], int]] = {
    "mail": outbox.run,
    "folio expiry and warnings": folios.run,
    "holidays of coming years": business_time.run,
    "documents for Hacienda": invoicing.run,
    "mail to receivers": paper.run,
    "received documents and answers to them": reception.run,
    "keys about to end": setup.run,
    "exonerations about to end": catalogue.run,
    "quotes and corrections that lapse": renewals.run,
    "proofs to read": reading_claims.run,
    "broken promises and tickets": support.run,
    "answers to tickets by mail": support.read_mail,
    "exports of documents": archive.run,
    "daily report of the desk": daily_report.run,
}
IDLE_SECONDS = 1.0
BROKEN_SECONDS = 5.0


def round_of_claims() -> int:
    """Every claim once; how many rows were worked on. One broken claim does not stop the others."""
    done = 0
    for name, claim in CLAIMS.items():
        try:
            done += claim(clock.now())
        except DatabaseError:
            raise
        except Exception:
            log.exception("The claim «%s» failed; it comes round again.", name)
    return done


def run(stop: threading.Event | None = None) -> None:
    """Work until *stop* is set, or SIGTERM or SIGINT arrives."""
    stop = stop or threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    log.info("Worker ready.")
    while not stop.is_set():
        started = time.monotonic()
        try:
            busy = round_of_claims()
            pause = 0.0 if busy else IDLE_SECONDS
        except DatabaseError:
            log.exception("The database does not answer; trying again.")
            close_old_connections()
            pause = BROKEN_SECONDS
        stop.wait(max(0.0, pause - (time.monotonic() - started)))
    close_old_connections()
