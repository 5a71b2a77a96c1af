"""Every page, as each kind of person meets it: axe is silent, nothing scrolls sideways.

The console is watched by the `page` fixture. Each page is loaded once and looked at twice, which
covers both widths and both colour schemes: what is wrong with colours does not depend on width.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.urls import reverse
from playwright.sync_api import Page
from tests import cast
from tests.doors.addresses import ADDRESSES, Scene
from tests.doors.routes import routes as every_route
from tests.renewals import scene

from iofacturo.folios import ledger
from iofacturo.lib import clock
from iofacturo.renewals import review

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.COSTA_RICA)
VIEWS = ((360, "light"), (1280, "dark"))


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.moved_to(MONDAY):
        yield


@pytest.fixture
def shop(transactional_db) -> SimpleNamespace:
    """A provider that sells, a café with a past, and requests in the states that look different."""
    cafe = cast.company("Café Prueba S.A.", "3101000001")
    soda = cast.company("Soda La Esquina S.R.L.", "3102415230")
    cast.company("Proveedor Demo S.A.", "3101999999", is_provider=True)
    owner, cook = cast.seat("duena", cafe, "owner"), cast.seat("cocinera", soda, "owner")
    issuer = cast.seat("emisor", cafe, "issuer")
    senior, admin = (
        cast.staff_person("revisora", "senior"),
        cast.staff_person("admin", "administrator"),
    )
    reviewer = cast.staff_person("revisor", "reviewer")
    scene.house(senior, admin)
    scene.promotion()
    ledger.grant(cafe, "migration", 12, origin="migration:cafe", at=scene.AT, months=3)
    for number in range(3):
        ledger.consume(cafe, f"clave-{number}", at=scene.AT, label=f"FE {number}", by=issuer)
    waiting = scene.sent(soda, cook, "100")
    refused = review.take(scene.sent(cafe, owner, "100"), by=reviewer, at=MONDAY)
    review.reject(refused, by=reviewer, at=MONDAY, version=refused.version, reason="no_money")
    unclear = review.take(scene.sent(cafe, owner), by=reviewer, at=MONDAY)
    review.ask_correction(
        unclear, by=reviewer, at=MONDAY, version=unclear.version, reason="underpaid",
        lines=[scene.line("60000")],
    )  # fmt: skip
    taken = review.take(scene.sent(soda, cook), by=reviewer, at=MONDAY)
    draft = scene.drafted(cafe, owner)
    return SimpleNamespace(**locals())


@pytest.fixture
def no_barriers_anywhere(page: Page, live_server, no_barriers) -> Callable[..., None]:
    """`no_barriers_anywhere(paths)`: each page answers and passes in every view."""

    def check(paths: list[str], status: int = 200) -> None:
        for path in paths:
            page.set_viewport_size({"width": VIEWS[0][0], "height": 800})
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status == status, f"{path}: {answer.status}"
            for width, scheme in VIEWS:
                page.set_viewport_size({"width": width, "height": 800})
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                no_barriers(page)

    return check


def routes(*names: str, args: tuple[object, ...] = ()) -> list[str]:
    return [reverse(name, args=args) for name in names]


def test_pages_before_the_door(shop, no_barriers_anywhere) -> None:
    no_barriers_anywhere(
        routes(
            "account_login", "account_signup", "account_inactive", "account_reset_password",
            "account_reset_password_done", "account_reset_password_from_key_done", "ayuda",
        )
        + routes("renewals:terms", args=(1,))
        + routes("account_reset_password_from_key", args=("0", "gastado-1")),
    )  # fmt: skip
    no_barriers_anywhere(["/no-existe/"], status=404)
    no_barriers_anywhere(routes("accounts:invitation", args=("no-existe",)), status=410)


def test_pages_of_the_company_and_of_oneself(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.owner)
    seat = shop.cafe.memberships.get(user=shop.issuer)
    no_barriers_anywhere(
        routes(
            "portal", "facturar", "ayuda", "notifications:list",
            "accounts:company", "accounts:company_edit", "accounts:members", "accounts:activity",
            "accounts:companies", "accounts:leave", "account_change_password", "account_email",
            "mfa_index", "usersessions_list",
        )
        + routes("accounts:seat", "accounts:seat_removal", args=(seat.pk,)),
    )  # fmt: skip


def test_pages_of_a_renewal(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.owner)
    no_barriers_anywhere(
        routes("renewals:mi_plan", "renewals:choose", "folios:ledger", "folios:plans")
        + routes("renewals:renew", "renewals:cancel", args=(shop.draft.number,))
        + routes("renewals:status", "renewals:correct", args=(shop.unclear.number,))
        + routes("renewals:status", args=(shop.refused.number,)),
    )
    log_in(shop.cook)
    no_barriers_anywhere(
        routes("portal", "renewals:mi_plan", "folios:ledger", "folios:plans")
        + routes("renewals:received", "renewals:status", args=(shop.waiting.number,)),
    )


def test_pages_of_a_role_that_may_not(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.issuer)
    no_barriers_anywhere(routes("renewals:mi_plan"))
    no_barriers_anywhere(routes("accounts:members", "renewals:choose"), status=403)


def test_pages_of_the_desk(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.reviewer)
    cases = (shop.waiting, shop.taken, shop.refused, shop.unclear)
    no_barriers_anywhere(
        routes("backoffice:renewals")
        + [reverse("backoffice:renewal", args=[one.number]) for one in cases]
        + [reverse("backoffice:renewals") + "?q=nada+así"],
    )
    log_in(shop.senior)
    no_barriers_anywhere(routes("backoffice:adjustments", "backoffice:payee"))


def test_pages_of_the_provider(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.admin)
    seat = shop.reviewer.staff
    no_barriers_anywhere(
        routes(
            "backoffice:companies", "backoffice:company_new", "backoffice:plans",
            "backoffice:plan_new", "backoffice:promotion_new", "backoffice:calendar",
            "backoffice:calendar_hours", "backoffice:calendar_history", "backoffice:terms",
            "backoffice:payee", "backoffice:staff", "backoffice:provider",
            "backoffice:provider_edit",
        )
        + routes(
            "backoffice:company", "backoffice:company_edit", "backoffice:ledger",
            args=(shop.cafe.public_id,),
        )
        + routes("backoffice:plan", args=("500",))
        + routes("backoffice:promotion", args=("menos15",))
        + routes("backoffice:calendar_opening", args=("2026-12-01",))
        + routes("backoffice:terms_version", args=(1,))
        + routes("backoffice:staff_role", "backoffice:staff_removal", args=(seat.pk,)),
    )  # fmt: skip


INVOICER = {
    "invoicing:setup", "invoicing:setup_place", "invoicing:draft", "invoicing:quick",
    "invoicing:document", "invoicing:share", "invoicing:annul", "invoicing:documents",
    "invoicing:exports", "invoicing:customers", "invoicing:customer_edit", "invoicing:product",
    "invoicing:import", "invoicing:received", "invoicing:received_document",
    "invoicing:received_batch", "invoicing:public",
}  # fmt: skip
"""Some that must be among the pages found, so that none is lost unseen."""


def invoicer_pages(client, world: Scene) -> dict[str, str]:
    """Every address of the invoicer that answers with a whole page, from the table itself."""
    found = {}
    for route in every_route():
        if not route.name.startswith("invoicing:"):
            continue
        url = route.url(ADDRESSES[route.name](world) if route.parameters else {})
        answer = client.get(url)
        if answer.headers.get("Content-Type", "").startswith("text/html") and (
            answer.status_code == 200 and b"<html" in answer.content
        ):
            found[route.name] = url
    return found


def test_pages_of_the_invoicer(shop, as_client, log_in, no_barriers_anywhere) -> None:
    world = Scene(shop.cafe, shop.owner, shop.senior, shop.admin)
    pages = invoicer_pages(as_client(shop.owner), world)
    missing = INVOICER - set(pages)
    assert not missing
    log_in(shop.owner)
    no_barriers_anywhere(list(pages.values()))


def test_pages_of_the_invoicer_with_nothing_in_them(shop, log_in, no_barriers_anywhere) -> None:
    log_in(shop.cook)
    no_barriers_anywhere(
        routes(
            "facturar", "invoicing:documents", "invoicing:received", "invoicing:customers",
            "invoicing:products", "invoicing:exports", "invoicing:setup", "invoicing:quick",
        )
    )  # fmt: skip
    no_barriers_anywhere([reverse("invoicing:documents") + "?q=nada&tipo=01"])


def test_a_document_as_its_receiver_sees_it(shop, no_barriers_anywhere) -> None:
    world = Scene(shop.cafe, shop.owner, shop.senior, shop.admin)
    no_barriers_anywhere(
        routes("invoicing:public", args=tuple(ADDRESSES["invoicing:public"](world).values()))
    )
    no_barriers_anywhere(routes("invoicing:public", args=("no-existe",)), status=404)
