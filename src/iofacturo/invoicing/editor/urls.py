"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import path

from iofacturo.invoicing.editor import draft_page, proforma_page, quick_page, start_page

urlpatterns = [
    path("nuevo/", start_page.new_draft, name="new_draft"),
    path("tiquete/", quick_page.tiquete, name="quick"),
    path("borradores/<slug:public_id>/", draft_page.draft, name="draft"),
    path("borradores/<slug:public_id>/emitir/", draft_page.issue, name="issue"),
    path("borradores/<slug:public_id>/proforma.pdf", proforma_page.paper, name="proforma"),
]
