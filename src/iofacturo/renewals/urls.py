"""The customer's pages: Mi Plan and everything a renewal needs."""

from django.urls import path

from iofacturo.renewals import (
    choose_page,
    invoice_page,
    plan_page,
    proof_page,
    renew_page,
    request_page,
    terms_page,
)

app_name = "renewals"
urlpatterns = [
    path("", plan_page.mi_plan, name="mi_plan"),
    path("solicitudes.csv", plan_page.requests_csv, name="requests_csv"),
    path("renovar/", choose_page.choose, name="choose"),
    path("renovar/<str:number>/", renew_page.renew, name="renew"),
    path("renovar/<str:number>/guardar/", renew_page.autosave, name="autosave"),
    path("solicitudes/<str:number>/", request_page.status, name="status"),
    path("solicitudes/<str:number>/recibida/", request_page.received, name="received"),
    path("solicitudes/<str:number>/corregir/", request_page.correct, name="correct"),
    path("solicitudes/<str:number>/cancelar/", request_page.cancel, name="cancel"),
    path("solicitudes/<str:number>/factura/", invoice_page.invoice, name="invoice"),
    path(
        "solicitudes/<str:number>/factura/<str:clave>/<str:which>",
        invoice_page.download,
        name="invoice_file",
    ),
    path(
        "solicitudes/<str:number>/comprobantes/<int:proof>/<int:page>.png",
        proof_page.picture,
        name="picture",
    ),
    path(
        "solicitudes/<str:number>/comprobantes/<int:proof>/lectura/",
        proof_page.reading,
        name="reading",
    ),
    path("terminos/<int:number>/", terms_page.terms, name="terms"),
]
