from django.urls import path

from iofacturo.notifications import preferences_page, views

app_name = "notifications"
urlpatterns = [
    path("", views.notices, name="list"),
    path("preferencias/", preferences_page.preferences, name="preferences"),
    path("baja/<str:token>/", preferences_page.leave, name="leave"),
    path("leidos", views.reading_of_all, name="read_all"),
    path("<slug:public_id>/", views.notice, name="open"),
    path("<slug:public_id>/leido", views.reading, name="read"),
]
