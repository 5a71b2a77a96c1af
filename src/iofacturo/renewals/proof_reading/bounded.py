"""The parent's side of the child that looks at pictures: fed, listened to, and ended.

One child on a machine, whoever started it: a lock that it holds as long as it lives. It is asked
about one proof at a time and nobody waits for it unless they want to: `ask` writes, `answer` looks.
"""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iofacturo.renewals.proof_reading import child
from iofacturo.renewals.proof_reading.word import Box, Word

COMMAND = (sys.executable, "-I", "-m", "iofacturo.renewals.proof_reading.child")
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "PATH": os.defpath,
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
SECONDS = 60.0  # for one proof, the start of a child on a busy machine included
MOST_QUESTIONS = 25  # to one child, which then makes room for a fresh one
LONGEST = 2 * 1024 * 1024  # of an answer
PIECE = 1 << 16


class Unreadable(Exception):
    """Nothing could be read: the child failed, died or took too long."""


@dataclass(frozen=True)
class Sheet:
    """One page to look at: the clean picture and, of a PDF, the words of its text."""

    png: bytes = field(repr=False)
    words: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True)
class Seen:
    """The words of one page and where they come from: "picture" or "text"."""

    words: tuple[Word, ...]
    source: str


class Child:
    """A child and what it was asked. `close` ends it, whatever it does."""

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self._rest: memoryview = memoryview(b"")
        self._answer = bytearray()
        self._until = 0.0
        self._asked = 0
        self._used_at = 0.0
        self.is_busy = False

    # -- asking ----------------------------------------------------------------------------------

    def ask(self, sheets: Sequence[Sheet]) -> bool:
        """Put the question about one proof; False when another process has the only child."""
        if self.is_busy:
            raise RuntimeError("one at a time")
        if self._asked >= MOST_QUESTIONS or (self._process and self._process.poll() is not None):
            self.close()
        if self._process is None and not self._start():
            return False
        sheets = [s for s in sheets if len(s.png) <= child.LARGEST][: child.MOST_PAGES]
        head = {"pages": [{"size": len(s.png), "words": s.words} for s in sheets]}
        question = json.dumps(head).encode() + b"\n" + b"".join(s.png for s in sheets)
        self._rest, self._answer = memoryview(question), bytearray()
        self._until, self.is_busy = time.monotonic() + SECONDS, True
        self._asked += 1
        return True

    def answer(self, patience: float = 0.0) -> list[Seen] | None:
        """What it saw, or None while it still looks; waits up to *patience* seconds.

        Raises Unreadable, after which the child is gone and the next question starts another.
        """
        line = self._exchange(time.monotonic() + patience)
        if line is None:
            return None
        self.is_busy, self._used_at = False, time.monotonic()
        try:
            told = json.loads(line)
            if "failed" in told:
                raise Unreadable(str(told["failed"]))
            return [_seen(page) for page in told["pages"]]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self.close()
            raise Unreadable("its answer makes no sense") from error

    def look(self, sheets: Sequence[Sheet]) -> list[Seen]:
        """Ask and wait."""
        if not self.ask(sheets):
            raise Unreadable("another process is reading")
        seen = None
        while seen is None:
            seen = self.answer(1.0)
        return seen

    @property
    def is_due_for_a_fresh_start(self) -> bool:
        """Whether the next question starts another child."""
        return self._process is None or self._asked >= MOST_QUESTIONS

    @property
    def idle_seconds(self) -> float:
        """Since the last answer; 0 while it works or is not there."""
        if self._process is None or self.is_busy:
            return 0.0
        return time.monotonic() - self._used_at

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def close(self) -> None:
        process, self._process = self._process, None
        self.is_busy, self._asked = False, 0
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    # -- the pipes -------------------------------------------------------------------------------

    def _start(self) -> bool:
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process = subprocess.Popen(  # noqa: S603 - a fixed command, no shell
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                bufsize=0,
                pass_fds=(descriptor,),  # the lock is the child's: free again when it ends
            )
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101
        for pipe in (process.stdin, process.stdout):
            os.set_blocking(pipe.fileno(), False)
        self._process, self._asked, self._used_at = process, 0, time.monotonic()
        return True

    def _exchange(self, until: float) -> bytes | None:
        """Write what is left to write and read what there is; the answer once it is whole."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise Unreadable("there is no child")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if self._rest:
                selector.register(process.stdin, selectors.EVENT_WRITE)
            while True:
                if time.monotonic() >= self._until:
                    self.close()
                    raise Unreadable("it takes too long")
                wait = max(0.0, min(until, self._until) - time.monotonic())
                ready = selector.select(wait)
                for key, _ in ready:
                    if key.fileobj is process.stdin:
                        self._write(process)
                        if not self._rest:
                            selector.unregister(process.stdin)
                        continue
                    piece = os.read(process.stdout.fileno(), PIECE)
                    self._answer += piece
                    if self._answer.endswith(b"\n"):
                        return bytes(self._answer)
                    if not piece or len(self._answer) > LONGEST:
                        self.close()
                        raise Unreadable("it died" if not piece else "it answers too much")
                if not ready and time.monotonic() >= until:
                    return None

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None  # noqa: S101 - asked for in _start
        try:
            self._rest = self._rest[os.write(process.stdin.fileno(), self._rest[:PIECE]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # its end is seen on the other pipe
            self._rest = memoryview(b"")


def _seen(page: dict[str, Any]) -> Seen:
    words = []
    for text, corners, score in page["words"]:
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = ((float(x), float(y)) for x, y in corners)
        words.append(Word(str(text), ((x0, y0), (x1, y1), (x2, y2), (x3, y3)), float(score)))
    if page["source"] not in ("picture", "text"):
        raise ValueError("no such source")
    return Seen(tuple(words), page["source"])
