"""Web requests as the locks of `access` let them through: what each kind surely has."""

from django.http import HttpRequest

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User


class PersonRequest(HttpRequest):
    """Past `person`: somebody is logged in; a seat or a place in the team they may have or not."""

    user: User
    memberships: list[Membership]
    membership: Membership | None
    company: Company | None
    staff: Staff | None
    frame: str  # the template that a page of the person's own account stands in


class SeatedRequest(HttpRequest):
    """Past `member`: somebody with a seat, in the company of now."""

    user: User
    memberships: list[Membership]
    membership: Membership
    company: Company


class StaffRequest(HttpRequest):
    """Past `staff`: one of the provider's people."""

    user: User
    staff: Staff
