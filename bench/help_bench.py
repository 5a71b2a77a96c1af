"""Searching the help centre: 500 articles as long as ours, questions as people write them.

`help.search`  milliseconds of one search with its snippets: the median of the slowest question
    (limit 50); `p99_ms` over all of them, `index_ms` to read the articles, once in a process
"""

from __future__ import annotations

import os
import random
import statistics
import time
from dataclasses import replace

ARTICLES, ROUNDS = 500, 5
LIMIT_MS = 50.0
QUESTIONS = [
    "renovar plan", "¿cómo anulo una factura?", "llave p12 vencida", "rechazado por Hacienda",
    "folios", "transferencia de menos", "contadora con varias empresas", "exportar zip de noviembre",
    "CAByS que ya no existe", "xyzzy", "la de los que", "facturando en dólares con exoneración",
]  # fmt: skip


def measure() -> dict[str, dict[str, object]]:
    os.environ.setdefault("IOFACTURO_BUILDING", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iofacturo.settings")
    import django

    django.setup()
    from iofacturo.help_center import search, shelf

    chance = random.Random(20261123)
    ours = list(shelf.own().values())
    words = " ".join(one.body for one in ours).split()
    made = {}
    for number in range(ARTICLES):
        base = chance.choice(ours)
        text = " ".join(chance.choices(words, k=len(base.body.split())))
        made[f"a-{number}"] = replace(
            base, slug=f"a-{number}", title=" ".join(chance.choices(words, k=5)), body=text
        )
    there = shelf.Shelf(-500, made)
    started = time.perf_counter()
    search.index(there)
    first = (time.perf_counter() - started) * 1000
    took: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            started = time.perf_counter()
            search.search(there, question)
            took[question].append((time.perf_counter() - started) * 1000)
    worst = max(statistics.median(times) for times in took.values())
    every = sorted(one for times in took.values() for one in times)
    return {
        "help.search": {
            "value": worst, "unit": "ms", "against": LIMIT_MS, "ratio": worst / LIMIT_MS,
            "better": "lower", "p99_ms": every[int(len(every) * 0.99)], "n": len(every),
            "articles": ARTICLES, "index_ms": first,
        }
    }  # fmt: skip
