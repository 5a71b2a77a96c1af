"""The tables of this room, each told in the file of its own noun."""

from iofacturo.business_time.version import CalendarDay, CalendarVersion

__all__ = ["CalendarDay", "CalendarVersion"]
