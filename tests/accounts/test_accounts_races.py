"""Acts that would break a rule only when two come at once: real processes, both databases."""

import pytest
from tests.accounts.processes import race
from tests.accounts.test_accounts_invitations import link
from tests.cast import seat, staff_person

from iofacturo.accounts import invitation as invitations
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import clock

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS = 4

ACT = """
from iofacturo.accounts.errors import Refused
from iofacturo.accounts.invitation import find
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.lib import clock
try:
    {act}
    print("done")
except Refused:
    print("refused")
"""


def remove_seat(seat_id: int, by: int) -> str:
    act = (
        f"Membership.objects.get(pk={seat_id}).remove(by=User.objects.get(pk={by}), at=clock.now())"
    )
    return ACT.format(act=act)


def owners(company) -> int:
    return company.memberships.filter(role="owner", removed_at__isnull=True).count()


def test_two_owners_who_remove_each_other_leave_one(cafe, owner):
    for number in range(ROUNDS):
        current = cafe.memberships.get(role="owner", removed_at__isnull=True)
        other = seat(f"otra{number}", cafe, "owner").memberships.get()
        said = race(remove_seat(other.pk, current.user_id), remove_seat(current.pk, other.user_id))
        assert sorted(said) == ["done", "refused"]
        assert owners(cafe) == 1


def test_two_owners_who_step_down_leave_one(cafe, owner):
    for number in range(ROUNDS):
        current = cafe.memberships.get(role="owner", removed_at__isnull=True)
        other = seat(f"otra{number}", cafe, "owner").memberships.get()
        said = race(
            *(
                ACT.format(
                    act=f"Membership.objects.get(pk={one.pk}).change(role='reader', "
                    f"by=User.objects.get(pk={one.user_id}), at=clock.now())"
                )
                for one in (current, other)
            )
        )
        assert sorted(said) == ["done", "refused"]
        assert owners(cafe) == 1


def test_two_administrators_who_remove_each_other_leave_one(db):
    for number in range(ROUNDS):
        Staff.objects.filter(removed_at__isnull=True).update(removed_at=clock.now())
        one, two = (staff_person(f"jefa{number}{letter}", "administrator") for letter in "ab")
        said = race(
            *(
                ACT.format(
                    act=f"Staff.objects.get(user={target.pk}).remove("
                    f"by=User.objects.get(pk={by.pk}), at=clock.now())"
                )
                for target, by in ((one, two), (two, one))
            )
        )
        assert sorted(said) == ["done", "refused"]
        assert Staff.objects.filter(role="administrator", removed_at__isnull=True).count() == 1


def test_an_invitation_makes_one_account(cafe, owner):
    for number in range(ROUNDS):
        email = f"nueva{number}@ejemplo.cr"
        invitations.invite(cafe, email, role="issuer", by=owner, at=clock.now())
        token = link(email).split("/")[-2]
        act = f"find('{token}').accept_as_new(name='N', password='clave larga', at=clock.now())"
        said = race(*[ACT.format(act=act)] * 3)
        assert sorted(said) == ["done", "refused", "refused"]
        assert User.objects.filter(email=email).count() == 1
        assert Membership.objects.filter(user__email=email, company=cafe).count() == 1
        assert cafe.audit_events.filter(action="invitation.accepted", subject=email).count() == 1


def test_accepting_and_withdrawing_at_once_agree(cafe, owner):
    for number in range(ROUNDS):
        email = f"nueva{number}@ejemplo.cr"
        row = invitations.invite(cafe, email, role="issuer", by=owner, at=clock.now())
        token = link(email).split("/")[-2]
        accept = f"find('{token}').accept_as_new(name='N', password='clave larga', at=clock.now())"
        withdraw = f"find('{token}').withdraw(by=User.objects.get(pk={owner.pk}), at=clock.now())"
        said = race(ACT.format(act=accept), ACT.format(act=withdraw))
        assert sorted(said) == ["done", "refused"]
        row.refresh_from_db()
        assert (row.accepted_at is None) != (row.withdrawn_at is None)
        assert User.objects.filter(email=email).exists() == (said[0] == "done")
