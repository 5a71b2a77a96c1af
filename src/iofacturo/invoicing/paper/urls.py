"""Addresses of this part: what members download and send, and the public link."""

from __future__ import annotations

from django.urls import path

from iofacturo.invoicing.documents import address
from iofacturo.invoicing.paper import downloads, public_page, share_page

assert address.ClaveConverter.regex  # noqa: S101 - it registers `clave:` for the paths below

DOCUMENT = "facturar/documentos/<clave:clave>/"
PUBLIC = "d/<str:token>/"

urlpatterns = [
    path(f"{DOCUMENT}pdf", downloads.download, {"which": "pdf"}, name="pdf"),
    path(f"{DOCUMENT}tiquete", downloads.download, {"which": "tiquete"}, name="ticket"),
    path(f"{DOCUMENT}xml", downloads.download, {"which": "xml"}, name="xml"),
    path(f"{DOCUMENT}respuesta", downloads.download, {"which": "respuesta"}, name="answer_xml"),
    path(f"{DOCUMENT}compartir/", share_page.share, name="share"),
    path(f"{DOCUMENT}correo", share_page.send_mail, name="send_mail"),
    path(f"{DOCUMENT}enlace", share_page.make_link, name="make_link"),
    path(f"{DOCUMENT}enlace/anular", share_page.revoke_link, name="revoke_link"),
    path(PUBLIC, public_page.page, name="public"),
    path(f"{PUBLIC}pdf", public_page.download, {"which": "pdf"}, name="public_pdf"),
    path(f"{PUBLIC}tiquete", public_page.download, {"which": "tiquete"}, name="public_ticket"),
    path(f"{PUBLIC}xml", public_page.download, {"which": "xml"}, name="public_xml"),
    path(f"{PUBLIC}respuesta", public_page.download, {"which": "respuesta"}, name="public_answer"),
]
