"""Hypothesis drives the public services beside a plain model of the rules; both must agree."""

import copy
import os
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Max
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.kernel.alerts import Alert
from config.kernel.errors import DomainError
from inventory.counting import services as counting
from inventory.expiry import services as expiry
from inventory.lots.models import HoldReason, Lot
from inventory.lots.rules import months_later
from inventory.reservations import services as reservations
from inventory.reservations.models import Allocation, Reservation, ReservationLine
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from inventory.transfers.services import receive_transfer
from inventory.warehouses.models import LocationKind
from tests.factories import catalog, inventory, recalls, returns, transfers
from tests.factories.reservations import line
from tests.inventory.machine.model import ROAD, Refused, Shop

# The same each time; others, and more, on request:
# BACKROOM_MACHINE_EXAMPLES=500 bin/test tests/inventory/machine
WANTED = os.environ.get("BACKROOM_MACHINE_EXAMPLES")
EXAMPLES = int(WANTED or "25")
STEPS = 40

CREAM, BALL, DROPS, USED = "COS-CREAM-50", "SE-BALL-5", "COS-CREAM-DROPS", "SE-BALL-5-R"
UNITS = {CREAM: "each", BALL: "each", DROPS: "ml", USED: "each"}
INSIDE, KEEPS_MONTHS = 50, 1
PLACES = [("BER", "DOCK"), ("BER", "A-1"), ("LAX", "DOCK")]
LOTS = {
    "A": (CREAM, date(2027, 1, 20)),
    "B": (CREAM, date(2027, 3, 1)),
    "C": (CREAM, date(2027, 3, 1)),
    "": (BALL, None),
}
REASONS = [HoldReason.QUALITY, HoldReason.RECALL]
FEW = st.integers(1, 9)
BACK = ("BER", "DOCK")


class StockMachine(RuleBasedStateMachine):
    """Everything that changes stock and promises, one step at a time."""

    @initialize(filled=st.lists(st.integers(0, 9), min_size=12, max_size=12))
    def open_shop(self, filled):
        """Two warehouses nine hours apart serve one market, with something in most places."""
        self.block = transaction.atomic()
        self.block.__enter__()
        berlin = inventory.warehouse("BER")
        los_angeles = inventory.warehouse("LAX", time_zone="America/Los_Angeles")
        inventory.serves("DE", berlin, los_angeles)
        self.variants = {
            CREAM: catalog.variant(
                catalog.cosmetic(
                    sku=CREAM, remaining_days_min=20, period_after_opening_months=KEEPS_MONTHS
                )
            ),
            BALL: catalog.variant(catalog.sports(sku=BALL)),
            USED: catalog.variant(catalog.sports(sku=USED)),
            DROPS: catalog.variant(
                catalog.cosmetic(
                    sku=DROPS, stock_unit="ml", period_after_opening_months=KEEPS_MONTHS
                )
            ),
        }
        jar = self.variants[CREAM]
        jar.content_quantity, jar.content_unit = Decimal(INSIDE), "ml"
        jar.save()
        self.places = {(house, bin_): inventory.location(bin_, house) for house, bin_ in PLACES}
        self.now = inventory.NOW
        self.count = 0
        self.on_road = {}
        self.returned = set()
        self.shop = Shop(
            zones={"BER": "Europe/Berlin", "LAX": "America/Los_Angeles"},
            days_min={CREAM: 20, BALL: 0, USED: 0, DROPS: 0},
        )
        everywhere = [(lot, place) for lot in LOTS for place in PLACES]
        for (lot, place), quantity in zip(everywhere, filled, strict=True):
            if quantity:
                self.receive(lot, place, quantity)

    def teardown(self):
        """Nothing of it stays."""
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    # Steps: each is done by the product and by the model, and both refuse alike.

    def both(self, product, model):
        """The same step on both sides, a second later."""
        self.now += timedelta(seconds=1)
        self.shop.on_hand.step += 1
        before, expected, answered = copy.deepcopy(self.shop), "done", "done"
        try:
            model(self.shop)
        except Refused as refusal:
            self.shop, expected = before, refusal.code
        try:
            product()
        except DomainError as error:
            answered = error.code
        assert answered == expected

    @rule(lot=st.sampled_from(list(LOTS)), place=st.sampled_from(PLACES), quantity=FEW)
    def goods_in(self, lot, place, quantity):
        """Goods come in."""
        self.receive(lot, place, quantity)

    def receive(self, lot, place, quantity):
        """On both sides, unless the lot is past its last day."""
        sku, expires = LOTS[lot]
        if expires and expires <= self.now.date() + timedelta(days=1):
            return
        self.both(
            lambda: inventory.receive(
                self.variants[sku],
                quantity,
                lot=lot,
                expires=expires,
                at=self.places[place],
                now=self.now,
            ),
            lambda shop: shop.receive(lot, sku, expires, place, quantity, self.now),
        )

    @rule(sku=st.sampled_from([CREAM, BALL]), quantity=FEW)
    def reserve_one(self, sku, quantity):
        """Somebody wants one thing for a quarter of an hour."""
        self.reserve([(sku, quantity)], 900, partial=False, deliver_in=None)

    @rule(
        wanted=st.lists(st.tuples(st.sampled_from(list(UNITS)), FEW), min_size=1, max_size=3),
        seconds=st.sampled_from([20, 900, 100_000]),
        partial=st.booleans(),
        deliver_in=st.none() | st.integers(0, 60),
    )
    def reserve_basket(self, wanted, seconds, partial, deliver_in):
        """Somebody wants several things, perhaps one SKU in two lines."""
        self.reserve(wanted, seconds, partial=partial, deliver_in=deliver_in)

    def reserve(self, wanted, seconds, *, partial, deliver_in):
        """On both sides."""
        self.count += 1
        name = f"cart-{self.count}"
        deliver_on = None if deliver_in is None else self.now.date() + timedelta(days=deliver_in)
        ttl = timedelta(seconds=seconds)
        self.both(
            lambda: reservations.reserve(
                client_id=None,
                reference=name,
                lines=[line(sku, quantity, UNITS[sku]) for sku, quantity in wanted],
                market="DE",
                deliver_on=deliver_on,
                ttl=ttl,
                partial=partial,
                now=self.now,
            ),
            lambda shop: shop.reserve(
                name, wanted, self.now, self.now + ttl, partial=partial, deliver_on=deliver_on
            ),
        )

    def promise(self, data):
        """Any promise there ever was, by name; rather one that is held."""
        names = list(self.shop.promises)
        held = [name for name in names if self.shop.promises[name].status == "held"]
        return data.draw(st.sampled_from(held or names) | st.sampled_from(names))

    def pk(self, name):
        """Its key."""
        return Reservation.objects.get(reference=name).pk

    @precondition(lambda self: self.shop.promises)
    @rule(data=st.data(), seconds=st.sampled_from([10, 5000]))
    def extend(self, data, seconds):
        """Keep it longer."""
        name, ttl = self.promise(data), timedelta(seconds=seconds)
        self.both(
            lambda: reservations.extend(reservation_id=self.pk(name), ttl=ttl, now=self.now),
            lambda shop: shop.extend(name, self.now + ttl, self.now),
        )

    @precondition(lambda self: self.shop.promises)
    @rule(data=st.data())
    def release(self, data):
        """Give it up."""
        name = self.promise(data)
        self.both(
            lambda: reservations.release(reservation_id=self.pk(name), now=self.now),
            lambda shop: shop.release(name, self.now),
        )

    @precondition(lambda self: self.shop.promises)
    @rule(data=st.data())
    def commit(self, data):
        """The stock leaves, in time or late."""
        name = self.promise(data)
        self.both(
            lambda: reservations.commit(
                reservation_id=self.pk(name), order_reference=f"O-{name}", now=self.now
            ),
            lambda shop: shop.commit(name, self.now),
        )

    @precondition(lambda self: self.shop.promises and self.shop.lots)
    @rule(data=st.data(), quantity=FEW, house=st.sampled_from(["BER", "LAX"]))
    def ship(self, data, quantity, house):
        """A warehouse says what it has sent of an order, from whichever lot."""
        name = self.promise(data)
        self.send_off(
            data, name, {x.variant for x in self.shop.promises[name].lines}, house, quantity
        )

    @precondition(lambda self: self.owed())
    @rule(data=st.data(), quantity=FEW, house=st.sampled_from(["BER", "BER", "LAX"]))
    def ship_what_is_owed(self, data, quantity, house):
        """It has sent what the order was short of."""
        name, variant = data.draw(st.sampled_from(self.owed()))
        self.send_off(data, name, {variant}, house, quantity)

    def owed(self):
        """Promises that are owed something, each with what."""
        return [
            (p.name, x.variant)
            for p in self.shop.promises.values()
            if p.status in ("held", "committed")
            for x in p.lines
            if x.shortage and x.variant != DROPS
        ]

    def send_off(self, data, name, variants, house, quantity):
        """On both sides, of any lot of these."""
        lots = [x for x in LOTS if x in self.shop.lots and self.shop.lots[x].variant in variants]
        if not lots:
            return
        lot = data.draw(st.sampled_from(lots))
        self.count += 1
        self.both(
            lambda: reservations.record_shipment(
                warehouse_id=self.places[house, "DOCK"].warehouse_id,
                lines=[
                    reservations.SentLine(
                        variant_id=self.variants[LOTS[lot][0]].pk,
                        lot_code=lot,
                        quantity=Decimal(quantity),
                    )
                ],
                reference=f"S-{self.count}",
                reservation_id=self.pk(name),
                order_reference=f"O-{name}",
                now=self.now,
            ),
            lambda shop: shop.ship(name, lot, house, quantity, self.now),
        )

    @rule()
    def sweep(self):
        """Holds whose time is over end."""
        self.both(
            lambda: reservations.release_expired(now=self.now), lambda shop: shop.sweep(self.now)
        )

    @rule(seconds=st.sampled_from([30, 1000, 90_000, 30 * 86_400]))
    def wait(self, seconds):
        """Time goes on; at every midnight the expiry sweep runs."""
        self.now += timedelta(seconds=seconds)
        if seconds > 80_000:
            self.both(lambda: expiry.sweep(now=self.now), lambda shop: shop.midnight(self.now))

    def filled(self):
        """Places with stock; what is on the road is its transfer's."""
        return [x for x, quantity in self.shop.on_hand.items() if quantity and x[1][1] != ROAD]

    def level(self, data):
        """A place with stock, and its key."""
        filled = self.filled()
        level = data.draw(st.sampled_from(filled))
        lot, (house, bin_) = level
        return level, StockLevel.objects.get(
            lot__code=lot,
            lot__variant__sku=self.shop.lots[lot].variant,
            location__code=bin_,
            location__warehouse__code=house,
        )

    @precondition(lambda self: self.filled())
    @rule(data=st.data(), quantity=FEW)
    def write_off(self, data, quantity):
        """Goods are broken, promised or not."""
        level, row = self.level(data)
        self.both(
            lambda: stock.write_off(
                stock_level_id=row.pk, quantity=Decimal(quantity), reason="broken", now=self.now
            ),
            lambda shop: shop.take(level, quantity, self.now),
        )

    @precondition(lambda self: self.filled())
    @rule(data=st.data(), counted=st.integers(0, 12))
    def count_level(self, data, counted):
        """Somebody counts, and is right."""
        level, row = self.level(data)
        change = counted - self.shop.on_hand[level]
        if not change:
            return
        self.both(
            lambda: stock.adjust(
                stock_level_id=row.pk, quantity_delta=Decimal(change), reason="count", now=self.now
            ),
            lambda shop: (
                shop.find(level, change, self.now)
                if change > 0
                else shop.take(level, -change, self.now)
            ),
        )

    @precondition(lambda self: self.filled())
    @rule(data=st.data(), quantity=FEW)
    def move(self, data, quantity):
        """Goods go to the other bin in Berlin."""
        level, row = self.level(data)
        house, bin_ = level[1]
        if house != "BER":
            return
        there = (house, "A-1" if bin_ == "DOCK" else "DOCK")
        self.both(
            lambda: stock.move(
                stock_level_id=row.pk,
                to_location_id=self.places[there].pk,
                quantity=Decimal(quantity),
                reason="room",
                now=self.now,
            ),
            lambda shop: shop.move(level, there, quantity, self.now),
        )

    @precondition(lambda self: self.filled())
    @rule(data=st.data(), quantity=st.integers(1, 2))
    def open(self, data, quantity):
        """Jars are opened for decants."""
        level, row = self.level(data)
        if self.shop.lots[level[0]].variant != CREAM:
            return
        today = self.shop.today(level[1][0], self.now + timedelta(seconds=1))
        expiry = months_later(today, KEEPS_MONTHS)
        self.both(
            lambda: stock.open_containers(
                stock_level_id=row.pk,
                quantity=Decimal(quantity),
                to_variant_id=self.variants[DROPS].pk,
                reason="decants",
                now=self.now,
            ),
            lambda shop: shop.open(level, DROPS, quantity, INSIDE, expiry, self.now),
        )

    @precondition(lambda self: any(level[1][0] == "BER" for level in self.filled()))
    @rule(data=st.data(), quantity=FEW)
    def send(self, data, quantity):
        """Goods go from Berlin to Los Angeles."""
        lots = sorted({level[0] for level in self.filled() if level[1][0] == "BER"})
        lot = data.draw(st.sampled_from(lots))
        variant = self.variants[self.shop.lots[lot].variant]
        sent = []
        self.both(
            lambda: sent.append(
                transfers.sent(transfers.line(variant, quantity, lot_code=lot), now=self.now)
            ),
            lambda shop: shop.send(lot, "BER", "LAX", quantity),
        )
        if sent:
            self.on_road[sent[0].pk] = (lot, quantity)

    @precondition(lambda self: self.on_road)
    @rule(data=st.data())
    def arrive(self, data):
        """And come to the dock there."""
        transfer_id = data.draw(st.sampled_from(list(self.on_road)))
        lot, quantity = self.on_road.pop(transfer_id)
        self.both(
            lambda: receive_transfer(transfer_id=transfer_id, is_all=True, now=self.now),
            lambda shop: shop.arrive(lot, "LAX", quantity, self.now),
        )

    @precondition(lambda self: {"A", "B", "C"} & self.shop.lots.keys())
    @rule(data=st.data())
    def recall(self, data):
        """A lot is recalled, with all that was opened from it."""
        self.count += 1
        lot = data.draw(st.sampled_from(sorted({"A", "B", "C"} & self.shop.lots.keys())))
        row = Lot.objects.get(code=lot)
        self.both(
            lambda: recalls.recall(row, reference=f"RC-{self.count}", now=self.now),
            lambda shop: shop.recall([lot], self.now),
        )

    @precondition(lambda self: self.sold_balls())
    @rule(data=st.data())
    def give_back(self, data):
        """Balls come back as new, to the warehouse in Berlin."""
        name, quantity = data.draw(st.sampled_from(self.sold_balls()))
        self.take_back(
            name,
            quantity,
            returns.verdict("restock", quantity),
            lambda shop: shop.give_back("", BACK, quantity, self.now),
        )

    @precondition(lambda self: self.sold_balls())
    @rule(data=st.data(), is_for_sale=st.booleans())
    def refurbish(self, data, is_for_sale):
        """Balls come back and are sold as another SKU, at once or after a second look."""
        name, quantity = data.draw(st.sampled_from(self.sold_balls()))
        verdict = returns.verdict(
            "refurbish", quantity, into_variant_id=self.variants[USED].pk, is_for_sale=is_for_sale
        )
        holds = set() if is_for_sale else {HoldReason.QUALITY}
        self.take_back(
            name,
            quantity,
            verdict,
            lambda shop: shop.refurbish("", f"REF-R-{name}", USED, BACK, quantity, holds, self.now),
        )

    def take_back(self, name, quantity, verdict, model):
        """Balls of an order come back and are inspected."""
        self.returned.add(name)

        def product():
            with transaction.atomic():
                leave = returns.authorised(
                    returns.asked(self.variants[BALL], quantity),
                    order=f"O-{name}",
                    reference=f"R-{name}",
                    now=self.now,
                )
                returns.received(leave, now=self.now)
                returns.inspected(leave, verdict, now=self.now)

        self.both(product, model)

    def sold_balls(self):
        """Orders with balls that have not come back, each with how many."""
        return [
            (p.name, quantity)
            for p in self.shop.promises.values()
            if p.status == "committed" and p.name not in self.returned
            if (quantity := sum(x.quantity - x.shortage for x in p.lines if x.variant == BALL))
        ]

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), reason=st.sampled_from(REASONS))
    def hold(self, data, reason):
        """Quality, or a recall: the lot is kept from sale whatever was promised."""
        lot = data.draw(st.sampled_from(list(self.shop.lots)))
        self.both(
            lambda: stock.place_hold(
                lot_id=self.lot_id(lot), reason=reason, note="smells", now=self.now, user_id=None
            ),
            lambda shop: shop.hold(lot, reason, self.now),
        )

    @precondition(lambda self: any(lot.holds for lot in self.shop.lots.values()))
    @rule(data=st.data())
    def release_hold(self, data):
        """One reason is gone."""
        open_holds = [(name, r) for name, lot in self.shop.lots.items() for r in lot.holds]
        lot, reason = data.draw(st.sampled_from(sorted(open_holds)))
        self.both(
            lambda: stock.release_holds(
                lot_ids=[self.lot_id(lot)],
                reasons=[reason],
                note="fine",
                now=self.now,
                user_id=None,
            ),
            lambda shop: shop.release_hold(lot, reason, self.now),
        )

    def lot_id(self, code):
        """Its key."""
        return Lot.objects.get(code=code, variant__sku=self.shop.lots[code].variant).pk

    # What is true after every step

    @invariant()
    def both_agree(self):
        """The same stock, the same promises, from the same lots."""
        assert _state_of_product() == self.shop.state()

    @invariant()
    def the_books_are_right(self):
        """Every invariant of the domain holds in the database."""
        assert counting.reconcile(now=self.now) == []
        if connection.vendor == "postgresql":
            connection.check_constraints()

    @invariant()
    def whoever_pulls_changes_misses_no_lot(self):
        """A lot has changed when something of it moved, was held or released last."""
        lots = Lot.objects.annotate(
            moved=Max("levels__changed_at"),
            held=Max("holds__placed_at"),
            released=Max("holds__released_at"),
        )
        for lot in lots:
            assert lot.updated_at >= max(filter(None, (lot.moved, lot.held, lot.released)))

    @invariant()
    def whoever_is_owed_stock_is_on_the_work_list(self):
        """A live promise with a shortage has an open alert, a whole one has none."""
        alerted = Alert.objects.filter(kind="reservation-shortage", resolved_at=None)
        waiting = set(alerted.values_list("payload__reservation", flat=True))
        short = {
            str(self.pk(p.name))
            for p in self.shop.promises.values()
            if p.status in ("held", "committed") and any(x.shortage for x in p.lines)
        }
        assert waiting <= short


def _level(row):
    return row[0], (row[1], ROAD if row[3] == LocationKind.IN_TRANSIT else row[2])


def _state_of_product():
    levels = StockLevel.objects.values_list(
        "lot__code",
        "location__warehouse__code",
        "location__code",
        "location__kind",
        "on_hand",
        "reserved",
    )
    kept = {}
    for *where, line_id, quantity in Allocation.objects.filter(is_open=True).values_list(
        "stock_level__lot__code",
        "stock_level__location__warehouse__code",
        "stock_level__location__code",
        "stock_level__location__kind",
        "line_id",
        "quantity",
    ):
        kept.setdefault(line_id, {})[_level(where)] = quantity
    promises = {
        name: (status, [])
        for name, status in Reservation.objects.values_list("reference", "status")
    }
    rows = ReservationLine.objects.order_by("reservation_id", "position").values_list(
        "pk", "reservation__reference", "variant__sku", "quantity", "shortage"
    )
    for pk, name, sku, quantity, shortage in rows:
        promises[name][1].append((sku, quantity, shortage, kept.get(pk, {})))
    return {
        "on hand": {_level(row): row[4] for row in levels if row[4]},
        "reserved": {_level(row): row[5] for row in levels if row[5]},
        "promises": promises,
    }


@pytest.mark.django_db
def test_services_and_rules_agree_whatever_happens():
    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=WANTED is None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
        ),
    )
