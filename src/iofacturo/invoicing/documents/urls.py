"""Addresses of one document."""

from django.urls import path, register_converter

from iofacturo.invoicing.documents import again, annul_page, page, prepare_page
from iofacturo.invoicing.documents.address import ClaveConverter
from iofacturo.invoicing.documents.origin import Origin

register_converter(ClaveConverter, "clave")

urlpatterns = [
    path("documentos/<clave:clave>/", page.document, name="document"),
    path("documentos/<clave:clave>/estado/", page.state, name="document_state"),
    path("documentos/<clave:clave>/enviar/", again.send_again, name="send_again"),
    path("documentos/<clave:clave>/preguntar/", again.ask_now, name="ask_now"),
    path("documentos/<clave:clave>/anular/", annul_page.annul, name="annul"),
    *(
        path(f"documentos/<clave:clave>/{words}/", prepare_page.prepare, {"act": act}, name=name)
        for words, act, name in (
            ("nota-de-credito", Origin.CREDIT, "credit_note"),
            ("nota-de-debito", Origin.DEBIT, "debit_note"),
            ("reemplazar", Origin.REPLACEMENT, "replace"),
            ("duplicar", Origin.COPY, "duplicate"),
            ("pago", Origin.PAYMENT, "payment_receipt"),
        )
    ),
]
