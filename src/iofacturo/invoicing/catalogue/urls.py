"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import path

from iofacturo.invoicing.catalogue import find_page

urlpatterns = [
    path("buscar/clientes/", find_page.customers, name="find_customers"),
    path("buscar/productos/", find_page.products, name="find_products"),
    path("buscar/cabys/", find_page.cabys_codes, name="find_cabys"),
    path("buscar/contribuyente/", find_page.taxpayer, name="find_taxpayer"),
    path("buscar/tipo-de-cambio/", find_page.rate, name="find_rate"),
    path("buscar/exoneracion/", find_page.exoneration, name="find_exoneration"),
]
