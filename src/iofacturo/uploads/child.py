"""The parent's side of the child: started, fed, listened to and ended, whatever it does."""

import os
import selectors
import subprocess
import sys
import time

from iofacturo.uploads import slots, worker

COMMAND = (sys.executable, "-I", "-m", "iofacturo.uploads.worker")
# One thread for each library; and nothing that the parent knows.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "LC_ALL": "C.UTF-8",
    "PATH": os.defpath,
}
WALL_SECONDS = 25.0
PIECE = 1 << 16
LONGEST = worker.LARGEST_ANSWER + 1024 * 1024


class Failed(Exception):
    """The child died, hung, or said more than it may."""


def ask(data: bytes) -> bytes:
    """What the child answers about *data*; raises Failed, or slots.Busy when too many run."""
    with slots.taken():
        process = subprocess.Popen(  # noqa: S603 - a fixed command, no shell
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            bufsize=0,
        )
        try:
            answer = _exchange(process, data, time.monotonic() + WALL_SECONDS)
            if process.wait(timeout=2) != 0:
                raise Failed(f"exit status {process.returncode}")
            return answer
        except subprocess.TimeoutExpired as error:
            raise Failed("it does not end") from error
        finally:
            process.kill()  # nothing happens to one that has ended
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _exchange(process: subprocess.Popen[bytes], data: bytes, until: float) -> bytes:
    """Write and read at once, so that neither side waits for the other for ever."""
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101
    left, size = memoryview(data), 0
    answer: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        for pipe, event in (
            (process.stdin, selectors.EVENT_WRITE),
            (process.stdout, selectors.EVENT_READ),
        ):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, event)
        while True:
            ready = selector.select(max(0.0, until - time.monotonic()))
            if not ready and time.monotonic() >= until:
                raise Failed("it takes too long")
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    left = _write(process.stdin, left)
                    if not left:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                piece = os.read(key.fd, PIECE)
                if not piece:
                    return b"".join(answer)
                answer.append(piece)
                size += len(piece)
                if size > LONGEST:
                    raise Failed("it answers too much")


def _write(pipe: object, left: memoryview) -> memoryview:
    try:
        return left[os.write(pipe.fileno(), left[:PIECE]) :]  # type: ignore[attr-defined]
    except BlockingIOError:
        return left
    except BrokenPipeError:  # it has heard enough; its answer tells why
        return left[:0]
