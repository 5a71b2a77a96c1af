"""Every address of the portal, room by room."""

from django.urls import include, path

from iofacturo import portal
from iofacturo.help_center import pages
from iofacturo.invoicing.editor import start_page

urlpatterns = [
    path("", portal.home, name="portal"),
    path("facturar/", start_page.start, name="facturar"),
    path("", include("iofacturo.invoicing.urls")),  # asked for most: looked through first
    path("ayuda/", pages.index, name="ayuda"),
    path("ayuda/", include("iofacturo.help_center.urls")),
    path("salud", portal.salud, name="salud"),
    path("cuenta/", include("iofacturo.accounts.login_urls")),
    path("empresa/", include("iofacturo.accounts.urls")),
    path("mi-plan/", include("iofacturo.renewals.urls")),
    path("mi-plan/", include("iofacturo.folios.urls")),
    path("soporte/", include("iofacturo.support.urls")),
    path("cartera/", include("iofacturo.renewals.portfolio.urls")),
    path("avisos/", include("iofacturo.notifications.urls")),
    path("correo/", include("iofacturo.outbox.urls")),
    path("gestion/", portal.gestion, name="gestion"),
    path("gestion/", include("iofacturo.backoffice.urls")),
]

handler400 = "iofacturo.outage.bad_request"
handler500 = "iofacturo.outage.server_error"
