"""Plans, promotions and what they come to; uses that are counted once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from iofacturo.folios import price, promotion
from iofacturo.folios.errors import CatalogueError, PromotionExhausted
from iofacturo.folios.offer import offer_for, offers
from iofacturo.folios.plan import Plan, PlanVersion
from iofacturo.folios.plan import offers as offers_of_plan
from iofacturo.folios.promotion import Promotion, PromotionVersion, Redemption

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def make_plan(code="plan-500", folios=500, total="75000.00", *, at=NOW - DAY, **more):
    plan, _ = Plan.objects.get_or_create(code=code)
    plan.publish(
        name=more.pop("name", code.replace("-", " ").capitalize()),
        folios=folios, months=more.pop("months", 12), total=D(total), by=None, at=at, **more,
    )  # fmt: skip
    return plan


def make_promotion(code="navidad", *, kind="percent", percent=D(15), **more):
    row, _ = Promotion.objects.get_or_create(code=code)
    return row.publish(
        name=more.pop("name", "Navidad"), kind=kind, percent=percent,
        starts_at=more.pop("starts_at", NOW - DAY), ends_at=more.pop("ends_at", NOW + DAY),
        by=None, at=NOW - DAY, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("total", "net", "tax"),
    [
        ("22000.00", "19469.03", "2530.97"),
        ("45000.00", "39823.01", "5176.99"),
        ("75000.00", "66371.68", "8628.32"),
        ("125000.00", "110619.47", "14380.53"),
    ],
)
def test_final_prices_come_apart_as_people_expect(total, net, tax):
    assert price.net_in(D(total), D(13)) == D(net)
    assert price.tax_in(D(total), D(13)) == D(tax)
    assert price.final(D(net), D(13)) == D(total)


RATES = st.sampled_from([D(0), D("0.5"), D(1), D(2), D(4), D(8), D(13)])


@given(total=st.decimals("0.02", "9999999", places=2), rate=RATES)
def test_every_final_price_is_possible(total, rate):
    net, tax = price.net_in(total, rate), price.tax_in(total, rate)
    assert net + tax == total
    assert abs(net * rate / 100 - tax) <= price.CENT
    assert price.final(price.net_within(total, rate), rate) <= total
    exact_net, exact_tax = price.exact(total, rate)
    assert price.to_cent(exact_net + exact_tax) == total
    assert abs(exact_net * rate / 100 - exact_tax) < D("0.00001")


def test_an_offer_adds_up_to_the_centimo(db):
    make_plan()
    make_promotion()
    one = offer_for(None, "plan-500", NOW)
    assert (one.price, one.discount, one.tax, one.total) == (
        D("66371.68"), D("9955.75"), D("7334.07"), D("63750.00"),
    )  # fmt: skip
    assert (one.before, one.per_folio, one.per_month) == (
        D("75000.00"), D("127.50"), D("5312.50"),
    )  # fmt: skip
    assert one.gain.replace("\u00a0", " ") == "15 % menos"
    assert one.promotion_ends_at == NOW + DAY


def test_offers_can_be_asked_of_the_plan_too(db):
    make_plan()
    assert offers_of_plan(None, NOW) == offers(None, NOW)


def test_a_fixed_amount_is_off_the_final_price(db):
    make_plan()
    make_promotion(kind="fixed", amount=D("5000"))
    one = offer_for(None, "plan-500", NOW)
    assert one.total == D("70000.00")
    assert one.price - one.discount + one.tax == one.total


def test_a_fixed_amount_that_leaves_nothing_does_not_apply(db):
    make_plan(total="5000.00")
    make_promotion(kind="fixed", amount=D("5000"))
    assert offer_for(None, "plan-500", NOW).promotion_version is None


def test_bonus_folios_lower_the_price_of_each(db):
    make_plan()
    make_promotion(kind="bonus", bonus_folios=100)
    one = offer_for(None, "plan-500", NOW)
    assert (one.total, one.folios, one.bonus_folios, one.per_folio) == (
        D("75000.00"), 500, 100, D("125.00"),
    )  # fmt: skip


def test_the_best_promotion_is_chosen_and_they_do_not_add_up(db):
    make_plan()
    make_promotion("poco", percent=D(10))
    make_promotion("mucho", percent=D(20))
    assert offer_for(None, "plan-500", NOW).total == D("60000.00")


def test_a_promotion_holds_for_its_plans_and_its_half_open_window(db):
    make_plan("a")
    make_plan("b")
    make_promotion(plans=[Plan.objects.get(code="a")])
    assert offer_for(None, "a", NOW).discount
    assert not offer_for(None, "b", NOW).discount
    assert offer_for(None, "a", NOW + DAY - timedelta(microseconds=1)).discount
    assert not offer_for(None, "a", NOW + DAY).discount
    assert offer_for(None, "a", NOW - DAY).discount
    assert not offers(None, NOW - DAY - timedelta(microseconds=1))  # nor was the plan on sale


def test_what_began_last_is_in_force_and_a_future_price_waits(db):
    plan = make_plan()
    make_plan(total="80000.00", at=NOW - timedelta(hours=1))
    make_plan(total="90000.00", sold_from=NOW + DAY)
    assert [o.total for o in offers(None, NOW)] == [D("80000.00")]
    assert [o.total for o in offers(None, NOW + DAY)] == [D("90000.00")]
    assert [v.number for v in plan.versions.order_by("number")] == [1, 2, 3]


def test_a_withdrawn_plan_is_not_offered_and_its_versions_stay(db):
    plan = make_plan()
    before = list(plan.versions.values())
    plan.withdraw(by=None, at=NOW)
    assert offers(None, NOW) == []
    assert list(plan.versions.order_by("number").values())[:1] == before
    with pytest.raises(CatalogueError):
        plan.withdraw(by=None, at=NOW + DAY)


def test_a_withdrawn_promotion_is_not_offered(db):
    make_plan()
    version = make_promotion()
    version.promotion.withdraw(by=None, at=NOW)
    assert not offer_for(None, "plan-500", NOW).discount


@pytest.mark.parametrize("model", [PlanVersion, PromotionVersion])
def test_versions_never_change(db, model):
    make_plan()
    make_promotion()
    row = model.objects.get()
    row.name = "otro"
    for change in (row.save, type(row).objects.all().delete):
        with (
            pytest.raises(IntegrityError, match="append-only"),
            transaction.atomic(),
        ):
            change()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"folios": 0}, "folios"),
        ({"months": 0}, "months"),
        ({"total": D(0)}, "total"),
        ({"cabys": "123"}, "cabys"),
        ({"name": "  "}, "name"),
        ({"sold_from": NOW, "sold_until": NOW - DAY}, "sold_until"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(db, changes, field):
    values = {
        "name": "P",
        "folios": 1,
        "months": 1,
        "total": D(1),
        "by": None,
        "at": NOW,
        **changes,
    }
    with pytest.raises(CatalogueError) as refusal:
        Plan.objects.create(code="p").publish(**values)
    assert list(refusal.value.problems) == [field]
    assert not PlanVersion.objects.exists()


def test_a_use_is_counted_once_per_key(cafe):
    version = make_promotion(limit_total=2)
    first = promotion.redeem(version, cafe, "request:SR-1", NOW)
    assert promotion.redeem(version, cafe, "request:SR-1", NOW) == first
    version.promotion.refresh_from_db()
    assert version.promotion.used == 1


def test_the_limits_hold_in_total_and_per_company(cafe, stranger):
    other = stranger.memberships.get().company
    version = make_promotion(limit_total=2, limit_per_company=1)
    promotion.redeem(version, cafe, "a", NOW)
    with pytest.raises(PromotionExhausted, match="Navidad"):
        promotion.redeem(version, cafe, "b", NOW)
    promotion.redeem(version, other, "c", NOW)
    with pytest.raises(PromotionExhausted):
        promotion.redeem(version, other, "d", NOW)
    version.promotion.refresh_from_db()
    assert version.promotion.used == 2
    assert Redemption.objects.count() == 2


def test_what_is_used_up_is_no_longer_offered(cafe, stranger):
    other = stranger.memberships.get().company
    make_plan()
    version = make_promotion(limit_total=2, limit_per_company=1)
    promotion.redeem(version, cafe, "a", NOW)
    assert not offer_for(cafe, "plan-500", NOW).discount
    assert offer_for(other, "plan-500", NOW).discount
    promotion.redeem(version, other, "b", NOW)
    assert not offer_for(None, "plan-500", NOW).discount


def test_a_released_use_can_be_had_again_and_is_released_once(cafe):
    version = make_promotion(limit_total=1)
    promotion.redeem(version, cafe, "a", NOW)
    assert promotion.release("a", NOW)
    assert not promotion.release("a", NOW)
    assert not promotion.release("never", NOW)
    version.promotion.refresh_from_db()
    assert version.promotion.used == 0
    promotion.redeem(version, cafe, "b", NOW)
    with pytest.raises(PromotionExhausted):
        promotion.redeem(version, cafe, "a", NOW)
    assert Redemption.objects.get(key="a").released_at == NOW
    promotion.release("b", NOW)
    assert promotion.redeem(version, cafe, "a", NOW).released_at is None


def test_a_use_is_counted_over_all_versions(cafe, stranger):
    other = stranger.memberships.get().company
    promotion.redeem(make_promotion(limit_total=1), cafe, "a", NOW)
    with pytest.raises(PromotionExhausted):
        promotion.redeem(make_promotion(limit_total=1, name="Otra vez"), other, "b", NOW)


def test_offers_take_a_fixed_number_of_queries(cafe, django_assert_num_queries):
    for number in range(6):
        make_plan(f"p{number}", folios=100 + number)
        make_promotion(f"o{number}", percent=D(10 + number), limit_per_company=3)
    with django_assert_num_queries(3):
        assert len(offers(cafe, NOW)) == 6
