"""The doors under `/cuenta/`: allauth's views at addresses and with names of our own.

Only what is listed here exists: there is no sign-up and no second way in.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import path, re_path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from iofacturo.accounts.access import anybody, person
from iofacturo.accounts.entrance import signup_closed

urlpatterns = [
    path("", person(require_safe(RedirectView.as_view(pattern_name="mfa_index"))), name="account"),
    path("entrar/", anybody(account.login), name="account_login"),
    path("salir/", anybody(account.logout), name="account_logout"),
    path("desactivada/", anybody(account.account_inactive), name="account_inactive"),
    path("registro/", anybody(signup_closed), name="account_signup"),
    path("confirmar/", person(account.reauthenticate), name="account_reauthenticate"),
    path("correo/", person(account.email), name="account_email"),
    path(
        "correo/enviado/",
        anybody(account.email_verification_sent),
        name="account_email_verification_sent",
    ),
    re_path(
        r"^correo/confirmar/(?P<key>[-:\w]+)/$",
        anybody(account.confirm_email),
        name="account_confirm_email",
    ),
    path("contrasena/", person(account.password_change), name="account_change_password"),
    path("contrasena/nueva/", person(account.password_set), name="account_set_password"),
    path("contrasena/olvido/", anybody(account.password_reset), name="account_reset_password"),
    path(
        "contrasena/olvido/enviado/",
        anybody(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^contrasena/olvido/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        anybody(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "contrasena/cambiada/",
        anybody(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("seguridad/", person(mfa.index), name="mfa_index"),
    path("seguridad/entrar/", anybody(mfa.authenticate), name="mfa_authenticate"),
    path("seguridad/confirmar/", person(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("seguridad/aplicacion/activar/", person(totp.activate_totp), name="mfa_activate_totp"),
    path(
        "seguridad/aplicacion/desactivar/",
        person(totp.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path(
        "seguridad/codigos/", person(recovery.view_recovery_codes), name="mfa_view_recovery_codes"
    ),
    path(
        "seguridad/codigos/nuevos/",
        person(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "seguridad/codigos/descargar/",
        person(recovery.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("seguridad/llaves/", person(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("seguridad/llaves/agregar/", person(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("seguridad/llaves/entrar/", anybody(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path(
        "seguridad/llaves/confirmar/",
        person(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "seguridad/llaves/<int:pk>/quitar/",
        person(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "seguridad/llaves/<int:pk>/nombre/",
        person(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path("sesiones/", person(sessions.list_usersessions), name="usersessions_list"),
]
