"""What must always hold of the people in documents and of exports."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from iofacturo.invoicing.archive.export import Export
from iofacturo.uploads import storage

UNKNOWN = """
SELECT c.clave FROM invoicing_comprobante c
LEFT JOIN invoicing_counterpart p
  ON p.company_id = c.company_id AND p.numero = c.receptor_numero AND p.folded = c.folded
WHERE p.id IS NULL AND (c.receptor_numero <> '' OR c.folded <> '')
"""


def broken() -> Iterator[str]:
    """One line per offender."""
    with connection.cursor() as cursor:
        cursor.execute(UNKNOWN)
        for (clave,) in cursor.fetchall():
            yield f"Comprobante {clave}: quien lo recibió no está en la búsqueda."
    ready = dict(Export.objects.filter(state=Export.READY).values_list("file", "public_id"))
    for name in storage.missing(ready):
        yield f"Descarga {ready[name]}: falta su archivo."
