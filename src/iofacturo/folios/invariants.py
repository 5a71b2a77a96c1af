"""What must hold in the books of folios, and who breaks it.

Everything is asked of the database as sets, so that a million entries take seconds. The numbers
I1 to I20 are those of the domain model.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection

from iofacturo.folios import posting

# An act reads the clock when it begins and commits a little later; two acts at the same moment may
# see each other or not.
IN_FLIGHT = timedelta(minutes=1)


def broken() -> Iterator[str]:
    """One line in Spanish for each offender."""
    for name in posting.missing(connection):
        yield f"folios: falta el disparador {name}, que asienta los movimientos (I2, I12)"
    for check in (
        counters,
        chains,
        documents,
        foreign_entries,
        times,
        order_of_use,
        origins,
        days,
        adjustments,
        ends,
        graces,
        repayments,
        promotions,
    ):
        yield from check()


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


COUNTED = {  # column of the lot: what the entries must say
    "remaining": ("restantes", "sum(qty)"),
    "granted": ("contratados", "sum(CASE WHEN kind = 'grant' THEN qty ELSE 0 END)"),
    "adjusted": ("ajustados", "sum(CASE WHEN kind = 'adjust' THEN qty ELSE 0 END)"),
    "consumed": (
        "consumidos",
        "-sum(CASE WHEN kind IN ('consume', 'reverse', 'repay') THEN qty ELSE 0 END)",
    ),
    "expired": ("vencidos", "-sum(CASE WHEN kind = 'expire' THEN qty ELSE 0 END)"),
    "voided": ("anulados", "-sum(CASE WHEN kind = 'void' THEN qty ELSE 0 END)"),
    "entries_count": ("movimientos", "count(*)"),
}


def counters() -> Iterator[str]:
    """I1, I13, I19: what the entries add up to is what the lot says, counter by counter."""
    columns = ", ".join(f"l.{name}, coalesce(e.{name}, 0)" for name in COUNTED)
    sums = ", ".join(f"{sql} AS {name}" for name, (_, sql) in COUNTED.items())
    differ = " OR ".join(f"l.{name} <> coalesce(e.{name}, 0)" for name in COUNTED)
    for lot, contract, company, *pairs in _rows(f"""
        SELECT l.id, l.contract, l.company_id, {columns}
        FROM folios_foliolot AS l
        LEFT JOIN (SELECT lot_id, {sums} FROM folios_folioentry GROUP BY lot_id) AS e
          ON e.lot_id = l.id
        WHERE {differ} ORDER BY l.id
    """):  # noqa: S608 - only constants are put together
        for number, (word, _) in enumerate(COUNTED.values()):
            stored, counted = pairs[2 * number : 2 * number + 2]
            if stored != counted:
                yield (
                    f"lote {contract} (id {lot}, empresa {company}): dice {stored} {word} y sus "
                    f"movimientos suman {counted} (I1, I13)"
                )
    for lot, contract in _rows("""
        SELECT id, contract FROM folios_foliolot
        WHERE remaining < 0 OR remaining > granted + adjusted
           OR granted + adjusted <> consumed + expired + voided + remaining
        ORDER BY id
    """):
        yield f"lote {contract} (id {lot}): sus contadores no cuadran entre sí (I2, I19)"


def chains() -> Iterator[str]:
    """I13: replayed from its first entry, every lot has the balance that each entry tells."""
    for entry, lot, seq, balance, replayed, place in _rows("""
        SELECT * FROM (
            SELECT id, lot_id, seq, balance,
                   sum(qty) OVER (PARTITION BY lot_id ORDER BY seq
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS replayed,
                   row_number() OVER (PARTITION BY lot_id ORDER BY seq) AS place
            FROM folios_folioentry
        ) AS chain
        WHERE balance <> replayed OR seq <> place
        ORDER BY id
    """):
        if seq != place:
            yield f"movimiento {entry} (lote id {lot}): es el {seq} y debería ser el {place} (I13)"
        else:
            yield (
                f"movimiento {entry} (lote id {lot}): dice que quedan {balance} y son {replayed} (I13)"
            )


def documents() -> Iterator[str]:
    """I3, I4: a document holds one folio or none."""
    for company, document, net in _rows("""
        SELECT company_id, document, -sum(qty) FROM folios_folioentry
        WHERE kind IN ('consume', 'reverse')
        GROUP BY company_id, document HAVING -sum(qty) NOT IN (0, 1)
        ORDER BY company_id, document
    """):
        yield f"documento {document} (empresa {company}): tiene {net} folios (I4)"
    for entry, operation in _rows("""
        SELECT id, operation FROM folios_folioentry
        WHERE (kind = 'consume' AND operation NOT LIKE 'consume:' || company_id || ':%')
           OR (kind = 'reverse' AND operation NOT LIKE 'reverse:' || company_id || ':%')
           OR (kind IN ('consume', 'reverse') AND document = '')
        ORDER BY id
    """):
        yield f"movimiento {entry}: su clave de operación «{operation}» no es la suya (I4)"


def foreign_entries() -> Iterator[str]:
    """Entries without a lot, or of a lot of another company, or on another day than their own."""
    local = (
        "date(substr(e.at, 1, 19), '-6 hours')"  # it would round a microsecond up
        if connection.vendor == "sqlite"
        else "((e.at AT TIME ZONE 'UTC') - interval '6 hours')::date"
    )
    for entry, company, owner in _rows(f"""
        SELECT e.id, e.company_id, l.company_id
        FROM folios_folioentry AS e LEFT JOIN folios_foliolot AS l ON l.id = e.lot_id
        WHERE l.id IS NULL OR l.company_id <> e.company_id OR e.day <> {local}
        ORDER BY e.id
    """):  # noqa: S608 - only constants are put together
        if owner is None:
            yield f"movimiento {entry}: su lote no existe (I1)"
        elif owner != company:
            yield f"movimiento {entry}: es de la empresa {company} y su lote de la {owner} (I1)"
        else:
            yield f"movimiento {entry}: su día no es el de su hora en Costa Rica"


def times() -> Iterator[str]:
    """I5: nothing is taken from a lot before it begins, after it ends, or once it is annulled."""
    for entry, contract in _rows("""
        SELECT e.id, l.contract
        FROM folios_folioentry AS e JOIN folios_foliolot AS l ON l.id = e.lot_id
        WHERE e.kind = 'consume' AND (e.at < l.activated_at OR e.at >= l.expires_at)
        ORDER BY e.id
    """):
        yield f"movimiento {entry}: usa el lote {contract} fuera de su vigencia (I5)"
    for lot, contract in _rows("""
        SELECT l.id, l.contract FROM folios_foliolot AS l
        LEFT JOIN (SELECT lot_id, min(seq) AS first FROM folios_folioentry
                   WHERE kind = 'void' GROUP BY lot_id) AS v ON v.lot_id = l.id
        WHERE (l.voided_at IS NULL) <> (v.first IS NULL)
           OR EXISTS (SELECT 1 FROM folios_folioentry AS e
                      WHERE e.lot_id = l.id AND e.seq > v.first AND e.kind = 'consume')
        ORDER BY l.id
    """):
        yield f"lote {contract} (id {lot}): su anulación no coincide con sus movimientos (I5)"


def order_of_use() -> Iterator[str]:
    """I6: when a folio was taken, no other lot that could give one ended earlier.

    A lot could give one between an entry that filled it and the next one that emptied it.
    """
    for entry, contract, other in _rows(f"""
        WITH edges AS (
            SELECT id, lot_id, at, balance,
                   lead(id) OVER (PARTITION BY lot_id ORDER BY seq) AS emptied
            FROM folios_folioentry
            WHERE (balance = 0 AND qty <= 0) OR (balance > 0 AND balance = qty)
        )
        SELECT e.id, l.contract, m.contract
        FROM folios_foliolot AS m
        JOIN edges AS s ON s.lot_id = m.id AND s.balance > 0
        JOIN folios_foliolot AS l ON l.company_id = m.company_id AND l.id <> m.id
          AND l.expires_at > m.expires_at AND l.activated_at < m.expires_at AND l.only_for = ''
        JOIN folios_folioentry AS e ON e.lot_id = l.id AND e.kind = 'consume'
          AND e.id > s.id AND (s.emptied IS NULL OR e.id < s.emptied)
          AND e.at >= m.activated_at AND e.at < m.expires_at
          AND {_after("e.at", "s.at")} AND (m.voided_at IS NULL OR e.at < m.voided_at)
        WHERE m.only_for = ''
        ORDER BY e.id
    """):  # noqa: S608 - only constants are put together
        yield f"movimiento {entry}: usó el lote {contract} y {other} vencía antes (I6)"


def _after(later: str, earlier: str) -> str:
    """SQL: *later* is not within a moment of *earlier*."""
    seconds = int(IN_FLIGHT.total_seconds())
    if connection.vendor == "sqlite":
        return f"julianday({later}) > julianday({earlier}) + {seconds}.0 / 86400"
    return f"{later} > {earlier} + interval '{seconds} seconds'"


def origins() -> Iterator[str]:
    """I7: one origin gives at most one lot of a kind, and what it gives ends together."""
    for origin, kind, number in _rows("""
        SELECT origin, kind, count(*) FROM folios_foliolot
        GROUP BY origin, kind HAVING count(*) > 1 OR origin = '' ORDER BY origin
    """):
        yield f"origen «{origin}»: {number} lotes de clase {kind} (I7)"
    for contract, other in _rows("""
        SELECT p.contract, g.contract FROM folios_foliolot AS p
        JOIN folios_foliolot AS g ON g.origin = p.origin AND g.kind = 'promo'
        WHERE p.kind = 'paid' AND (p.expires_at <> g.expires_at OR p.company_id <> g.company_id)
        ORDER BY p.id
    """):
        yield f"lotes {contract} y {other}: son de la misma compra y no terminan juntos (I7)"


def days() -> Iterator[str]:
    """The use per day is what the entries say."""
    for lot, day, used, returned, counted, counted_back in _rows("""
        SELECT lot_id, day, sum(used), sum(returned), sum(counted), sum(counted_back) FROM (
            SELECT lot_id, day, used, returned, 0 AS counted, 0 AS counted_back
            FROM folios_dailyuse
            UNION ALL
            SELECT lot_id, day, 0, 0, sum(CASE WHEN kind = 'consume' THEN 1 ELSE 0 END),
                   sum(CASE WHEN kind = 'reverse' THEN 1 ELSE 0 END)
            FROM folios_folioentry WHERE kind IN ('consume', 'reverse') GROUP BY lot_id, day
        ) AS both_sides
        GROUP BY lot_id, day
        HAVING sum(used) <> sum(counted) OR sum(returned) <> sum(counted_back)
        ORDER BY lot_id, day
    """):
        yield (
            f"uso diario del lote id {lot}, {day}: dice {used} usos y {returned} devoluciones, y "
            f"los movimientos {counted} y {counted_back}"
        )


def adjustments() -> Iterator[str]:
    """An adjustment has an approved proposal of two people, and an approved proposal its entry."""
    for entry, state in _rows("""
        SELECT e.id, p.state FROM folios_folioentry AS e
        LEFT JOIN folios_adjustmentproposal AS p
          ON e.operation = 'adjust:' || p.id AND e.lot_id = p.lot_id AND e.qty = p.qty
        WHERE e.kind = 'adjust' AND (p.id IS NULL OR p.state <> 'approved'
              OR p.decided_by_id IS NULL OR p.decided_by_id = p.proposed_by_id)
        ORDER BY e.id
    """):
        what = "no tiene propuesta" if state is None else "dos personas no lo aprobaron"
        yield f"movimiento {entry}: es un ajuste y {what}"
    for (proposal,) in _rows("""
        SELECT p.id FROM folios_adjustmentproposal AS p
        LEFT JOIN folios_folioentry AS e
          ON e.operation = 'adjust:' || p.id AND e.lot_id = p.lot_id AND e.qty = p.qty
        WHERE p.state = 'approved' AND e.id IS NULL ORDER BY p.id
    """):
        yield f"ajuste propuesto {proposal}: está aprobado y no tiene su movimiento"


def ends() -> Iterator[str]:
    """I15: a lot ends when it always did, and what is left of it is written off once it has."""
    for lot, contract in _rows("""
        SELECT l.id, l.contract FROM folios_foliolot AS l
        LEFT JOIN folios_deadline AS d ON d.lot_id = l.id AND d.kind = 'end'
        WHERE d.id IS NULL OR d.due_at <> l.expires_at
           OR (d.done_at IS NOT NULL AND l.remaining > 0)
        ORDER BY l.id
    """):
        yield f"lote {contract} (id {lot}): su fin no es el que se anotó al activarlo (I15)"


def graces() -> Iterator[str]:
    """A company has one grace or one debt at a time, never takes more than it was given, and is
    through with it when it has ended and all that was used is given back or repaid."""
    for (lot,) in _rows("""
        SELECT l.id FROM folios_foliolot AS l LEFT JOIN folios_grace AS g ON g.lot_id = l.id
        WHERE (l.kind = 'grace') <> (g.id IS NOT NULL) OR g.company_id <> l.company_id
        ORDER BY l.id
    """):
        yield f"lote id {lot}: es de gracia y no consta su entrega, o al revés"
    for company, number in _rows("""
        SELECT company_id, count(*) FROM folios_grace WHERE settled_at IS NULL
        GROUP BY company_id HAVING count(*) > 1 ORDER BY company_id
    """):
        yield f"empresa {company}: tiene {number} gracias sin saldar a la vez"
    for lot, contract, granted, owed, used, repaid in _rows("""
        SELECT l.id, l.contract, l.granted, l.consumed, e.used, e.repaid
        FROM folios_foliolot AS l
        JOIN (SELECT lot_id,
                     -sum(CASE WHEN kind IN ('consume', 'reverse') THEN qty ELSE 0 END) AS used,
                     sum(CASE WHEN kind = 'repay' THEN qty ELSE 0 END) AS repaid
              FROM folios_folioentry GROUP BY lot_id) AS e ON e.lot_id = l.id
        WHERE l.kind = 'grace' AND (e.used > l.granted OR e.repaid > e.used OR e.repaid < 0
              OR l.consumed <> e.used - e.repaid)
        ORDER BY l.id
    """):
        yield (
            f"gracia {contract} (lote id {lot}): de {granted} folios usó {used}, repuso {repaid} "
            f"y dice que debe {owed}"
        )
    for lot, contract in _rows("""
        SELECT l.id, l.contract FROM folios_grace AS g JOIN folios_foliolot AS l ON l.id = g.lot_id
        WHERE (g.settled_at IS NOT NULL) <> (l.voided_at IS NOT NULL AND l.consumed = 0)
           OR (l.voided_at IS NOT NULL AND l.remaining > 0)
        ORDER BY l.id
    """):
        yield f"gracia {contract} (lote id {lot}): lo saldado no coincide con lo que debe"


def repayments() -> Iterator[str]:
    """What a grace is repaid is debited to a plan of the same company, folio for folio."""
    for (entry,) in _rows("""
        SELECT e.id FROM folios_folioentry AS e
        JOIN folios_foliolot AS l ON l.id = e.lot_id
        LEFT JOIN folios_folioentry AS o
          ON o.kind = 'repay' AND o.company_id = e.company_id AND o.qty = -e.qty
         AND o.operation = CASE WHEN e.qty < 0 THEN replace(e.operation, ':from', ':to')
                                ELSE replace(e.operation, ':to', ':from') END
        LEFT JOIN folios_foliolot AS m ON m.id = o.lot_id
        WHERE e.kind = 'repay' AND (o.id IS NULL OR (l.kind = 'grace') = (m.kind = 'grace')
           OR (e.qty > 0) <> (l.kind = 'grace')
           OR (e.qty < 0 AND e.operation <> 'repay:' || m.id || ':' || l.id || ':from')
           OR (e.qty > 0 AND e.operation <> 'repay:' || l.id || ':' || m.id || ':to'))
        ORDER BY e.id
    """):
        yield f"movimiento {entry}: repone folios de gracia y no tiene su contrapartida"


def promotions() -> Iterator[str]:
    """I20: uses are counted, and never above the limit under which they were taken."""
    for code, used, counted in _rows("""
        SELECT p.code, p.used, count(r.id) FROM folios_promotion AS p
        LEFT JOIN folios_promotionversion AS v ON v.promotion_id = p.id
        LEFT JOIN folios_redemption AS r
          ON r.promotion_version_id = v.id AND r.released_at IS NULL
        GROUP BY p.id, p.code, p.used HAVING p.used <> count(r.id) ORDER BY p.code
    """):
        yield f"promoción {code}: dice {used} usos y son {counted} (I20)"
    for code, number, limit, used in _rows("""
        SELECT p.code, v.number, v.limit_total, count(*) FROM folios_promotionversion AS v
        JOIN folios_promotion AS p ON p.id = v.promotion_id
        JOIN folios_redemption AS r
          ON r.promotion_version_id = v.id AND r.released_at IS NULL
        GROUP BY p.code, v.id, v.number, v.limit_total HAVING count(*) > v.limit_total
        ORDER BY p.code
    """):
        yield f"promoción {code}, versión {number}: {used} usos con un límite de {limit} (I20)"
    for code, company, limit, used in _rows("""
        SELECT p.code, r.company_id, v.limit_per_company, count(*)
        FROM folios_promotionversion AS v
        JOIN folios_promotion AS p ON p.id = v.promotion_id
        JOIN folios_redemption AS r
          ON r.promotion_version_id = v.id AND r.released_at IS NULL
        GROUP BY p.code, v.id, v.limit_per_company, r.company_id
        HAVING count(*) > v.limit_per_company ORDER BY p.code
    """):
        yield f"promoción {code}, empresa {company}: {used} usos con un límite de {limit} (I20)"
    for code, company, stored, counted in _rows("""
        SELECT p.code, t.company_id, t.used, count(r.id) FROM folios_promotiontally AS t
        JOIN folios_promotion AS p ON p.id = t.promotion_id
        LEFT JOIN folios_promotionversion AS v ON v.promotion_id = p.id
        LEFT JOIN folios_redemption AS r ON r.promotion_version_id = v.id
          AND r.released_at IS NULL AND r.company_id = t.company_id
        GROUP BY p.code, t.id, t.company_id, t.used HAVING t.used <> count(r.id)
        ORDER BY p.code
    """):
        yield f"promoción {code}, empresa {company}: dice {stored} usos y son {counted} (I20)"
