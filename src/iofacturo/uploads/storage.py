"""Keeping files: written before the row that names them, swept away when no row does.

Names are random and say nothing; nothing here is ever served by its address.
"""

import secrets
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

PROOFS = "comprobantes"


def keep(content: bytes, *, folder: str = PROOFS, suffix: str = "") -> str:
    """Write *content* under a new random name in *folder* and answer that name.

    Call it before the row is saved: a file without a row is swept, a row without a file is a loss.
    """
    token = secrets.token_hex(16)
    return default_storage.save(f"{folder}/{token[:2]}/{token}{suffix}", ContentFile(content))


def read(name: str) -> bytes:
    """The content kept under *name*; FileNotFoundError when there is none."""
    with default_storage.open(name, "rb") as file:
        return file.read()


def exists(name: str) -> bool:
    return bool(name) and default_storage.exists(name)


def missing(names: Iterable[str]) -> Iterator[str]:
    """Those of *names* that are not there, for `iofacturo verify`."""
    return (name for name in names if not exists(name))


def sweep(
    referenced: Iterable[str],
    older_than: timedelta = timedelta(days=1),
    *,
    folder: str = PROOFS,
) -> int:
    """Delete the files of *folder* that no row names; answers how many.

    *older_than* spares what was written a moment ago and whose row is not saved yet. A file's age
    is told by the machine that keeps it, so the demo's moved clock does not matter here. Collect
    *referenced* before calling: a row saved afterwards names a file too young to be swept.
    """
    kept, swept = set(referenced), 0
    before = time.time() - older_than.total_seconds()
    for name in list(_files(folder)):
        if name not in kept and default_storage.get_modified_time(name).timestamp() < before:
            default_storage.delete(name)
            swept += 1
    return swept


def _files(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}"
    for name in folders:
        yield from _files(f"{folder}/{name}")
