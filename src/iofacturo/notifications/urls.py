from django.urls import path

from iofacturo.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.notices, name="list"),
    path("leidos", views.reading_of_all, name="read_all"),
    path("<slug:public_id>/", views.notice, name="open"),
    path("<slug:public_id>/leido", views.reading, name="read"),
]
