"""`/correo/`: what the demo sent can be read, safely, and only in the demo."""

import asyncio
import smtplib
import socket
import subprocess
import sys
import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from iofacturo.outbox import catcher, caught

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings, tmp_path: Path) -> Path:
    settings.DEMO, settings.DATA = True, tmp_path
    settings.ROOT_URLCONF = "tests.outbox.addresses"
    return tmp_path


def keep(data: Path, *mails: EmailMessage | bytes) -> None:
    """Hand *mails* to a real catcher over SMTP."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(catcher.start(catcher.folder(data)))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with smtplib.SMTP("127.0.0.1", server.sockets[0].getsockname()[1]) as client:
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes()
                client.sendmail("a@b.cr", ["duena@ejemplo.cr"], raw)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


def letter(subject: str = "Su plan está activo", to: str = "duena@ejemplo.cr") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "ioFacturo <avisos@localhost>", to
    mail["Date"] = "Mon, 30 Nov 2026 22:30:00 +0000"
    mail.set_content("Tiene 500 folios.\nhttp://localhost:8000/mi-plan/?empresa=ABC\n<b>x</b>")
    mail.add_alternative("<p>Hola</p><script>alert(1)</script>", subtype="html")
    return mail


def test_outside_the_demo_there_is_no_such_page(client, settings) -> None:
    settings.ROOT_URLCONF = "tests.outbox.addresses"
    assert settings.DEMO is False
    for path in ("/correo/", "/correo/x/", "/correo/x/pagina"):
        assert client.get(path).status_code == 404


def test_it_refuses_to_be_written_to(client, demo) -> None:
    assert client.post("/correo/").status_code == 405


def test_an_empty_box_says_what_will_be_here(client, demo) -> None:
    assert "Aún no ha salido ningún correo" in client.get("/correo/").content.decode()


def test_newest_first_and_by_address(client, demo) -> None:
    keep(demo, letter("Uno"), letter("Dos", "otra@ejemplo.cr"), letter("Tres"))
    assert [m.subject for m in caught.newest()] == ["Tres", "Dos", "Uno"]
    page = client.get("/correo/?para=OTRA@ejemplo.cr").content.decode()
    assert "Dos" in page
    assert "Tres" not in page
    assert "30 nov 2026" in page


def test_a_mail_is_read_with_links_that_work_and_a_page_without_rights(client, demo) -> None:
    keep(demo, letter())
    [mail] = caught.newest()
    page = client.get(f"/correo/{mail.key}/").content.decode()
    assert 'href="http://localhost:8000/mi-plan/?empresa=ABC"' in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "alert(1)" not in page
    frame = client.get(f"/correo/{mail.key}/pagina")
    assert b"<p>Hola</p>" in frame.content
    policy = frame["Content-Security-Policy"]
    assert "sandbox allow-popups" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


@pytest.mark.parametrize("key", ["nada", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "cur"])
def test_only_what_was_caught_can_be_read(client, demo, key: str) -> None:
    keep(demo, letter())
    assert client.get(f"/correo/{key}/").status_code == 404
    assert client.get(f"/correo/{key}/pagina").status_code == 404


@pytest.mark.parametrize(
    "raw",
    [
        b"no headers at all",
        b"Subject: =?utf-8?b?////?=\nContent-Type: text/plain; charset=nada\n\nhola",
        b"Date: ayer\nTo: <<<>>>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n!!!!",
    ],
)
def test_a_broken_mail_does_not_break_the_page(client, demo, raw: bytes) -> None:
    keep(demo, raw, letter("Sana"))
    assert client.get("/correo/").status_code == 200
    for mail in caught.newest():
        assert client.get(f"/correo/{mail.key}/").status_code == 200


def test_the_catcher_runs_alone_and_ends_on_sigterm(tmp_path: Path) -> None:
    import os

    process = subprocess.Popen(
        [sys.executable, "-m", "iofacturo.outbox.catcher"],
        env={**os.environ, "IOFACTURO_DATA": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.send_message(letter())
        assert len(list((tmp_path / "correo" / "new").iterdir())) == 1
    finally:
        process.terminate()
        code = process.wait(10)
        process.stdout.close()
    assert code == 0


def test_the_catcher_says_that_a_port_is_taken(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("IOFACTURO_DATA", str(tmp_path))
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        assert catcher.main([str(busy.getsockname()[1])]) == 2
    assert catcher.main(["puerto"]) == 2
    assert "catcher:" in capsys.readouterr().err
