"""Addresses of the list of documents and of exports."""

from django.urls import path

from iofacturo.invoicing.archive import export_page, list_page

urlpatterns = [
    path("documentos/", list_page.documents, name="documents"),
    path("exportar/", export_page.exports, name="exports"),
    path("exportar/avance/", export_page.progress, name="exports_progress"),
    path("exportar/<slug:public_id>/archivo/", export_page.download, name="export_file"),
]
