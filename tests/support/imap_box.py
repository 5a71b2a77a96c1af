"""A real IMAP server on loopback, and letters put into it."""

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "soporte", "una clave"


class Box:
    """The support mailbox as its server sees it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"imap://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/INBOX"

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        server = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        server.login(USER, PASSWORD)
        try:
            yield server
        finally:
            server.logout()

    def put(self, *letters: bytes) -> None:
        with self.open() as server:
            for letter in letters:
                assert server.append("INBOX", "", "", letter)[0] == "OK"

    def seen(self) -> int:
        with self.open() as server:
            server.select("INBOX", readonly=True)
            return len(server.search(None, "SEEN")[1][0].split())


@contextmanager
def running() -> Iterator[Box]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    program = Path(sys.executable).with_name("pymap")
    server = subprocess.Popen(
        [
            str(program), "--host", "127.0.0.1", "--port", str(port), "--no-tls",
            "dict", "--demo-user", USER, "--demo-password", PASSWORD, "--demo-data",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        box = Box(port)
        _wait(box, server)
        with box.open() as connection:  # the server comes with letters of its own
            connection.select("INBOX")
            connection.store("1:*", "+FLAGS", "\\Deleted")
            connection.expunge()
        yield box
    finally:
        server.kill()
        server.wait()


def _wait(box: Box, server: subprocess.Popen) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with box.open():
                return
        except OSError:
            assert server.poll() is None, "the IMAP server ended"
            assert time.monotonic() < until, "the IMAP server does not answer"
            time.sleep(0.1)
