"""The pages of folios, under Mi Plan."""

from django.urls import path

from iofacturo.folios import ledger_page, plans_page

app_name = "folios"
urlpatterns = [
    path("libro/", ledger_page.ledger, name="ledger"),
    path("libro.csv", ledger_page.ledger_csv, name="ledger_csv"),
    path("planes/", plans_page.plans, name="plans"),
    path("planes.csv", plans_page.plans_csv, name="plans_csv"),
]
