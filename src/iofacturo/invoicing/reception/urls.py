"""Addresses of this part, all under /facturar/."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
