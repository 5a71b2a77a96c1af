"""Django's PostgreSQL backend, which looks whether a connection was closed instead of asking.

A request that finds a connection of an earlier one asks the database for a row first, to see
whether it is still there. A server that went away has closed its side, though, and the kernel
knows: that takes no journey. What neither can tell, a network that swallows everything, hangs
either way until the time-outs of TCP.
"""

import select
from typing import Any

from django.db.backends.postgresql import base


# The stubs leave out what Django's wrappers override among themselves: hence the ignores.
class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a cheaper look at an idle connection."""

    def is_usable(self) -> bool:
        """Whether nothing has been heard from the server, which speaks first only to say goodbye."""
        connection: Any = self.connection
        if connection is None or connection.closed:
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return not poll.poll(0) or bool(super().is_usable())
