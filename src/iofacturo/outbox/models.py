"""The tables of this room, each told in the file of its own noun."""

from iofacturo.outbox.message import Message

__all__ = ["Message"]
