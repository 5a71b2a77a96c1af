"""Addresses of the comprobantes, part by part."""

from django.urls import include, path

from iofacturo.invoicing.callback import callback

app_name = "invoicing"
urlpatterns = [
    path("facturar/", include("iofacturo.invoicing.editor.urls")),
    path("hacienda/aviso/<slug:token>/", callback, name="callback"),
    path("facturar/", include("iofacturo.invoicing.setup.urls")),
    path("facturar/", include("iofacturo.invoicing.documents.urls")),
    path("facturar/", include("iofacturo.invoicing.archive.urls")),
    path("facturar/", include("iofacturo.invoicing.catalogue.urls")),
    path("facturar/", include("iofacturo.invoicing.reception.urls")),
    path("", include("iofacturo.invoicing.paper.urls")),  # its public links stand at the root
]
