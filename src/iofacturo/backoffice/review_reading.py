"""A proof on the desk with what the machine read on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from iofacturo.renewals import machine_reading, picture_facts, reading_claims
from iofacturo.renewals.machine_reading import UNREADABLE
from iofacturo.renewals.picture_facts import Fact, Picture
from iofacturo.renewals.proof import PaymentProof, ProofPage
from iofacturo.renewals.request import RenewalRequest


@dataclass(frozen=True)
class ProofView:
    """`pages` are the proof's, each with its marks where it was read."""

    proof: PaymentProof
    pages: list[tuple[ProofPage, Picture | None]]
    facts: list[Fact]
    waiting: bool
    unreadable: bool

    @property
    def reference(self) -> str:
        """The bank's number of the transfer as it is read, to look it up with."""
        return next((fact.read for fact in self.facts if fact.name == "N.º en el banco"), "")


def views(
    proofs: Iterable[PaymentProof], request: RenewalRequest, now: datetime
) -> list[ProofView]:
    """Each of *proofs* (their pages prefetched) with its reading; one query for all."""
    wanted = list(proofs)
    rows = machine_reading.of(wanted)
    found = []
    for proof in wanted:
        row = rows.get(proof.pk)
        facts = picture_facts.facts(row, request, now)
        pictures = picture_facts.pictures(row, facts)
        found.append(
            ProofView(
                proof,
                [(page, pictures.get(page.number)) for page in proof.pages.all()],
                facts,
                row is None and reading_claims.is_waiting(proof, now),
                row is not None and row.state == UNREADABLE,
            )
        )
    return found
