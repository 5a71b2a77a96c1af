"""The customer's pages: Enviar un Ticket, and what came of it."""

from django.urls import path

from iofacturo.support import list_page, new_page, ticket_page

app_name = "support"
urlpatterns = [
    path("", list_page.tickets, name="tickets"),
    path("nuevo/", new_page.new, name="new"),
    path("<str:number>/", ticket_page.ticket, name="ticket"),
    path("<str:number>/respuesta/", ticket_page.answer, name="answer"),
    path("<str:number>/copia/", ticket_page.copy, name="copy"),
    path("<str:number>/resuelto/", ticket_page.resolution, name="resolution"),
    path("<str:number>/archivos/<int:file>/<int:page>.png", ticket_page.picture, name="picture"),
]
