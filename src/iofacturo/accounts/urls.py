"""`/empresa/`: the company, its people, and what they did."""

from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from iofacturo.accounts import (
    acceptance,
    activity_page,
    company_page,
    members_page,
    switch,
)
from iofacturo.accounts.access import person

app_name = "accounts"
urlpatterns = [
    path(
        "",
        person(require_safe(RedirectView.as_view(pattern_name="accounts:company"))),
        name="index",
    ),
    path("datos/", company_page.company, name="company"),
    path("datos/cambiar/", company_page.edit, name="company_edit"),
    path("personas/", members_page.members, name="members"),
    path("personas/<int:pk>/", members_page.seat, name="seat"),
    path("personas/<int:pk>/quitar/", members_page.removal, name="seat_removal"),
    path("personas/salir/", members_page.leave, name="leave"),
    path("invitaciones/<int:pk>/reenviar/", members_page.resend, name="invitation_resend"),
    path("invitaciones/<int:pk>/retirar/", members_page.withdraw, name="invitation_withdraw"),
    path("invitacion/<str:token>/", acceptance.invitation, name="invitation"),
    path("actividad/", activity_page.activity, name="activity"),
    path("todas/", switch.companies, name="companies"),
    path("cambiar/", switch.switch, name="switch"),
]
