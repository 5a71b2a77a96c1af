"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import URLPattern, path

from iofacturo.invoicing.setup import (
    access_page,
    data_page,
    key_page,
    logo_page,
    mail_page,
    numbering_page,
    overview_page,
)

urlpatterns: list[URLPattern] = [
    path("preparar/", overview_page.overview, name="setup"),
    path("preparar/datos/", data_page.data, name="setup_data"),
    path("preparar/numeracion/", numbering_page.series, name="setup_series"),
    path("preparar/numeracion/<int:one>/<int:terminal>/", numbering_page.place, name="setup_place"),
    path("preparar/llave/", key_page.install, name="setup_key"),
    path("preparar/hacienda/", access_page.install, name="setup_access"),
    path("preparar/logotipo/", logo_page.logo, name="setup_logo"),
    path("preparar/logotipo/imagen.png", logo_page.picture, name="setup_logo_picture"),
    path("preparar/correo/", mail_page.mail, name="setup_mail"),
]
