"""Mail that came in: into its thread when the address and the sender agree, else to be looked at.

A mail never opens a ticket and nothing answers it by itself. Whatever came is one row, once, by its
Message-ID; a worker that is killed half way takes the same mail again and finds the row, or none.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q

from iofacturo.accounts import audit
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.support import attachment, conversation, letter
from iofacturo.support.attachment import MOST_FILES, TicketFile, Upload
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid, Moved, SupportError
from iofacturo.support.letter import Letter
from iofacturo.support.opening import LONGEST_TEXT
from iofacturo.support.ticket import Ticket
from iofacturo.uploads import cleaning, storage

log = logging.getLogger(__name__)

LARGEST = 20 * 1024 * 1024  # bytes of one mail
MOST_WAITING = 2_000  # whose bytes are kept; of what comes after them only the words
MOST_AN_HOUR = 6  # of one sender in one ticket: two robots that answer each other stop here
SMALLEST_INLINE = 6_000  # bytes: the pictures of a signature are no attachments
FOLDER = "correo-tickets"
CUT = "\n\n(El mensaje era más largo: hasta aquí se guardó.)"


class IncomingMail(models.Model):
    """One mail: taken into a thread, waiting for staff, dismissed by them, or automatic."""

    TAKEN, WAITING, DISMISSED, IGNORED = "taken", "waiting", "dismissed", "ignored"
    STATES = [
        (TAKEN, "En su ticket"),
        (WAITING, "Por ver"),
        (DISMISSED, "Descartado"),
        (IGNORED, "Automático"),
    ]
    REASONS = {
        "nowhere": "No venía dirigido a ningún ticket",
        "several": "Venía dirigido a varios tickets",
        "stranger": "Quien lo envía no participa en el ticket",
        "closed": "El ticket ya estaba cerrado",
        "flood": "Llegaron demasiados seguidos del mismo remitente",
        "large": "Pesa demasiado",
        "empty": "No trae texto ni archivos que se puedan recibir",
        "unreadable": "No se pudo leer",
        "auto": "Respuesta automática",
        "list": "Lista de correo",
        "bounce": "Aviso de un servidor de correo",
        "own": "Lo enviamos nosotros",
    }

    key = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField()
    sender = models.CharField("remitente", max_length=320, blank=True)
    subject = models.CharField("asunto", max_length=250, blank=True)
    text = models.TextField(blank=True)
    raw = models.CharField(max_length=120, blank=True)  # kept while it waits
    ticket = models.ForeignKey(Ticket, models.PROTECT, null=True, related_name="mails")
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=9, choices=STATES)
    reason = models.CharField(max_length=10, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "correo recibido"
        verbose_name_plural = "correos recibidos"
        indexes = [
            models.Index(fields=["state", "id"], name="incoming_state"),
            models.Index(
                fields=["ticket", "sender", "received_at"],
                condition=Q(state="taken"),
                name="incoming_pace",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(entry__isnull=False), name="incoming_taken_is_there"
            )
        ]

    @property
    def why(self) -> str:
        return self.REASONS.get(self.reason, "")


def folder(day: date) -> str:
    """Where the mails of one day are kept while they wait."""
    return f"{FOLDER}/{day:%Y/%m/%d}"


def sweep(day: date) -> int:
    """Delete mails of *day* that no row names."""
    named = IncomingMail.objects.filter(raw__startswith=f"{folder(day)}/")
    return storage.sweep(named.values_list("raw", flat=True), folder=folder(day))


# -- taking in -------------------------------------------------------------------------------------


def take(raw: bytes, at: datetime) -> IncomingMail | None:
    """What became of the mail *raw*; None when it was taken before. Cleans files: takes seconds."""
    whole = len(raw) <= LARGEST
    try:
        found = letter.read(raw if whole else raw.partition(b"\r\n\r\n")[0][:65_536])
    except Exception:  # whatever a stranger sent must not hold up the others
        log.warning("A mail of %d bytes could not be read.", len(raw), exc_info=True)
        found = Letter("", "", "", (), "", "", ())
        return _keep(found, raw, at, None, "unreadable")
    if IncomingMail.objects.filter(key=_key(found, raw)).exists():
        return None
    if found.automatic:
        return _row(found, raw, at, state=IncomingMail.IGNORED, reason=found.automatic)
    ticket, user, reason = _meant(found, at)
    if not whole:
        reason = "large"
    if reason or ticket is None or user is None:
        return _keep(found, raw, at, ticket, reason or "stranger")
    uploads, refused = _cleaned(found, at)
    if not found.text and not uploads:
        return _keep(found, raw, at, ticket, "empty")
    try:
        with transaction.atomic():
            entry = _say(ticket, user, found, uploads, refused, _key(found, raw), at)
            return _row(found, raw, at, ticket=ticket, entry=entry, state=IncomingMail.TAKEN)
    except Moved:
        return _keep(found, raw, at, ticket, "closed")
    except SupportError:
        return _keep(found, raw, at, ticket, "flood")


def _key(found: Letter, raw: bytes) -> str:
    """One mail, however often it came: by Message-ID, sender and address, else by its bytes."""
    if found.message_id:
        named = " ".join((found.message_id, found.sender, *found.tokens))
        return hashlib.sha256(named.encode(errors="replace")).hexdigest()
    return hashlib.sha256(raw).hexdigest()


def _meant(found: Letter, at: datetime) -> tuple[Ticket | None, User | None, str]:
    """The ticket of the address and the person of the sender, or why they do not go together."""
    tickets = list(Ticket.objects.filter(mail_token__in=found.tokens).select_related("company")[:2])
    if not tickets:
        return None, None, "nowhere"
    if len(tickets) > 1:
        return None, None, "several"
    ticket = tickets[0]
    user = _person(ticket, found.sender)
    if user is None:
        return ticket, None, "stranger"
    if ticket.is_closed(at):
        return ticket, user, "closed"
    lately = IncomingMail.objects.filter(
        ticket=ticket, sender=found.sender, state=IncomingMail.TAKEN,
        received_at__gt=at - timedelta(hours=1),
    )  # fmt: skip
    return ticket, user, "flood" if lately.count() >= MOST_AN_HOUR else ""


def _person(ticket: Ticket, sender: str) -> User | None:
    """Whose address *sender* is, among those who may read *ticket* now."""
    if not sender:
        return None
    seat = (
        Membership.objects.select_related("user", "company")
        .filter(
            company=ticket.company_id,
            removed_at__isnull=True,
            user__email__iexact=sender,
            user__is_active=True,
        )
        .first()
    )
    if seat is None or not Ticket.seen_by(seat).filter(pk=ticket.pk).exists():
        return None
    return seat.user


def _cleaned(found: Letter, at: datetime) -> tuple[list[Upload], list[str]]:
    """The files that may come in, stored, and why the others may not."""
    uploads: list[Upload] = []
    refused: list[str] = []
    for file in found.files:
        if file.inline and len(file.data) < SMALLEST_INLINE:
            continue
        if len(uploads) >= MOST_FILES:
            refused.append(f"Se recibieron {MOST_FILES} archivos; los demás no.")
            break
        try:
            uploads.append(attachment.receive(file.data, file.name, at))
        except cleaning.Refused as refusal:
            refused.append(refusal.message)
    return uploads, refused


def _say(
    ticket: Ticket, user: User, found: Letter, uploads: Sequence[Upload], refused: Sequence[str],
    key: str, at: datetime,
) -> Entry:  # fmt: skip
    text = _with(found.text, refused)
    files = _rows(ticket, uploads, key, user, at)
    return conversation.answer(
        ticket, by=user, at=at, text=text, token=f"mail-{key[:59]}", files=files, via=Entry.MAIL
    )


def _with(text: str, refused: Sequence[str]) -> str:
    """*text* cut to what fits, with what was not received."""
    short = text[: LONGEST_TEXT - 1_500]
    short += CUT if len(text) > len(short) else ""
    return "\n\n".join([short, *(f"(No se recibió: {line[:200]})" for line in refused[:4])])


def _rows(
    ticket: Ticket, uploads: Sequence[Upload], key: str, by: User, at: datetime
) -> list[TicketFile]:
    return [
        attachment.add(ticket.company, upload, by=by, at=at, token=key[:64]) for upload in uploads
    ]


def _kept(row: IncomingMail, at: datetime) -> tuple[list[Upload], list[str]]:
    """The files of a mail that waits, cleaned now."""
    try:
        return _cleaned(letter.read(storage.read(row.raw)), at) if row.raw else ([], [])
    except Exception:
        log.warning("The files of mail %d could not be read.", row.pk, exc_info=True)
        return [], ["sus archivos no se pudieron leer."]


def _keep(
    found: Letter, raw: bytes, at: datetime, ticket: Ticket | None, reason: str
) -> IncomingMail | None:
    """Wait for staff, with the mail as it came."""
    stored = ""
    if len(raw) <= LARGEST and waiting().count() < MOST_WAITING:
        stored = storage.keep(raw, folder=folder(clock.local(at).date()), suffix=".eml")
    return _row(
        found, raw, at, ticket=ticket, state=IncomingMail.WAITING, reason=reason, stored=stored
    )


def _row(
    found: Letter, raw: bytes, at: datetime, *, state: str, reason: str = "",
    ticket: Ticket | None = None, entry: Entry | None = None, stored: str = "",
) -> IncomingMail | None:  # fmt: skip
    row, fresh = IncomingMail.objects.get_or_create(
        key=_key(found, raw),
        defaults={
            "received_at": at,
            "sender": found.sender,
            "subject": found.subject,
            "text": "" if entry else found.text[:LONGEST_TEXT],
            "raw": stored,
            "ticket": ticket,
            "entry": entry,
            "state": state,
            "reason": reason,
        },
    )
    return row if fresh else None


# -- what staff do with what waits -------------------------------------------------------------------


def waiting() -> models.QuerySet[IncomingMail]:
    rows = IncomingMail.objects.filter(state=IncomingMail.WAITING)
    return rows.select_related("ticket", "ticket__company").order_by("id")


def file_in(row: IncomingMail, ticket: Ticket, *, by: User, at: datetime) -> Entry:
    """Put what waits into *ticket*: as its sender's message if they take part, else as a note.

    Its files are cleaned first, which takes seconds. Moved when a colleague was quicker.
    """
    uploads, refused = _kept(row, at)
    with transaction.atomic():
        row = _locked(row)
        user = _person(ticket, row.sender)
        text = _with(row.text or "(sin texto)", refused)
        if user is not None and not ticket.is_closed(at):
            token = f"mail-{row.key[:59]}"
            files = _rows(ticket, uploads, row.key, user, at)
            entry = conversation.answer(
                ticket, by=user, at=at, text=text, token=token, files=files, via=Entry.MAIL
            )
        else:
            about = f"Correo de {row.sender or 'remitente desconocido'}: {row.subject}"
            note = f"{about}\n\n{text}"[:LONGEST_TEXT]
            entry = conversation.note(ticket, by=by, at=at, text=note)
            attachment.settle(_rows(ticket, uploads, row.key, by, at), entry)
        _decide(row, IncomingMail.TAKEN, by=by, at=at, ticket=ticket, entry=entry)
        return entry


def dismiss(row: IncomingMail, *, by: User, at: datetime) -> None:
    """It is nothing for anybody."""
    with transaction.atomic():
        _decide(_locked(row), IncomingMail.DISMISSED, by=by, at=at)


def _locked(row: IncomingMail) -> IncomingMail:
    found = IncomingMail.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if found.state != IncomingMail.WAITING:
        raise Moved("Otra persona ya vio este correo.")
    return found


def _decide(
    row: IncomingMail, state: str, *, by: User, at: datetime,
    ticket: Ticket | None = None, entry: Entry | None = None,
) -> None:  # fmt: skip
    row.state, row.decided_by, row.decided_at = state, by, at
    if ticket is not None:
        row.ticket, row.entry = ticket, entry
    stored, row.raw = row.raw, ""
    row.save(update_fields=["state", "decided_by", "decided_at", "ticket", "entry", "raw"])
    if stored:
        transaction.on_commit(lambda: default_storage.delete(stored))
    audit.record(f"mail.{state}", by=by, subject=row.sender, at=at, mail=row.pk)


def by_number(text: str) -> Ticket:
    """The ticket that staff named; Invalid when there is none."""
    from iofacturo.support import number

    row = Ticket.objects.select_related("company").filter(number=number.compact(text)).first()
    if row is None:
        raise Invalid({"ticket": "No hay un ticket con ese número."})
    return row
