"""Whatever transfers do, no unit is made or lost but by the lines that say so."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.kernel.errors import DomainError
from inventory.counting.services import reconcile
from inventory.stock.models import StockLevel, StockMovement
from inventory.transfers import services
from inventory.transfers.models import Transfer, TransferItem
from inventory.transfers.rules import Offer, Wish, choose, merged
from tests.factories import catalog, inventory, transfers
from tests.factories.inventory import NOW

LOTS = ("A", "B")
quantities = st.integers(min_value=1, max_value=12)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(("", *LOTS)), quantities),
        st.tuples(st.just("back"), st.sampled_from(("", *LOTS)), quantities),
        st.tuples(st.just("receive"), st.sampled_from(LOTS), quantities),
        st.tuples(st.just("find"), st.sampled_from(LOTS), quantities),
        st.tuples(st.just("lose"), st.sampled_from(LOTS), quantities),
        st.tuples(st.just("all"), st.just(""), st.just(0)),
    ),
    max_size=12,
)


@pytest.mark.django_db(transaction=False)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(script=steps)
def test_every_unit_is_somewhere(script, db):
    from django.db import transaction

    with transaction.atomic():
        inventory.warehouse()
        inventory.warehouse("LAX", time_zone="America/Los_Angeles")
        cream = catalog.variant(catalog.cosmetic())
        for lot in LOTS:
            inventory.receive(cream, 10, lot=lot, expires="2028-01-01")

        for step in script:
            try:
                with transaction.atomic():
                    _play(cream, *step)
            except DomainError:
                continue

        levels = StockLevel.objects.filter(variant=cream)
        on_hand = sum((level.on_hand for level in levels), Decimal(0))
        lines = StockMovement.objects.exclude(kind__in=("transfer",))
        assert on_hand == sum(lines.values_list("quantity", flat=True), Decimal(0))
        moved = StockMovement.objects.filter(kind="transfer")
        assert sum(moved.values_list("quantity", flat=True), Decimal(0)) == 0
        road = levels.filter(location__kind="in_transit")
        assert sum((lv.on_hand for lv in road), Decimal(0)) == sum(
            (item.on_the_road for item in TransferItem.objects.all()), Decimal(0)
        )
        assert reconcile(now=NOW) == []
        transaction.set_rollback(True)


def _play(cream, what, lot, quantity):
    route = ("LAX", "BER") if what == "back" else ("BER", "LAX")
    if what in ("send", "back"):
        line = transfers.line(cream, quantity, lot_code=lot)
        transfers.sent(line, source=route[0], destination=route[1])
        return
    transfer = (
        Transfer.objects.filter(status__in=("dispatched", "partly_received"))
        .order_by("created_at", "pk")
        .first()
    )
    if transfer is None:
        return
    if what == "all":
        services.receive_transfer(transfer_id=transfer.pk, now=NOW)
    elif what == "lose":
        item = transfer.items.filter(road_level__lot__code=lot).first()
        if item is not None:
            services.write_off_missing(
                item_id=item.pk, quantity=Decimal(quantity), reason="lost", now=NOW
            )
    else:
        services.receive_transfer(
            transfer_id=transfer.pk,
            arrivals=[transfers.arrival(cream, lot, quantity)],
            may_find_more=what == "find",
            now=NOW,
        )


offers = st.lists(
    st.tuples(
        st.sampled_from((1, 2)),  # variant
        st.sampled_from((10, 11, 12)),  # lot
        st.integers(0, 9),  # on hand
        st.integers(0, 9),  # promised
        st.booleans(),  # on hold
        st.sampled_from(("2027-01-01", "2028-01-01", None)),
    ),
    max_size=6,
)
wishes = st.lists(
    st.tuples(st.sampled_from((1, 2)), st.integers(1, 9), st.sampled_from((None, 10, 11, 12))),
    min_size=1,
    max_size=4,
)


@given(offers=offers, wishes=wishes, may_take_promised=st.booleans())
def test_never_takes_more_than_there_is_nor_what_may_not_be_taken(
    offers, wishes, may_take_promised
):
    from datetime import date

    offered = [
        Offer(
            stock_level_id=number,
            variant_id=variant,
            lot_id=lot * 10 + variant,
            place=f"A-{number}",
            on_hand=Decimal(on_hand),
            free=Decimal(max(on_hand - promised, 0)),
            expiry_date=date.fromisoformat(expires) if expires else None,
            received_at=NOW,
            is_on_hold=held,
        )
        for number, (variant, lot, on_hand, promised, held, expires) in enumerate(offers)
    ]
    asked = [
        Wish(variant_id=variant, quantity=Decimal(quantity), lot_id=lot and lot * 10 + variant)
        for variant, quantity, lot in wishes
    ]

    chosen = choose(asked, offered, on=NOW.date(), may_take_promised=may_take_promised)

    by_id = {offer.stock_level_id: offer for offer in offered}
    for take in merged([take for takes in chosen for take in takes]):
        offer = by_id[take.stock_level_id]
        assert 0 < take.quantity <= (offer.on_hand if may_take_promised else offer.free)
    for wish, takes in zip(asked, chosen, strict=True):
        assert sum((take.quantity for take in takes), Decimal(0)) <= wish.quantity
        for take in takes:
            offer = by_id[take.stock_level_id]
            assert offer.variant_id == wish.variant_id
            assert wish.lot_id in (None, offer.lot_id)
            assert wish.lot_id is not None or not offer.is_on_hold
