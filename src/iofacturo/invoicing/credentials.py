"""The company's user and password at Hacienda, sealed like its key and never shown again."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

from django.db import models, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from hacienda.errors import LlaveError, Problem
from iofacturo.accounts import audit
from iofacturo.accounts.company import Company
from iofacturo.accounts.sealing import ring
from iofacturo.accounts.user import User
from iofacturo.invoicing.key import owner_of

PURPOSE = "hacienda"


class Credentials(models.Model):
    """What Hacienda gave the company to send with, for one environment. Replaced ones are retired."""

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="credentials", db_index=False, verbose_name="empresa"
    )
    environment = models.CharField(max_length=16)
    user = models.CharField("usuario", max_length=160)
    sealed = models.BinaryField()  # the password
    installed_at = models.DateTimeField()
    installed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)  # when Hacienda last took them from a page

    class Meta:
        verbose_name = "credenciales de Hacienda"
        verbose_name_plural = "credenciales de Hacienda"
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment"],
                condition=Q(retired_at__isnull=True),
                name="credentials_one_in_use",
            )
        ]
        indexes = [models.Index(fields=["company", "-id"], name="credentials_company")]

    def __str__(self) -> str:
        return self.user

    def password(self) -> str:
        """The password. LlaveError when the ring cannot open it."""
        return ring().open(self.sealed, owner=owner_of(self.company), purpose=PURPOSE).decode()

    def is_same(self, user: str, password: str) -> bool:
        """Whether these are the user and password that are kept here, and they open."""
        try:
            return user == self.user and compare_digest(self.password().encode(), password.encode())
        except LlaveError:
            return False


@sensitive_variables("password")
def install(
    company: Company,
    environment: str,
    user: str,
    password: str,
    *,
    by: User | None,
    at: datetime,
    tried: bool = False,
) -> Credentials:
    """Keep what Hacienda gave for *environment*; what waited for it is sent again.

    Whether Hacienda takes it is tried by the page, before this is called: *tried* says that it
    did. The same ones again stay the row they are.
    """
    from iofacturo.invoicing import submission
    from iofacturo.invoicing.reception import errand

    with transaction.atomic():
        Company.locked(company.pk)
        there = company.credentials.filter(environment=environment, retired_at__isnull=True).first()
        if there is not None and there.is_same(user.strip(), password):
            if tried:
                there.tried_at = at
                there.save(update_fields=["tried_at"])
            submission.resume(company, environment, at=at)
            errand.resume(company, environment, at=at)
            return there
        company.credentials.filter(environment=environment, retired_at__isnull=True).update(
            retired_at=at
        )
        row = company.credentials.create(
            environment=environment,
            user=user.strip(),
            sealed=ring().seal(password.encode(), owner=owner_of(company), purpose=PURPOSE),
            installed_at=at,
            installed_by=by,
            tried_at=at if tried else None,
        )
        submission.resume(company, environment, at=at)
        errand.resume(company, environment, at=at)
        audit.record(
            "credentials.installed", by=by, company=company, subject=row.user, at=at,
            environment=environment,
        )  # fmt: skip
    return row


MISSING = Problem(
    "credenciales-faltan",
    "",
    "error",
    "La empresa no tiene usuario y contraseña de Hacienda.",
    "Escríbalos en Empresa, «Preparar facturación»: sin ellos no se puede enviar nada.",
)


def rotate() -> int:
    """Seal again, with the first key of the ring, whatever an older one sealed; how many."""
    changed = 0
    for row in Credentials.objects.select_related("company").iterator():
        if ring().is_current(row.sealed):
            continue
        fresh = ring().rotate(row.sealed, owner=owner_of(row.company), purpose=PURPOSE)
        changed += Credentials.objects.filter(pk=row.pk).update(sealed=fresh)
    return changed
