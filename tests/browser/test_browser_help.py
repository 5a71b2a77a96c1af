"""From a question to an article, and from a «No» to the desk, by keyboard alone."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests import cast

from iofacturo.help_center.feedback import Feedback

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = ((360, "light"), (1280, "dark"))
SHOTS = os.environ.get("SHOTS")  # a folder for pictures to look at
SENT = "Sus comentarios se han enviado"


def test_a_stranger_searches_reads_and_says_no(page: Page, live_server, no_barriers) -> None:
    page.goto(f"{live_server.url}/ayuda/")
    look(page, no_barriers, "index")
    walk_to(page, page.get_by_role("searchbox"))
    page.keyboard.type("como pago la renovacion")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="sobre «como pago la renovacion»")).to_be_visible()
    look(page, no_barriers, "results")
    walk_to(page, page.get_by_role("link", name="Cómo renovar su plan"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Cómo renovar su plan")).to_be_visible()

    comment = page.get_by_label("Comentario")
    expect(comment).to_be_hidden()  # a yes is one press, only a no is asked why
    say_no(page)
    walk_to(page, comment)
    page.keyboard.type("No vi el botón")
    solved(page)
    look(page, no_barriers, "article")
    send(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Seleccione al menos una de las razones")
    expect(page.get_by_role("group", name="¿Qué faltó?")).to_contain_text(
        "Seleccione al menos una de las razones"
    )
    expect(comment).to_have_value("No vi el botón")
    look(page, no_barriers, "refused")
    assert not Feedback.objects.exists()

    page.keyboard.press("Tab")  # from the summary straight to what is missing
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    reason = page.get_by_label("No encontré lo que buscaba")
    walk_to(page, reason)
    page.keyboard.press("Space")
    expect(reason).to_be_checked()
    send(page)  # whether the proof is ready or not: the widget holds the form until it is
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    look(page, no_barriers, "sent")
    row = Feedback.objects.get()
    assert (row.useful, row.reasons, row.comment) == (False, ["no-esta"], "No vi el botón")
    assert row.challenge


def test_without_javascript_a_person_of_the_portal_is_heard(
    browser: Browser, browser_context_args, live_server, owner, settings
) -> None:
    from django.test import Client

    client = Client()
    client.force_login(owner)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context = browser.new_context(**{**browser_context_args, "java_script_enabled": False})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/ayuda/renovar-su-plan/")
    page.get_by_label("No", exact=True).check()
    page.get_by_label("Es difícil de entender").check()
    page.get_by_role("button", name="Enviar comentarios").click()
    expect(page.get_by_role("heading", name=SENT)).to_be_visible()
    context.close()
    assert Feedback.objects.get().visitor == f"u{owner.pk}"


def test_the_desk_writes_over_an_article(
    page: Page, live_server, log_in, no_barriers, transactional_db
) -> None:
    log_in(cast.staff_person("soporte", "support"))
    page.goto(f"{live_server.url}/gestion/ayuda/")
    look(page, no_barriers, "desk-list")
    page.get_by_role("link", name="Cómo renovar su plan").click()
    text = page.get_by_label("Artículo", exact=True)
    written = text.input_value()
    assert "titulo: Cómo renovar su plan" in written
    text.fill(written.replace("Los nueve pasos", "Nueve pasos y listo") + "\n[x](pagina:nada)\n")
    page.get_by_role("button", name="Publicar").click()
    expect(page.get_by_role("alert")).to_contain_text("no lleva a ninguna pantalla")
    look(page, no_barriers, "desk-refused")
    text.fill(text.input_value().replace("[x](pagina:nada)", ""))
    page.get_by_role("button", name="Ver cómo queda").click()
    expect(page.get_by_role("heading", name="Así se va a leer")).to_be_visible()
    page.get_by_role("button", name="Publicar").click()
    expect(page.get_by_text("Se publicó la versión 1")).to_be_visible()
    look(page, no_barriers, "desk-article")
    page.get_by_role("link", name="Versión 1").click()
    expect(page.get_by_text("Nueve pasos y listo").first).to_be_visible()
    look(page, no_barriers, "desk-version")


def walk_to(page: Page, wanted: Locator) -> None:
    """Press Tab until *wanted* has the focus."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def say_no(page: Page) -> None:
    walk_to(page, page.get_by_label("Sí", exact=True))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("No", exact=True)).to_be_checked()


def solved(page: Page) -> None:
    """Wait for the widget, which begins by itself when the form is touched."""
    expect(page.locator("input[name=altcha]")).not_to_have_value("")


def send(page: Page) -> None:
    walk_to(page, page.get_by_role("button", name="Enviar comentarios"))
    page.keyboard.press("Enter")


def look(page: Page, no_barriers, name: str) -> None:
    for width, scheme in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        no_barriers(page)
        if SHOTS:
            page.screenshot(
                path=str(Path(SHOTS) / f"help-{name}-{width}-{scheme}.png"), full_page=True
            )
