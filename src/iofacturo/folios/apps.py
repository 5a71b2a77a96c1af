from django.apps import AppConfig

from iofacturo.lib import append_only


class FoliosConfig(AppConfig):
    name = "iofacturo.folios"
    verbose_name = "folios"

    def ready(self) -> None:
        append_only.declare(
            "folios_folioentry",
            "folios_foliolot",
            "folios_grace",
            "folios_planversion",
            "folios_promotionversion",
            "folios_promotionversion_plans",
        )
