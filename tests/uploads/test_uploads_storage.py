"""Files are written before the row that names them, and swept when no row does."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from iofacturo.uploads import storage

FOLDER = "pruebas"


@pytest.fixture(autouse=True)
def _empty():
    storage.sweep([], timedelta(0), folder=FOLDER)
    yield
    storage.sweep([], timedelta(seconds=-5), folder=FOLDER)


def aged(name: str, hours: float) -> str:
    then = time.time() - hours * 3600
    os.utime(default_storage.path(name), (then, then))
    return name


def keep(content: bytes = b"hola") -> str:
    return storage.keep(content, folder=FOLDER, suffix=".png")


def test_what_was_kept_is_read_back_under_a_name_that_says_nothing() -> None:
    one, other = keep(b"uno"), keep(b"uno")
    assert one != other
    assert storage.read(one) == b"uno"
    assert len(Path(one).stem) == 32
    assert one.endswith(".png")
    assert not storage.exists("")
    with pytest.raises(FileNotFoundError):
        storage.read(f"{FOLDER}/00/nada.png")


def test_only_its_owner_reads_a_file() -> None:
    assert os.stat(default_storage.path(keep())).st_mode & 0o077 == 0


def test_what_no_row_names_is_swept_and_the_young_is_spared() -> None:
    named, orphan, young = aged(keep(), 48), aged(keep(), 48), keep()
    assert storage.sweep([named], folder=FOLDER) == 1
    assert [storage.exists(n) for n in (named, orphan, young)] == [True, False, True]
    assert storage.sweep([named], folder=FOLDER) == 0


def test_a_folder_nobody_wrote_to_is_swept_without_complaint() -> None:
    assert storage.sweep([], folder="nunca") == 0


def test_a_rooms_sweep_leaves_the_others_alone() -> None:
    mine = aged(storage.keep(b"x", folder=FOLDER), 48)
    assert storage.sweep([], folder="otra") == 0
    assert storage.exists(mine)


def test_missing_files_are_named() -> None:
    there, gone = keep(), keep()
    default_storage.delete(gone)
    assert list(storage.missing([there, gone])) == [gone]
