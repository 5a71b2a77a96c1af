"""What the templates of this room may say."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def get(mapping: Mapping[str, Any] | str | None, key: str) -> Any:
    """The value under *key*; None when there is no mapping, or no such key in it."""
    return mapping.get(key) if isinstance(mapping, Mapping) else None
