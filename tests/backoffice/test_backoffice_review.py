"""The desk as a tool: the next case, notes, handing over, the second person's list, many at once."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.backoffice.test_backoffice_desk import address
from tests.renewals import scene

from iofacturo.renewals import approval, review
from iofacturo.renewals.request import RenewalRequest


@pytest.fixture
def desk(as_client, reviewer) -> Client:
    return as_client(reviewer)


def shown(answer) -> str:
    return " ".join(answer.content.decode().split())


def form(row: RenewalRequest, **more: str) -> dict[str, str]:
    row.refresh_from_db()
    return {"version": str(row.version), **more}


def test_after_an_act_the_next_one_opens_with_a_way_back(
    desk, house, cafe, owner, senior, settings
) -> None:
    first, second, third = (scene.sent(cafe, owner, "100") for _ in range(3))
    early = scene.sent(cafe, owner, at=scene.AT - timedelta(hours=1))  # signed: not for him
    settings.SECOND_APPROVAL_FROM = 70_000
    approval.approve(early, by=senior, at=scene.AT, version=early.version,
                     lines=[scene.line("75000.00")])  # fmt: skip
    data = form(first, **{"rejection-reason": "no_money"})
    page = desk.post(address("renewal_reject", first), data, follow=True)
    assert page.redirect_chain == [(address("renewal", second), 302)]
    told = (
        f'{first.number}: rechazada. El cliente puede enviar una nueva a partir de esta. <a href="'
    )
    assert told + address("renewal", first) + f'">Volver a {first.number}</a>' in shown(page)
    # within a filter the next of that filter comes, and at its end the filter itself
    scene.imported(senior, (third.given.total, third.reference))
    data = form(second, estado="exactas", **{"rejection-reason": "no_money"})
    page = desk.post(address("renewal_reject", second), data)
    assert page["Location"] == address("renewal", third) + "?estado=exactas"
    data = form(third, estado="exactas", **{"rejection-reason": "no_money"})
    page = desk.post(address("renewal_reject", third), data)
    assert page["Location"] == reverse("backoffice:renewals") + "?estado=exactas"


def test_the_second_persons_list_leaves_out_ones_own(
    as_client, house, cafe, owner, reviewer, other_reviewer, senior, settings
) -> None:
    settings.SECOND_APPROVAL_FROM = 1_000
    rows = [scene.sent(cafe, owner, "100") for _ in range(3)]
    for row, who in zip(rows, (reviewer, senior), strict=False):
        approval.approve(row, by=who, at=scene.AT, version=row.version,
                         lines=[scene.line("22000.00")])  # fmt: skip
    where = reverse("backoffice:renewals") + "?estado=segunda"
    lists = {
        who: {row.number for row in rows if row.number in shown(as_client(who).get(where))}
        for who in (senior, reviewer)
    }
    assert lists == {senior: {rows[0].number}, reviewer: {rows[1].number}}
    # who may not sign second is not sent to what waits for a second one
    data = form(rows[2], **{"rejection-reason": "no_money"})
    page = as_client(other_reviewer).post(address("renewal_reject", rows[2]), data)
    assert page["Location"] == reverse("backoffice:renewals")


def test_a_note_is_for_the_team_alone(desk, sent, as_client, owner) -> None:
    page = shown(desk.get(address("renewal", sent)))
    token = re.search(r'name="note-token" value="([^"]+)"', page)
    assert token
    data = {"note-text": "Pagó desde otra cuenta", "note-token": token[1]}
    for _ in range(2):  # a double click
        page = desk.post(address("renewal_note", sent), data, follow=True)
    assert page.redirect_chain[-1][0] == address("renewal", sent)
    assert shown(page).count("Pagó desde otra cuenta") == 1
    theirs = as_client(owner).get(reverse("renewals:status", args=[sent.number]))
    assert theirs.status_code == 200
    assert "otra cuenta" not in shown(theirs)
    empty = desk.post(address("renewal_note", sent), data | {"note-text": "  "})
    assert empty.status_code == 422
    assert "Nota interna" in shown(empty)


def test_a_case_is_passed_to_a_colleague_who_is_told(desk, sent, as_client, other_reviewer) -> None:
    desk.post(address("renewal_take", sent))
    page = shown(desk.get(address("renewal", sent)))
    assert f'<option value="{other_reviewer.pk}">' in page
    data = {"hand_over-to": str(other_reviewer.pk), "hand_over-reason": "Es de su zona"}
    refused = desk.post(address("renewal_hand_over", sent), data | {"hand_over-to": "1"})
    assert refused.status_code == 422
    done = desk.post(address("renewal_hand_over", sent), data, follow=True)
    assert "la tiene ahora" in shown(done)
    sent.refresh_from_db()
    assert sent.taken_by == other_reviewer
    theirs = as_client(other_reviewer)
    page = shown(theirs.get(address("renewal", sent)))
    assert "Reservada para usted" in page
    assert "Es de su zona" in page
    assert sent.number in shown(theirs.get(reverse("notifications:list")))
    assert desk.post(address("renewal_hand_over", sent), data).status_code in {
        409,
        422,
    }  # not hers now


def test_many_are_looked_at_approved_and_told_one_by_one(
    desk, house, cafe, owner, reviewer, senior
) -> None:
    rows = [scene.sent(cafe, owner, "100") for _ in range(3)]
    scene.imported(senior, *((row.given.total, row.reference) for row in rows))
    assert "Aprobar varias" in shown(desk.get(reverse("backoffice:renewals")))
    listed = shown(desk.get(reverse("backoffice:renewals_bulk")))
    assert all(f'value="{row.number}" checked' in listed for row in rows)
    where = reverse("backoffice:renewals_bulk_confirmation")
    asked = [row.number for row in rows[:2]]
    page = shown(desk.get(where, {"solicitud": [*asked, "SR-NOSUCHON"]}))
    assert "quedaron fuera: SR-NOSUCHON" in page
    assert page.count("El monto es exacto") == 2  # every one with its explanation
    hidden = dict(re.findall(r'name="(token)" value="([^"]+)"', page))
    hidden["solicitud"] = re.findall(r'name="solicitud" value="([^"]+)"', page)
    assert len(hidden["solicitud"]) == 2
    review.take(rows[1], by=senior, at=scene.AT)
    for _ in range(2):
        done = desk.post(reverse("backoffice:renewals_bulk_approve"), hidden, follow=True)
    assert "1 de 2 aprobadas" in shown(done)
    assert "Aprobada: el plan está activo" in shown(done)
    assert "No se aprobó" in shown(done)
    states = [RenewalRequest.objects.get(pk=row.pk).state for row in rows]
    assert states == [RenewalRequest.ACTIVE, RenewalRequest.IN_REVIEW, RenewalRequest.IN_REVIEW]
    for wrong in ({}, hidden | {"token": "a b"}, hidden | {"solicitud": ["x", "1:2:3:4"]}):
        back = desk.post(reverse("backoffice:renewals_bulk_approve"), wrong)
        assert back["Location"] == reverse("backoffice:renewals_bulk") + "?vacio=1"


# -- the board -------------------------------------------------------------------------------------


@pytest.fixture
def answered(house, cafe, owner, reviewer) -> RenewalRequest:
    row = scene.sent(cafe, owner, "100", at=scene.AT - timedelta(minutes=55))
    line = scene.line("22000.00")
    return approval.approve(row, by=reviewer, at=scene.AT, version=row.version, lines=[line])


def test_the_board_shows_times_charts_and_tables(desk, answered, sent) -> None:
    page = shown(desk.get(reverse("backoffice:board")))
    for words in ("Tiempo de respuesta por día", "55 min", "₡22 000,00", "Por persona",
                  "1 aprobada", "100 % a tiempo"):  # fmt: skip
        assert words in page, words
    assert page.count('role="img"') == 4
    assert page.count("Ver los datos en tabla") == 4
    assert re.search(r"<b class=\"num\">1</b><span>por revisar", page)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"desde": "2026-10-01", "hasta": "2026-11-23"}, "por semana"),
        ({"desde": "2026-01-01"}, "Nadie respondió en estos días|por mes"),
        ({"desde": "2020-01-01", "hasta": "2026-11-23"}, "un año a la vez"),
        ({"desde": "2026-12-01", "hasta": "2026-11-01"}, "La primera fecha va antes"),
        ({"desde": "ayer", "hasta": "2026-11-23"}, "Escriba las dos fechas"),
        ({"desde": "2026-11-22", "hasta": "2026-11-22"}, "Nadie respondió"),
    ],
)
def test_any_span_is_answered_with_sense(desk, answered, asked, told) -> None:
    answer = desk.get(reverse("backoffice:board"), asked)
    assert answer.status_code == 200
    assert re.search(told, shown(answer))
    assert desk.get(reverse("backoffice:board_csv"), asked).status_code == 200


def test_the_board_as_a_table(desk, answered, reviewer) -> None:
    file = b"".join(desk.get(reverse("backoffice:board_csv")).streaming_content).decode()
    day, person, total = file.strip().splitlines()[1:]
    assert day.startswith("2026-11-23,,1,55,55,0,1,0,0,0,22000.00")
    assert person.startswith(f",{reviewer},1,55,55,0")
    assert total.startswith(",,1,55,55,0")


def test_the_report_is_asked_for_and_stopped_on_the_board(desk, house) -> None:
    where = reverse("backoffice:board_report")
    page = shown(desk.post(where, {"recibir": "1"}, follow=True))
    assert "Dejar de recibirlo" in page
    page = shown(desk.post(where, {"recibir": "0"}, follow=True))
    assert "Recibir el informe" in page
