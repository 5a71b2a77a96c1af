"""How many children may run at once on this machine, whichever process started them.

A slot is a lock on a file, held by an open file: it is free again when its holder dies.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

SLOTS = 2
PATIENCE = 30.0  # seconds
PAUSE = 0.02


class Busy(Exception):
    """No slot came free in time."""


@contextmanager
def taken() -> Iterator[int]:
    """Hold one of the slots, after waiting for it; raises Busy."""
    until = time.monotonic() + PATIENCE
    while True:
        for number in range(SLOTS):
            descriptor = _take(settings.DATA / f"limpieza-{number}.lock")
            if descriptor is not None:
                try:
                    yield number
                finally:
                    os.close(descriptor)
                return
        if time.monotonic() >= until:
            raise Busy
        time.sleep(PAUSE)


def _take(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
