"""Addresses of this part: what members download, and the public link."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
