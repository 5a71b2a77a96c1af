"""A real Chromium against a live server. Any message in its console fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds: a busy machine is no fault of the page
expect.set_options(timeout=PATIENCE)
CHROMIUM = os.environ.get("IOFACTURO_CHROMIUM") or shutil.which("chromium")


def pytest_collection_modifyitems(config, items) -> None:
    for item in items:
        if "browser" in str(item.path.parent):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason="Chromium is not on this machine"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "locale": "es-CR", "timezone_id": "America/Costa_Rica"}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """Chromium's own page; whatever it complains about in the console is a failure."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type != "debug" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    yield page
    expected = ("status of 4",)  # a refusal that the test itself asked for
    assert [c for c in complaints if not any(word in c for word in expected)] == []


@pytest.fixture
def log_in(live_server, context, settings) -> Callable[..., None]:
    """`log_in(user)`: the context's session becomes that person's, without the form."""
    settings.STAFF_MUST_HAVE_MFA = False

    def login(user) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
        context.clear_cookies()
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])

    return login


@pytest.fixture
def no_barriers() -> Callable[[Page], None]:
    """`no_barriers(page)`: axe finds nothing on the page as it stands, and it does not scroll sideways."""

    def check(page: Page) -> None:
        page.wait_for_load_state("networkidle")
        results = Axe().run(
            page,
            options={
                "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            },
        )
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{page.url} scrolls sideways by {wide} px"

    return check
