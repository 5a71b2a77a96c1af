"""Step three: the worker brings documents to Hacienda and writes down what came of it.

Rows are claimed with a lease, letters go out many at once, outcomes are recorded in batches. Network
trouble means try again, later and later, for days; in doubt Hacienda is asked for the clave before
the same bytes are sent again. A rejection gives the folio back in the transaction that stores it.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from hacienda import cliente
from hacienda.comprobante import FacturaElectronicaCompra, texto_fecha
from hacienda.errors import LlaveError, SendError
from hacienda.recepcion import MAX_NUMERO, UNREGISTERED, Parte, Recepcion
from hacienda.respuesta import Respuesta
from iofacturo import notifications
from iofacturo.folios import ledger
from iofacturo.folios.errors import Exhausted
from iofacturo.invoicing import answer, breaker, comprobante, rejections, submission
from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.courier import Account, Courier, Letter, Outcome, carry_all
from iofacturo.invoicing.credentials import Credentials
from iofacturo.invoicing.paper import due_mail
from iofacturo.invoicing.signed_xml import SignedXML
from iofacturo.invoicing.submission import Submission
from iofacturo.lib import clock

log = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # then the worker's other claims have their turn
IN_FLIGHT = 120  # letters in the courier's hands; of one company it sends thirty at once
RECORDED = 40  # outcomes in one transaction
LATE = timedelta(seconds=cliente.POLL_ALARM)
STATE_ALONE = 10  # questions after which a final state without its message is taken as it is


def run(now: datetime) -> int:
    """Deliver what is due, for at most `ROUND_SECONDS`; how many letters came back."""
    environment = settings.HACIENDA_ENV
    if breaker.rests(environment, now) or not submission.due(environment, now).exists():
        return 0

    def hand_over(courier: Courier[Submission], at: datetime) -> int:
        return _hand_over(courier, environment, at)

    def write_down(outcomes: Sequence[Outcome[Submission]], at: datetime) -> None:
        record(outcomes, environment, at)

    return carry_all(
        where(),
        now,
        seconds=ROUND_SECONDS,
        recorded=RECORDED,
        hand_over=hand_over,
        record=write_down,
    )


def where() -> cliente.Environment:
    """Hacienda, as the settings name it."""
    return cliente.environment(settings.HACIENDA_ENV, settings.HACIENDA_URL or None)


# -- going out ---------------------------------------------------------------------------------


def _hand_over(courier: Courier[Submission], environment: str, now: datetime) -> int:
    """Claim as many as the courier has hands for, and give them to it."""
    free = IN_FLIGHT - courier.under_way
    if free < IN_FLIGHT // 4 and courier.under_way:
        return 0
    if not submission.due(environment, now).exists():
        return 0  # SQLite's write lock is not taken for nothing
    free = breaker.allowance(environment, free, now)
    rows = submission.claim(environment, free, now)
    if rows:
        courier.carry(letters(rows, now))
    return len(rows)


def letters(rows: list[Submission], now: datetime) -> list[Letter[Submission]]:
    """The letters of claimed rows; those without an account to send with are stopped here."""
    found = accounts({row.company_id for row in rows}, rows[0].environment)
    waiting = [row.pk for row in rows if row.state == Submission.WAITING]
    bodies = dict(SignedXML.objects.filter(pk__in=waiting).values_list("comprobante_id", "xml"))
    ready = []
    for row in rows:
        account = found.get(row.company_id)
        if account is None:
            missing = SendError("La empresa no tiene usuario y contraseña de Hacienda.")
            with transaction.atomic():
                _stop(row, Submission.CREDENTIALS, missing, now)
            continue
        body = bodies.get(row.pk)
        ready.append(
            Letter(
                submission=row,
                account=account,
                clave=row.comprobante.clave,
                recepcion=None if body is None else envelope(row, bytes(body)),
                ask_first=row.doubtful,
            )
        )
    return ready


def accounts(company_ids: set[int], environment: str) -> dict[int, Account]:
    """Whom to talk as for each company; those without an access that opens are left out."""
    found: dict[int, Account] = {}
    for row in Credentials.objects.filter(
        company__in=company_ids, environment=environment, retired_at__isnull=True
    ).select_related("company"):
        try:
            found[row.company_id] = Account(row.company_id, row.user, row.password())
        except LlaveError as error:
            log.error("The credentials %s do not open: %s", row.pk, error)
    return found


def envelope(row: Submission, xml: bytes) -> Recepcion:
    """What is handed in, from the row alone: the XML is not parsed again."""
    document, company = row.comprobante, row.comprobante.company
    own = Parte(company.tipo_identificacion, company.identificacion)
    other: Parte | None = None
    if document.tipo == FacturaElectronicaCompra.codigo:
        other = own
    elif (
        document.receptor_numero
        and document.receptor_tipo not in UNREGISTERED
        and len(document.receptor_numero) <= MAX_NUMERO
    ):
        other = Parte(document.receptor_tipo, document.receptor_numero)
    return Recepcion(
        clave=document.clave,
        fecha=texto_fecha(document.fecha),
        emisor=own,
        receptor=other,
        xml=xml,
        callback_url=callback_url(document.clave),
    )


def token(clave: str) -> str:
    """What only Hacienda and we know about *clave*: 160 bits under the secret key."""
    key = f"iofacturo.invoicing.callback:{settings.SECRET_KEY}".encode()
    return hmac.new(key, clave.encode(), sha256).hexdigest()[:40]


def callback_url(clave: str) -> str | None:
    """Where Hacienda may tell us that it has an answer; none where it cannot reach us safely."""
    base = settings.SITE_URL.rstrip("/")
    if not base.startswith("https://") and settings.HACIENDA_ENV != "sandbox-local":
        return None
    return base + reverse("invoicing:callback", kwargs={"token": token(clave)})


# -- coming back -------------------------------------------------------------------------------


def record(outcomes: Sequence[Outcome[Submission]], environment: str, now: datetime) -> None:
    """Write down what came of letters. What another worker took over meanwhile is left to it."""
    sent, accepted, others = [], [], []
    for outcome in outcomes:
        if outcome.envio is not None:
            sent.append(outcome.letter.submission)
        elif outcome.respuesta is not None and _is_plain_yes(outcome):
            accepted.append(outcome)
        else:
            others.append(outcome)
    if sent:
        _sent(sent, [o for o in outcomes if o.envio is not None and o.envio.duplicate], now)
    if accepted:
        _accepted(accepted, now)
    for outcome in others:
        _one(outcome, now)
    silent = sum(1 for outcome in outcomes if is_silence(outcome.error))
    answered = sum(1 for o in outcomes if o.error is None or o.error.permanent)
    breaker.record(environment, answered=answered, silent=silent, now=now)


def is_silence(error: SendError | None) -> bool:
    """Whether nobody was there: no answer at all, or one that says so."""
    if error is None or error.permanent:
        return False
    return error.status is None or error.status >= 500


def _is_plain_yes(outcome: Outcome[Submission]) -> bool:
    """Whether it is an acceptance of a document that nobody answered about before."""
    respuesta, row = outcome.respuesta, outcome.letter.submission
    if respuesta is None or not _is_final(respuesta, row):
        return False
    return respuesta.accepted and not row.comprobante.final


def _is_final(respuesta: Respuesta, row: Submission) -> bool:
    """Whether an answer is the last word, with the message that proves it if there ever is one."""
    return respuesta.final and (respuesta.mensaje is not None or row.asked >= STATE_ALONE)


def _sent(rows: list[Submission], duplicates: list[Outcome[Submission]], now: datetime) -> None:
    """Hacienda has them: ask in a few seconds, those that it had before at once."""
    before = {outcome.letter.submission.pk for outcome in duplicates}
    later = timedelta(seconds=submission.jittered(cliente.poll_delay(0)))
    with transaction.atomic():
        for batch, due_at in (
            ([row for row in rows if row.pk not in before], now + later),
            ([row for row in rows if row.pk in before], now),
        ):
            if not batch:
                continue
            submission.held(batch).update(
                state=Submission.ASKING,
                due_at=due_at,
                lease=None,
                attempts=F("attempts") + 1,
                asked=0,
                failures=0,
                doubtful=False,
                sent_at=now,
                last_error="",
            )
            comprobante.sent([row.pk for row in batch])


def _accepted(outcomes: list[Outcome[Submission]], now: datetime) -> None:
    """Many that Hacienda accepted, in one transaction."""
    with transaction.atomic():
        rows = {o.letter.submission.pk: o for o in outcomes}
        ours = set(
            _locked(submission.held([o.letter.submission for o in outcomes])).values_list(
                "pk", flat=True
            )
        )
        answers = [
            answer.of(pk, outcome.respuesta, now)
            for pk, outcome in rows.items()
            if pk in ours and outcome.respuesta is not None
        ]
        Answer.objects.bulk_create(answers, ignore_conflicts=True)
        Comprobante.objects.filter(
            pk__in=ours, state__in=(Comprobante.ISSUED, Comprobante.SENT)
        ).update(state=Comprobante.ACCEPTED, answered_at=now)
        due_mail.write(ours, now)
        _done(Submission.objects.filter(pk__in=ours))


def _locked(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    return rows.order_by("pk").select_for_update(of=("self",))


def _done(rows: QuerySet[Submission]) -> None:
    rows.update(
        state=Submission.DONE, lease=None, failures=0, doubtful=False, stopped_for="", last_error=""
    )


def _one(outcome: Outcome[Submission], now: datetime) -> None:
    """Whatever is not simply good news, in a transaction of its own."""
    claimed = outcome.letter.submission
    with transaction.atomic():
        row = (
            _locked(submission.held([claimed]))
            .select_related("comprobante", "comprobante__company")
            .first()
        )
        if row is None:
            return
        if outcome.error is not None:
            _failed(row, outcome.error, now)
        elif outcome.respuesta is not None and _is_final(outcome.respuesta, row):
            _answered(row, outcome.respuesta, now)
        elif outcome.respuesta is not None:
            _still_open(row, outcome.respuesta, now)
        _tell_if_late(row, now)


def _still_open(row: Submission, respuesta: Respuesta, now: datetime) -> None:
    """Hacienda has no answer yet, failed over it, or does not know the clave."""
    again = row.failures + 1 if respuesta.failed or respuesta.missing else 0
    delay = submission.jittered(cliente.poll_delay(row.asked))
    if again >= cliente.ERRORS_BEFORE_RESEND:
        # The same bytes again. A clave that was unknown may have been judged meanwhile: harmless.
        _let_go(row, state=Submission.WAITING, due_at=now, asked=0, failures=0, doubtful=False)
        return
    _let_go(
        row,
        state=Submission.ASKING,
        due_at=now + timedelta(seconds=delay),
        asked=row.asked + 1,
        failures=again,
        doubtful=False,
        sent_at=row.sent_at or now,
    )
    comprobante.sent([row.pk])


def _answered(row: Submission, respuesta: Respuesta, now: datetime) -> None:
    """The last word of Hacienda, with what it means for the folio."""
    document = row.comprobante
    kept = answer.of(document.pk, respuesta, now)
    Answer.objects.bulk_create([kept], ignore_conflicts=True)
    if respuesta.accepted:
        before = document.state
        if comprobante.settle(document.pk, Comprobante.ACCEPTED, now):
            due_mail.write([document.pk], now)
            if before == Comprobante.REJECTED:
                _takes_again(document, now)
    elif document.state == Comprobante.ACCEPTED:
        log.error("Hacienda now says «rechazado» of %s, which it had accepted.", document.clave)
    elif comprobante.settle(document.pk, Comprobante.REJECTED, now):
        ledger.reverse(document.company, document.clave, at=now)
        _tell_rejected(document, kept, now)
        rejections.watch(document, now)
    _done(Submission.objects.filter(pk=row.pk))


def _takes_again(document: Comprobante, now: datetime) -> None:
    """Accepted after all: the folio is taken once more, or owed. The document stands either way."""
    try:
        with transaction.atomic():
            # `replaces` its own clave: the replacement folio, if one was granted, pays for it.
            ledger.consume(
                document.company, document.clave, at=now, label=document.label,
                replaces=document.clave,
            )  # fmt: skip
    except Exhausted:
        Comprobante.objects.filter(pk=document.pk).update(owes_folio=True)


def collect_owed(now: datetime) -> int:
    """Take the folios that documents owe, where their companies have some by now."""
    done = 0
    owing = Comprobante.objects.filter(owes_folio=True).select_related("company")
    for document in owing.order_by("answered_at")[:RECORDED]:
        try:
            with transaction.atomic():
                mine = Comprobante.objects.filter(pk=document.pk, owes_folio=True).update(
                    owes_folio=False
                )
                if mine:
                    ledger.consume(
                        document.company, document.clave, at=now, label=document.label,
                        replaces=document.clave,
                    )  # fmt: skip
                    done += 1
        except Exhausted:
            continue
    return done


def _failed(row: Submission, error: SendError, now: datetime) -> None:
    """It did not get through: stop where trying again cannot help, else wait."""
    if error.permanent:
        refused = error.status in (400, 404) and row.state == Submission.WAITING
        _stop(row, Submission.REFUSED if refused else Submission.CREDENTIALS, error, now)
        return
    failures = row.failures + 1
    wait = submission.pause(failures)
    if error.retry_after is not None:
        told = min(error.retry_after, 3600.0)
        wait = timedelta(seconds=told * (1 + submission.jittered(0.25)))
    _let_go(
        row,
        due_at=now + wait,
        failures=failures,
        attempts=row.attempts + (row.state == Submission.WAITING),
        doubtful=row.doubtful or (error.doubtful and row.state == Submission.WAITING),
        last_error=_words(error),
    )


def _let_go(row: Submission, **values: object) -> None:
    Submission.objects.filter(pk=row.pk, lease=row.lease).update(lease=None, **values)


def _stop(row: Submission, why: str, error: SendError, now: datetime) -> None:
    """Nothing more happens by itself: people are told what to do."""
    stopped = Submission.objects.filter(pk=row.pk, lease=row.lease).update(
        state=Submission.STOPPED, stopped_for=why, lease=None, last_error=_words(error)
    )
    if not stopped:
        return
    company = row.comprobante.company
    if why == Submission.CREDENTIALS:
        notifications.notify(
            "delivery.credentials",
            company=company,
            url=reverse("invoicing:setup_access"),
            key=f"delivery.credentials:{company.pk}:{clock.local(now).date()}",
            at=now,
        )
    else:
        notifications.notify(
            "delivery.refused",
            company=company,
            params={"document": row.comprobante.named, "why": error.message},
            url=page_of(row.comprobante),
            key=f"delivery.refused:{row.comprobante.clave}",
            at=now,
        )


def _words(error: SendError) -> str:
    return f"{error.message} {error.cause}".strip()[:500]


def _tell_rejected(document: Comprobante, kept: Answer, now: datetime) -> None:
    said = "\n\n".join(line.words for line in kept.lines[:5]) or kept.detalle[:500]
    notifications.notify(
        "comprobante.rejected",
        company=document.company,
        params={"document": document.named, "said": said or "Hacienda no dijo por qué."},
        url=page_of(document),
        key=f"comprobante.rejected:{document.clave}",
        at=now,
    )


def page_of(document: Comprobante) -> str:
    """Where people see what became of it."""
    return reverse("invoicing:document", kwargs={"clave": document.clave})


def _tell_if_late(row: Submission, now: datetime) -> None:
    """Once, when a document has gone without an answer for three hours."""
    document = row.comprobante
    if row.late_at is not None or document.final or now - document.fecha < LATE:
        return
    open_still = Submission.objects.filter(
        pk=row.pk, state__in=(Submission.WAITING, Submission.ASKING), late_at__isnull=True
    )
    if open_still.update(late_at=now):
        notifications.notify(
            "delivery.late",
            company=document.company,
            url=reverse("invoicing:documents"),
            key=f"delivery.late:{document.company_id}:{clock.local(now).date()}",
            at=now,
        )
