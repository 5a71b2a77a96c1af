"""Every address of the portal, room by room."""

from importlib.util import find_spec

from django.urls import include, path

from iofacturo import portal

# While the house is being built a room may not have its pages yet.
ROOMS = [
    ("cuenta/", "iofacturo.accounts.login_urls"),
    ("empresa/", "iofacturo.accounts.urls"),
    ("mi-plan/", "iofacturo.renewals.urls"),
    ("mi-plan/", "iofacturo.folios.urls"),
    ("avisos/", "iofacturo.notifications.urls"),
    ("correo/", "iofacturo.outbox.urls"),
    ("gestion/", "iofacturo.backoffice.urls"),
]

urlpatterns = [
    path("", portal.home, name="portal"),
    path("facturar/", portal.facturar, name="facturar"),
    path("ayuda/", portal.ayuda, name="ayuda"),
    path("salud", portal.salud, name="salud"),
    path("gestion/", portal.gestion, name="gestion"),
    *(path(prefix, include(room)) for prefix, room in ROOMS if find_spec(room)),
]
