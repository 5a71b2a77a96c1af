"""Addresses of the comprobantes."""

from django.urls import path

from iofacturo.invoicing.callback import callback

app_name = "invoicing"
urlpatterns = [
    path("aviso/<slug:token>/", callback, name="callback"),
]
