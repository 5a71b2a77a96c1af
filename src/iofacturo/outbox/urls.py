from django.urls import path

from iofacturo.outbox import views

app_name = "outbox"
urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("<str:key>/", views.mail, name="mail"),
    path("<str:key>/pagina", views.frame, name="frame"),
]
