"""What every test of the portal may lean on."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection

pytest_plugins = ["tests.cast", "tests.flush", "tests.schema"]


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """Throttling counts in the cache; it must not leak from one test to the next."""
    cache.clear()
    return


@pytest.fixture
def engine() -> str:
    """`sqlite` or `postgresql`."""
    return connection.vendor
