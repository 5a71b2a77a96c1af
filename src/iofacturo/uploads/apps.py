from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "iofacturo.uploads"
    verbose_name = "archivos recibidos"
