"""One case on the desk: what was expected, what was sent, and what should make one look twice."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.backoffice.review_group import GroupOnDesk
from iofacturo.backoffice.review_queue import MATCHED, badge, duration
from iofacturo.backoffice.review_reading import ProofView, views
from iofacturo.business_time import calendar
from iofacturo.folios import grace, summary
from iofacturo.lib import clock, formats
from iofacturo.renewals import (
    approval,
    bank,
    credit,
    guard,
    internal_note,
    late,
    matches,
    proof,
    review,
)
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.decision import ReviewDecision
from iofacturo.renewals.group import on_slip
from iofacturo.renewals.late import LateMoney
from iofacturo.renewals.proof import PaymentProof, Use
from iofacturo.renewals.request import BILLING, RenewalRequest
from iofacturo.renewals.review import CORRECTIONS, REJECTIONS, REVERSALS
from iofacturo.support import assignment
from iofacturo.support.entry import Entry
from iofacturo.support.ticket import Ticket

HISTORY = 6
MOST_MONEY = 5
HOW = {
    "same": "El mismo archivo",
    "alike": "Una imagen casi igual",
    "reference": "La misma referencia del banco",
    "read": "La misma referencia, leída en la imagen,",
}
REASONS = {
    **{key: text for key, (text, _) in CORRECTIONS.items()},
    **REJECTIONS,
    **REVERSALS,
}


@dataclass(frozen=True)
class Comparison:
    """One row of expected against what the customer said; *tone* is ok, warn or nothing."""

    name: str
    expected: str
    stated: str
    tone: str
    result: str
    mono: bool = False


@dataclass(frozen=True)
class Money:
    """Lines of the bank that may pay this request, with why, and what pressing the key does."""

    tier: int
    lines: list[BankLine]
    evidence: tuple[str, ...]
    paid: Decimal
    missing: Decimal
    currency: str
    several: bool  # the lines pay other requests besides

    @property
    def badge(self) -> tuple[str, str]:
        return MATCHED.get(self.tier, ("", "Escogido a mano"))

    @property
    def pays(self) -> bool:
        """Whether it covers what the request still lacks."""
        same = all(line.currency == self.currency for line in self.lines)
        return same and self.paid >= self.missing - guard.tolerance()

    @property
    def below(self) -> Decimal:
        return max(self.missing - self.paid, bank.ZERO)

    @property
    def above(self) -> Decimal:
        return bank.ZERO if self.several else max(self.paid - self.missing, bank.ZERO)

    @property
    def wrong_currency(self) -> bool:
        return any(line.currency != self.currency for line in self.lines)

    @property
    def label(self) -> str:
        one = "este movimiento" if len(self.lines) == 1 else "estos movimientos"
        if self.above:
            return f"Aprobar con {one} y acreditar {formats.dinero(self.above, self.currency)}"
        return f"Aprobar con {one}"


@dataclass(frozen=True)
class Step:
    """One line of the history; what is `internal` is never the customer's to read."""

    at: datetime
    who: str
    word: str
    state: str
    reason: str = ""
    note: str = ""
    internal: str = ""


class Case:
    """Everything a reviewer needs to decide, each piece read once."""

    def __init__(
        self, request: RenewalRequest, seat: Staff, now: datetime, chosen: int | None = None
    ) -> None:
        self.request, self.seat, self.now, self.chosen = request, seat, now, chosen
        self.quote = request.given
        self.hours = calendar.current(now)
        self.tone, self.icon, self.word = badge(request, now, self.hours)

    # -- who may do what ---------------------------------------------------------------------

    @cached_property
    def is_own(self) -> bool:
        return guard.is_own(self.seat.user, self.request)

    @property
    def can_review(self) -> bool:
        """Whether this person may decide it now."""
        return (
            self.seat.may("review")
            and not self.is_own
            and self.request.state == RenewalRequest.IN_REVIEW
            and not self.held_by_other
        )

    @property
    def is_payable(self) -> bool:
        """Whether money may activate it: it waits for us, or for a customer who owes no data."""
        waits = self.request.state == RenewalRequest.NEEDS_INFO
        return self.can_review or (
            waits
            and BILLING not in self.request.to_correct
            and self.seat.may("review")
            and not self.is_own
            and not self.held_by_other
        )

    @property
    def held_by_other(self) -> bool:
        return self.request.is_taken(self.now) and self.request.taken_by_id != self.seat.user_id

    @property
    def is_mine(self) -> bool:
        return self.request.is_taken(self.now) and self.request.taken_by_id == self.seat.user_id

    @property
    def seat_reviews(self) -> bool:
        return self.seat.may("review")

    @property
    def sees_proofs(self) -> bool:
        """Pictures of payments are for who reviews, not for all staff."""
        return self.seat.may("review")

    @property
    def needs_second(self) -> bool:
        return guard.needs_second(self.request)

    @property
    def signed_by_me(self) -> bool:
        return self.request.first_approved_by_id == self.seat.user_id

    @property
    def can_approve(self) -> bool:
        if not self.is_payable or self.signed_by_me:
            return False
        return not self.request.first_approved_by_id or self.seat.may("second")

    @property
    def can_reverse(self) -> bool:
        return (
            self.request.state == RenewalRequest.ACTIVE
            and self.seat.may("second")
            and not self.is_own
        )

    @property
    def can_reopen(self) -> bool:
        return (
            self.request.state == RenewalRequest.EXPIRED
            and self.seat.may("review")
            and not self.is_own
        )

    @cached_property
    def late(self) -> LateMoney | None:
        """Money that came after the request had expired, as `late` judges it."""
        if not self.can_reopen or self.request.group_id is not None:
            return None
        lines = matches.current().late.get(self.request.number, [])
        if self.chosen is not None and self.chosen not in lines:
            lines = [self.chosen]
        rows = [row for pk, row in bank.free().in_bulk(lines).items()]
        return late.of(self.request, sorted(rows, key=lambda row: row.pk)) if rows else None

    @property
    def approve_label(self) -> str:
        if self.needs_second and not self.request.first_approved_by_id:
            return "Dar la primera aprobación"
        return "Aprobar y activar"

    # -- time --------------------------------------------------------------------------------

    @property
    def elapsed(self) -> str:
        """Business time since it was sent."""
        if self.request.submitted_at is None:
            return ""
        return duration(self.hours.elapsed(self.request.submitted_at, self.now))

    # -- the money ---------------------------------------------------------------------------

    @cached_property
    def paid(self) -> Decimal:
        return bank.paid(self.request)

    @cached_property
    def missing(self) -> Decimal:
        """What must still be transferred; the credit it was sent with is counted."""
        lacking = self.quote.total - self.paid - credit.usable(self.request)
        return max(lacking, bank.ZERO)

    @cached_property
    def credit(self) -> Decimal:
        """What of the company's credit may be used for it, besides what it was sent with."""
        there = credit.available(self.request.company, self.quote.currency, but=self.request)
        return bank.ZERO if self.request.credit_wanted else there

    @cached_property
    def together(self) -> GroupOnDesk | None:
        """The requests that the same transfer pays, where it is one of several."""
        group = self.request.group
        return GroupOnDesk(self.request, group, self.now) if group is not None else None

    @cached_property
    def allocations(self) -> list[bank.Allocation]:
        return list(bank.lines_of(self.request))

    @cached_property
    def money(self) -> list[Money]:
        """What was found in the bank for this request; a line chosen by hand comes first."""
        if self.request.state not in RenewalRequest.SENT or not self.missing:
            return []
        found = [
            (
                one.tier, [int(line) for line in one.lines], one.evidence,
                len(one.requests) > 1 or self.together is not None,
            )
            for one in matches.current().of(self.request)
        ]  # fmt: skip
        if self.chosen is not None:
            among = [one for one in found if self.chosen in one[1]]
            others = [one for one in found if self.chosen not in one[1]]
            by_hand = (4, [self.chosen], ("Lo escogió usted de la lista.",), bool(self.together))
            found = [*(among or [by_hand]), *others]
        found = found[:MOST_MONEY]
        rows = {
            row.pk: row for row in bank.free().filter(pk__in={pk for one in found for pk in one[1]})
        }
        return [
            Money(
                tier, [rows[pk] for pk in pks], evidence,
                sum((rows[pk].amount - rows[pk].used for pk in pks), bank.ZERO),
                self.missing, self.quote.currency, several,
            )
            for tier, pks, evidence, several in found
            if all(pk in rows for pk in pks)
        ]  # fmt: skip

    @property
    def key_money(self) -> Money | None:
        """The money that the approving key takes: exact, or chosen by hand; never a mere guess."""
        first = self.money[0] if self.money else None
        return first if first and first.pays and first.tier in (1, 4) else None

    # -- the proof ---------------------------------------------------------------------------

    @cached_property
    def proofs(self) -> list[PaymentProof]:
        return list(
            proof.standing(self.request)
            .filter(sent_at__isnull=False)
            .select_related("request")
            .prefetch_related("pages")
        )

    @cached_property
    def proof_views(self) -> list[ProofView]:
        """The proofs with what the machine read on them."""
        return views(self.proofs, self.request, self.now)

    @cached_property
    def references_read(self) -> list[str]:
        """The bank's numbers that are read in the pictures: suggestions to look up."""
        if not self.sees_proofs:
            return []
        return list(dict.fromkeys(view.reference for view in self.proof_views if view.reference))

    @cached_property
    def uses(self) -> list[tuple[PaymentProof, Use, str]]:
        """Earlier appearances of these files: (this file, the earlier one, how they agree)."""
        found = proof.uses(self.proofs) if self.sees_proofs else {}
        return [(mine, use, HOW[use.how]) for mine in self.proofs for use in found.get(mine.pk, [])]

    @property
    def repeats(self) -> list[tuple[PaymentProof, Use, str]]:
        """The same file or bank reference again: worth a warning."""
        return [found for found in self.uses if found[1].how != "alike"]

    @property
    def likes(self) -> list[tuple[PaymentProof, Use, str]]:
        """Pictures that only look alike, as two slips of one bank do: worth a look."""
        return [found for found in self.uses if found[1].how == "alike"]

    @property
    def comparison(self) -> list[Comparison]:
        """Expected against what the customer typed about the transfer."""
        stated = self.proofs[-1] if self.proofs else None
        rows = [self._amount(stated), self._date(stated)]
        rows.append(
            Comparison(
                "Referencia", self.request.pay_reference, "", "", "Búsquela en el banco", True
            )
        )
        rows.append(
            Comparison(
                "Cuenta",
                formats.iban(self.quote.payee.iban),
                (stated.bank if stated else ""),
                "",
                self.quote.payee.bank,
                True,
            )
        )
        rows.append(
            Comparison(
                "N.º en el banco",
                "",
                stated.bank_reference if stated else "",
                "",
                "Lo da el banco",
                True,
            )
        )
        return rows

    def _amount(self, stated: PaymentProof | None) -> Comparison:
        due = on_slip(self.request)
        expected = formats.dinero(due, self.quote.currency)
        if stated is None or stated.amount is None:
            return Comparison("Monto", expected, "", "", "El cliente no lo escribió")
        shown = formats.dinero(stated.amount, self.quote.currency)
        same = stated.amount == due
        return Comparison(
            "Monto", expected, shown, "ok" if same else "warn", "Coincide" if same else "Otro monto"
        )

    def _date(self, stated: PaymentProof | None) -> Comparison:
        begins = clock.local(self.quote.created_at).date()
        expected = f"desde {formats.dia(begins)}"
        if stated is None or stated.paid_on is None:
            return Comparison("Fecha", expected, "", "", "El cliente no la escribió")
        fits = begins <= stated.paid_on <= clock.local(self.now).date()
        return Comparison(
            "Fecha",
            expected,
            formats.dia(stated.paid_on),
            "ok" if fits else "warn",
            "Coincide" if fits else "Fuera del plazo",
        )

    @property
    def warnings(self) -> list[str]:
        """What should make one look twice."""
        told = []
        if not self.quote.holds(self.request.submitted_at or self.now):
            told.append("Se envió después del plazo del precio: se respeta por la fecha del pago.")
        if len(self.open_requests) > 1:
            others = ", ".join(
                other.number for other in self.open_requests if other.pk != self.request.pk
            )
            told.append(f"La empresa tiene otra solicitud abierta: {others}.")
        return told

    @cached_property
    def handed_over(self) -> list[Entry]:
        """What support asks about this request."""
        return assignment.handed_over(self.request)

    @cached_property
    def tickets(self) -> list[Ticket]:
        """The newest conversations about this request."""
        return list(Ticket.objects.filter(request=self.request).order_by("-id")[:5])

    @cached_property
    def open_requests(self) -> list[RenewalRequest]:
        return [
            row
            for row in RenewalRequest.open_for(self.request.company, self.now)
            if row.state != RenewalRequest.DRAFT
        ]

    # -- the company and the past ------------------------------------------------------------

    @cached_property
    def history(self) -> list[RenewalRequest]:
        """The company's earlier requests, the newest first."""
        return list(
            RenewalRequest.objects.filter(company=self.request.company, submitted_at__isnull=False)
            .exclude(pk=self.request.pk)
            .select_related("quote")
            .order_by("-id")[:HISTORY]
        )

    @cached_property
    def folios(self) -> int:
        return summary.available(self.request.company, self.now)

    @cached_property
    def grace(self) -> grace.Standing | None:
        """Of this request or of another: what the company uses of ours, or owes us."""
        return grace.standing(self.request.company)

    @cached_property
    def steps(self) -> list[Step]:
        """Decisions and notes as they happened, oldest first."""
        rows = list(self.request.decisions.select_related("actor").order_by("id"))
        last = rows[-1] if rows and self._running else None
        steps = [_step(row, "now" if row is last else "done") for row in rows]
        notes = internal_note.of(self.request)
        steps += [
            Step(one.at, str(one.author), "Nota interna", "note", internal=one.text)
            for one in notes
        ]
        return sorted(steps, key=lambda step: step.at)

    @cached_property
    def colleagues(self) -> list[User]:
        """Whom it can be handed to; asked for only while it is this person's."""
        return review.colleagues(self.request, self.seat.user) if self.is_mine else []

    @property
    def _running(self) -> bool:
        return self.request.state in RenewalRequest.SENT

    @cached_property
    def lots(self) -> list[object]:
        return list(approval.lots(self.request))


def _step(row: ReviewDecision, state: str) -> Step:
    word = row.told.capitalize()
    if row.action == "handed_over":
        word = f"Pasada a {row.detail['to']}" if row.detail.get("to") else "Devuelta a la cola"
    return Step(
        row.at, row.who, word, state, REASONS.get(row.reason, ""), row.note, row.internal_note
    )
