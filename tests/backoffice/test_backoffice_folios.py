"""Plans, promotions and ledgers at the staff's door."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from tests.folios.test_folios_offers import make_plan, make_promotion

from iofacturo.folios import adjustment, invariants, ledger
from iofacturo.folios.adjustment import AdjustmentProposal
from iofacturo.folios.offer import offers
from iofacturo.folios.plan import Plan, PlanVersion
from iofacturo.folios.promotion import Promotion
from iofacturo.lib import clock

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLAN = {
    "code": "plan-500", "name": "Plan 500", "folios": "500", "months": "12", "total": "60 000,00",
    "currency": "CRC", "tax_rate": "13.00", "cabys": "8439200000000",
    "benefits": "Todos los comprobantes 4.4\n\n Emisión  masiva ",
}  # fmt: skip
PROMOTION = {
    "code": "navidad", "name": "Navidad", "kind": "percent", "percent": "15", "currency": "CRC",
    "ends_on": "2026-12-15",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _now():
    with clock.moved_to(NOW):
        yield


def words(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").split())


def test_a_plan_is_published_and_offered_at_the_price_that_was_typed(admin, as_client):
    response = as_client(admin).post("/gestion/planes/nuevo/", PLAN)
    assert response.status_code == 302
    (one,) = offers(None, NOW)
    assert (one.name, one.folios, one.months, one.total) == ("Plan 500", 500, 12, D("60000.00"))
    assert one.benefits == ["Todos los comprobantes 4.4", "Emisión masiva"]
    assert "₡60 000,00" in words(as_client(admin).get("/gestion/planes/"))


def test_the_preview_shows_the_offer_and_publishes_nothing(admin, as_client):
    response = as_client(admin).post("/gestion/planes/nuevo/", {**PLAN, "vista": "1"})
    assert response.status_code == 200
    assert "₡120,00 por folio" in words(response)
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"total": "1.234"}, "total"),
        ({"total": "0"}, "total"),
        ({"folios": "0"}, "folios"),
        ({"months": "121"}, "months"),
        ({"cabys": "12"}, "cabys"),
        ({"code": "con espacio"}, "code"),
        ({"code": "nuevo"}, "code"),
        ({"name": ""}, "name"),
        ({"sold_from": "2026-11-22"}, "sold_from"),
        ({"sold_until": "2026-11-22"}, "sold_until"),
        ({"benefits": "x\n" * 9}, "benefits"),
    ],
)
def test_what_makes_no_sense_is_told_and_kept(admin, as_client, changes, field):
    response = as_client(admin).post("/gestion/planes/nuevo/", {**PLAN, **changes})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Hay un dato por corregir" in words(response)
    assert not Plan.objects.exists()


def test_editing_adds_a_version_and_touches_nothing(cafe, admin, as_client):
    plan = make_plan("plan-500", 500, "75000.00", at=NOW - DAY)
    first = plan.version_at(NOW)
    lot, _ = ledger.grant_plan(cafe, first, origin="request:1", at=NOW)
    page = as_client(admin).get("/gestion/planes/plan-500/")
    assert page.context["form"].initial["total"] == "75000,00"
    data = {k: v for k, v in PLAN.items() if k != "code"} | {"total": "80 000,00"}
    assert as_client(admin).post("/gestion/planes/plan-500/", data).status_code == 302
    assert PlanVersion.objects.get(pk=first.pk).total == D("75000.00")
    lot.refresh_from_db()
    assert lot.plan_version == first
    assert [o.total for o in offers(None, NOW)] == [D("80000.00")]


def test_a_price_can_be_scheduled(admin, as_client):
    make_plan("plan-500", 500, "75000.00", at=NOW - DAY)
    data = {k: v for k, v in PLAN.items() if k != "code"} | {"sold_from": "2026-12-01"}
    as_client(admin).post("/gestion/planes/plan-500/", data)
    assert [o.total for o in offers(None, NOW)] == [D("75000.00")]
    start = clock.midnight(datetime(2026, 12, 1, tzinfo=UTC).date())
    assert [o.total for o in offers(None, start)] == [D("60000.00")]
    assert "rige desde el 1 dic 2026" in words(as_client(admin).get("/gestion/planes/"))


def test_a_plan_is_withdrawn(admin, as_client):
    make_plan("plan-500", 500, "75000.00", at=NOW - DAY)
    as_client(admin).post("/gestion/planes/plan-500/retirar/")
    assert offers(None, NOW) == []
    again = as_client(admin).post("/gestion/planes/plan-500/retirar/", follow=True)
    assert "ya no está a la venta" in words(again)


def test_a_promotion_is_published_previewed_and_ended(admin, as_client):
    make_plan("plan-500", 500, "75000.00", at=NOW - DAY)
    preview = as_client(admin).post("/gestion/promociones/nueva/", {**PROMOTION, "vista": "1"})
    assert "₡63 750,00" in words(preview)
    assert "hasta el 15 de diciembre de 2026" in words(preview)
    assert not Promotion.objects.exists()
    assert as_client(admin).post("/gestion/promociones/nueva/", PROMOTION).status_code == 302
    (one,) = offers(None, NOW)
    assert (one.total, one.before) == (D("63750.00"), D("75000.00"))
    assert one.promotion_ends_at == datetime(2026, 12, 16, 6, tzinfo=UTC)
    as_client(admin).post("/gestion/promociones/navidad/terminar/")
    assert offers(None, NOW)[0].total == D("75000.00")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "100"}, "percent"),
        ({"kind": "fixed"}, "amount"),
        ({"kind": "bonus"}, "bonus_folios"),
        ({"ends_on": "2026-11-22"}, "ends_on"),
        ({"ends_on": ""}, "ends_on"),
        ({"limit_total": "0"}, "limit_total"),
    ],
)
def test_a_promotion_that_makes_no_sense_is_told(admin, as_client, changes, field):
    response = as_client(admin).post("/gestion/promociones/nueva/", {**PROMOTION, **changes})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Promotion.objects.exists()


def test_a_promotion_page_shows_its_uses(admin, as_client):
    make_promotion("navidad", limit_total=5)
    page = words(as_client(admin).get("/gestion/promociones/navidad/"))
    assert "Usada 0 veces" in page
    assert "hasta 5 usos" in page


def test_seniors_do_not_touch_the_catalogue(senior, as_client):
    for url in ("/gestion/planes/", "/gestion/planes/nuevo/", "/gestion/promociones/nueva/"):
        assert as_client(senior).get(url).status_code == 403


@pytest.fixture
def lot(cafe):
    return ledger.grant(cafe, "paid", 10, origin="request:1", at=NOW - DAY, months=6)


def test_an_adjustment_is_proposed_by_one_and_approved_by_another(
    cafe, lot, senior, other_senior, as_client
):
    url = f"/gestion/empresas/{cafe.public_id}/folios/"
    page = as_client(senior).get(url)
    assert "Proponer un ajuste" in words(page)
    data = {"lot": lot.pk, "qty": "3", "reason": "Faltaban tres"}
    assert as_client(senior).post(f"{url}ajuste/", data).status_code == 302
    proposal = AdjustmentProposal.objects.get()
    own = as_client(senior).post(f"/gestion/ajustes/{proposal.pk}/aprobar/", follow=True)
    assert "lo tiene que decidir otra persona" in words(own)
    lot.refresh_from_db()
    assert lot.remaining == 10
    assert "+3 folios" in words(as_client(other_senior).get("/gestion/ajustes/"))
    as_client(other_senior).post(f"/gestion/ajustes/{proposal.pk}/aprobar/")
    lot.refresh_from_db()
    assert (lot.remaining, lot.adjusted) == (13, 3)
    assert "Faltaban tres" in words(as_client(senior).get(url))
    assert list(invariants.broken()) == []


def test_an_adjustment_is_declined_with_an_answer(cafe, lot, senior, other_senior, as_client):
    proposal = adjustment.propose(lot, 3, "x", by=senior, at=NOW)
    as_client(other_senior).post(
        f"/gestion/ajustes/{proposal.pk}/rechazar/", {"answer": "No procede"}
    )
    proposal.refresh_from_db()
    assert (proposal.state, proposal.answer) == ("declined", "No procede")
    assert "No procede" in words(as_client(senior).get("/gestion/ajustes/"))


@pytest.mark.parametrize(
    "changes", [{"qty": "0"}, {"qty": "-11"}, {"reason": ""}, {"lot": "999999"}, {"qty": "x"}]
)
def test_a_proposal_that_makes_no_sense_is_told(cafe, lot, senior, as_client, changes):
    data = {"lot": lot.pk, "qty": "1", "reason": "x", **changes}
    response = as_client(senior).post(f"/gestion/empresas/{cafe.public_id}/folios/ajuste/", data)
    assert response.status_code == 422
    assert not AdjustmentProposal.objects.exists()


def test_a_lot_of_another_company_cannot_be_adjusted_here(lot, stranger, senior, as_client):
    other = stranger.memberships.get().company
    response = as_client(senior).post(
        f"/gestion/empresas/{other.public_id}/folios/ajuste/",
        {"lot": lot.pk, "qty": "1", "reason": "x"},
    )
    assert response.status_code == 422


def test_support_reads_and_does_not_propose(cafe, lot, support, as_client):
    url = f"/gestion/empresas/{cafe.public_id}/folios/"
    page = as_client(support).get(url)
    assert page.status_code == 200
    assert "Proponer un ajuste" not in words(page)
    assert as_client(support).post(f"{url}ajuste/").status_code == 403
    assert as_client(support).get("/gestion/ajustes/").status_code == 403


def test_a_company_is_found_from_the_adjustments(cafe, senior, as_client):
    page = words(as_client(senior).get("/gestion/ajustes/?q=cafe"))
    assert f"/gestion/empresas/{cafe.public_id}/folios/" in page
    assert "Nada coincide" in words(as_client(senior).get("/gestion/ajustes/?q=zzz"))
