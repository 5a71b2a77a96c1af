"""The clave in an address: fifty letters or digits, so that other words under it stay free."""

from __future__ import annotations

from django.urls.converters import StringConverter


class ClaveConverter(StringConverter):
    regex = "[0-9A-Za-z]{50}"
