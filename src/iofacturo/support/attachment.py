"""Files that come with a message: cleaned pictures that are shown, an original nobody is served.

A file is written to storage before its row, and its row waits without a message until the form is
sent: who gets an error beside the subject does not choose the files again. What is never sent, and
what no row names, is swept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.http import HttpResponse

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.support.entry import Entry
from iofacturo.support.errors import Invalid
from iofacturo.uploads import cleaning, showing, storage

if TYPE_CHECKING:
    from iofacturo.uploads.cleaning import Cleaned

FOLDER = "tickets"
MOST_FILES = 5  # with one message
MOST_WAITING = 40  # that one person has uploaded and not sent
UNSENT_FOR = timedelta(days=2)


class TicketFile(models.Model):
    """One file. `entry` is empty until its message is sent; `token` is the form it waits for."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="ticket_files")
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="files")
    token = models.CharField(max_length=64, blank=True)
    name = models.CharField("nombre", max_length=120)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    page_count = models.PositiveSmallIntegerField()
    original = models.CharField(max_length=120)  # quarantined: never served to anybody
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = "archivo de un ticket"
        verbose_name_plural = "archivos de tickets"
        indexes = [
            models.Index(
                fields=["uploaded_by", "token"],
                condition=Q(entry__isnull=True),
                name="ticketfile_waiting",
            ),
            models.Index(fields=["original"], name="ticketfile_original"),
        ]


class TicketPage(models.Model):
    """One cleaned picture of a file, re-encoded by us."""

    file = models.ForeignKey(TicketFile, models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()
    stored = models.CharField(max_length=120)
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="ticketpage_once")]
        indexes = [models.Index(fields=["stored"], name="ticketpage_stored")]
        ordering = ["file_id", "number"]

    def response(self) -> HttpResponse:
        """The picture as a page of ours may show it. Who may see it is the caller's to decide."""
        return showing.png(self.read, f"archivo-{self.file_id}-{self.number}.png")

    def read(self) -> bytes:
        """The picture, a PNG."""
        return storage.read(self.stored)


@dataclass(frozen=True)
class Upload:
    """A file that was cleaned and stored, and is not named by a row yet."""

    name: str
    cleaned: Cleaned
    original: str
    pages: list[tuple[str, int]]


def folder(day: date) -> str:
    """Where the files of one day are kept."""
    return f"{FOLDER}/{day:%Y/%m/%d}"


def receive(data: bytes, name: str, at: datetime, size: int | None = None) -> Upload:
    """Clean and store a file; `uploads.cleaning.Refused` says why not. Outside any transaction."""
    cleaned = cleaning.clean(data, name, size)
    where = folder(clock.local(at).date())
    original = storage.keep(data, folder=where, suffix=".quarantine")
    pages = [(storage.keep(page, folder=where, suffix=".png"), len(page)) for page in cleaned.pages]
    return Upload(tidy(name), cleaned, original, pages)


def tidy(name: str) -> str:
    """A file's name fit to be shown: no folders, no control characters, at most 120 letters."""
    plain = "".join(c for c in name.replace("\\", "/").split("/")[-1] if c.isprintable())
    return plain.strip()[-120:] or "archivo"


def add(
    company: Company,
    upload: Upload,
    *,
    by: User,
    at: datetime,
    token: str = "",
    entry: Entry | None = None,
) -> TicketFile:
    """The row of a stored file, for the form *token* or for *entry* at once."""
    cleaned = upload.cleaned
    row = TicketFile.objects.create(
        company=company,
        entry=entry,
        token=token,
        name=upload.name,
        kind=cleaned.kind,
        size=cleaned.size,
        sha256=cleaned.sha256,
        page_count=cleaned.page_count,
        original=upload.original,
        uploaded_by=by,
        uploaded_at=at,
    )
    TicketPage.objects.bulk_create(
        TicketPage(file=row, number=i, stored=stored, size=size)
        for i, (stored, size) in enumerate(upload.pages, start=1)
    )
    return row


def waiting(company: Company, user: User, token: str) -> list[TicketFile]:
    """What *user* uploaded for the form *token* and has not sent, oldest first."""
    if not token:
        return []
    rows = TicketFile.objects.filter(
        company=company, uploaded_by=user, token=token, entry__isnull=True
    )
    return list(rows.order_by("id"))


def check_room(company: Company, user: User, token: str, more: int) -> None:
    """Invalid when *more* files do not fit with those that wait already."""
    if len(waiting(company, user, token)) + more > MOST_FILES:
        raise Invalid({"archivo": f"Caben {MOST_FILES} archivos por mensaje: quite alguno."})
    unsent = TicketFile.objects.filter(uploaded_by=user, entry__isnull=True).count()
    if unsent + more > MOST_WAITING:
        raise Invalid({"archivo": "Tiene demasiados archivos sin enviar. Pruebe mañana."})


def remove(company: Company, user: User, token: str, pk: int) -> None:
    """Take a file that was not sent out of the form; nothing happens if it is not there."""
    TicketFile.objects.filter(
        company=company, uploaded_by=user, token=token, pk=pk, entry__isnull=True
    ).delete()


def settle(files: Sequence[TicketFile], entry: Entry) -> None:
    """The message of *files* is written: they belong to it from here on."""
    pks = [file.pk for file in files]
    TicketFile.objects.filter(pk__in=pks, entry__isnull=True).update(entry=entry, token="")


def forget(now: datetime) -> int:
    """Rows that no message took in two days; their files are swept afterwards."""
    old = TicketFile.objects.filter(entry__isnull=True, uploaded_at__lt=now - UNSENT_FOR)
    pks = list(old.values_list("pk", flat=True)[:200])
    if pks:
        TicketFile.objects.filter(pk__in=pks, entry__isnull=True).delete()
    return len(pks)


def sweep(day: date) -> int:
    """Delete files of *day* that no row names."""
    where = folder(day)
    named = set(
        TicketFile.objects.filter(original__startswith=f"{where}/").values_list(
            "original", flat=True
        )
    )
    named |= set(
        TicketPage.objects.filter(stored__startswith=f"{where}/").values_list("stored", flat=True)
    )
    return storage.sweep(named, folder=where)
