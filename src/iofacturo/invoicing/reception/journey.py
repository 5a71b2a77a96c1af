"""The worker's round for received documents: ask Hacienda, bring it our answers, write down its own.

The same courier, breaker and manners as for our own documents. Few people wait for these, so each
outcome is recorded by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from hacienda import cliente
from hacienda.comprobante import texto_fecha
from hacienda.errors import SendError
from hacienda.recepcion import Parte, Recepcion
from hacienda.respuesta import Respuesta
from iofacturo import notifications
from iofacturo.invoicing import breaker, delivery, submission
from iofacturo.invoicing.courier import Courier, Letter, Outcome, carry_all
from iofacturo.invoicing.reception import errand, hacienda_word
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.inspection import differences_of
from iofacturo.invoicing.reception.message import ReceiverMessage, ReceiverMessageXML
from iofacturo.invoicing.reception.received import Received
from iofacturo.lib import clock

ROUND_SECONDS = 10.0
IN_FLIGHT = 60
RECORDED = 20
UNKNOWN_PAUSES = (60, 300, 1800, 7200, 21_600, 43_200, 86_400)  # seconds; the last one repeats
UNKNOWN_DAYS = 14  # questions about a clave nobody knows, before it is left to the person


def run(now: datetime) -> int:
    """Run the errands that are due, for at most `ROUND_SECONDS`; how many came back."""
    environment = settings.HACIENDA_ENV
    if breaker.rests(environment, now) or not errand.due(environment, now).exists():
        return 0

    def hand_over(courier: Courier[Errand], at: datetime) -> int:
        return _hand_over(courier, environment, at)

    def write_down(outcomes: Sequence[Outcome[Errand]], at: datetime) -> None:
        record(outcomes, environment, at)

    return carry_all(
        delivery.where(),
        now,
        seconds=ROUND_SECONDS,
        recorded=RECORDED,
        hand_over=hand_over,
        record=write_down,
    )


def _hand_over(courier: Courier[Errand], environment: str, now: datetime) -> int:
    free = IN_FLIGHT - courier.under_way
    if free < IN_FLIGHT // 4 or not errand.due(environment, now).exists():
        return 0
    rows = errand.claim(environment, breaker.allowance(environment, free, now), now)
    if rows:
        courier.carry(letters(rows, now))
    return len(rows)


def letters(rows: list[Errand], now: datetime) -> list[Letter[Errand]]:
    """The letters of claimed rows; those without an account to talk as are stopped here."""
    accounts = delivery.accounts({row.company_id for row in rows}, rows[0].environment)
    waiting = [row.message_id for row in rows if row.state == Errand.WAITING]
    found = ReceiverMessageXML.objects.filter(pk__in=waiting)
    bodies = dict(found.values_list("message_id", "xml"))
    ready = []
    for row in rows:
        account = accounts.get(row.company_id)
        if account is None:
            missing = SendError("La empresa no tiene usuario y contraseña de Hacienda.")
            _stop(row, Errand.CREDENTIALS, missing, now)
            continue
        body = bodies.get(row.message_id) if row.message_id is not None else None
        ready.append(
            Letter(
                submission=row,
                account=account,
                clave=row.received.clave,
                recepcion=None if body is None else envelope(row, bytes(body)),
                ask_first=row.doubtful,
                consecutivo=row.message.consecutivo if row.message is not None else None,
            )
        )
    return ready


def envelope(row: Errand, xml: bytes) -> Recepcion:
    """A message in its envelope: the parties are those of the document that it answers."""
    received, message, company = row.received, row.message, row.received.company
    assert message is not None  # noqa: S101 - only messages are sent
    return Recepcion(
        clave=received.clave,
        fecha=texto_fecha(message.fecha),
        emisor=Parte(received.emisor_tipo, received.emisor_numero),
        receptor=Parte(company.tipo_identificacion, company.identificacion),
        consecutivo_receptor=message.consecutivo,
        xml=xml,
    )


# -- coming back -------------------------------------------------------------------------------


def record(outcomes: Sequence[Outcome[Errand]], environment: str, now: datetime) -> None:
    """Write down what came of letters. What another worker took over meanwhile is left to it."""
    for outcome in outcomes:
        _one(outcome, now)
    silent = sum(1 for outcome in outcomes if delivery.is_silence(outcome.error))
    answered = sum(1 for o in outcomes if o.error is None or o.error.permanent)
    breaker.record(environment, answered=answered, silent=silent, now=now)


def _one(outcome: Outcome[Errand], now: datetime) -> None:
    with transaction.atomic():
        mine = errand.held(outcome.letter.submission)
        row = mine.select_for_update(of=("self",)).select_related("received", "message").first()
        if row is None:
            return
        respuesta = outcome.respuesta
        if outcome.error is not None:
            _failed(row, outcome.error, now)
        elif outcome.envio is not None:
            _sent(row, now, at_once=outcome.envio.duplicate)
        elif respuesta is not None and _is_final(respuesta, row):
            _answered(row, respuesta, now)
        elif respuesta is not None:
            _still_open(row, respuesta, now)


def _is_final(respuesta: Respuesta, row: Errand) -> bool:
    return respuesta.final and (respuesta.mensaje is not None or row.asked >= delivery.STATE_ALONE)


def _sent(row: Errand, now: datetime, *, at_once: bool) -> None:
    pause = 0.0 if at_once else submission.jittered(cliente.poll_delay(0))
    _let_go(
        row, state=Errand.ASKING, due_at=now + timedelta(seconds=pause), asked=0, failures=0,
        doubtful=False, sent_at=now, last_error="",
    )  # fmt: skip
    _handed_in(row)


def _still_open(row: Errand, respuesta: Respuesta, now: datetime) -> None:
    """Hacienda has no answer yet, failed over it, or does not know it."""
    if row.message_id is None and respuesta.missing:
        _unknown(row, now)
        return
    again = row.failures + 1 if respuesta.failed or respuesta.missing else 0
    if row.message_id is not None and again >= cliente.ERRORS_BEFORE_RESEND:
        # the same bytes again; what was judged meanwhile says so
        _let_go(row, state=Errand.WAITING, due_at=now, asked=0, failures=0, doubtful=False)
        return
    delay = submission.jittered(cliente.poll_delay(row.asked))
    _let_go(
        row, state=Errand.ASKING, due_at=now + timedelta(seconds=delay), asked=row.asked + 1,
        failures=again, doubtful=False, last_error="",
    )  # fmt: skip
    _handed_in(row)


def _handed_in(row: Errand) -> None:
    """Hacienda has our message, not yet judged."""
    if row.message is not None:
        ReceiverMessage.objects.filter(pk=row.message.pk, state=ReceiverMessage.ISSUED).update(
            state=ReceiverMessage.SENT
        )


def _unknown(row: Errand, now: datetime) -> None:
    """Hacienda does not know the clave: perhaps the supplier sends it later."""
    _judge(row.received, Received.UNKNOWN, now)
    if row.asked >= len(UNKNOWN_PAUSES) + UNKNOWN_DAYS:
        _let_go(row, state=Errand.DONE, failures=0, last_error="")
        return
    seconds = UNKNOWN_PAUSES[min(row.asked, len(UNKNOWN_PAUSES) - 1)]
    _let_go(
        row, due_at=now + timedelta(seconds=submission.jittered(seconds)), asked=row.asked + 1,
        failures=0, last_error="",
    )  # fmt: skip


def _answered(row: Errand, respuesta: Respuesta, now: datetime) -> None:
    """The last word of Hacienda, about the document or about our message."""
    if row.message is None:
        hacienda_word.keep(
            respuesta,
            row.received,
            at=now,
            differences=differences_of(respuesta.mensaje, row.received)
            if respuesta.accepted
            else [],
        )
        _judge(row.received, Received.ACCEPTED if respuesta.accepted else Received.REJECTED, now)
    else:
        hacienda_word.keep(respuesta, row.received, message=row.message, at=now)
        _settle(row.message, row.received, accepted=respuesta.accepted, now=now)
    _let_go(row, state=Errand.DONE, failures=0, doubtful=False, last_error="")


def _judge(received: Received, verdict: str, now: datetime) -> None:
    Received.objects.filter(pk=received.pk).update(verdict=verdict, verdict_at=now)


def _settle(message: ReceiverMessage, received: Received, *, accepted: bool, now: datetime) -> None:
    """What Hacienda made of our message; one that it rejects leaves the document unanswered."""
    state = ReceiverMessage.ACCEPTED if accepted else ReceiverMessage.REJECTED
    moved = (
        ReceiverMessage.objects.filter(pk=message.pk)
        .exclude(state__in=(ReceiverMessage.ACCEPTED, ReceiverMessage.REJECTED))
        .update(state=state, answered_at=now)
    )
    if not moved or accepted:
        return
    Received.objects.filter(pk=received.pk, reply=message.mensaje).update(reply="")
    notifications.notify(
        "reception.rejected",
        company=received.company,
        params={"document": received.named, "supplier": received.emisor_nombre},
        url=_page(received),
        key=f"reception.rejected:{message.pk}",
        at=now,
    )


def _page(received: Received) -> str:
    return reverse("invoicing:received_document", args=[received.public_id])


def _failed(row: Errand, error: SendError, now: datetime) -> None:
    """It did not get through: stop where trying again cannot help, else wait."""
    if error.permanent:
        refused = error.status in (400, 403, 404)
        _stop(row, Errand.REFUSED if refused else Errand.CREDENTIALS, error, now)
        return
    failures = row.failures + 1
    wait = submission.pause(failures)
    if error.retry_after is not None:
        told = min(error.retry_after, 3600.0)
        wait = timedelta(seconds=told * (1 + submission.jittered(0.25)))
    _let_go(
        row, due_at=now + wait, failures=failures,
        doubtful=row.doubtful or (error.doubtful and row.state == Errand.WAITING),
        last_error=_words(error),
    )  # fmt: skip


def _let_go(row: Errand, **values: object) -> None:
    errand.held(row).update(lease=None, **values)


def _stop(row: Errand, why: str, error: SendError, now: datetime) -> None:
    """Nothing more happens by itself: people are told what to do."""
    with transaction.atomic():
        stopped = errand.held(row).update(
            state=Errand.STOPPED, stopped_for=why, lease=None, last_error=_words(error)
        )
        if not stopped:
            return
        company = row.received.company
        if why == Errand.CREDENTIALS:
            notifications.notify(
                "delivery.credentials",
                company=company,
                key=f"delivery.credentials:{company.pk}:{clock.local(now).date()}",
                at=now,
            )
        elif row.message is not None:
            notifications.notify(
                "delivery.refused",
                company=company,
                params={"document": f"la respuesta a {row.received.named}", "why": error.message},
                url=_page(row.received),
                key=f"reception.refused:{row.message.pk}",
                at=now,
            )


def _words(error: SendError) -> str:
    return f"{error.message} {error.cause}".strip()[:500]
