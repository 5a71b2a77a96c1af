"""The child that looks at pictures of proofs. It runs alone, bounded, one picture at a time.

    python -I -m iofacturo.renewals.proof_reading.child

A question is one line of JSON, `{"pages": [{"size": bytes, "words": [[text, box], …]}, …]}`, and
the PNGs behind it; the answer one line, `{"pages": [{"source": "picture" | "text", "words":
[[text, corners, score], …]}, …]}` or `{"failed": why}`. `words` are those of a PDF's own text: they
are believed where the picture shows the same.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from iofacturo.renewals.proof_reading.reader import read_page
from iofacturo.renewals.proof_reading.word import Word

if TYPE_CHECKING:
    from iofacturo.renewals.proof_reading.eye import Eye

MEMORY = 2 * 1024**3  # of addresses: the models' arenas; what it touches is about a quarter
CPU_SECONDS = 400  # of its whole life, which `bounded` makes short
OPEN_FILES = 64
MOST_PAGES = 2
MOST_CHECKED = 12  # places of a page whose text is compared with the picture
LARGEST = 48 * 1024 * 1024
NICENESS = 5


def impoverish() -> None:
    """Limits that cannot be lifted again."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (bound, bound))
    with suppress(OSError):
        os.nice(NICENESS)


def main() -> int:
    impoverish()
    source, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    eye: Eye | None = None
    while line := source.readline():
        question = json.loads(line)
        pages = [_exactly(source, page["size"]) for page in question["pages"]]
        try:
            if eye is None:
                from iofacturo.renewals.proof_reading.eye import Eye

                eye = Eye()
            told: dict[str, Any] = {
                "pages": [
                    looked_at(eye, png, _words(page.get("words") or []))
                    for png, page in zip(pages, question["pages"], strict=True)
                ]
            }
        except MemoryError:
            return 1
        except Exception as error:
            told = {"failed": f"{type(error).__name__}: {error}"[:200]}
        answers.write(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        answers.flush()
    return 0


def looked_at(eye: Eye, png: bytes, words: list[Word]) -> dict[str, Any]:
    """The words of one page, out of its own text where that is what people see."""
    if words and shows(eye, png, words):
        return {"source": "text", "words": [[w.text, w.corners, w.score] for w in words]}
    seen = eye.words(png)
    return {"source": "picture", "words": [[w.text, w.corners, w.score] for w in seen]}


def shows(eye: Eye, png: bytes, words: list[Word]) -> bool:
    """Whether the picture shows what the text of the file tells.

    A file can carry text that nobody sees; what counts is what a person would read.
    """
    found = read_page(words)
    if found.amount is None:
        return False
    facts = [found.amount, found.day, *found.accounts, *found.references]
    boxes = list(dict.fromkeys(fact.box for fact in facts if fact))[:MOST_CHECKED]
    told = {word.box: word.text for word in words}
    seen = eye.texts(png, boxes)
    return all(
        box in told and _digits(told[box]) == _digits(text)
        for box, text in zip(boxes, seen, strict=True)
    )


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _words(rows: list[Any]) -> list[Word]:
    return [Word.at(str(text), (box[0], box[1], box[2], box[3])) for text, box in rows]


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError
    return data


if __name__ == "__main__":
    sys.exit(main())
