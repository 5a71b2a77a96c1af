"""The room's entry in Django's registry."""

from django.apps import AppConfig

from iofacturo.lib import append_only


class AccountsConfig(AppConfig):
    name = "iofacturo.accounts"
    label = "accounts"
    verbose_name = "cuentas"

    def ready(self) -> None:
        append_only.declare("accounts_auditevent")
