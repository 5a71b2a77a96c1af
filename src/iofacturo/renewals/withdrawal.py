"""A transfer that the bank took back after it had arrived.

A statement or a person notes it; nothing happens to anybody's plan until a senior settles it
(`taking_back`), because what goes out of an account may be something else.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from iofacturo.accounts.user import User
from iofacturo.renewals.bank_statement import BankStatement


class Withdrawal(models.Model):
    """What the bank took back of one line: always all of it.

    `identity` tells one movement of the bank from another, so that a file that comes again notes
    nothing. `from_free` is what the line still had that paid nobody, known when it is settled.
    """

    line = models.ForeignKey("BankLine", models.PROTECT, related_name="withdrawals")
    identity = models.CharField(max_length=320, unique=True)
    booked_on = models.DateField("fecha")
    detail = models.CharField("detalle", max_length=200, blank=True)
    statement = models.ForeignKey(BankStatement, models.PROTECT, null=True, related_name="+")
    noted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    from_free = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    dismissed_why = models.CharField("qué era", max_length=200, blank=True)
    dismissed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "retiro del banco"
        verbose_name_plural = "retiros del banco"
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(dismissed_at=None), name="withdrawal_once"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, from_free=0)
                | Q(settled_at__isnull=False, settled_by__isnull=False, dismissed_at=None),
                name="withdrawal_settled_whole",
            ),
            models.CheckConstraint(condition=Q(from_free__gte=0), name="withdrawal_not_negative"),
        ]

    @property
    def is_open(self) -> bool:
        return self.settled_at is None and self.dismissed_at is None

    @property
    def state(self) -> tuple[str, str, str]:
        """(tone, icon, words)."""
        if self.settled_at:
            return "", "void", "Resuelto"
        if self.dismissed_at:
            return "", "good", "No era un retiro"
        return "bad", "alert", "Por resolver"
