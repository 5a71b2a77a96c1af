"""Every address of the portal against everybody, taken from the URL table itself.

A page added tomorrow is tested without anybody thinking of it; a view without a lock, or an
address with parameters that `addresses` does not know, fails.
"""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from iofacturo.accounts.permissions import COMPANY_ACTS, COMPANY_ROLES, STAFF_ACTS, STAFF_ROLES
from iofacturo.lib import clock
from tests.cast import seat, staff_person
from tests.doors.addresses import ADDRESSES, Scene
from tests.doors.routes import Route, routes
from tests.renewals.scene import AT

LOCKS = {"member": COMPANY_ACTS, "staff": STAFF_ACTS, "person": {""}, "anybody": {""}}
METHODS = ("GET", "POST")
NEVER = ("PUT", "PATCH", "DELETE", "TRACE")


def of(*locks: str, only: Callable[[Route], object] = lambda route: True):
    """Parametrise over the routes behind one of *locks* for which *only* holds."""
    chosen = [r for r in routes() if r.lock and r.lock[0] in locks and only(r)]
    return pytest.mark.parametrize("route", chosen, ids=lambda route: route.name)


# what these name is a kind of thing, or a number that every company has
OF_ANYBODY = {"invoicing:setup_place", "invoicing:import", "invoicing:import_template"}
# registers that may not know the answer, or not answer; a logo that may not be there
MAY_LACK = {
    "invoicing:find_taxpayer",
    "invoicing:find_rate",
    "invoicing:find_exoneration",
    "invoicing:setup_logo_picture",
}


def about_something(route: Route) -> bool:
    """Whether its address names an object that belongs to somebody."""
    return bool(route.parameters) and route.name not in OF_ANYBODY


def short_of(route: Route) -> list[str]:
    """The roles that may not do what this page is for."""
    kind, act = route.lock
    roles, acts = (COMPANY_ROLES, COMPANY_ACTS) if kind == "member" else (STAFF_ROLES, STAFF_ACTS)
    return [name for name, _ in roles if name not in acts[act]]


every = pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)


@pytest.fixture
def world(cafe, owner, senior, admin) -> Iterator[Scene]:
    with clock.moved_to(AT):
        yield Scene(cafe, owner, senior, admin)


@pytest.fixture
def url(request, world) -> str:
    """The address of the route under test, about a real object of the café."""
    route = request.getfixturevalue("route")
    return route.url(ADDRESSES[route.name](world) if route.parameters else {})


def knock(client: Client, url: str, methods: tuple[str, ...] = METHODS) -> dict[str, int]:
    """Status of each method."""
    return {name: client.generic(name, url).status_code for name in methods}


def meant_for(route: Route, world: Scene, as_client) -> Client:
    """A client of somebody this page is for."""
    kind, act = route.lock
    if kind == "anybody":
        return Client()
    if kind != "staff":
        return as_client(world.owner)
    role = next(name for name, _ in reversed(STAFF_ROLES) if name in STAFF_ACTS[act])
    return as_client({"administrator": world.admin, "senior": world.senior}.get(role)
                     or staff_person("debida", role))  # fmt: skip


# -- the table itself ----------------------------------------------------------------------------


@every
def test_every_view_has_a_lock(route: Route):
    assert route.lock is not None, f"{route.name} has no lock: see iofacturo.accounts.access"
    kind, act = route.lock
    assert act in LOCKS[kind]


@every
def test_every_address_is_written_down(route: Route):
    if route.parameters:
        assert route.name in ADDRESSES, f"tell tests/doors/addresses.py about {route.name}"


def test_nothing_is_written_down_that_is_gone():
    assert set(ADDRESSES) <= {route.name for route in routes() if route.parameters}


def test_names_are_unique():
    names = [route.name for route in routes()]
    assert len(names) == len(set(names))


def test_only_these_are_open_to_the_world():
    """The list is short and read by people: a new open door has to be added here by hand."""
    ours = {route.name for route in routes() if route.ours and route.lock == ("anybody", "")}
    assert ours == {
        "accounts:invitation",
        "ayuda",
        "help_center:article",
        "help_center:challenge",
        "help_center:opinion",
        "invoicing:callback",
        "invoicing:public",
        "invoicing:public_answer",
        "invoicing:public_pdf",
        "invoicing:public_ticket",
        "invoicing:public_xml",
        "notifications:leave",
        "outbox:frame",
        "outbox:mail",
        "outbox:mailbox",
        "renewals:terms",
        "salud",
    }


def test_everything_of_the_staff_is_under_gestion_and_locked_for_staff(world):
    for route in routes():
        address = route.url(ADDRESSES[route.name](world) if route.parameters else {})
        kind = route.lock[0]
        assert address.startswith("/gestion/") == (kind == "staff"), route.name


# -- everybody at every door -----------------------------------------------------------------------


@of("member", "staff", "person")
def test_anonymous_people_are_sent_to_log_in(route: Route, url: str):
    for method in (*METHODS, "DELETE"):
        answer = Client().generic(method, url)
        assert answer.status_code == 302, method
        assert answer.url.startswith(reverse(django_settings.LOGIN_URL) + "?next="), method


@of("anybody")
def test_open_doors_do_not_break(route: Route, url: str):
    assert set(knock(Client(), url).values()) <= {200, 302, 404, 405, 410, 422}


@of("member")
def test_who_has_no_seat_anywhere_finds_nothing(route: Route, url: str, as_client, nobody):
    assert set(knock(as_client(nobody), url).values()) == {404}


@of("member")
def test_a_link_to_a_company_of_others_opens_nothing(
    route: Route, url: str, world, as_client, stranger
):
    asked = f"{url}?empresa={world.company.public_id}"
    assert set(knock(as_client(stranger), asked).values()) == {404}


@of("member", "person", only=about_something)
def test_what_belongs_to_others_is_not_there(route: Route, url: str, as_client, stranger):
    """A stranger owns a company too, so only the object itself can stop them."""
    said = set(knock(as_client(stranger), url).values())
    if route.ours:
        assert 404 in said
        assert said <= {404, 405}
    else:  # allauth first wants the password again; that page shows nothing of the object
        assert said <= {302, 404}


@of("staff")
def test_customers_find_no_staff_side(route: Route, url: str, world, as_client, nobody):
    for user in (world.owner, nobody):
        assert set(knock(as_client(user), url).values()) == {404}


@of("member")
def test_staff_find_no_customers_side(route: Route, url: str, world, as_client):
    for user in (world.admin, world.senior):
        assert set(knock(as_client(user), url).values()) == {404}


@of("member", only=short_of)
def test_a_colleague_whose_role_does_not_reach_is_told_so(route: Route, url: str, world, as_client):
    for role in short_of(route):
        user = seat(f"corta-{role}", world.company, role)
        assert set(knock(as_client(user), url).values()) == {403}, role


@of("staff", only=short_of)
def test_staff_whose_role_does_not_reach_are_told_so(route: Route, url: str, as_client):
    for role in short_of(route):
        user = staff_person(f"corta-{role}", role)
        assert set(knock(as_client(user), url).values()) == {403}, role


@of("staff")
def test_staff_removed_from_the_team_find_nothing(route: Route, url: str, world, as_client):
    user = staff_person("salida", "administrator")
    user.staff.remove(by=world.admin, at=clock.now())
    assert set(knock(as_client(user), url).values()) == {404}


@of("member")
def test_people_removed_from_the_company_find_nothing(route: Route, url: str, world, as_client):
    user = seat("salida", world.company, "administrator")
    world.company.memberships.get(user=user).remove(by=world.owner, at=clock.now())
    assert set(knock(as_client(user), url).values()) == {404}


@of("staff")
def test_staff_without_a_second_factor_are_sent_to_get_one(
    route: Route, url: str, world, as_client, settings
):
    client = meant_for(route, world, as_client)
    settings.STAFF_MUST_HAVE_MFA = True
    for method in METHODS:
        assert client.generic(method, url).url == reverse("mfa_index")


# -- methods, and whom the page is for ---------------------------------------------------------------


@every
def test_a_wrong_method_is_refused(route: Route, url: str, world, as_client):
    client = meant_for(route, world, as_client)
    if route.ours:
        absent = {404} if route.name.startswith("outbox:") else set()  # outside the demo
        assert set(knock(client, url, NEVER).values()) <= {405} | absent
    elif route.name != "account_reset_password_from_key":  # says "no good" to any method
        # allauth's class-based views; 404 where the person has no second factor to manage
        assert knock(client, url, ("PATCH",))["PATCH"] in {302, 404, 405}


@every
def test_the_page_opens_for_whom_it_is_meant(route: Route, url: str, world, as_client):
    answer = meant_for(route, world, as_client).get(url)
    status = answer.status_code
    if status == 405:  # it takes forms only, and says so with a way back
        assert answer["Allow"]
        assert "Aquí no hay una página" in answer.content.decode()
        assert 'class="button" href="/"' in answer.content.decode()
    # open links lead to nothing in particular; a second factor that is off has no pages
    gone = {404, 410} if route.lock[0] == "anybody" or not route.ours else set()
    lacks = {404, 503} if route.name in MAY_LACK else set()
    assert status in {200, 302, 405} | gone | lacks


@every
def test_no_post_is_taken_from_another_site(route: Route, url: str, world, as_client):
    # Hacienda's own, and the one that a mail program presses; their addresses hold a secret instead
    if route.name in {"invoicing:callback", "notifications:leave"}:
        return
    client = meant_for(route, world, as_client)
    client.handler.enforce_csrf_checks = True
    assert client.post(url, {"x": "y"}).status_code == 403
