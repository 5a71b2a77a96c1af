"""The proof of a transfer: cleaned pictures that are shown, and an original nobody is served.

Files are written before the rows that name them; what no row names is swept (`claims.sweep`).
A file that was seen before is a warning to the sender and a fact for the reviewer, never a bar:
money that did arrive may need a new request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.http import HttpResponse

from iofacturo.accounts.company import Company
from iofacturo.accounts.user import User
from iofacturo.lib import clock
from iofacturo.renewals.errors import Invalid, WrongState
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.transfer import Transfer
from iofacturo.uploads import likeness, showing, storage

if TYPE_CHECKING:
    from iofacturo.uploads.cleaning import Cleaned

MOST_PROOFS = 6  # that stand with a request at one time
MOST_UPLOADS = 30  # to one request, removed ones included
SAME_PICTURE = 1  # bits that differ when a picture was merely saved again
MOST_SURE, MOST_ALIKE = 5, 3  # that are told
MOST_COMPARED = 50  # newest pictures that share one part of the hash
_BANDS = 4  # of 16 bits: pictures that differ in three bits share at least one


class PaymentProof(models.Model):
    """One file of the customer's. What it is never changes; it can be taken out of a draft."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="payment_proofs")
    request = models.ForeignKey(RenewalRequest, models.PROTECT, related_name="proofs")
    name = models.CharField("nombre", max_length=120)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    phash = models.CharField(max_length=16)
    band0 = models.CharField(max_length=4, db_index=True)
    band1 = models.CharField(max_length=4, db_index=True)
    band2 = models.CharField(max_length=4, db_index=True)
    band3 = models.CharField(max_length=4, db_index=True)
    original = models.CharField(max_length=120)  # quarantined: never served to anybody
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # from then on it stays
    removed_at = models.DateTimeField(null=True)
    paid_on = models.DateField("fecha", null=True)
    amount = models.DecimalField("monto", max_digits=14, decimal_places=2, null=True)
    bank = models.CharField("banco", max_length=80, blank=True)
    bank_reference = models.CharField("número de la transferencia", max_length=40, blank=True)
    # until it was looked at by the machine; see `reading_claims`
    reading_due_at = models.DateTimeField(null=True)
    reading_tries = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = "comprobante de pago"
        verbose_name_plural = "comprobantes de pago"
        indexes = [
            models.Index(
                fields=["reading_due_at"],
                condition=Q(reading_due_at__isnull=False),
                name="proof_reading_due",
            ),
            models.Index(fields=["sha256"], name="proof_sha256"),
            models.Index(fields=["company", "-id"], name="proof_company"),
            models.Index(fields=["bank_reference"], name="proof_by_reference"),
            models.Index(fields=["phash"], name="proof_by_phash"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(sent_at__isnull=True),
                name="proof_sent_stays",
            )
        ]


class ProofPage(models.Model):
    """One cleaned picture of a proof, re-encoded by us. Append-only."""

    proof = models.ForeignKey(PaymentProof, models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField()
    stored = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    words = models.JSONField(null=True)  # of a PDF's own text: [text, [left, top, right, bottom]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proof", "number"], name="proof_page_once")]
        ordering = ["proof_id", "number"]

    def response(self) -> HttpResponse:
        """The picture as a page of ours may show it. Who may see it is the caller's to decide."""
        return showing.png(self.read, f"comprobante-{self.proof_id}-{self.number}.png")

    def read(self) -> bytes:
        """The picture, a PNG."""
        return storage.read(self.stored)


@dataclass(frozen=True)
class Use:
    """An earlier appearance of the same file, of a picture like it, or of its bank reference."""

    proof: PaymentProof
    how: str  # "same", "reference", "read" (a reference that was read on a picture) or "alike"
    distance: int = 0  # of 64 bits, for pictures that are alike


# -- making --------------------------------------------------------------------------------------


def folder(day: date) -> str:
    """Where the files of one day are kept."""
    return f"{storage.PROOFS}/{day:%Y/%m/%d}"


@dataclass(frozen=True)
class Upload:
    """A file that was cleaned and written to storage, and is not named by a row yet."""

    name: str
    cleaned: Cleaned
    original: str
    pages: list[tuple[str, int]]


def store(data: bytes, cleaned: Cleaned, name: str, at: datetime) -> Upload:
    """Write the original and its clean pages. Before any row, outside any transaction."""
    where = folder(clock.local(at).date())
    original = storage.keep(data, folder=where, suffix=".quarantine")
    pages = [(storage.keep(page, folder=where, suffix=".png"), len(page)) for page in cleaned.pages]
    return Upload(tidy(name), cleaned, original, pages)


def attach(
    request: RenewalRequest, data: bytes, cleaned: Cleaned, name: str, *, by: User, at: datetime
) -> PaymentProof:
    """Keep a cleaned file with *request*, which must still be the customer's to change."""
    return add(request, store(data, cleaned, name, at), by=by, at=at)


def add(request: RenewalRequest, upload: Upload, *, by: User, at: datetime) -> PaymentProof:
    """The row of a stored file; the same file again is the same proof."""
    with transaction.atomic():
        request = RenewalRequest.lock(request.pk)
        _must_be_editable(request)
        live = list(standing(request))
        for old in live:
            if old.sha256 == upload.cleaned.sha256:
                return old
        if len(live) >= MOST_PROOFS:
            raise Invalid({"archivo": f"Caben {MOST_PROOFS} archivos: quite uno primero."})
        if PaymentProof.objects.filter(request=request).count() >= MOST_UPLOADS:
            raise Invalid({"archivo": "Ya subió demasiados archivos a esta solicitud."})
        proof = _create(request, upload, by=by, at=at)
        request.change(at=at, saved_at=at)
    return proof


def _create(request: RenewalRequest, upload: Upload, *, by: User, at: datetime) -> PaymentProof:
    cleaned = upload.cleaned
    proof = PaymentProof.objects.create(
        company=request.company,
        request=request,
        name=upload.name,
        kind=cleaned.kind,
        size=cleaned.size,
        sha256=cleaned.sha256,
        phash=cleaned.phash,
        original=upload.original,
        uploaded_by=by,
        uploaded_at=at,
        reading_due_at=at,
        **_bands(cleaned.phash),
    )
    said = cleaned.words or ((),) * len(upload.pages)
    ProofPage.objects.bulk_create(
        ProofPage(proof=proof, number=i, stored=stored, size=size, words=words or None)
        for i, ((stored, size), words) in enumerate(zip(upload.pages, said, strict=True), start=1)
    )
    return proof


def _bands(phash: str) -> dict[str, str]:
    return {f"band{i}": phash[4 * i : 4 * i + 4] for i in range(_BANDS)}


def tidy(name: str) -> str:
    """A file's name fit to be shown: no folders, no control characters, at most 120 letters."""
    plain = "".join(c for c in name.replace("\\", "/").split("/")[-1] if c.isprintable())
    return plain.strip()[-120:] or "archivo"


def _must_be_editable(request: RenewalRequest) -> None:
    if request.state not in (
        RenewalRequest.DRAFT,
        RenewalRequest.EXPIRED,
        RenewalRequest.NEEDS_INFO,
    ):
        raise WrongState("La solicitud ya se envió: sus comprobantes no se pueden cambiar.")


def remove(request: RenewalRequest, pk: int, *, at: datetime) -> None:
    """Take a proof that was not sent yet out of *request*; nothing happens if it is not there."""
    with transaction.atomic():
        request = RenewalRequest.lock(request.pk)
        _must_be_editable(request)
        rows = PaymentProof.objects.filter(
            request=request, pk=pk, sent_at=None, removed_at=None
        ).update(removed_at=at)
        if rows:
            request.change(at=at, saved_at=at)


def annotate(request: RenewalRequest, told: Transfer) -> None:
    """Write what the customer told about the transfer on the newest unsent proof."""
    newest = standing(request).filter(sent_at=None).order_by("-id").first()
    if newest is not None:
        PaymentProof.objects.filter(pk=newest.pk).update(
            paid_on=told.paid_on,
            amount=told.amount,
            bank=told.bank,
            bank_reference=fold_reference(told.number),
        )


def fold_reference(text: str) -> str:
    """A bank's reference as we compare it: upper case, letters and digits only."""
    return "".join(c for c in text.upper() if c.isalnum())[:40]


def inherit(request: RenewalRequest, previous: RenewalRequest, *, by: User, at: datetime) -> None:
    """Give *request* the proofs of the rejected one it repeats; the files are shared."""
    for old in standing(previous).prefetch_related("pages"):
        fields: dict[str, Any] = {
            name: getattr(old, name)
            for name in (
                "name", "kind", "size", "sha256", "phash", "band0", "band1", "band2", "band3",
                "original", "paid_on", "amount", "bank", "bank_reference",
            )
        }  # fmt: skip
        copy = PaymentProof.objects.create(
            company=request.company, request=request, uploaded_by=by, uploaded_at=at,
            reading_due_at=at, **fields,
        )  # fmt: skip
        ProofPage.objects.bulk_create(
            ProofPage(
                proof=copy,
                number=page.number,
                stored=page.stored,
                size=page.size,
                words=page.words,
            )
            for page in old.pages.all()
        )


# -- reading -------------------------------------------------------------------------------------


def standing(request: RenewalRequest) -> models.QuerySet[PaymentProof]:
    """The proofs that count for *request*, oldest first."""
    return PaymentProof.objects.filter(request=request, removed_at=None).order_by("id")


def uses(proofs: Iterable[PaymentProof], *, of: Company | None = None) -> dict[int, list[Use]]:
    """Earlier sent appearances of each proof in other requests, by proof id.

    With *of* pictures that are only alike are looked for in that company alone, as the sender may
    be told; without it everywhere, as the reviewer needs. Requests that repeat a rejected one
    share its files on purpose, as those do that are paid with one transfer: they are left out.

    The same file and the same reference are asked for by themselves, so that however many slips of
    one bank look alike, none of them hides a repeat. Of what is alike the newest are compared.
    """
    wanted = list(proofs)
    if not wanted:
        return {}
    read = _references_read(wanted)
    repeated = {proof.request.previous_id for proof in wanted}
    ancestors = {pk for pk in repeated if pk is not None}
    earlier = (
        PaymentProof.objects.filter(sent_at__isnull=False)
        .exclude(request__in={proof.request_id for proof in wanted} | ancestors)
        .exclude(request__group__in=_groups(wanted, ancestors))
    )
    sought = [*_repeats(earlier, wanted, read), *_near(earlier, wanted, of)]
    others = list(
        PaymentProof.objects.filter(pk__in=_newest(sought))
        .select_related("request", "request__quote", "company")
        .order_by("-id")
    )
    found: dict[int, list[Use]] = {proof.pk: [] for proof in wanted}
    read |= _references_read(others)
    for other in others:
        for proof in wanted:
            use = _use(proof, other, of, read)
            if use is not None:
                found[proof.pk].append(use)
    return {pk: _gravest(some) for pk, some in found.items()}


_Some = tuple[models.QuerySet[PaymentProof], int]  # rows, and how many of the newest are wanted


def _newest(sought: list[_Some]) -> set[int]:
    """The ids of all that is sought, by one statement: each part goes by its own index.

    The bound stands one level down, because SQLite takes none in the parts of a union.
    """
    first, *more = (
        PaymentProof.objects.filter(pk__in=rows.order_by("-id").values("pk")[:most])
        .order_by()
        .values_list("pk", flat=True)
        for rows, most in sought
    )
    return set(first.union(*more, all=True))


def _repeats(
    earlier: models.QuerySet[PaymentProof], wanted: list[PaymentProof], read: dict[int, str]
) -> Iterable[_Some]:
    """The same files and references among *earlier*, each found by its own index."""
    for sha256 in {proof.sha256 for proof in wanted}:
        yield earlier.filter(sha256=sha256), MOST_SURE
    for reference in {proof.bank_reference for proof in wanted} | set(read.values()):
        if reference:
            yield earlier.filter(bank_reference=reference), MOST_SURE
            yield earlier.filter(pk__in=_read_somewhere(reference)), MOST_SURE


def _near(
    earlier: models.QuerySet[PaymentProof], wanted: list[PaymentProof], of: Company | None
) -> Iterable[_Some]:
    """Pictures of *earlier* whose hash shares a part with one of *wanted*.

    What was merely saved again is asked for by every hash that it can have, lest those that share
    a part with many hide it.
    """
    if of is not None:
        earlier = earlier.filter(company=of)
    for phash in {proof.phash for proof in wanted}:
        yield earlier.filter(phash__in=likeness.within_one_bit(phash)), MOST_COMPARED
    for parts in {(proof.band0, proof.band1, proof.band2, proof.band3) for proof in wanted}:
        for i, part in enumerate(parts):
            yield earlier.filter(**{f"band{i}": part}), MOST_COMPARED


def was_sent_before(upload: Upload, request: RenewalRequest) -> bool:
    """Whether this very file came with another request that was sent, of any company."""
    rows = PaymentProof.objects.filter(sha256=upload.cleaned.sha256, sent_at__isnull=False)
    if request.group_id is not None:
        rows = rows.exclude(request__group=request.group_id)
    return rows.exclude(request__in={request.pk, request.previous_id} - {None}).exists()


def withdraw(request: RenewalRequest, at: datetime) -> None:
    """Take what was not sent yet out of *request*: it was for another transfer."""
    PaymentProof.objects.filter(request=request, sent_at=None, removed_at=None).update(
        removed_at=at
    )


def _groups(proofs: Iterable[PaymentProof], ancestors: set[int]) -> set[int]:
    """The groups of these proofs' requests, and of those that they repeat."""
    found = {one.request.group_id for one in proofs}
    if ancestors:
        found |= set(
            RenewalRequest.objects.filter(pk__in=ancestors).values_list("group", flat=True)
        )
    return {pk for pk in found if pk is not None}


def _references_read(proofs: Iterable[PaymentProof]) -> dict[int, str]:
    """The bank's reference that was read on each of *proofs*, by its id."""
    from iofacturo.renewals.machine_reading import MachineReading

    rows = MachineReading.objects.filter(proof__in=[one.pk for one in proofs]).exclude(reference="")
    return dict(rows.values_list("proof", "reference"))


def _read_somewhere(reference: str) -> models.QuerySet[Any, Any]:
    """The ids of the proofs on which *reference* was read."""
    from iofacturo.renewals.machine_reading import MachineReading

    return MachineReading.objects.filter(reference=reference).values("proof")


def _use(
    proof: PaymentProof, other: PaymentProof, of: Company | None, read: dict[int, str]
) -> Use | None:
    if proof.sha256 == other.sha256:
        return Use(other, "same")
    if proof.bank_reference and proof.bank_reference == other.bank_reference:
        return Use(other, "reference")
    mine = {proof.bank_reference, read.get(proof.pk, "")} - {""}
    if mine & {other.bank_reference, read.get(other.pk, "")}:
        return Use(other, "read")
    distance = likeness.distance(proof.phash, other.phash)
    if of is not None:
        # receipts of one bank look alike: a sender is only told of what is all but identical
        near = other.company_id == of.pk and distance <= SAME_PICTURE
    else:
        near = distance <= likeness.NEAR
    return Use(other, "alike", distance) if near else None


def _gravest(uses: list[Use]) -> list[Use]:
    """The surest first; of what only looks alike the nearest few."""
    sure = [use for use in uses if use.how != "alike"]
    alike = sorted((use for use in uses if use.how == "alike"), key=lambda use: use.distance)
    return [*sorted(sure, key=lambda use: use.how != "same")[:MOST_SURE], *alike[:MOST_ALIKE]]
