"""Reading proofs: a corpus of made-up ones, whole and spoilt, with their truth known.

`proofs.read`     seconds for one proof in a warm child, the file already cleaned: the median over
                  the corpus, against 2; `p99_ms` is the 99th percentile,
                  `cpu_s` what a proof cost the processor, whatever else the machine was doing
`proofs.read_mb`  the most memory that child held, against 700
`proofs.amounts`  the part of the amounts that were read right, against 0.9; `unseen` is the part
                  among layouts and typefaces that the reader was not written on
`proofs.dates`, `proofs.references`, `proofs.accounts`  likewise, for information

Each layout comes as it is, forwarded by a messenger, photographed well, badly, in the dark, off a
screen, shaken and sideways; PDFs with text and scanned. Half of the corpus is `unseen`.
`BENCH_PROOFS_SEED` draws another corpus; `BENCH_PROOFS_FAILURES=1` names what was read wrong.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from django.conf import settings

from bench import proof_corpus
from bench.proof_corpus import Proof, Truth
from iofacturo.renewals.proof_reading import reader
from iofacturo.renewals.proof_reading.bounded import Child, Sheet, Unreadable
from iofacturo.renewals.proof_reading.reading import Reading

SEED = int(os.environ.get("BENCH_PROOFS_SEED", "20261123"))
PDFS = 6  # of each half
LIMIT_SECONDS, LIMIT_MB = 2.0, 700
BARS = {"amounts": 0.9, "dates": 0.9, "references": 0.9, "accounts": 0.9}


def measure() -> dict[str, dict]:
    with tempfile.TemporaryDirectory() as folder:
        if not settings.configured:
            settings.configure(DATA=Path(folder))
        return _measure(Path(folder))


def _measure(folder: Path) -> dict[str, dict]:
    halves = {
        "seen": proof_corpus.corpus(SEED, unseen=False, pdfs=PDFS),
        "unseen": proof_corpus.corpus(SEED + 1, unseen=True, pdfs=PDFS),
    }
    child, seconds, most, spent = Child(folder / "lock"), [], 0, 0.0
    right: dict[str, Counter[str]] = {half: Counter() for half in halves}
    try:
        child.look([_sheets(halves["seen"][0])[0]])  # loads the models
        for half, proofs in halves.items():
            for proof in proofs:
                sheets = _sheets(proof)
                found, took, memory, cost = _read(child, sheets)
                spent += cost
                seconds.append(took)
                most = max(most, memory)
                verdict = judged(found, proof.truth)
                right[half].update(name for name, good in verdict.items() if good)
                _tell(proof, found, verdict)
    finally:
        child.close()
    return _rows(halves, right, seconds, most, spent)


def _sheets(proof: Proof) -> list[Sheet]:
    from iofacturo.uploads import cleaning

    cleaned = cleaning.clean(proof.data, proof.name)
    return [Sheet(*one) for one in zip(cleaned.pages, cleaned.words, strict=True)]


def _read(child: Child, sheets: list[Sheet]) -> tuple[Reading, float, int, float]:
    """What one proof says, in how many seconds, the child's most memory so far, its CPU seconds."""
    started = time.perf_counter()
    try:
        if child.is_due_for_a_fresh_start:
            child.look(sheets[:1])  # a fresh child is warm again after its first picture
        before, started = _cpu(child.pid), time.perf_counter()
        seen = child.look(sheets)
    except Unreadable:
        return Reading(), time.perf_counter() - started, 0, 0.0
    found = reader.read([page.words for page in seen])
    took = time.perf_counter() - started
    return found, took, _megabytes(child.pid), _cpu(child.pid) - before


def _cpu(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int | None) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def judged(found: Reading, truth: Truth) -> dict[str, bool]:
    """Which facts were read right."""
    currency = found.amount.currency if found.amount else ""
    return {
        "amounts": found.amount is not None
        and found.amount.value == truth.amount
        and currency in ("", truth.currency),
        "dates": found.day is not None and found.day.value == truth.day,
        "references": any(one.value == truth.bank_reference for one in found.references)
        and (not truth.ours or any(one.value == truth.ours for one in found.references)),
        "accounts": not truth.iban
        or (found.payee_account is not None and found.payee_account.fits(truth.iban)),
    }


def _tell(proof: Proof, found: Reading, verdict: dict[str, bool]) -> None:
    if os.environ.get("BENCH_PROOFS_FAILURES") and not all(verdict.values()):
        wrong = ", ".join(name for name, good in verdict.items() if not good)
        print(f"  {proof.name}: {wrong}\n    {proof.truth}\n    {found.as_json()}")


def _rows(
    halves: dict[str, list[Proof]],
    right: dict[str, Counter[str]],
    seconds: list[float],
    most: int,
    spent: float,
) -> dict[str, dict]:
    count = sum(len(proofs) for proofs in halves.values())
    median = statistics.median(seconds)
    rows = {
        "proofs.read": {
            "value": round(median, 3), "unit": "s", "against": LIMIT_SECONDS,
            "ratio": round(median / LIMIT_SECONDS, 3), "better": "lower", "n": count,
            "p99_ms": round(statistics.quantiles(seconds, n=100)[98] * 1000),
            "cpu_s": round(spent / count, 3),
        },
        "proofs.read_mb": {
            "value": most, "unit": "MB", "against": LIMIT_MB, "ratio": round(most / LIMIT_MB, 3),
            "better": "lower", "n": count,
        },
    }  # fmt: skip
    for name, bar in BARS.items():
        share = sum(counter[name] for counter in right.values()) / count
        rows[f"proofs.{name}"] = {
            "value": round(share, 3), "unit": "share", "against": bar,
            "ratio": round(share / bar, 3), "better": "higher", "n": count,
            "unseen": round(right["unseen"][name] / len(halves["unseen"]), 3),
        }  # fmt: skip
    return rows
