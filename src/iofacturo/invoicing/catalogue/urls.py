"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import path, re_path

from iofacturo.invoicing.catalogue import (
    customers_page,
    exoneracion_page,
    find_page,
    import_page,
    products_page,
)

WHICH = "(?P<which>clientes|productos)"
MARK = "(?P<public_id>[0-9A-Z]{12})"

urlpatterns = [
    path("buscar/clientes/", find_page.customers, name="find_customers"),
    path("buscar/productos/", find_page.products, name="find_products"),
    path("buscar/cabys/", find_page.cabys_codes, name="find_cabys"),
    path("buscar/contribuyente/", find_page.taxpayer, name="find_taxpayer"),
    path("buscar/tipo-de-cambio/", find_page.rate, name="find_rate"),
    path("buscar/exoneracion/", find_page.exoneration, name="find_exoneration"),
    path("clientes/", customers_page.customers, name="customers"),
    path("clientes/nuevo/", customers_page.new, name="customer_new"),
    path("clientes.csv", customers_page.export, name="customers_csv"),
    path("productos/", products_page.products, name="products"),
    path("productos/nuevo/", products_page.new, name="product_new"),
    path("productos.csv", products_page.export, name="products_csv"),
    re_path(rf"^{WHICH}/importar/$", import_page.choose, name="import"),
    re_path(rf"^{WHICH}/importar/plantilla\.csv$", import_page.template, name="import_template"),
    re_path(rf"^{WHICH}/importar/{MARK}/$", import_page.preview, name="import_preview"),
    re_path(rf"^{WHICH}/importar/{MARK}/confirmar/$", import_page.confirm, name="import_confirm"),
    re_path(rf"^{WHICH}/importar/{MARK}/malas\.csv$", import_page.bad_rows, name="import_bad"),
    path("clientes/<str:public_id>/", customers_page.one, name="customer"),
    path("clientes/<str:public_id>/cambiar/", customers_page.edit, name="customer_edit"),
    path("clientes/<str:public_id>/archivar/", customers_page.archive, name="customer_archive"),
    path("clientes/<str:public_id>/exoneraciones/nueva/", exoneracion_page.new, name="exoneracion_new"),
    path("clientes/<str:public_id>/exoneraciones/<str:which>/", exoneracion_page.edit, name="exoneracion_edit"),
    path("clientes/<str:public_id>/exoneraciones/<str:which>/quitar/", exoneracion_page.retire, name="exoneracion_retire"),
    path("productos/<str:public_id>/", products_page.edit, name="product"),
    path("productos/<str:public_id>/archivar/", products_page.archive, name="product_archive"),
    path("productos/<str:public_id>/asi-esta-bien/", products_page.dismiss, name="product_dismiss"),
]  # fmt: skip
