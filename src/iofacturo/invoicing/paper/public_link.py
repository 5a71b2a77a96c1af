"""A link by which anybody who has it sees one document: its receiver, who has no account here.

The token is 160 bits of chance and has nothing to do with the clave. The table holds its digest, by
which a visitor's token is found, and the token itself sealed under the house's key ring, because it
is put into every mail about the document: who reads the table alone opens nothing. A link is
revoked, never deleted; one that was revoked is not found any more, and the next one is another.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from hacienda.errors import LlaveError
from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.letter import absolute
from iofacturo.accounts.sealing import ring
from iofacturo.accounts.user import User
from iofacturo.invoicing.comprobante import Comprobante
from iofacturo.invoicing.key import owner_of

PURPOSE = "enlace"
BYTES = 20
TOKEN = re.compile(r"[A-Za-z0-9_-]{27}")


class PublicLink(models.Model):
    """One link to one document. At most one of a document is not revoked."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="public_links", db_index=False
    )
    comprobante = models.ForeignKey(
        Comprobante, models.PROTECT, related_name="public_links", db_index=False
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = "enlace público"
        verbose_name_plural = "enlaces públicos"
        constraints = [
            models.UniqueConstraint(
                fields=["comprobante"], condition=Q(revoked_at__isnull=True), name="publiclink_one"
            )
        ]
        indexes = [models.Index(fields=["company", "comprobante"], name="publiclink_company")]

    def __str__(self) -> str:
        return f"enlace de {self.comprobante}"

    @property
    def token(self) -> str:
        """What the address ends with. LlaveError when the ring cannot open it."""
        return ring().open(self.sealed, owner=owner_of(self.company), purpose=PURPOSE).decode()

    @property
    def url(self) -> str:
        return absolute("invoicing:public", self.token)


def of(row: Comprobante, *, at: datetime, by: User | None = None) -> PublicLink:
    """The link of *row* that works; a new one when there is none, or when it does not open."""
    with transaction.atomic():
        link = current(row, lock=True)
        if link is not None and _opens(link):
            return link
        if link is not None:
            link.revoked_at = at
            link.save(update_fields=["revoked_at"])
        token = secrets.token_urlsafe(BYTES)
        link = PublicLink(
            company=row.company,
            comprobante=row,
            digest=digest(token),
            sealed=ring().seal(token.encode(), owner=owner_of(row.company), purpose=PURPOSE),
            created_at=at,
            created_by=by,
        )
        # who else makes one at the same time is first or second: both then use the first
        PublicLink.objects.bulk_create([link], ignore_conflicts=True)
        kept = current(row)
        assert kept is not None  # noqa: S101 - the constraint let one of them in
        return kept


def current(row: Comprobante, *, lock: bool = False) -> PublicLink | None:
    """The link of *row* that is not revoked."""
    links = row.public_links.filter(revoked_at__isnull=True).select_related("company")
    return (links.select_for_update(of=("self",)) if lock else links).first()


def found(token: str) -> PublicLink | None:
    """Whose token this is; None for one that is unknown or was revoked."""
    if not TOKEN.fullmatch(token):
        return None
    return (
        PublicLink.objects.filter(digest=digest(token), revoked_at__isnull=True)
        .select_related("comprobante__company", "comprobante__signed_xml")
        .first()
    )


def revoke(row: Comprobante, *, by: User, at: datetime) -> bool:
    """Let the link of *row* open nothing any more; False when there was none."""
    with transaction.atomic():
        done = bool(
            row.public_links.filter(revoked_at__isnull=True).update(revoked_at=at, revoked_by=by)
        )
        if done:
            audit.record(
                "link.revoked", by=by, company=row.company, subject=row.label, at=at,
                clave=row.clave,
            )  # fmt: skip
    return done


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _opens(link: PublicLink) -> bool:
    try:
        return digest(link.token) == link.digest
    except LlaveError:
        return False


def rotate() -> int:
    """Seal again, with the first key of the ring, whatever an older one sealed; how many."""
    changed = 0
    for link in PublicLink.objects.filter(revoked_at__isnull=True).select_related("company"):
        blob = bytes(link.sealed)
        if ring().is_current(blob):
            continue
        fresh = ring().rotate(blob, owner=owner_of(link.company), purpose=PURPOSE)
        changed += PublicLink.objects.filter(pk=link.pk, digest=link.digest).update(sealed=fresh)
    return changed
