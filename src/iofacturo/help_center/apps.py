"""The room of the help centre."""

from django.apps import AppConfig

from iofacturo.lib import append_only

APPEND_ONLY = ("help_center_articleversion",)


class HelpCenterConfig(AppConfig):
    name = "iofacturo.help_center"
    verbose_name = "Ayuda"

    def ready(self) -> None:
        append_only.declare(*APPEND_ONLY)
