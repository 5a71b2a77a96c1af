"""An adjustment by hand: proposed by one person with a reason, posted when another one agrees."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction
from django.db.models import F, Q

from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User
from iofacturo.folios import ledger
from iofacturo.folios.entry import FolioEntry
from iofacturo.folios.errors import LotClosed, Refused
from iofacturo.folios.lot import FolioLot
from iofacturo.lib import formats


class AdjustmentProposal(models.Model):
    """Open until a second person approves or declines it; nobody decides on their own."""

    STATES = [("open", "Por aprobar"), ("approved", "Aprobado"), ("declined", "Rechazado")]

    lot = models.ForeignKey(FolioLot, models.PROTECT, related_name="adjustments")
    qty = models.IntegerField("folios")
    reason = models.CharField("motivo", max_length=200)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField("estado", max_length=8, choices=STATES, default="open")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField("respuesta", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "ajuste propuesto"
        verbose_name_plural = "ajustes propuestos"
        indexes = [models.Index(fields=["state", "proposed_at"], name="adjustment_state")]
        constraints = [
            models.CheckConstraint(condition=~Q(qty=0), name="adjustment_something"),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | (
                    ~Q(state="open")
                    & Q(decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decided_by=F("proposed_by"))
                ),
                name="adjustment_two_people",
            ),
        ]

    @property
    def signed(self) -> str:
        """`+3 folios`, `−1 folio`."""
        word = "folio" if abs(self.qty) == 1 else "folios"
        return f"{'+' if self.qty > 0 else '−'}{formats.numero(abs(self.qty))} {word}"

    def approve(self, *, by: User, at: datetime) -> FolioEntry:
        """Post it. Refused when *by* proposed it, belongs to the company, or somebody was first."""
        _disinterested(self.lot, by)
        with transaction.atomic():
            self._decide("approved", by=by, at=at)
            return ledger.adjust(
                self.lot,
                self.qty,
                operation=f"adjust:{self.pk}",
                by=by,
                at=at,
                reason=self.reason,
            )

    def decline(self, *, by: User, at: datetime, answer: str = "") -> None:
        """Close it without posting anything."""
        _disinterested(self.lot, by)
        self._decide("declined", by=by, at=at, answer=answer)

    def _decide(self, state: str, *, by: User, at: datetime, answer: str = "") -> None:
        if by.pk == self.proposed_by_id:
            raise Refused("Usted propuso este ajuste: lo tiene que decidir otra persona.")
        changed = AdjustmentProposal.objects.filter(pk=self.pk, state="open").update(
            state=state, decided_by=by, decided_at=at, answer=answer[:200]
        )
        if not changed:
            raise Refused("Otra persona ya decidió este ajuste.")
        self.refresh_from_db()


def propose(lot: FolioLot, qty: int, reason: str, *, by: User, at: datetime) -> AdjustmentProposal:
    """Ask for *qty* folios more (or fewer) in *lot*; a second person decides."""
    _disinterested(lot, by)
    if not qty:
        raise Refused("Escriba cuántos folios se suman o se restan.")
    if not reason.strip():
        raise Refused("Escriba el motivo: queda en el libro de la empresa.")
    if lot.voided_at is not None or at >= lot.expires_at:
        raise LotClosed("Este lote ya terminó: no se puede ajustar.")
    if lot.is_grace:
        raise Refused("Los folios de gracia no se ajustan: terminan con la solicitud.")
    if lot.remaining + qty < 0:
        raise LotClosed(f"A este lote le quedan {lot.remaining} folios: no se puede bajar más.")
    return AdjustmentProposal.objects.create(
        lot=lot, qty=qty, reason=reason.strip()[:200], proposed_by=by, proposed_at=at
    )


def _disinterested(lot: FolioLot, person: User) -> None:
    seats = Membership.objects.filter(
        user=person, company_id=lot.company_id, removed_at__isnull=True
    )
    if seats.exists():
        raise Refused("Usted pertenece a esta empresa: lo tiene que hacer otra persona.")
