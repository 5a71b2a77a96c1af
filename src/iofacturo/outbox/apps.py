from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "iofacturo.outbox"
    verbose_name = "correo por enviar"
