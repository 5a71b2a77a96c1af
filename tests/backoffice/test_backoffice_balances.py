"""The list of money that does not fit, as staff work it off."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from tests.renewals import scene

from iofacturo.lib import clock
from iofacturo.renewals import bank, claims, invariants, review
from iofacturo.renewals.bank import BankLine
from iofacturo.renewals.request import RenewalRequest
from iofacturo.renewals.return_order import ReturnOrder
from iofacturo.renewals.withdrawal import Withdrawal

AT = scene.AT
TODAY = clock.local(AT).date()
LIST = "/gestion/saldos/"


@pytest.fixture
def desk(as_client, reviewer) -> Client:
    return as_client(reviewer)


@pytest.fixture
def boss(as_client, senior) -> Client:
    return as_client(senior)


@pytest.fixture
def line(house, senior) -> BankLine:
    return scene.imported(senior, ("150000.00", "de nadie", "N1")).lines.get()


def url(page: str, *args: object) -> str:
    return reverse(f"backoffice:{page}", args=args)


def words(answer) -> str:
    return answer.content.decode().replace("\xa0", " ")


def test_a_return_from_the_line_to_the_bank(desk, boss, as_client, other_senior, line) -> None:
    asked = {"back-reason": "unknown", "back-note": "nadie la reclama"}
    desk.post(url("bank_line_return", line.pk), asked)
    order = ReturnOrder.objects.get()
    page = words(desk.get(LIST))
    assert "₡150 000,00" in page
    assert "Falta la cuenta" in page
    account = {"iban": scene.IBAN, "holder": "Quien pagó"}
    step = {name: url(f"return_order_{name}", order.pk)
            for name in ("account", "signature", "payment", "drop")}  # fmt: skip
    assert desk.post(step["account"], account).status_code == 403, "a senior's"
    wrong = boss.post(step["account"], account | {"iban": "CR05015202001026284067"})
    assert wrong.status_code == 422
    assert "CR05015202001026284067" in words(wrong), "what was typed is kept"
    boss.post(step["account"], account)
    order.refresh_from_db()
    assert boss.post(step["signature"], {"iban": order.iban}).status_code == 403, "somebody else's"
    paid = {"paid_on": TODAY.isoformat(), "reference": "DEV-1"}
    assert boss.post(step["payment"], paid).status_code == 409, "not signed yet"
    other = as_client(other_senior)
    assert other.post(step["signature"], {"iban": "otra"}).status_code == 409
    assert other.post(step["signature"], {"iban": order.iban}).status_code == 302
    assert boss.post(step["payment"], paid).status_code == 302
    assert boss.post(step["payment"], paid).status_code == 409
    assert boss.post(step["drop"], {"why": "x"}).status_code == 409
    assert "DEV1" in words(desk.get(LIST + "?ver=resueltas"))
    assert "No hay devoluciones pendientes" in words(desk.get(LIST))
    assert "Devuelto" in words(desk.get(url("bank_line", line.pk)))
    assert list(invariants.broken()) == []


def test_credit_goes_back_from_the_companys_account(desk, cafe, line) -> None:
    credit = {"credit-company": cafe.identificacion, "credit-note": "llamaron"}
    desk.post(url("bank_line_credit", line.pk), credit)
    assert cafe.nombre in words(desk.get(LIST + "?ver=saldos"))
    page = words(desk.get(url("balance", cafe.public_id)))
    assert "Tiene a favor <strong>₡150 000,00</strong>" in page
    asked = {"amount": "200 000", "reason": "asked", "note": "la pidió"}
    answer = desk.post(url("balance_return", cafe.public_id), asked)
    assert answer.status_code == 422
    assert "hasta ₡150 000,00" in words(answer)
    asked["amount"] = "50 000"
    answer = desk.post(url("balance_return", cafe.public_id), asked)
    order = ReturnOrder.objects.get()
    assert answer["Location"] == url("return_order", order.pk)
    again = desk.post(url("balance_return", cafe.public_id), asked)
    assert again.status_code == 422, "a second click opens no second one"
    assert "₡50 000,00 ya están apartados" in words(desk.get(url("balance", cafe.public_id)))
    assert (
        desk.post(url("return_order_drop", order.pk), {"why": "se arrepintió"}).status_code == 302
    )
    assert bank.credit(cafe) == Decimal(150000)


def test_a_withdrawal_is_noted_by_one_and_settled_by_a_senior(desk, boss, sent, senior) -> None:
    line = scene.imported(senior, ("75000.00", sent.reference)).lines.get()
    review.approve(sent, by=senior, at=AT, version=sent.version, found=[line.pk])
    noted = {"gone-booked_on": TODAY.isoformat(), "gone-detail": "reverso SINPE"}
    assert desk.post(url("bank_line_withdrawal", line.pk), noted).status_code == 302
    assert desk.post(url("bank_line_withdrawal", line.pk), noted).status_code == 409
    row = Withdrawal.objects.get()
    assert "reverso SINPE" in words(desk.get(LIST + "?ver=retiros"))
    page = words(desk.get(url("withdrawal", row.pk)))
    assert "se anulan los folios que le queden" in page
    settle = url("withdrawal_settle", row.pk)
    assert desk.post(settle, {"note": "x"}).status_code == 403
    assert boss.post(settle, {"note": ""}).status_code == 422
    assert boss.post(settle, {"note": "confirmado"}).status_code == 302
    assert boss.post(settle, {"note": "confirmado"}).status_code == 409
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.REVERSED
    assert "Lo retiró el banco" in words(desk.get(url("bank_line", line.pk)))
    assert list(invariants.broken()) == []


def test_late_money_is_one_button_with_its_reasons(desk, sent, senior, reviewer) -> None:
    review.ask_correction(sent, by=reviewer, at=AT, version=sent.version, reason="not_arrived")
    claims.expire_corrections(AT + 10 * scene.DAY)
    line = scene.imported(senior, ("75000.00", sent.reference)).lines.get()
    page = words(desk.get(url("renewal", sent.number)))
    assert "dentro del plazo del precio (hasta el 28 nov 2026): se respeta." in page
    sent.refresh_from_db()
    posted = {"version": sent.version, "line": line.pk}
    assert desk.post(url("renewal_revive", sent.number), posted).status_code == 302
    sent.refresh_from_db()
    assert sent.state == RenewalRequest.ACTIVE
    assert desk.post(url("renewal_revive", sent.number), posted).status_code == 409


def test_the_list_does_not_grow_in_queries(desk, house, senior, reviewer, cafe) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counted = []
    for n in (1, 6):
        for i in range(n):
            row = scene.entered(senior, 100 * n + i + 1)
            desk.post(url("bank_line_return", row.pk), {"back-reason": "unknown", "back-note": "x"})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.get(LIST)
        counted.append(len(queries))
    assert counted[0] == counted[1]
