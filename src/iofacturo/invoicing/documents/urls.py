"""Addresses of one document."""

from django.urls import path

from iofacturo.invoicing.documents import address, again, page

assert address.ClaveConverter  # noqa: S101 - it registers `clave:` for the paths below

urlpatterns = [
    path("documentos/<clave:clave>/", page.document, name="document"),
    path("documentos/<clave:clave>/estado/", page.state, name="document_state"),
    path("documentos/<clave:clave>/enviar/", again.send_again, name="send_again"),
    path("documentos/<clave:clave>/preguntar/", again.ask_now, name="ask_now"),
]
