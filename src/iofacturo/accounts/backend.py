"""Who a session belongs to, with where they sit, by one plain statement on every request."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend

from iofacturo.accounts import seats
from iofacturo.accounts.user import User


class AuthenticationBackend(AllauthBackend):  # type: ignore[misc]
    """allauth's, whose `get_user` brings the person's seats along.

    Django checks the session against the password's hash on what is answered here, as ever.
    """

    def get_user(self, user_id: Any) -> User | None:
        user = seats.person(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
