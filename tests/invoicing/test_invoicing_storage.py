"""How PostgreSQL keeps the signed bodies."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a matter of PostgreSQL's")
def test_signed_bodies_are_not_compressed_slowly():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage, attcompression FROM pg_attribute "
            "WHERE attrelid = 'invoicing_signedxml'::regclass AND attname = 'xml'"
        )
        assert cursor.fetchone() in {("e", ""), ("x", "l")}
