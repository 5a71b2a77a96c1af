"""allauth's forms in our furniture and our words."""

import contextlib

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn import forms as webauthn

from hacienda.errors import LlaveError
from iofacturo.accounts import sealing
from iofacturo.accounts.furniture import Furnished

EMAIL = "Correo electrónico"
NEW_PASSWORD = "Contraseña nueva"  # noqa: S105 a label
AGAIN = "Contraseña nueva, otra vez"
PASSWORD_HINT = (
    "Al menos 10 caracteres. Sirve una frase de varias palabras; no use su nombre ni su correo."  # noqa: S105
)
CODE = "Código de verificación"


class LoginForm(Furnished, account.LoginForm):
    LABELS = {
        "login": EMAIL,
        "password": "Contraseña",
        "remember": "Mantener la sesión abierta en este dispositivo",
    }
    HINTS = {"password": ""}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ReauthenticateForm(Furnished, account.ReauthenticateForm):
    LABELS = {"password": "Contraseña"}
    HINTS = {"password": ""}


class ResetPasswordForm(Furnished, account.ResetPasswordForm):
    LABELS = {"email": EMAIL}


class ResetPasswordKeyForm(Furnished, account.ResetPasswordKeyForm):
    LABELS = {"password1": NEW_PASSWORD, "password2": AGAIN}
    HINTS = {"password1": PASSWORD_HINT}


class ChangePasswordForm(Furnished, account.ChangePasswordForm):
    LABELS = {"oldpassword": "Contraseña actual", "password1": NEW_PASSWORD, "password2": AGAIN}
    HINTS = {"oldpassword": "", "password1": PASSWORD_HINT}


class SetPasswordForm(Furnished, account.SetPasswordForm):
    LABELS = {"password1": NEW_PASSWORD, "password2": AGAIN}
    HINTS = {"password1": PASSWORD_HINT}


class AddEmailForm(Furnished, account.AddEmailForm):
    LABELS = {"email": "Correo nuevo"}
    HINTS = {"email": "Le enviaremos un enlace. El cambio vale cuando usted lo abra."}


class AuthenticateForm(Furnished, mfa.AuthenticateForm):
    LABELS = {"code": CODE}
    HINTS = {"code": "El de 6 números de su aplicación, o uno de sus códigos de recuperación."}


class ReauthenticateCodeForm(Furnished, mfa.ReauthenticateForm):
    LABELS = {"code": CODE}
    HINTS = {"code": "El de 6 números de su aplicación, o uno de sus códigos de recuperación."}


class ActivateTOTPForm(Furnished, totp.ActivateTOTPForm):
    LABELS = {"code": CODE}
    HINTS = {"code": "Los 6 números que muestra su aplicación después de leer el código QR."}

    def __init__(self, *args, **kwargs) -> None:
        """Between the QR code and its first code the secret waits in the session: sealed there."""
        session = context.request.session
        _open_secret(session)
        super().__init__(*args, **kwargs)
        session[SECRET_SESSION_KEY] = sealing.seal(self.secret)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


def _open_secret(session) -> None:
    """Put the bare secret where allauth looks for it; one that does not open is begun anew."""
    sealed = session.pop(SECRET_SESSION_KEY, None)
    if sealed is None:
        return
    with contextlib.suppress(LlaveError, ValueError):
        session[SECRET_SESSION_KEY] = sealing.unseal(sealed)


class AddWebAuthnForm(Furnished, webauthn.AddWebAuthnForm):
    LABELS = {"name": "Nombre de la llave", "passwordless": "Entrar solo con esta llave"}
    HINTS = {
        "name": "Para reconocerla después: «Teléfono», «Computadora de la oficina».",
        "passwordless": (
            "Es una llave de acceso: entra sin correo ni contraseña, con su huella, su rostro o "
            "el PIN del aparato. Sin marcar, la llave es solo el segundo paso."
        ),
    }


class EditWebAuthnForm(Furnished, webauthn.EditWebAuthnForm):
    LABELS = {"name": "Nombre de la llave"}
