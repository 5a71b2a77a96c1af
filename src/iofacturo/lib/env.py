"""Settings come from the environment, read here and nowhere else.

`docs/settings.md` lists every name; a test compares it with the calls in the code.
"""

import os

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on", "si", "sí"}


def text(name: str, default: str = "") -> str:
    """The value of *name*, stripped; *default* when unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    """Whether *name* is set to a word that means yes."""
    return text(name).lower() in TRUE


def number(name: str, default: int) -> int:
    """The value of *name* as a whole number."""
    raw = text(name)
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """The value of *name* split at commas."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] or list(default)


def required(name: str, why: str) -> str:
    """The value of *name*; without it the process must not start."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value
