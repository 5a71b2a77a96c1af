"""Where allauth meets our house: no open sign-up, our own letters, second factors sealed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from iofacturo.accounts import sealing
from iofacturo.accounts.letter import Letter
from iofacturo.lib import clock

TOO_MANY = "Hubo demasiados intentos seguidos. Espere unos minutos y vuelva a probar."
WRONG_CODE = "El código no es correcto o ya se usó. Escriba el que muestra ahora su aplicación."


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "Esta cuenta está desactivada.",
        "cannot_remove_primary_email": "No puede quitar su correo principal.",
        "duplicate_email": "Ese correo ya es el de esta cuenta.",
        "email_password_mismatch": "El correo o la contraseña no son correctos.",
        "email_taken": "Ese correo no se puede usar. Escriba otro.",
        "enter_current_password": "Esta no es su contraseña actual.",
        "incorrect_code": WRONG_CODE,
        "incorrect_password": "La contraseña no es correcta.",
        "invalid_login": "El correo o la contraseña no son correctos.",
        "invalid_or_expired_key": "El enlace ya se usó o venció.",
        "invalid_password_reset": "El enlace ya se usó o venció.",
        "rate_limited": TOO_MANY,
        "same_as_current": "La contraseña nueva tiene que ser distinta de la actual.",
        "too_many_login_attempts": TOO_MANY,
        "unverified_primary_email": "Confirme primero su correo principal.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Staff create companies; people come in by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        now = clock.now()
        known = {**context, "email": email, "timestamp": now}
        Letter.from_template(template_prefix, known).send(email, at=now)


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": (
            "No puede cambiar el correo de una cuenta con verificación en dos pasos."
        ),
        "cannot_delete_authenticator": "No puede desactivar la verificación en dos pasos.",
        "cannot_generate_recovery_codes": (
            "Active primero la verificación en dos pasos; después podrá crear códigos."
        ),
        "incorrect_code": WRONG_CODE,
        "unverified_email": "Confirme primero su correo; después podrá activar el segundo paso.",
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        return "ioFacturo"

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        return f"Llave {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "ioFacturo"}
