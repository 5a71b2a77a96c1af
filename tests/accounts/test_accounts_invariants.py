"""`verify` names who broke the rules of people and companies."""

import pytest

from iofacturo.accounts import invariants
from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.company import Company
from iofacturo.accounts.invitation import Invitation
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.lib import clock


@pytest.fixture
def books(cafe, owner, admin, issuer) -> None:
    """A company with its people, one of whom came by invitation; all in order."""
    offer = invitations.invite(cafe, "nueva@ejemplo.cr", role="reader", by=owner, at=clock.now())
    offer.accept_as_new(name="Nueva", password="clave larga", at=clock.now())
    cafe.memberships.get(user=issuer).remove(by=owner, at=clock.now())
    assert list(invariants.broken()) == []


def only() -> str:
    (line,) = invariants.broken()
    return line


def test_a_company_without_owner_is_named(books, cafe):
    cafe.memberships.filter(role="owner").update(removed_at=clock.now())
    assert cafe.public_id in only()


def test_a_team_without_administrator_is_named(books):
    Staff.objects.update(removed_at=clock.now())
    assert "administradora" in only()


@pytest.mark.parametrize("number", ["310100000", "3-101-000001", "000000000"])
def test_an_impossible_identification_is_named(books, cafe, number):
    Company.objects.filter(pk=cafe.pk).update(identificacion=number)
    assert number in only()


def test_an_invitation_that_gave_no_seat_is_named(books):
    Membership.objects.filter(user__email="nueva@ejemplo.cr").delete()
    assert "sin lugar" in only()


def test_an_invitation_accepted_and_withdrawn_is_named(books):
    Invitation.objects.update(withdrawn_at=clock.now())
    assert "retirada" in only()
