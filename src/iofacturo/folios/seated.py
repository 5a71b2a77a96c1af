"""A web request that is past the `member` lock: it has a person, a company and a seat."""

from django.http import HttpRequest

from iofacturo.accounts.company import Company
from iofacturo.accounts.membership import Membership
from iofacturo.accounts.user import User


class SeatedRequest(HttpRequest):
    user: User
    company: Company
    membership: Membership
