"""The public link: whoever has it sees one document, nobody else sees anything."""

import logging
import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.invoicing.papers import issued, settled
from tests.invoicing.scene import AT

from iofacturo.accounts import sealing, visits
from iofacturo.invoicing.models import PublicLink
from iofacturo.invoicing.paper import public_link
from iofacturo.lib import clock
from iofacturo.lib.redaction import Redaction

pytestmark = pytest.mark.django_db
REPLY = b"<MensajeHacienda>si</MensajeHacienda>"


@pytest.fixture
def row(shop):
    return settled(issued(shop), "accepted", REPLY)


@pytest.fixture
def token(row) -> str:
    return public_link.of(row, at=AT).token


def page(token: str, client: Client | None = None, what: str = ""):
    return (client or Client()).get(f"/d/{token}/{what}")


# -- it opens ------------------------------------------------------------------------------------


def test_it_shows_the_document_and_gives_its_files(row, token):
    said = page(token).content.decode()
    for fact in (
        row.label, "Café Prueba S.A.", "3-101-000001", "₡2\u00a0260,00", "Hacienda lo aceptó",
        row.consecutivo,
    ):  # fmt: skip
        assert fact in said, fact
    assert page(token, what="xml").content == row.xml
    assert page(token, what="respuesta").content == REPLY
    made = page(token, what="pdf")
    assert made.content.startswith(b"%PDF-")
    assert made["Content-Disposition"] == f'inline; filename="{row.clave}.pdf"'
    assert made["X-Content-Type-Options"] == "nosniff"


def test_a_document_that_was_rejected_says_so(shop):
    row = settled(issued(shop), "rejected")
    said = page(public_link.of(row, at=AT).token).content.decode()
    assert "Hacienda rechazó este documento: no tiene valor" in said
    assert "Hacienda lo aceptó" not in said
    assert page(public_link.of(row, at=AT).token, what="respuesta").status_code == 404


def test_one_without_an_answer_says_that_too(shop):
    said = page(public_link.of(issued(shop), at=AT).token).content.decode()
    assert "Hacienda todavía no ha respondido" in said


# -- it leaves no trace --------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["", "pdf", "xml", "nada", "respuesta"])
def test_no_robot_no_referrer_no_cache_no_cookie(token, what):
    client = Client()
    client.cookies["sessionid"] = "x" * 32
    client.cookies["csrftoken"] = "y" * 32
    answer = page(token, client, what)
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert b"csrf" not in answer.content


def test_who_is_logged_in_is_nobody_there(token, as_client, owner, stranger):
    for user in (owner, stranger):
        answer = page(token, as_client(user))
        assert answer.status_code == 200
        assert user.email.encode() not in answer.content
        assert not answer.cookies


def test_no_session_is_read(row, token, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(token, Client())
    assert not [q for q in asked if "django_session" in q["sql"]]


# -- it closes -----------------------------------------------------------------------------------


def test_a_revoked_link_and_an_unknown_one_are_told_the_same(row, token, issuer):
    assert public_link.revoke(row, by=issuer, at=AT)
    revoked, unknown = page(token), page("A" * 27)
    assert (revoked.status_code, unknown.status_code) == (404, 404)
    assert revoked.content == unknown.content
    assert page(token, what="xml").status_code == 404
    assert row.clave.encode() not in revoked.content


def test_after_a_revocation_there_is_another_link(row, token, issuer):
    public_link.revoke(row, by=issuer, at=AT)
    assert not public_link.revoke(row, by=issuer, at=AT)
    fresh = public_link.of(row, at=AT, by=issuer)
    assert fresh.token != token
    assert page(fresh.token).status_code == 200
    assert page(token).status_code == 404


def test_a_document_has_one_link_at_a_time(row, token):
    assert public_link.of(row, at=AT).token == token
    assert PublicLink.objects.count() == 1


def test_a_member_makes_and_revokes_it(shop, as_client, issuer, reader, stranger):
    row = issued(shop)
    make, revoke = (
        reverse(f"invoicing:{n}", args=[row.clave]) for n in ("make_link", "revoke_link")
    )
    assert as_client(reader).post(make).status_code == 403
    assert as_client(stranger).post(make).status_code == 404
    client = as_client(issuer)
    said = client.post(make, follow=True).content.decode()
    link = PublicLink.objects.get()
    assert link.url in said
    assert link.created_by == issuer
    assert "ya no abre" in client.post(revoke, follow=True).content.decode()
    assert page(link.token).status_code == 404


@pytest.mark.parametrize(
    "odd", ["x", "A" * 26, "A" * 28, "ñ" * 27, "A" * 5000, "%00" * 9, "..", "' OR 1=1"]
)
def test_what_is_no_token_opens_nothing(token, odd):
    assert page(odd).status_code in (400, 404)


# -- it cannot be guessed ------------------------------------------------------------------------


def test_the_token_is_chance_and_the_table_does_not_tell_it(row, token):
    link = PublicLink.objects.get()
    assert len(token) == 27  # 160 bits in base64
    assert token not in row.clave
    assert token.encode() not in bytes(link.sealed)
    assert token not in link.digest
    twice = {public_link.of(issued(row.company), at=AT).token for _ in range(5)}
    assert len(twice) == 5


def test_the_sealed_token_is_bound_to_its_company(row, token, stranger):
    from hacienda.errors import LlaveError

    link = PublicLink.objects.select_related("company").get()
    link.company = stranger.memberships.get().company
    with pytest.raises(LlaveError):
        link.token  # noqa: B018


def test_rotation_of_the_key_ring_keeps_links_open(row, token, settings):
    settings.KEYRING = "nuevo:" + "QUJD" * 10 + "QUI=," + settings.KEYRING
    assert public_link.rotate() == 1
    assert public_link.rotate() == 0
    assert PublicLink.objects.get().token == token
    settings.KEYRING = settings.KEYRING.split(",")[0]
    assert public_link.of(row, at=AT).token == token
    assert sealing.ring() is not None


def test_a_link_that_does_not_open_any_more_is_replaced(row, token, settings):
    settings.KEYRING = "otro:" + "QUJD" * 10 + "QUI="
    fresh = public_link.of(row, at=AT)
    assert fresh.token != token
    assert page(token).status_code == 404
    assert page(fresh.token).status_code == 200


def test_who_knocks_too_often_waits(token):
    cache.clear()
    with clock.moved_to(AT):
        codes = [page(token).status_code for _ in range(61)]
        assert codes == [200] * 60 + [429]
        late = page("A" * 27)
        assert late.status_code == 429
        assert late["Retry-After"] == "60"
        assert "noindex" in late["X-Robots-Tag"]
        assert page(token, what="xml").status_code == 429
        assert page(token, Client(REMOTE_ADDR="10.0.0.9")).status_code == 200
    with clock.moved_to(AT + timedelta(minutes=1)):
        assert page(token).status_code == 200


def test_a_household_with_many_ipv6_addresses_is_one(rf):
    near = [rf.get("/d/x/", REMOTE_ADDR=f"2001:db8:1:2::{n}") for n in (1, 2)]
    assert visits.address(near[0]) == visits.address(near[1]) == "2001:db8:1:2::"
    assert visits.address(rf.get("/d/x/", REMOTE_ADDR="2001:db8:1:3::1")) == "2001:db8:1:3::"
    assert visits.address(rf.get("/d/x/", REMOTE_ADDR="")) == "unknown"


# -- it is not logged ----------------------------------------------------------------------------


def test_logs_hold_the_beginning_of_the_address_only(token, settings, caplog):
    handler = logging.StreamHandler()
    handler.addFilter(Redaction(settings.SECRET_PATHS))
    lines: list[str] = []
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        page(token, what="nada")
    finally:
        logger.removeHandler(handler)
    assert lines
    assert not any(token in one for one in lines)
    assert any("/d/…" in one for one in lines)


@pytest.mark.parametrize(
    "path", ["/d/{}/", "/d/{}/pdf?x=1", "/hacienda/aviso/{}/", "/empresa/invitacion/{}/",
             "/cuenta/contrasena/olvido/3-{}/", "/cuenta/correo/confirmar/{}/"]
)  # fmt: skip
def test_the_access_log_of_the_server_is_redacted(settings, path, tmp_path):
    from gunicorn.config import Config

    from iofacturo.lib.server_log import ServerLogger

    out = tmp_path / "access.log"
    configuration = Config()
    configuration.set("accesslog", str(out))
    logger = ServerLogger(configuration)
    secret = "Zm9vYmFyYmF6cXV4eHl6enkx_-a"
    line = '1.2.3.4 - - "GET %s HTTP/1.1" 200 "https://portal.cr%s"'
    logger.access_log.info(line, path.format(secret), path.format(secret))
    for handler in logger.access_log.handlers:
        handler.flush()
    said = out.read_text()
    assert "1.2.3.4" in said
    assert secret not in said
    assert re.search(r"GET /\S+… ?", said) or "…" in said


def test_the_console_of_the_settings_is_redacted(settings):
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["redaction"]
    assert "/d/" in settings.SECRET_PATHS
    record = logging.LogRecord(
        "x", logging.WARNING, "", 0, "%s: %s", ("Not Found", "/d/abc/"), None
    )
    assert Redaction(settings.SECRET_PATHS).filter(record)
    assert record.getMessage() == "Not Found: /d/…"
