"""The company's key: opened from its p12 once, sealed, and kept open by few processes for a while.

The sealed key is bound to the company's id and to its purpose: copied into another row it does not
open. A key that is replaced stays as a row, for it has signed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from hacienda.errors import LlaveError, Problem
from hacienda.llave import Llave, check_owner, check_validity
from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.sealing import ring
from iofacturo.accounts.user import User
from iofacturo.invoicing.errors import NotReady

PURPOSE = "firma"
KEPT_OPEN = 256  # keys a process holds open; each costs some 10 kB


class Key(models.Model):
    """A company's llave criptográfica, sealed. The one in use is not retired."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="keys", db_index=False, verbose_name="empresa"
    )
    sealed = models.BinaryField()
    subject = models.CharField("titular", max_length=120)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the certificate, hexadecimal
    not_before = models.DateTimeField("válida desde")
    not_after = models.DateTimeField("vence")
    installed_at = models.DateTimeField()
    installed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    watch_at = models.DateTimeField(null=True)  # when its expiry is looked at next (key_watch)

    class Meta:
        verbose_name = "llave criptográfica"
        verbose_name_plural = "llaves criptográficas"
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(retired_at__isnull=True), name="key_one_in_use"
            )
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="key_company"),
            models.Index(
                fields=["watch_at"], condition=Q(retired_at__isnull=True), name="key_watched"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def open(self) -> Llave:
        """The key itself. LlaveError when the ring cannot open it."""
        return Llave.unseal(ring(), self.sealed, owner_of(self.company), PURPOSE)

    def is_same(self, llave: Llave) -> bool:
        """Whether this row keeps *llave*, and can still be opened."""
        if self.fingerprint != fingerprint_of(llave):
            return False
        try:
            self.open()
        except LlaveError:
            return False
        return True


def fingerprint_of(llave: Llave) -> str:
    """SHA-256 of the certificate, hexadecimal."""
    return hashlib.sha256(llave.certificado.der).hexdigest()


def owner_of(company: Company) -> str:
    """Whom a company's secrets are bound to."""
    return f"company:{company.pk}:{company.identificacion}"


@sensitive_variables("p12", "pin")
def install(company: Company, p12: bytes, pin: str, *, by: User | None, at: datetime) -> Key:
    """Keep the key of a p12 for *company*, instead of the one before.

    Raises LlaveError for a wrong PIN or an unusable file, NotReady when the key is another
    taxpayer's or not valid at *at*. Neither file nor PIN is kept.
    """
    llave = Llave.from_p12(p12, pin)
    problems = check_owner(llave, company.tipo_identificacion, company.identificacion)
    problems += check_validity(llave, at)
    if llave.sandbox and settings.HACIENDA_ENV == "prod":
        problems.append(FOR_TESTS)
    if any(problem.is_error for problem in problems):
        raise NotReady(problems)
    return keep(company, llave, by=by, at=at)


def keep(company: Company, llave: Llave, *, by: User | None, at: datetime) -> Key:
    """Seal an open key for *company*; the one before is retired in the same transaction.

    The key that is in use already stays the row it is.
    """
    with transaction.atomic():
        Company.locked(company.pk)
        there = company.keys.filter(retired_at__isnull=True).first()
        if there is not None and there.is_same(llave):
            return there
        company.keys.filter(retired_at__isnull=True).update(retired_at=at)
        row = company.keys.create(
            sealed=llave.seal(ring(), owner_of(company), PURPOSE),
            subject=llave.certificado.signer[:120],
            fingerprint=fingerprint_of(llave),
            not_before=llave.not_before,
            not_after=llave.not_after,
            installed_at=at,
            installed_by=by,
            watch_at=at,
        )
        audit.record(
            "key.installed", by=by, company=company, subject=row.subject, at=at,
            fingerprint=row.fingerprint, not_after=row.not_after.isoformat(),
        )  # fmt: skip
    return row


class _Opened:
    """The keys a process holds open, by row; the least recently used is let go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[int, str], Llave] = OrderedDict()

    def get(self, company: Company, key_id: int, fingerprint: str) -> Llave:
        name = (key_id, fingerprint)
        with self._lock:
            llave = self._keys.get(name)
            if llave is not None:
                self._keys.move_to_end(name)
                return llave
        llave = company.keys.get(pk=key_id).open()
        problems = check_owner(llave, company.tipo_identificacion, company.identificacion)
        if problems:
            raise NotReady(problems)
        with self._lock:
            self._keys[name] = llave
            while len(self._keys) > KEPT_OPEN:
                self._keys.popitem(last=False)
        return llave

    def __len__(self) -> int:
        return len(self._keys)


_opened = _Opened()


def opened(company: Company, key_id: int, fingerprint: str, at: datetime) -> Llave:
    """The company's key, open and valid at *at*. NotReady when it is not valid, or not its own."""
    llave = _opened.get(company, key_id, fingerprint)
    problems = [problem for problem in check_validity(llave, at) if problem.is_error]
    if problems:
        raise NotReady(problems)
    return llave


FOR_TESTS = Problem(
    "llave-de-pruebas",
    "",
    "error",
    "Esta llave es del ambiente de pruebas de Hacienda.",
    "Genere la llave de producción en la oficina virtual de Hacienda y súbala.",
)
MISSING = Problem(
    "llave-falta",
    "",
    "error",
    "La empresa no tiene llave criptográfica.",
    "Suba el archivo .p12 y su PIN en Empresa, «Preparar facturación».",
)


def rotate() -> int:
    """Seal again, with the first key of the ring, whatever an older one sealed; how many."""
    changed = 0
    for row in Key.objects.select_related("company").iterator():
        if ring().is_current(row.sealed):
            continue
        fresh = ring().rotate(row.sealed, owner=owner_of(row.company), purpose=PURPOSE)
        changed += Key.objects.filter(pk=row.pk).update(sealed=fresh)
    return changed
