"""`/avisos/`: one's own notices, newest first, and nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest

from iofacturo import notifications
from iofacturo.accounts.models import Membership
from iofacturo.notifications.models import Notice

NOW = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def tell(company, count: int = 1, **changes: object) -> None:
    for n in range(count):
        notifications.notify(
            "renewal.taken", company=company, subject=f"Aviso {n}.", body="Texto.",
            url="/mi-plan/", key=f"k{n}", at=NOW + timedelta(minutes=n), **changes,
        )  # fmt: skip


def page(client, address: str = "/avisos/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_anonymous_people_are_sent_to_log_in(client) -> None:
    for method, path in (("get", "/avisos/"), ("post", "/avisos/leidos"), ("get", "/avisos/x/")):
        assert getattr(client, method)(path).status_code == 302


def test_an_empty_list_says_what_will_be_here(as_client, owner) -> None:
    assert "Aún no hay avisos" in page(as_client(owner))


def test_newest_first_and_what_is_unread_is_said_in_words(as_client, cafe, owner) -> None:
    tell(cafe, 2)
    shown = page(as_client(owner))
    assert shown.index("Aviso 1.") < shown.index("Aviso 0.")
    assert "2 sin leer" in shown
    assert shown.count("Sin leer</span>") == 2
    assert notifications.unread(owner) == 2


def test_opening_one_reads_it_and_goes_where_it_points(as_client, cafe, owner) -> None:
    tell(cafe)
    notice = Notice.objects.get()
    client = as_client(owner)
    assert client.head(f"/avisos/{notice.public_id}/").status_code == 302
    assert notifications.unread(owner) == 1
    answer = client.get(f"/avisos/{notice.public_id}/")
    assert answer["Location"] == f"/mi-plan/?empresa={cafe.public_id}"
    assert notifications.unread(owner) == 0


def test_a_notice_never_leads_out_of_the_portal(as_client, cafe, owner) -> None:
    tell(cafe)
    for url in ("https://malo.cr/", "//malo.cr/", "/\\malo.cr", "javascript:x", ""):
        Notice.objects.update(url=url)
        answer = as_client(owner).get(f"/avisos/{Notice.objects.get().public_id}/")
        assert answer["Location"] == "/avisos/"


def test_one_or_all_can_be_marked(as_client, cafe, owner) -> None:
    tell(cafe, 3)
    client = as_client(owner)
    first, second, third = Notice.objects.order_by("id")
    assert client.post(f"/avisos/{first.public_id}/leido").status_code == 302
    assert notifications.unread(owner) == 2
    # the third came while the page stood open: it was not seen
    client.post("/avisos/leidos", {"hasta": second.public_id})
    assert notifications.unread(owner) == 1
    client.post("/avisos/leidos", {"hasta": third.public_id})
    assert notifications.unread(owner) == 0


def test_reading_twice_keeps_the_first_time(cafe, owner) -> None:
    tell(cafe)
    notice = Notice.objects.get()
    notice.read(NOW)
    notice.read(NOW + timedelta(days=1))
    assert Notice.objects.get().read_at == NOW


def test_pages_follow_one_another_without_gaps(as_client, cafe, owner) -> None:
    tell(cafe, 60)
    client, address, seen = as_client(owner), "/avisos/", []
    for _ in range(3):
        answer = client.get(address)
        seen += [notice.title for notice in answer.context["notices"]]
        address = f"/avisos/?antes={answer.context['next']}"
    assert answer.context["next"] == ""
    assert seen == [f"Aviso {n}." for n in reversed(range(60))]


def test_a_stranger_gets_nothing_and_404(as_client, cafe, owner, stranger) -> None:
    tell(cafe)
    notice, client = Notice.objects.get(), as_client(stranger)
    assert "Aviso 0." not in page(client)
    assert client.get(f"/avisos/{notice.public_id}/").status_code == 404
    assert client.post(f"/avisos/{notice.public_id}/leido").status_code == 404
    assert client.post("/avisos/leidos", {"hasta": notice.public_id}).status_code == 404
    assert client.get(f"/avisos/?antes={notice.public_id}").status_code == 404
    assert notifications.unread(stranger) == 0
    assert notifications.unread(owner) == 1


def test_who_lost_their_seat_no_longer_reads_of_the_company(as_client, cafe, owner) -> None:
    tell(cafe)
    Membership.objects.update(removed_at=NOW)
    assert notifications.unread(owner) == 0
    assert "Aviso 0." not in page(as_client(owner))
    assert as_client(owner).get(f"/avisos/{Notice.objects.get().public_id}/").status_code == 404


def test_people_without_a_seat_have_a_page_too(as_client, nobody, reviewer) -> None:
    tell(None, users=[reviewer])
    assert "Aún no hay avisos" in page(as_client(nobody))
    assert "Aviso 0." in page(as_client(reviewer))


@pytest.mark.parametrize(
    ("method", "path"), [("post", ""), ("post", "{id}/"), ("get", "leidos"), ("get", "{id}/leido")]
)
def test_the_wrong_method_is_refused(as_client, cafe, owner, method: str, path: str) -> None:
    tell(cafe)
    address = "/avisos/" + path.format(id=Notice.objects.get().public_id)
    assert getattr(as_client(owner), method)(address).status_code == 405


def test_the_page_costs_the_same_for_many(
    as_client, cafe, owner, django_assert_max_num_queries
) -> None:
    tell(cafe, 2)
    client = as_client(owner)
    client.get("/avisos/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get("/avisos/")
    tell(cafe, 25)
    with django_assert_max_num_queries(len(few)):
        client.get("/avisos/")


def test_nobody_counts_nothing() -> None:
    from django.contrib.auth.models import AnonymousUser

    assert notifications.unread(AnonymousUser()) == 0
