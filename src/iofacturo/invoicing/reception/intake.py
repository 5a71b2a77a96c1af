"""From dropped files to rows. Every file has its own outcome; a bad one harms no other.

A file is looked at outside of any transaction and laid down in one of its own. What was kept before
the process died is recognised when the same files are dropped again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hacienda import identificacion
from hacienda.errors import Problem
from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.invoicing.reception import batch, hacienda_word, parcel
from iofacturo.invoicing.reception.batch import ReceptionBatch
from iofacturo.invoicing.reception.errand import Errand
from iofacturo.invoicing.reception.inspection import (
    Attached,
    Inspected,
    Refusal,
    differences_of,
    inspect,
)
from iofacturo.invoicing.reception.parcel import Piece, Readable
from iofacturo.invoicing.reception.received import Received, ReceivedTax, ReceivedXML
from iofacturo.invoicing.signed_xml import digest
from iofacturo.lib import folding

SECONDS = 20.0  # of one batch; what is left over is said, and dropped again
MOST_OUTCOMES = 2_500


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    NEW, AGAIN, APART, ANSWER, IGNORED, REFUSED = (
        "new", "again", "apart", "answer", "ignored", "refused",
    )  # fmt: skip
    file: str
    kind: str
    message: str
    received: str = ""  # public id

    def as_json(self) -> dict[str, str]:
        return {
            "file": self.file, "kind": self.kind, "message": self.message,
            "received": self.received,
        }  # fmt: skip


@dataclass
class _Intake:
    """One batch on its way in."""

    company: Company
    by: User | None
    at: datetime
    outcomes: list[Outcome] = field(default_factory=list)
    answers: list[tuple[str, Attached]] = field(default_factory=list)

    def take(self, piece: Piece) -> None:
        if piece.refusal:
            kind = Outcome.IGNORED if piece.ignored else Outcome.REFUSED
            self.say(piece.name, kind, piece.refusal)
            return
        try:
            found = inspect(piece.data, self.company)
        except Refusal as refusal:
            self.say(piece.name, Outcome.REFUSED, str(refusal))
            return
        if isinstance(found, Attached):
            self.answers.append((piece.name, found))  # its document may come after it
            return
        row, new = lay_down(found, piece, self.company, by=self.by, at=self.at)
        self.say(piece.name, *_told(row, new), row.public_id)

    def attach(self) -> None:
        """The answers of Hacienda that came along, each to its document."""
        for name, found in self.answers:
            row = self.company.received.filter(clave=found.clave, apart="").first()
            if row is None:
                self.say(
                    name,
                    Outcome.IGNORED,
                    "Es una respuesta de Hacienda sobre un documento que no está aquí.",
                )
                continue
            hacienda_word.keep(
                found.respuesta,
                row,
                at=self.at,
                attached=True,
                differences=differences_of(found.mensaje, row),
            )
            self.say(
                name,
                Outcome.ANSWER,
                f"Respuesta de Hacienda, junto a {row.label}. De todos modos se le pregunta a ella.",
                row.public_id,
            )

    def say(self, file: str, kind: str, message: str, received: str = "") -> None:
        self.outcomes.append(Outcome(file, kind, message, received))


def receive(
    company: Company,
    files: Iterable[tuple[str, Readable]],
    *,
    token: UUID,
    by: User | None,
    at: datetime,
) -> ReceptionBatch:
    """Take in *files* (name, opened file); the batch says what became of each."""
    there = batch.known(company, token)
    if there is not None:
        return there
    intake, started = _Intake(company, by, at), time.monotonic()
    for piece in parcel.pieces(files):
        if time.monotonic() - started > SECONDS or len(intake.outcomes) >= MOST_OUTCOMES:
            intake.say(piece.name, Outcome.REFUSED, TOO_LONG)
            break
        intake.take(piece)
    intake.attach()
    outcomes = [one.as_json() for one in intake.outcomes]
    return batch.record(company, token, outcomes, by=by, at=at)


TOO_LONG = (
    "Hasta aquí alcanzó el tiempo. Suba de nuevo los mismos archivos: lo que ya entró se reconoce "
    "y se sigue desde este."
)


def lay_down(
    found: Inspected, piece: Piece, company: Company, *, by: User | None, at: datetime
) -> tuple[Received, bool]:
    """The row of a document, and whether it is new. The same bytes are the same row."""
    sha256 = digest(piece.data)
    for _ in range(3):
        there = company.received.filter(sha256=sha256).first()
        if there is not None:
            return there, False
        taken = company.received.filter(clave=found.clave, apart="").exists()
        apart = found.apart or (Received.COPY if taken else "")
        try:
            with transaction.atomic():
                return _insert(found, piece, company, sha256, apart, by, at), True
        except IntegrityError:  # it came in elsewhere at the same moment: look again
            continue
    raise IntegrityError(f"{found.clave} cannot be kept")


def _insert(
    found: Inspected,
    piece: Piece,
    company: Company,
    sha256: str,
    apart: str,
    by: User | None,
    at: datetime,
) -> Received:
    document = found.document
    numero = identificacion.compact(found.emisor.tipo or "", found.emisor.numero or "")
    row = Received.objects.create(
        company=company,
        clave=found.clave,
        tipo=document.codigo,
        version=document.version,
        consecutivo=found.clave[21:41],
        fecha=found.fecha,
        emisor_tipo=found.emisor.tipo or "",
        emisor_numero=numero,
        emisor_nombre=found.emisor_nombre,
        folded=folding.fold(f"{found.emisor_nombre} {numero} {int(found.clave[31:41])}")[:220],
        actividad=(document.codigo_actividad_receptor or "")[:6],
        moneda=found.moneda,
        tipo_cambio=found.tipo_cambio,
        total=found.total,
        impuesto=found.impuesto,
        file_name=piece.name,
        sha256=sha256,
        trust=found.trust,
        signer=found.signer,
        apart=apart,
        findings=[_as_json(problem) for problem in found.findings],
        received_at=at,
        received_by=by,
    )
    ReceivedXML.objects.create(received=row, xml=piece.data)
    ReceivedTax.objects.bulk_create(
        ReceivedTax(received=row, tarifa=tax.tarifa, porcentaje=tax.porcentaje, iva=tax.iva)
        for tax in found.taxes
    )
    if not apart:
        Errand.objects.create(
            received=row,
            company=company,
            environment=settings.HACIENDA_ENV,
            state=Errand.ASKING,
            due_at=at,
        )
    return row


def _as_json(problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code[:60],
        "path": problem.path[:200],
        "severity": problem.severity,
        "message": problem.message[:500],
    }


def _told(row: Received, new: bool) -> tuple[str, str]:
    """Kind and sentence for a document that is kept."""
    if row.apart == Received.COPY:
        return Outcome.APART, (
            "Ya hay otro archivo con esta misma clave y distinto contenido. Lo guardamos aparte: "
            "pregúntele a quien lo emitió cuál vale."
        )
    if row.apart:
        return Outcome.APART, f"{row.get_apart_display()}. Lo guardamos aparte y no se responde."
    if not new:
        return Outcome.AGAIN, "Ya estaba: es el mismo archivo."
    if row.errors:
        return Outcome.NEW, "Se recibió, con observaciones que conviene leer antes de responder."
    return Outcome.NEW, "Se recibió."
