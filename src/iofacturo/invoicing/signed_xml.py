"""The signed bytes of a document, beside its row so that lists do not carry them. Never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import connection, models

from iofacturo.invoicing import row_writer
from iofacturo.invoicing.comprobante import Comprobante


class SignedXML(models.Model):
    """What was signed and is sent, byte for byte. Append-only."""

    comprobante = models.OneToOneField(
        Comprobante, models.PROTECT, primary_key=True, related_name="signed_xml"
    )
    xml = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = "XML firmado"
        verbose_name_plural = "XML firmados"

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were stored."""
        return digest(self.xml) == self.sha256


BINARY = """
INSERT INTO invoicing_signedxml (comprobante_id, xml, sha256)
SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::text[])
"""


def store(pks: Sequence[int], bodies: Sequence[bytes]) -> None:
    """Keep the bytes of documents whose rows were just written."""
    digests = [digest(body) for body in bodies]
    if connection.vendor != "postgresql":
        row_writer.insert(
            [
                SignedXML(comprobante_id=pk, xml=body, sha256=sha256)
                for pk, body, sha256 in zip(pks, bodies, digests, strict=True)
            ]
        )
        return
    from psycopg import Cursor

    # As bytes, not as hexadecimal text, which takes the database longer to read than to store.
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        cursor.execute(BINARY, [list(pks), list(bodies), digests], prepare=True)


def digest(xml: bytes | memoryview) -> str:
    return hashlib.sha256(xml).hexdigest()
