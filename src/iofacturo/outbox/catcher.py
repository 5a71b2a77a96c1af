"""The demo's mail server: takes every mail on loopback and keeps it in a Maildir.

    python -m iofacturo.outbox.catcher [PORT]

Port 0, the default, is any free one. It never sends anything on. The mails are read at /correo/.
"""

import asyncio
import logging
import signal
import sys
from mailbox import Maildir
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from iofacturo.lib import env

LARGEST = 25 * 1024 * 1024
LOOPBACK = "127.0.0.1"
log = logging.getLogger(__name__)


def folder(data: Path) -> Path:
    """Where caught mail is kept under the data folder *data*."""
    return data / "correo"


class Catcher:
    """Keeps what it is handed."""

    def __init__(self, where: Path) -> None:
        where.parent.mkdir(parents=True, exist_ok=True)
        self.box = Maildir(where, create=True)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.box.add(envelope.original_content or b"")
        return "250 2.0.0 Kept"


async def start(where: Path, port: int = 0) -> asyncio.Server:
    """A server on loopback, already listening."""
    catcher = Catcher(where)

    def protocol() -> SMTP:
        return SMTP(
            catcher,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="ioFacturo demo",
        )

    return await asyncio.get_running_loop().create_server(protocol, LOOPBACK, port)


async def serve(where: Path, port: int) -> None:
    """Catch mail until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await start(where, port)
    print(f"Mail catcher on {LOOPBACK}:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    await stop.wait()
    server.close()


def main(argv: list[str] | None = None) -> int:
    """Exit status 0, or 2 for an unusable port."""
    words = sys.argv[1:] if argv is None else argv
    try:
        port = int(words[0]) if words else 0
        asyncio.run(serve(folder(Path(env.text("IOFACTURO_DATA", "var")).resolve()), port))
    except (ValueError, OverflowError, OSError) as problem:
        print(f"catcher: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
