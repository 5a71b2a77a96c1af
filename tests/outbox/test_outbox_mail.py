"""Leaving mail in the outbox: once, with the caller's transaction, as data and nothing else."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from iofacturo.outbox import invariants, mail, page
from iofacturo.outbox.models import Message

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def write(key: str = "a", **changes: object) -> Message:
    words = {"to": "duena@ejemplo.cr", "subject": "Aviso", "text": "Hola.", "at": NOW, **changes}
    return mail.enqueue(key=key, **words)


def test_one_key_one_mail_and_the_first_words_stay() -> None:
    first = write(subject="Primero")
    again = write(subject="Segundo")
    assert first.pk == again.pk
    assert Message.objects.get().subject == "Primero"


def test_a_second_call_does_not_break_the_transaction_around_it() -> None:
    write("a")
    with transaction.atomic():
        write("a")
        write("b")
    assert Message.objects.count() == 2


def test_it_goes_with_the_transaction_of_what_it_tells() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "subject", ["Café\r\nBcc: otra@ejemplo.cr", "Café\nBcc: x", "Café\u2028Bcc: x", "Café\x00 \x0b"]
)
def test_what_people_typed_adds_no_header(subject: str) -> None:
    row = write(subject=subject)
    assert row.subject.startswith("Café")
    assert not set("\r\n\x00\x0b\u2028") & set(row.subject)


@pytest.mark.parametrize(
    "to",
    [
        "", "duena", "duena@", "a@b.cr\nBcc: c@d.cr", "a@b.cr, c@d.cr", "Dueña <a@b.cr>",
        "a@b.cr\r\n", "a b@c.cr", "x" * 400 + "@b.cr", "a@b.cr\x00",
    ],
)  # fmt: skip
def test_an_impossible_address_is_noted_and_the_act_goes_on(to: str) -> None:
    row = write(to=to)
    if to.strip() == "a@b.cr":
        assert row.to == "a@b.cr"
        assert row.failed_at is None
        return
    assert row.failed_at == NOW
    assert row.last_error == mail.REFUSED
    assert "\n" not in row.to
    assert not Message.due(NOW).exists()


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_must_be_usable(key: str) -> None:
    with pytest.raises(ValueError):
        write(key)


def test_text_is_data_and_never_markup() -> None:
    row = write(text="Motivo: <script>alert(1)</script> {{ 7|add:1 }} & «fin»")
    assert "<script>" not in row.html
    assert "&lt;script&gt;" in row.html
    assert "{{ 7|add:1 }}" in row.html


def test_a_mail_has_paragraphs_a_button_and_its_address_in_words() -> None:
    text = (
        "Su plan está activo.\n\nTiene 500 folios.\nVigentes hasta marzo.\n\n"
        "Ver mi plan:\nhttps://ejemplo.cr/mi-plan/?empresa=ABC\n\n-- \nioFacturo\n"
    )
    parts = page.paragraphs(text)
    assert parts == [
        {"lines": ["Su plan está activo."]},
        {"lines": ["Tiene 500 folios.", "Vigentes hasta marzo."]},
        {"url": "https://ejemplo.cr/mi-plan/?empresa=ABC", "label": "Ver mi plan"},
    ]
    html = page.html("Su plan está activo", text)
    assert html.count('href="https://ejemplo.cr/mi-plan/?empresa=ABC"') == 2
    assert ">Ver mi plan</a>" in html


@pytest.mark.parametrize("url", ['https://x.cr/"onclick="x', "javascript:alert(1)", "https://x y"])
def test_only_plain_addresses_become_links(url: str) -> None:
    assert "url" not in page.paragraphs(f"Abrir:\n{url}")[0]
    assert 'onclick="x' not in page.html("s", f"Abrir:\n{url}")


def test_nul_in_a_text_does_not_reach_the_database() -> None:
    assert write(text="a\x00b\r\nc").text == "ab\nc"


def test_the_message_id_hangs_on_the_key_alone(settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "ioFacturo <avisos@portal.cr>"
    assert write("a").message_id == Message(key="a").message_id
    assert write("a").message_id != write("b").message_id
    assert write("a").message_id.endswith("@portal.cr>")


def test_what_was_given_up_can_be_sent_again() -> None:
    row = write()
    assert not mail.send_again(row, NOW)
    Message.objects.update(failed_at=NOW, attempts=28)
    assert mail.send_again(row, NOW)
    assert Message.due(NOW).get().attempts == 0
    assert not list(invariants.broken())
