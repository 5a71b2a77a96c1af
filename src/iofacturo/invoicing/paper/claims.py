"""What the worker does here: leave the mails of accepted documents in the outbox."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import mailing
from iofacturo.invoicing.paper.due_mail import DueMail

log = logging.getLogger(__name__)

AT_ONCE = 5  # in one transaction: on SQLite nobody else writes meanwhile
IN_A_ROUND = 100
TOO_LATE = timedelta(days=30)  # after acceptance: nobody expects the mail any more
LATE = "Se aceptó hace más de 30 días: ya era tarde para enviarlo solo."


def run(now: datetime) -> int:
    """Mail what was accepted; how many documents were seen to."""
    done = 0
    while done < IN_A_ROUND and (some := _batch(now)):
        done += some
    return done


def _batch(now: datetime) -> int:
    waiting = DueMail.objects.filter(done_at__isnull=True)
    if not waiting.exists():  # SQLite's write lock is not taken for nothing
        return 0
    with transaction.atomic():
        taken = list(waiting.order_by("pk").select_for_update(skip_locked=True)[:AT_ONCE])
        rows = Comprobante.objects.select_related("company", "signed_xml").in_bulk(
            [due.pk for due in taken]
        )
        for due in taken:
            due.error = LATE if now - due.since > TOO_LATE else _mailed(rows[due.pk], now)
            due.done_at = now
        DueMail.objects.bulk_update(taken, ["done_at", "error"])
    return len(taken)


def _mailed(row: Comprobante, now: datetime) -> str:
    """Mail one document; why not, when it cannot be done. One of them holds up no other."""
    try:
        with transaction.atomic():
            mailing.to_receiver(row, at=now)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("The document %s cannot be mailed.", row.clave)
        return f"{type(error).__name__}: {error}"[:200]
    return ""
