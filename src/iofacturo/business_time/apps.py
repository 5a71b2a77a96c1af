from django.apps import AppConfig

from iofacturo.lib import append_only


class BusinessTimeConfig(AppConfig):
    name = "iofacturo.business_time"
    verbose_name = "tiempo hábil"

    def ready(self) -> None:
        append_only.declare("business_time_calendarversion", "business_time_calendarday")
