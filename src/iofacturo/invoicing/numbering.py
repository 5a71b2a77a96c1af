"""No hole and no double in the numbers of any series: one rule for whatever is numbered."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

HOLES = """
SELECT company_id, prefix, number, before FROM (
    SELECT company_id, substr(consecutivo, 1, 10) AS prefix,
           CAST(substr(consecutivo, 11) AS bigint) AS number,
           LAG(CAST(substr(consecutivo, 11) AS bigint)) OVER (
               PARTITION BY company_id, substr(consecutivo, 1, 10) ORDER BY consecutivo
           ) AS before
    FROM {table}
) AS n
WHERE (before IS NULL OR number <> before + 1)
  AND NOT EXISTS (
    SELECT 1 FROM invoicing_seriesstart i JOIN invoicing_series s ON s.id = i.series_id
    WHERE s.company_id = n.company_id AND i.number = n.number
      AND s.sucursal = CAST(substr(n.prefix, 1, 3) AS integer)
      AND s.terminal = CAST(substr(n.prefix, 4, 5) AS integer)
      AND s.tipo = substr(n.prefix, 9, 2)
  )
"""
AHEAD = """
SELECT s.company_id, s.sucursal, s.terminal, s.tipo, s.next_number, d.last
FROM invoicing_series s
JOIN (
    SELECT company_id, substr(consecutivo, 1, 10) AS prefix,
           MAX(CAST(substr(consecutivo, 11) AS bigint)) AS last
    FROM {table} GROUP BY company_id, substr(consecutivo, 1, 10)
) AS d
  ON d.company_id = s.company_id
 AND CAST(substr(d.prefix, 1, 3) AS integer) = s.sucursal
 AND CAST(substr(d.prefix, 4, 5) AS integer) = s.terminal
 AND substr(d.prefix, 9, 2) = s.tipo
WHERE s.next_number <> d.last + 1
  AND NOT EXISTS (
    SELECT 1 FROM invoicing_seriesstart i
    WHERE i.series_id = s.id AND i.number = s.next_number AND s.next_number > d.last
  )
"""


def broken(table: str) -> Iterator[str]:
    """One line per offender of *table*, which has `company_id` and `consecutivo`.

    Numbers jump only where somebody let the series begin.
    """
    for company, prefix, number, before in _rows(HOLES, table):
        after = "no empieza ahí" if before is None else f"el anterior es {before}"
        yield f"Empresa {company}, serie {prefix}: hay un hueco antes del {number} ({after})."
    for company, sucursal, terminal, tipo, following, last in _rows(AHEAD, table):
        yield (
            f"Empresa {company}, serie {sucursal:03}{terminal:05}{tipo}: el próximo número es "
            f"{following} y el último emitido {last}."
        )


def _rows(sql: str, table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(table=connection.ops.quote_name(table)))
        return list(cursor.fetchall())
