from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.products.selectors import VariantRef
from config.kernel.money import Money
from inventory.counting import services as counting
from inventory.lots.models import HoldReason, Lot
from inventory.lots.rules import expiry_after_opening, months_later
from inventory.stock import services
from inventory.stock.errors import CannotOpen, InvalidQuantity, NotEnoughStock, ReasonRequired
from inventory.stock.models import StockLevel, StockMovement
from tests.factories import catalog
from tests.factories import inventory as make
from tests.factories.inventory import NOW

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)


def stocked(sku, *, unit="each", content=None, content_unit="", **fields):
    product = catalog.cosmetic(sku=sku, stock_unit=unit, **fields)
    variant = catalog.variant(product)
    if content:
        variant.content_quantity, variant.content_unit = Decimal(content), content_unit
        variant.save()
    return variant


@pytest.fixture
def perfume():
    return stocked("COS-EDP-50", content=50, content_unit="ml", period_after_opening_months=6)


@pytest.fixture
def drops():
    return stocked("COS-EDP-DROPS", unit="ml", period_after_opening_months=6)


def open_(level, target, quantity=1, **more):
    return services.open_containers(
        stock_level_id=level.pk,
        quantity=Decimal(quantity),
        to_variant_id=target.pk,
        reason="Decants",
        now=more.pop("now", NOW),
        **more,
    )


def test_a_bottle_becomes_its_content_in_one_step_of_two_lines(perfume, drops):
    level = make.receive(
        perfume, 3, lot="L42", expires="2029-06-30", cost=Money(Decimal(30), "EUR")
    )

    out, into = open_(level, drops)

    assert (out.kind, out.quantity, out.on_hand_after) == ("decant", -1, 2)
    assert (into.kind, into.quantity, into.on_hand_after) == ("decant", 50, 50)
    assert out.step_id == into.step_id
    lot = into.stock_level.lot
    assert (lot.code, lot.opened_on_date, lot.opened_from) == ("L42/261124", TODAY, level.lot)
    assert (lot.unit_cost, lot.currency) == (Decimal("0.6"), "EUR")
    assert into.stock_level.location == level.location


@pytest.mark.parametrize(
    ("expires", "last_day"),
    [("2029-06-30", date(2027, 5, 24)), ("2027-01-15", date(2027, 1, 15))],
)
def test_what_was_opened_lasts_its_period_after_opening_and_never_longer_than_before(
    perfume, drops, expires, last_day
):
    level = make.receive(perfume, 1, lot="L42", expires=expires)

    open_(level, drops)

    assert Lot.objects.get(opened_from=level.lot).expiry_date == last_day


def test_what_is_left_after_part_of_it_was_used_is_still_opened(perfume, drops):
    level = make.receive(perfume, 1, lot="L42", expires="2029-06-30")
    opened = open_(level, drops)[1].stock_level

    services.write_off(stock_level_id=opened.pk, quantity=Decimal(20), reason="sample", now=NOW)

    rest = StockLevel.objects.select_related("lot").get(variant_id=drops.pk)
    assert (rest.on_hand, rest.lot.opened_on_date) == (30, TODAY)


def test_bottles_of_one_lot_opened_on_one_day_are_one_lot(perfume, drops):
    level = make.receive(perfume, 3, lot="L42", expires="2029-06-30")

    open_(level, drops)
    open_(level, drops)
    open_(level, drops, now=NOW + timedelta(days=1))

    codes = Lot.objects.filter(opened_from=level.lot).order_by("code")
    assert list(codes.values_list("code", flat=True)) == ["L42/261124", "L42/261125"]
    assert StockLevel.objects.get(lot__code="L42/261124").on_hand == 100


def test_a_bottle_becomes_decants_by_what_each_of_them_holds(perfume):
    vial = stocked("COS-EDP-5", content=5, content_unit="ml")
    level = make.receive(perfume, 1, lot="L42", expires="2029-06-30")

    _, into = open_(level, vial)

    assert into.quantity == 10


def test_a_tester_is_one_piece_for_one_piece(perfume):
    tester = stocked("COS-EDP-TESTER")
    level = make.receive(perfume, 2, lot="L42", expires="2029-06-30")

    _, into = open_(level, tester, 2)

    assert into.quantity == 2


def test_a_bottle_that_does_not_come_out_even_is_refused_unless_it_is_said_what_came_out(perfume):
    vial = stocked("COS-EDP-8", content=8, content_unit="ml")
    level = make.receive(perfume, 1, lot="L42", expires="2029-06-30")
    before = make.stock_state()

    with pytest.raises(CannotOpen, match="whole"):
        open_(level, vial)

    assert make.stock_state() == before


def test_bulk_goods_are_opened_as_what_they_are_and_both_parts_are_told_apart(drops):
    canister = make.receive(drops, 1000, lot="B1", expires="2029-06-30")

    out, into = open_(canister, drops, 400)

    assert (out.quantity, into.quantity) == (-400, 400)
    assert into.stock_level.lot.expiry_date == date(2027, 5, 24)
    canister.refresh_from_db()
    assert canister.on_hand == 600
    with pytest.raises(CannotOpen, match="open since 2026-11-24"):
        open_(into.stock_level, drops, 100)


def test_what_is_opened_on_lasts_from_the_first_opening(perfume, drops):
    vial = stocked("COS-EDP-5", content=5, content_unit="ml", period_after_opening_months=6)
    level = make.receive(perfume, 1, lot="L42", expires="2029-06-30")
    opened = open_(level, drops)[1].stock_level

    _, into = open_(opened, vial, 10, now=NOW + timedelta(days=60))

    assert into.quantity == 2
    assert into.stock_level.lot.expiry_date == date(2027, 5, 24)
    assert into.stock_level.lot.opened_on_date == TODAY


def test_less_than_the_content_may_come_out_but_never_more(perfume, drops):
    level = make.receive(perfume, 2, lot="L42", expires="2029-06-30")

    _, into = open_(level, drops, yielded=Decimal("48.5"))
    with pytest.raises(CannotOpen, match=r"holds 50 ml; 50\.5 cannot come out"):
        open_(level, drops, yielded=Decimal("50.5"))

    assert into.quantity == Decimal("48.5")
    level.refresh_from_db()
    assert level.on_hand == 1


def test_a_piece_is_never_opened_as_itself(perfume):
    level = make.receive(perfume, 2, lot="L42", expires="2029-06-30")

    with pytest.raises(CannotOpen, match="sold as new"):
        open_(level, perfume)

    assert StockMovement.objects.count() == 1


def test_opening_gets_nothing_on_sale_that_is_on_hold_or_expired(perfume, drops):
    held = make.receive(perfume, 1, lot="L1", expires="2029-06-30")
    services.place_hold(
        lot_id=held.lot_id, reason=HoldReason.QUALITY, note="smells", now=NOW, user_id=None
    )
    old = make.receive(perfume, 1, lot="L2", expires="2026-11-30")
    before = make.stock_state()

    with pytest.raises(CannotOpen, match="on hold"):
        open_(held, drops)
    with pytest.raises(CannotOpen, match="expired on 2026-11-30"):
        open_(old, drops, now=NOW + timedelta(days=10))

    assert make.stock_state() == before


def test_a_content_nobody_knows_is_not_guessed(drops):
    unknown = stocked("COS-MYSTERY-1")
    level = make.receive(unknown, 1, lot="L1", expires="2029-06-30")

    with pytest.raises(CannotOpen, match="content"):
        open_(level, drops)


@pytest.mark.parametrize(
    ("quantity", "error"), [("0", InvalidQuantity), ("0.5", InvalidQuantity), ("4", NotEnoughStock)]
)
def test_a_wrong_quantity_changes_nothing(perfume, drops, quantity, error):
    level = make.receive(perfume, 3, lot="L42", expires="2029-06-30")
    before = make.stock_state()

    with pytest.raises(error):
        open_(level, drops, quantity)

    assert make.stock_state() == before


def test_opening_needs_a_reason(perfume, drops):
    level = make.receive(perfume, 3, lot="L42", expires="2029-06-30")

    with pytest.raises(ReasonRequired):
        services.open_containers(
            stock_level_id=level.pk,
            quantity=Decimal(1),
            to_variant_id=drops.pk,
            reason=" ",
            now=NOW,
        )


def test_promises_on_what_is_opened_give_way(perfume, drops, asked):
    level = make.receive(perfume, 1, lot="L42", expires="2029-06-30")
    services.set_aside(quantities={level.pk: Decimal(1)})

    open_(level, drops)

    assert asked.gave_way == [[level.pk]]
    assert [drops.pk] in asked.filled


@given(
    day=st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    expiry=st.none() | st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    months=st.none() | st.integers(1, 60),
)
def test_opening_never_makes_anything_last_longer(day, expiry, months):
    last = expiry_after_opening(expiry, months, opened_on=day)

    assert expiry is None or (last is not None and last <= expiry)
    assert months is None or (last is not None and last <= months_later(day, months))


def test_a_month_that_is_too_short_ends_on_its_last_day():
    assert months_later(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert months_later(date(2026, 12, 31), 12) == date(2027, 12, 31)


@given(
    pieces=st.integers(1, 1000),
    held=st.decimals("0.5", "500", places=1),
    vials=st.integers(1, 40),
)
def test_vials_hold_together_what_the_bottles_held(pieces, held, vials):
    vial, bottle = _ref(1, held), _ref(2, held * vials)

    many = services.contents(Decimal(pieces), bottle, vial)

    assert many == pieces * vials
    assert services.contents(many, vial, bottle) == pieces


def _ref(pk, content):
    return VariantRef(
        id=pk,
        sku="COS-X",
        product_id=1,
        product_name="X",
        kind="cosmetic",
        stage="active",
        category_id=None,
        stock_unit="each",
        content_quantity=content,
        content_unit="ml",
        remaining_days_min=0,
        low_stock_quantity=None,
    )


def test_the_books_are_right_after_opening_though_its_lines_are_in_two_units(perfume, drops):
    level = make.receive(perfume, 3, lot="L42", expires="2029-06-30")

    open_(level, drops)

    assert counting.reconcile(now=NOW) == []
