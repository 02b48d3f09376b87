"""What came back is refurbished into a SKU of its own: another price, the same goods."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.identifiers.services import add_barcode
from config.kernel.models import OutboxEvent
from config.kernel.money import Money
from inventory.availability.selectors import trace
from inventory.counting.services import reconcile
from inventory.lots.models import Lot, LotHold
from inventory.recalls.models import RecallLot
from inventory.reservations.errors import InsufficientStock
from inventory.returns.errors import CannotRestock, InvalidReturn
from inventory.returns.models import ReturnOutcome
from inventory.stock import services as stock
from inventory.stock.errors import UnknownSerial
from inventory.stock.models import SerialMovement, SerialNumber, StockLevel, StockMovement
from inventory.stock.selectors.codes import piece_named, resolve_code
from tests.factories import catalog, inventory, people, recalls, reservations
from tests.factories import returns as make

pytestmark = pytest.mark.django_db
NOW = make.NOW


@pytest.fixture
def ball_r(germany):
    return catalog.variant(catalog.sports(sku="SE-BALL-5-R"))


@pytest.fixture
def watch_r(germany):
    return catalog.variant(catalog.sports(sku="SE-WATCH-1-R", is_serial_tracked=True))


@pytest.fixture
def cream_r(germany):
    return catalog.variant(catalog.cosmetic(sku="COS-CREAM-50-R", remaining_days_min=5))


@pytest.fixture
def balls_back(ball):
    """Three balls of an order of five have come back, as return R-1."""
    inventory.receive(ball, 8)
    make.sold(ball, 5)
    return make.received(make.authorised(make.asked(ball, 3), reference="R-1"))


@pytest.fixture
def watch_back(watch):
    """The watch W1 of two has come back."""
    inventory.receive(watch, 2, serials=["W1", "W2"])
    make.sold(watch, 1)
    sale = StockMovement.objects.get(kind="sale")
    stock.name_serials(movement_id=sale.pk, serials=["W1"], now=NOW)
    return make.received(make.authorised(make.asked(watch, serials=["W1"]), reference="R-1"))


def refurbished(variant, quantity=1, **fields):
    return make.verdict("refurbish", quantity, into_variant_id=variant.pk, **fields)


def errors(error):
    return [(one.pointer, one.detail) for one in error.value.errors]


# a SKU of its own


def test_goods_become_a_sku_of_their_own_in_one_step_of_the_ledger(balls_back, ball, ball_r):
    make.inspected(balls_back, refurbished(ball_r, 2, unit_cost=Money("4.00", "EUR")))

    lot = Lot.objects.get(variant=ball_r)
    assert make.lying(ball) == {("", "DOCK"): Decimal(3), ("", "returns"): Decimal(1)}
    assert make.lying(ball_r) == {("REF-R-1", "DOCK"): Decimal(2)}
    assert (lot.is_refurbished, lot.split_from.variant, lot.unit_cost) == (True, ball, Decimal(4))
    out, into = StockMovement.objects.filter(kind="adjustment").order_by("quantity")
    assert (out.quantity, into.quantity) == (-2, 2)
    assert (out.step_id, out.reference, out.reason) == (into.step_id, "R-1", into.reason)
    assert out.reason == "Return: refurbish, SE-BALL-5 becomes SE-BALL-5-R"
    assert reconcile(now=NOW) == []


def test_it_is_told_what_goods_have_become(balls_back, ball_r):
    make.inspected(balls_back, refurbished(ball_r, 2), make.verdict("scrap"))

    told = OutboxEvent.objects.get(type="return.inspected").payload["lines"]
    assert [(line["sku"], line["disposition"], line["into_sku"]) for line in told] == [
        ("SE-BALL-5", "refurbish", "SE-BALL-5-R"),
        ("SE-BALL-5", "scrap", ""),
    ]
    last = balls_back.changes.order_by("pk").last()
    assert (
        last.detail == "SE-BALL-5 open lot: 2 refurbish as SE-BALL-5-R; SE-BALL-5 open lot: 1 scrap"
    )
    changed = OutboxEvent.objects.filter(type="stock.changed", payload__kind="adjustment")
    assert {(e.payload["sku"], Decimal(e.payload["quantity"])) for e in changed} == {
        ("SE-BALL-5", -2),
        ("SE-BALL-5-R", 2),
    }
    first, _ = ReturnOutcome.objects.select_related("line", "stock_level").order_by("pk")
    assert (first.line.variant.sku, first.became) == ("SE-BALL-5", ball_r)


def test_it_is_sold_after_a_second_look(balls_back, ball_r):
    make.inspected(balls_back, refurbished(ball_r, 2))
    with pytest.raises(InsufficientStock):
        reservations.reserve(reservations.line(ball_r, 1))

    hold = LotHold.objects.get()
    assert (hold.lot.variant, hold.reason) == (ball_r, "quality")
    stock.release_hold(hold_id=hold.pk, note="As good as new.", now=NOW, user_id=None)

    assert reservations.reserve(reservations.line(ball_r, 2)).status == "held"


def test_it_is_sold_at_once_and_first_to_whoever_was_promised_some(balls_back, ball_r):
    level = inventory.receive(ball_r, 1)
    owed = reservations.reserve(reservations.line(ball_r, 1))
    stock.write_off(stock_level_id=level.pk, quantity=Decimal(1), reason="burst", now=NOW)
    assert owed.lines.get().shortage == 1

    make.inspected(balls_back, refurbished(ball_r, 2, is_for_sale=True))

    assert LotHold.objects.count() == 0
    assert owed.lines.get().shortage == 0
    reservations.reserve(reservations.line(ball_r, 1))
    with pytest.raises(InsufficientStock):
        reservations.reserve(reservations.line(ball_r, 1))


def test_without_a_sku_it_stays_what_it_is_on_hold(balls_back, ball):
    make.inspected(balls_back, make.verdict("refurbish", 3))

    assert make.lying(ball) == {("", "DOCK"): Decimal(3), ("REF-R-1", "DOCK"): Decimal(3)}
    assert LotHold.objects.get().lot.code == "REF-R-1"
    assert ReturnOutcome.objects.get().became is None


def test_what_is_for_sale_and_what_waits_for_a_second_look_never_share_a_lot(
    balls_back, ball, ball_r
):
    make.inspected(balls_back, refurbished(ball_r))
    make.inspected(balls_back, refurbished(ball_r, is_for_sale=True))
    hold = LotHold.objects.get()
    stock.release_hold(hold_id=hold.pk, note="Fine.", now=NOW, user_id=None)

    make.inspected(balls_back, refurbished(ball_r))

    assert make.lying(ball_r) == {
        ("REF-R-1", "DOCK"): Decimal(1),
        ("REF-R-1-2", "DOCK"): Decimal(1),
        ("REF-R-1-3", "DOCK"): Decimal(1),
    }
    assert LotHold.objects.get(released_at=None).lot.code == "REF-R-1-3"


def test_of_one_return_goods_alike_share_a_lot(balls_back, ball_r):
    for _ in range(2):
        make.inspected(balls_back, refurbished(ball_r))

    assert make.lying(ball_r) == {("REF-R-1", "DOCK"): Decimal(2)}


# what may become what


@pytest.fixture
def others(germany):
    """Variants that a ball cannot become, by what is wrong."""
    return {
        "bundle": catalog.variant(catalog.bundle(sku="BDL-BALLS-1")),
        "unit": catalog.variant(catalog.sports(sku="SE-CORD-1", stock_unit="m")),
        "cosmetic": catalog.variant(catalog.cosmetic(sku="COS-BALM-1")),
        "serials": catalog.variant(catalog.sports(sku="SE-WATCH-2", is_serial_tracked=True)),
    }


@pytest.mark.parametrize(
    ("which", "why"),
    [
        ("bundle", "it is a bundle, which has no stock of its own"),
        ("unit", "it is counted in m, what came back in each"),
        ("cosmetic", "one of them is a cosmetic and the other is not"),
        ("serials", "one of them carries serial numbers and the other does not"),
    ],
)
def test_goods_become_nothing_of_another_kind(balls_back, others, which, why):
    before = make.state()

    with pytest.raises(InvalidReturn) as error:
        make.inspected(balls_back, make.verdict("scrap"), refurbished(others[which]))

    detail = f"SE-BALL-5 cannot become {others[which].sku}: {why}."
    assert errors(error) == [("/lines/1/refurbish_into", detail)]
    assert make.state() == before


def test_only_what_is_refurbished_becomes_another_sku(balls_back, ball, ball_r):
    before = make.state()

    with pytest.raises(InvalidReturn) as error:
        make.inspected(
            balls_back,
            make.verdict("restock", into_variant_id=ball_r.pk),
            refurbished(ball),
            make.verdict("refurbish", is_for_sale=True),
        )

    assert [pointer for pointer, _ in errors(error)] == [
        "/lines/0/refurbish_into",
        "/lines/1/refurbish_into",
        "/lines/2/for_sale",
    ]
    assert "disposition is restock" in errors(error)[0][1]
    assert make.state() == before


# shelf life


def test_refurbishing_makes_nothing_last_longer(cream, cream_r):
    inventory.receive(cream, 3, lot="L1", expires="2027-03-31")
    make.sold(cream, 2)
    found = make.received(make.authorised(make.asked(cream, 2), reference="R-1"))

    make.inspected(found, refurbished(cream_r, 2, is_sealed=True))

    lot = Lot.objects.get(variant=cream_r)
    assert (lot.expiry_date, lot.code) == (date(2027, 3, 31), "REF-R-1")


def test_the_days_left_are_those_that_the_new_sku_asks_for(cream, cream_r):
    strict = catalog.variant(catalog.cosmetic(sku="COS-CREAM-50-S", remaining_days_min=60))
    inventory.receive(cream, 2, lot="L1", expires="2027-01-10")
    make.sold(cream, 2)
    found = make.received(make.authorised(make.asked(cream, 2)))
    later = NOW + timedelta(days=30)  # 17 days before it expires; the cream asks for 30
    before = make.state()

    for verdict in (make.verdict("refurbish", is_sealed=True), refurbished(strict, is_sealed=True)):
        with pytest.raises(CannotRestock) as error:
            make.inspected(found, verdict, now=later)
        assert [one.code for one in error.value.errors] == ["shelf-life"]
    assert make.state() == before
    make.inspected(found, refurbished(cream_r, is_sealed=True, is_for_sale=True), now=later)

    assert reservations.reserve(reservations.line(cream_r, 1), now=later).status == "held"


@pytest.mark.parametrize(("is_sealed", "code"), [(None, "seal-not-checked"), (False, "not-sealed")])
def test_a_cosmetic_that_is_not_sealed_becomes_nothing_else(cream, cream_r, is_sealed, code):
    inventory.receive(cream, 1, lot="L1")
    make.sold(cream, 1)
    found = make.received(make.authorised(make.asked(cream)))
    before = make.state()

    with pytest.raises(CannotRestock) as error:
        make.inspected(found, refurbished(cream_r, is_sealed=is_sealed))

    assert [one.code for one in error.value.errors] == [code]
    assert make.state() == before


# pieces


def test_a_piece_keeps_its_number_and_its_past(watch_back, watch_r):
    make.inspected(watch_back, refurbished(watch_r, serials=["W1"], is_for_sale=True))

    piece = SerialNumber.objects.get(serial="W1")
    assert (piece.variant, piece.lot.code) == (watch_r, "REF-R-1")
    assert piece.stock_level.location.code == "DOCK"
    passages = SerialMovement.objects.filter(serial=piece).order_by("movement_id")
    assert list(
        passages.values_list("movement__stock_level__variant__sku", "movement__quantity")
    ) == [
        ("SE-WATCH-1", 2),
        ("SE-WATCH-1", -1),
        ("SE-WATCH-1", 1),
        ("SE-WATCH-1", -1),
        ("SE-WATCH-1-R", 1),
    ]
    assert reconcile(now=NOW) == []


def test_a_refurbished_piece_comes_back_as_what_it_was_sold_as(watch_back, watch, watch_r):
    make.inspected(watch_back, refurbished(watch_r, serials=["W1"], is_for_sale=True))
    make.sold(watch_r, 1, order="W-2")
    sale = StockMovement.objects.get(kind="sale", reference="W-2")
    stock.name_serials(movement_id=sale.pk, serials=["W1"], now=NOW)
    make.sold(watch, 1, order="W-3")

    with pytest.raises(UnknownSerial):
        make.authorised(make.asked(watch, serials=["W1"]), order="W-3")
    found = make.authorised(make.asked(watch_r, serials=["W1"]), order="W-2")
    make.inspected(make.received(found), make.verdict("restock", serials=["W1"]))

    assert SerialNumber.objects.get(serial="W1").stock_level.lot.code == "REF-R-1"
    assert reconcile(now=NOW) == []


def test_a_piece_that_is_named_later_is_still_the_same(watch, watch_r):
    inventory.receive(watch, 1, serials=["W1"])
    make.sold(watch, 1)
    found = make.received(make.authorised(make.asked(watch)))
    make.inspected(found, refurbished(watch_r))

    for line in StockMovement.objects.exclude(kind="receipt").order_by("pk"):
        stock.name_serials(movement_id=line.pk, serials=["W1"], now=NOW)

    piece = SerialNumber.objects.get()
    assert (piece.variant, piece.stock_level.variant) == (watch_r, watch_r)
    assert reconcile(now=NOW) == []


def test_the_code_on_the_piece_still_leads_to_it(watch_back, watch, watch_r):
    gtin = catalog.gtin()
    add_barcode(variant_id=watch.pk, gtin=gtin)
    make.inspected(watch_back, refurbished(watch_r, serials=["W1"]))

    by_number = resolve_code("W1", today=NOW.date())
    by_label = resolve_code(f"(01){gtin.zfill(14)}(21)W1", today=NOW.date())

    assert (by_number.sku, by_number.lot) == ("SE-WATCH-1-R", "REF-R-1")
    assert (by_label.sku, by_label.lot) == ("SE-WATCH-1", None)
    assert [(w.code, w.detail) for w in by_label.warnings] == [
        ("refurbished", "This piece was refurbished and is SE-WATCH-1-R now.")
    ]
    assert piece_named(by_label) == SerialNumber.objects.get(serial="W1")


# traces and recalls


def test_the_trace_leads_from_one_sku_to_the_other_and_back(balls_back, ball, ball_r):
    make.inspected(balls_back, refurbished(ball_r, 2, is_for_sale=True))
    make.sold(ball_r, 1, order="W-2")
    found = make.received(make.authorised(make.asked(ball_r), order="W-2", reference="R-2"))
    make.inspected(found, make.verdict("quarantine"))

    new, first, second = Lot.objects.order_by("pk")
    assert [lot.variant for lot in (new, first, second)] == [ball, ball_r, ball_r]
    assert trace.kin([new.pk]).opened_into == (first, second)
    assert trace.kin([second.pk]).opened_from == (first, new)


def test_the_page_of_each_lot_names_the_other(client, balls_back, ball, ball_r):
    make.inspected(balls_back, refurbished(ball_r), make.verdict("quarantine"))
    client.force_login(people.staff("inventory.view_lot", "inventory.view_stocklevel"))

    def related(lot):
        page = client.get(f"/admin/inventory/lot/{lot.pk}/change/")
        tables = {table.title: table.rows for table in page.context["tables"]}
        return [(row[0], row[2]) for row in tables["Opened and set apart"]]

    source, became, apart = Lot.objects.order_by("pk")
    assert related(source) == [
        ("refurbished into", "SE-BALL-5-R"),
        ("set apart into", "SE-BALL-5"),
    ]
    assert related(became) == [("refurbished from", "SE-BALL-5")]
    assert related(apart) == [("set apart from", "SE-BALL-5")]


def test_a_recall_finds_what_was_refurbished_and_takes_it_back(balls_back, ball, ball_r):
    make.inspected(balls_back, refurbished(ball_r, 2, is_for_sale=True))
    promised = reservations.reserve(reservations.line(ball_r, 2))
    source = Lot.objects.get(variant=ball)

    found = recalls.recall(source)

    recalled = RecallLot.objects.filter(recall=found).order_by("pk")
    assert [(one.lot.variant.sku, one.on_hand) for one in recalled] == [
        ("SE-BALL-5", Decimal(4)),
        ("SE-BALL-5-R", Decimal(2)),
    ]
    assert promised.lines.get().shortage == 2
    assert reconcile(now=NOW) == []


def test_of_a_recalled_lot_nothing_becomes_another_sku(balls_back, ball, ball_r):
    recalls.recall(Lot.objects.get(variant=ball))
    before = make.state()

    with pytest.raises(CannotRestock) as error:
        make.inspected(balls_back, refurbished(ball_r, is_for_sale=True))

    assert [one.code for one in error.value.errors] == ["recalled"]
    assert make.state() == before


def test_levels_of_both_skus_are_locked_before_anything_is_looked_at(
    balls_back, ball, ball_r, monkeypatch
):
    from inventory.returns.services import inspecting

    locked = []
    lock = inspecting.lock_levels
    monkeypatch.setattr(
        inspecting, "lock_levels", lambda **named: locked.append(named) or lock(**named)
    )

    make.inspected(balls_back, refurbished(ball_r))

    assert [one["variant_ids"] for one in locked] == [{ball.pk, ball_r.pk}]
    assert StockLevel.objects.filter(variant=ball_r).count() == 1
