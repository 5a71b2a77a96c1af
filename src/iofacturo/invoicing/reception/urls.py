"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import path

from iofacturo.invoicing.reception import document_page, list_page, receive_page, reply_page

urlpatterns = [
    path("recibidos/", list_page.received, name="received"),
    path("recibidos.csv", list_page.received_csv, name="received_csv"),
    path("recibidos/subir/", receive_page.receive, name="receive"),
    path("recibidos/cargas/<slug:public_id>/", receive_page.batch, name="received_batch"),
    path("recibidos/<slug:public_id>/", document_page.document, name="received_document"),
    path("recibidos/<slug:public_id>/estado/", document_page.state, name="received_state"),
    path("recibidos/<slug:public_id>/responder/", reply_page.answer, name="received_reply"),
    path("recibidos/<slug:public_id>/preguntar/", document_page.ask, name="received_ask"),
    path("recibidos/<slug:public_id>/reenviar/", document_page.resend, name="received_resend"),
    path("recibidos/<slug:public_id>/xml/", document_page.xml, name="received_xml"),
    path("recibidos/<slug:public_id>/hacienda/", document_page.word_xml, name="received_word_xml"),
    path("recibidos/<slug:public_id>/respuesta/", document_page.message_xml,
         name="received_message_xml"),
    path("recibidos/<slug:public_id>/respuesta/hacienda/", document_page.message_word_xml,
         name="received_message_word_xml"),
]  # fmt: skip
