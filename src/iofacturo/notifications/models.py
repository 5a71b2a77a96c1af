"""The tables of this room, each told in the file of its own noun."""

from iofacturo.notifications.notice import Notice
from iofacturo.notifications.preference import Preference

__all__ = ["Notice", "Preference"]
