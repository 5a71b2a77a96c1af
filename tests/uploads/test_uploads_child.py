"""The child: poor, bounded, and gone afterwards, whatever it did."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.uploads import makers

from iofacturo.uploads import child, cleaning, slots, worker
from iofacturo.uploads.cleaning import Refused, clean


def saying(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the child run *code* instead of its own."""
    monkeypatch.setattr(child, "COMMAND", (sys.executable, "-I", "-c", code))


def children() -> list[int]:
    """The processes that this one started and that still exist, dead ones included."""
    me, found = str(os.getpid()), []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == me:
            found.append(int(status.parent.name))
    return found


@pytest.fixture(autouse=True)
def _none_left():
    before = set(children())
    yield
    assert set(children()) <= before


def refused() -> str:
    with pytest.raises(Refused) as error:
        clean(makers.png(), "a.png")
    return error.value.code


def test_one_that_hangs_is_ended(monkeypatch) -> None:
    saying("import time; time.sleep(60)", monkeypatch)
    monkeypatch.setattr(child, "WALL_SECONDS", 0.5)
    started = time.monotonic()
    assert refused() == "too_complex"
    assert time.monotonic() - started < 5


def test_one_that_does_not_listen_is_ended(monkeypatch) -> None:
    saying("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", monkeypatch)
    monkeypatch.setattr(child, "WALL_SECONDS", 0.5)
    assert refused() == "too_complex"


def test_one_that_closes_its_mouth_and_stays_is_ended(monkeypatch) -> None:
    saying("import os, time; os.close(1); os.close(0); time.sleep(60)", monkeypatch)
    assert refused() == "too_complex"


def test_one_that_dies_is_noticed(monkeypatch) -> None:
    saying("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", monkeypatch)
    assert refused() == "too_complex"


def test_one_that_is_killed_from_outside_is_noticed(monkeypatch) -> None:
    saying("import time; time.sleep(60)", monkeypatch)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(refused()))
    before = set(children())
    thread.start()
    while not set(children()) - before:
        time.sleep(0.01)
    for pid in set(children()) - before:
        os.kill(pid, signal.SIGKILL)
    thread.join(10)
    assert codes == ["too_complex"]


def test_one_that_talks_without_end_is_ended(monkeypatch) -> None:
    saying("import sys\nwhile True: sys.stdout.write('x' * 65536)", monkeypatch)
    monkeypatch.setattr(child, "LONGEST", 3_000_000)
    assert refused() == "too_complex"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no es json",
        "[]",
        "{}",
        '{"refused": "no such code", "facts": {}}',
        '{"refused": "too_many_pages", "facts": {"pages": "<b>"}}',
        '{"kind": "exe", "page_count": 1, "phash": "0", "sizes": [0]}',
        '{"kind": "png", "page_count": 1, "phash": "zz", "sizes": []}',
        '{"kind": "png", "page_count": 1, "phash": "00", "sizes": [-5]}',
        '{"kind": "png", "page_count": 9999999, "phash": "00", "sizes": [10]}\\n0123456789',
    ],
)
def test_one_that_lies_is_not_believed(monkeypatch, answer: str) -> None:
    saying(f"import sys; sys.stdin.buffer.read(); print('{answer}')", monkeypatch)
    assert refused() in {"too_complex", "broken"}


def test_it_knows_nothing_of_ours(monkeypatch) -> None:
    monkeypatch.setenv("IOFACTURO_SECRET_KEY", "secreta")
    assert not [name for name in child.ENVIRONMENT if name.startswith(("IOFACTURO", "DATABASE"))]
    code = (
        "import os, sys, json; sys.stdin.buffer.read(); "
        "fds = sorted(int(n) for n in os.listdir('/proc/self/fd')); "
        "bad = [k for k in os.environ if 'IOFACTURO' in k]; "
        "sys.stdout.write(json.dumps({'refused': 'busy' if bad or fds[3:4] > [3] else 'heic',"
        " 'facts': {}}) + '\\n')"
    )
    saying(code, monkeypatch)
    assert refused() == "heic"


def limited(code: str, data: bytes = b"") -> subprocess.CompletedProcess:
    """*code* after the worker's own limits."""
    start = "from iofacturo.uploads import worker; worker.impoverish(); "
    return subprocess.run(
        [sys.executable, "-I", "-c", start + code], input=data, capture_output=True, timeout=60,
        env=child.ENVIRONMENT, check=False,
    )  # fmt: skip


def test_its_memory_ends_before_the_machines() -> None:
    done = limited("b = bytearray(700 * 1024 * 1024)")
    assert b"MemoryError" in done.stderr
    assert worker.MEMORY < 1 << 30


def test_its_time_ends() -> None:
    started = time.monotonic()
    done = limited("\nwhile True: pass")
    # by CPU time; on a busy machine the clock on the wall comes first
    assert -done.returncode in {signal.SIGKILL, signal.SIGXCPU, signal.SIGALRM}
    assert time.monotonic() - started < 60


def test_it_writes_no_file_and_opens_few(tmp_path: Path) -> None:
    done = limited(f"import os; os.write(os.open({str(tmp_path / 'x')!r}, 65), b'x' * 99)")
    assert b"File too large" in done.stderr
    assert (tmp_path / "x").stat().st_size == 0
    done = limited("f = [open('/dev/null') for _ in range(200)]")
    assert b"Too many open files" in done.stderr


def test_its_limits_cannot_be_lifted() -> None:
    done = limited(
        "import resource as r; print([r.getrlimit(w) for w in (r.RLIMIT_AS, r.RLIMIT_CPU)])"
    )
    assert done.stdout.decode().strip() == str([(worker.MEMORY,) * 2, (worker.CPU_SECONDS,) * 2])


def test_never_more_than_the_slots_run_at_once(monkeypatch) -> None:
    saying("import sys, time; sys.stdin.buffer.read(); time.sleep(0.3)", monkeypatch)
    before, most = set(children()), 0
    threads = [threading.Thread(target=refused) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, len(set(children()) - before))
        time.sleep(0.005)
    assert most == slots.SLOTS


def test_slots_are_shared_with_other_processes_and_free_when_they_die(settings) -> None:
    code = (
        "import fcntl, os, sys, time\n"
        "for path in sys.argv[1:]:\n"
        "    fcntl.flock(os.open(path, os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)\n"
        "print('taken', flush=True); time.sleep(60)"
    )
    paths = [str(settings.DATA / f"limpieza-{n}.lock") for n in range(slots.SLOTS)]
    with subprocess.Popen([sys.executable, "-c", code, *paths], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"taken\n"
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(slots, "PATIENCE", 0.3)
                assert refused() == "busy"
        finally:
            other.kill()
    assert clean(makers.png(), "a.png").kind == "png"


def test_a_file_is_cleaned_in_bounded_memory() -> None:
    code = (
        "import resource, sys\n"
        "from django.conf import settings\n"
        "from pathlib import Path\n"
        f"settings.configure(DATA=Path({str(cleaning.__file__)!r}).parent)\n"
        "import os, tempfile\n"
        "settings.DATA = Path(tempfile.mkdtemp())\n"
        "from iofacturo.uploads.cleaning import clean\n"
        "clean(sys.stdin.buffer.read(), 'a')\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    photo = makers.jpeg(makers.receipt(4032, 3024), quality=85)
    glass = makers.png(makers.receipt(6000, 6000).convert("RGBA"), compress_level=1)
    for data in (photo, glass):
        done = subprocess.run(
            [sys.executable, "-c", code], input=data, capture_output=True, timeout=90, check=True
        )
        assert int(done.stdout) < 600
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != worker.MEMORY  # ours are untouched
