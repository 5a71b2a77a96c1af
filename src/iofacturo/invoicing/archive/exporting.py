"""Making an export: documents in the order of their dates, a hundred at a time.

A worker works on one for some seconds, so that everything else has its turn, and writes down after
each hundred how far it is. The work files lie in the data folder of the machine that has the export
on its desk; another machine takes it over, from the beginning, only when that one is silent.
"""

from __future__ import annotations

import csv
import logging
import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

import hacienda
from hacienda.errors import HaciendaError
from iofacturo import notifications
from iofacturo.folios.csv_file import safe
from iofacturo.invoicing.answer import Answer
from iofacturo.invoicing.archive import filters, search, streams, table
from iofacturo.invoicing.archive.export import FOLDER, KEPT, Export
from iofacturo.invoicing.archive.streams import Key, Reading
from iofacturo.invoicing.archive.zip_file import GrowingZip, Mark, beside
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.paper import pdf
from iofacturo.invoicing.signed_xml import SignedXML
from iofacturo.lib import clock

log = logging.getLogger(__name__)

SLICE_SECONDS = 8.0
CHUNK = 100
PAPER_CHUNK = 20  # a PDF takes as long as forty XML
WINDOW = 20_000
LEASE = timedelta(minutes=2)
SILENT = timedelta(minutes=10)  # then another machine takes over
PAUSES = (5, 30, 120, 600)  # seconds after a failure; then it is given up
SHORT = {kind.codigo: tipo for tipo, kind in hacienda.TIPOS.items()}


class Lost(Exception):
    """Another worker has it by now."""


def run(now: datetime) -> int:
    """Work on one due export for a while; how many were worked on."""
    row = claim(now)
    if row is None:
        return 0
    try:
        work(row, now)
    except Lost:
        log.warning("The export %s is another worker's by now.", row.public_id)
    except Exception:
        log.exception("The export %s failed.", row.public_id)
        fail(row, now)
    return 1


# -- whose it is -------------------------------------------------------------------------------


def workplace() -> Path:
    """Where this machine keeps its work files."""
    folder = Path(settings.DATA) / "descargas-en-curso"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def desk() -> str:
    """What this workplace is called among all machines."""
    sign = workplace() / "nombre"
    try:
        with sign.open("x") as file:
            file.write(secrets.token_hex(16))
    except FileExistsError:
        pass
    return sign.read_text() or "sin nombre"


def claim(now: datetime) -> Export | None:
    """A due export, held for `LEASE`; from the beginning when its work files lie elsewhere."""
    due = Export.objects.filter(state=Export.WAITING, due_at__lte=now)
    if not due.exists():
        return None
    here, lease = desk(), uuid4()
    ours = due.filter(Q(desk__in=("", here)) | Q(due_at__lte=now - SILENT)).order_by("due_at", "id")
    with transaction.atomic():
        row = ours.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        if row.desk != here:
            row.position, row.done = {}, 0
        row.desk, row.lease, row.due_at = here, lease, now + LEASE
        row.save(update_fields=["desk", "lease", "due_at", "position", "done"])
    return Export.objects.select_related("company", "created_by").get(pk=row.pk)


def _hold(row: Export, **changes: object) -> None:
    """Write *changes* down if it is still ours. Raises Lost."""
    held = Export.objects.filter(pk=row.pk, lease=row.lease, state=Export.WAITING)
    if not held.update(**changes):
        raise Lost
    for name, value in changes.items():
        setattr(row, name, value)


def fail(row: Export, now: datetime) -> None:
    """Try again later, a few times; whoever asked for it is told when it is given up."""
    failures = row.failures + 1
    held = Export.objects.filter(pk=row.pk, lease=row.lease, state=Export.WAITING)
    if failures <= len(PAUSES):
        wait = timedelta(seconds=PAUSES[failures - 1])
        held.update(failures=failures, due_at=now + wait, lease=None, position={}, done=0)
        return
    with transaction.atomic():
        if held.update(state=Export.FAILED, lease=None):
            _tell(row, "export.failed", now)
    clear(row)


# -- the work ----------------------------------------------------------------------------------


def work(row: Export, now: datetime) -> None:
    """Go on for `SLICE_SECONDS`. Raises Lost."""
    started = time.monotonic()
    asked = reading(row)
    if row.total is None:
        _hold(row, total=streams.count(asked, row.last_id))
    key = streams.key_from(row.position.get("after", ""))
    try:
        bench = Bench(row)
    except ValueError:  # the machine lost its files
        _hold(row, position={}, done=0)
        bench, key = Bench(row), None
    with bench:
        for documents, reached in chunks(asked, row, key):
            bench.add(documents)
            at = now + timedelta(seconds=time.monotonic() - started)
            position = bench.whole() | {"after": reached.text}
            _hold(
                row, position=position, done=row.done + len(documents), due_at=at + LEASE,
                failures=0,
            )  # fmt: skip
            if time.monotonic() - started > SLICE_SECONDS:
                _hold(row, due_at=now, lease=None)
                return
        path = bench.finish()
    _deliver(row, path, now)


def reading(row: Export) -> Reading:
    """Which documents it is about."""
    series = filters.series_of(row.company)
    chosen = filters.filters_from(row.asked, series)
    found = search.meaning(chosen.q, row.company, series) if chosen.q else None
    return streams.reading(row.company, chosen, found, series)


def chunks(asked: Reading, row: Export, key: Key | None) -> Iterator[tuple[list[Comprobante], Key]]:
    """The documents from *key* on, oldest first, and the key behind each lot of them."""
    most = PAPER_CHUNK if row.kind == Export.ALL else CHUNK
    while True:
        found = streams.rows(asked, most, after=key, newer=True, window=WINDOW)
        if len(found) == most:
            key = Key(found[-1].fecha, found[-1].pk)
        else:
            end = streams.horizon(asked, after=key, newer=True, window=WINDOW)
            last = Key(found[-1].fecha, found[-1].pk) if found else key
            key = end or last
            if end is None:
                if found and key is not None:
                    yield _before(found, row), key
                return
        if key is not None:
            yield _before(found, row), key


def _before(found: list[Comprobante], row: Export) -> list[Comprobante]:
    """Those that were there when the export was asked for."""
    kept = [one for one in found if one.pk <= row.last_id]
    for one in kept:
        one.company = row.company  # known already: papers ask for it
    return kept


class Bench:
    """The work files of an export, open where the last whole lot ended. ValueError: they are gone."""

    def __init__(self, row: Export) -> None:
        self.row = row
        position = row.position
        self.csv_path = workplace() / f"{row.public_id}.csv"
        self.zip_path = workplace() / f"{row.public_id}.zip"
        size = position.get("csv", 0)
        there = self.csv_path.stat().st_size if self.csv_path.exists() else 0
        if there < size:
            raise ValueError("the table is shorter than it was")
        mark = Mark(
            position.get("zip", 0), position.get("directory", 0), position.get("entries", 0)
        )
        self.zip = GrowingZip(self.zip_path, mark) if row.kind != Export.TABLE else None
        self.csv = self.csv_path.open("r+" if there else "w+", encoding="utf-8", newline="")
        self.csv.seek(size)
        self.csv.truncate()
        self.writer = csv.writer(self.csv)
        if not size:
            self.csv.write("\ufeff")  # spreadsheets know UTF-8 by it
            self.writer.writerow(table.HEADINGS)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *error: object) -> None:
        self.csv.close()
        if self.zip is not None:
            self.zip.__exit__(None, None, None)

    def add(self, documents: list[Comprobante]) -> None:
        """A lot of documents: their bytes by one query, Hacienda's answers by another."""
        pks = [one.pk for one in documents]
        bodies = {body.pk: body for body in SignedXML.objects.filter(pk__in=pks)}
        answers = {}
        if self.zip is not None:
            said = Answer.objects.filter(comprobante_id__in=pks).order_by("id")
            answers = {one.comprobante_id: one for one in said}
        for one in documents:
            body = bodies.get(one.pk)
            xml = bytes(body.xml) if body else b""
            self.writer.writerow([safe(cell) for cell in table.cells(one, value_of(xml))])
            if self.zip is not None and body is not None:
                one.signed_xml = body
                self._files(self.zip, one, xml, answers.get(one.pk))

    def _files(self, to: GrowingZip, row: Comprobante, xml: bytes, said: Answer | None) -> None:
        name = file_name(row)
        to.add(f"{name}.xml", xml, row.fecha)
        if said is not None and said.xml:
            to.add(f"{name}-respuesta.xml", bytes(said.xml), said.received_at)
        if self.row.kind == Export.ALL:
            to.add(f"{name}.pdf", pdf.render(row), row.fecha)

    def whole(self) -> dict[str, int]:
        """Where the files stand now."""
        self.csv.flush()
        position = {"csv": self.csv.tell()}
        if self.zip is not None:
            mark = self.zip.whole()
            position |= {"zip": mark.data, "directory": mark.directory, "entries": mark.entries}
        return position

    def finish(self) -> Path:
        """The finished file."""
        self.csv.flush()
        if self.zip is None:
            return self.csv_path
        self.zip.add_file("documentos.csv", self.csv_path, self.row.created_at)
        self.zip.finish()
        return self.zip_path


def value_of(xml: bytes) -> hacienda.Comprobante | None:
    """The document in *xml*; None when there is none."""
    try:
        value = hacienda.read(xml)
    except HaciendaError:
        return None
    return value if isinstance(value, hacienda.Comprobante) else None


def file_name(row: Comprobante) -> str:
    """`2026-11/2026-11-23-FE-00100001010000004121`: digits and letters only, by month."""
    day = clock.local(row.fecha).date()
    return f"{day:%Y-%m}/{day.isoformat()}-{SHORT[row.tipo]}-{row.consecutivo}"


# -- its end -----------------------------------------------------------------------------------


def _deliver(row: Export, path: Path, now: datetime) -> None:
    """The file goes to storage, then the row says so, then whoever asked is told."""
    token = secrets.token_hex(16)
    with path.open("rb") as file:
        name = default_storage.save(f"{FOLDER}/{token[:2]}/{token}{path.suffix}", File(file))
    try:
        with transaction.atomic():
            _hold(
                row, state=Export.READY, file=name, size=path.stat().st_size, ready_at=now,
                expires_at=now + KEPT, position={}, total=row.done,
            )  # fmt: skip
            _tell(row, "export.ready", now)
    except BaseException:
        default_storage.delete(name)
        raise
    clear(row)


def _tell(row: Export, kind: str, now: datetime) -> None:
    seat = row.company.memberships.filter(user=row.created_by, removed_at__isnull=True)
    if seat.exists():
        notifications.notify(
            kind, company=row.company, users=[row.created_by], params={"what": row.told},
            url=reverse("invoicing:exports"), key=f"{kind}:{row.public_id}", at=now,
        )  # fmt: skip


def clear(row: Export) -> None:
    """Throw the work files away."""
    path = workplace() / f"{row.public_id}.zip"
    for one in (path, beside(path), path.with_suffix(".csv")):
        one.unlink(missing_ok=True)
