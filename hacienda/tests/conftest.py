"""What the tests of the library share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find_xsd_directory() -> Path:
    """Where Hacienda's schemas are looked for: `HACIENDA_XSD_DIR`, or beside the repository."""
    return ROOT / os.environ.get("HACIENDA_XSD_DIR", "../shared/xsd")


@pytest.fixture(scope="session")
def xsd_directory() -> Path:
    """The folder of the schemas; the test is skipped where there is none."""
    directory = find_xsd_directory()
    if not (directory / "v4.4").is_dir():
        pytest.skip("the schemas are not here: set HACIENDA_XSD_DIR to their folder")
    return directory
