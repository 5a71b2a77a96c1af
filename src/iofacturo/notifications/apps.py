from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "iofacturo.notifications"
    verbose_name = "avisos"
