"""Addresses of the list of documents and of exports."""

from django.urls import path

from iofacturo.invoicing.archive import list_page

urlpatterns = [
    path("documentos/", list_page.documents, name="documents"),
]
