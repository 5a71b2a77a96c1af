"""The mailbox under its address, for tests that need nothing else of the portal."""

from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [
    path("correo/", include("iofacturo.outbox.urls")),
    path("ayuda/", lambda request: HttpResponse(), name="ayuda"),
]
