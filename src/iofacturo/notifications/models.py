"""The tables of this room, each told in the file of its own noun."""

from iofacturo.notifications.notice import Notice

__all__ = ["Notice"]
