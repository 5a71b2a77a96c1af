"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import path

from iofacturo.invoicing.editor import draft_page, start_page

urlpatterns = [
    path("nuevo/", start_page.new_draft, name="new_draft"),
    path("borradores/<slug:public_id>/", draft_page.draft, name="draft"),
]
