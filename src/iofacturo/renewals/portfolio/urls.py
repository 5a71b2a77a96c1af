"""`/cartera/`: the pages of whoever keeps several companies."""

from django.urls import path

from iofacturo.renewals.portfolio import billing_page, choose_page, group_page, page

app_name = "portfolio"
urlpatterns = [
    path("", page.portfolio, name="portfolio"),
    path("cartera.csv", page.portfolio_csv, name="portfolio_csv"),
    path("renovar/", choose_page.choose, name="choose"),
    path("grupos/<str:number>/", group_page.group, name="group"),
    path("grupos/<str:number>/<str:request_number>/factura/", billing_page.billing, name="billing"),
    path(
        "grupos/<str:number>/comprobantes/<int:proof>/<int:page>.png",
        group_page.picture,
        name="picture",
    ),
]
