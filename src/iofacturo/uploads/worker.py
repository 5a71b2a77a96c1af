"""The child that opens what people sent. It runs alone, poor, and not for long.

    python -I -m iofacturo.uploads.worker < file > answer

The answer is one line of JSON, the verdict, and after it the pages as PNG, one behind the other.
It gets no environment, no database and no file of ours; it could not keep a secret if it wanted.
"""

import json
import resource
import signal
import sys
from typing import Any

LARGEST = 15 * 1024 * 1024
MEMORY = 608 * 1024 * 1024  # of addresses, the libraries' own included
CPU_SECONDS = 6
WALL_SECONDS = 40
OPEN_FILES = 48
LARGEST_ANSWER = 48 * 1024 * 1024


def impoverish() -> None:
    """Limits that cannot be lifted again."""
    signal.alarm(WALL_SECONDS)  # should the parent be gone
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


def verdict(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What *data* is and its clean pages; raises Refused."""
    from iofacturo.uploads import jpeg, kind, png
    from iofacturo.uploads.refusal import Refused

    found = kind.detect(data)
    parts: Any = None
    if found == "jpg":
        parts = jpeg.read(data)
    elif found == "png":
        parts = png.Png(data)
    if kind.hides_archive(data):
        raise Refused("mixed")

    from iofacturo.uploads import picture

    if found == "pdf":
        from iofacturo.uploads import pdf

        count, images = pdf.pages(data)
    else:
        one = picture.from_jpeg(parts) if found == "jpg" else picture.from_png(parts)
        count, images = 1, iter([(one, [])])

    first, pages, words, size = None, [], [], 0
    for image, said in images:
        first = first or image
        pages.append(picture.encoded(image))
        size += len(pages[-1])
        if size > LARGEST_ANSWER:
            pages.pop()
            break
        words.append(said)
    if first is None or not pages:
        raise Refused("too_complex")
    facts = {
        "kind": found,
        "page_count": count,
        "phash": picture.likeness(first),
        "words": words,
        "sizes": [len(page) for page in pages],
    }
    return facts, pages


def main() -> None:
    impoverish()
    from iofacturo.uploads.refusal import Refused

    data = sys.stdin.buffer.read(LARGEST + 1)
    pages: list[bytes] = []
    try:
        answer, pages = verdict(data)
    except Refused as refused:
        answer = {"refused": refused.code, "facts": refused.facts}
    except MemoryError:
        answer = {"refused": "too_complex", "facts": {}}
    except Exception:
        answer = {"refused": "broken", "facts": {}}
    out = sys.stdout.buffer
    out.write(json.dumps(answer).encode() + b"\n")
    for page in pages:
        out.write(page)
    out.flush()


if __name__ == "__main__":
    main()
