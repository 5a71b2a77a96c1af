"""The staff's door: each room's pages stand in the file of that room."""

from importlib.util import find_spec

from django.urls import URLPattern

app_name = "backoffice"
ROOMS = [
    "renewals",
    "companies",
    "plans",
    "ledger",
    "calendar",
    "terms",
    "payee",
    "staff",
    "provider",
]
urlpatterns: list[URLPattern] = []
for room in ROOMS:
    if find_spec(f"iofacturo.backoffice.{room}"):
        module = __import__(f"iofacturo.backoffice.{room}", fromlist=["urlpatterns"])
        urlpatterns += module.urlpatterns
