"""What promises have to do with the leave to sell: asked of each, and told when it changes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.db import transaction

from catalog.products.selectors import variants_by_id
from catalog.units.rules import plain
from compliance.assessments.selectors.clearances import leave_of
from config.kernel.alerts import AlertDraft, AlertSeverity, raise_alerts, resolve_by_key_prefix
from config.kernel.outbox import publish
from inventory.reservations.errors import NotSellable
from inventory.reservations.events import (
    ComponentQuantity,
    LineQuantity,
    ReservationNotCleared,
)
from inventory.reservations.models import ChangeKind, Reservation, ReservationLine
from inventory.reservations.selectors import held_lines_of, lines_not_cleared, variants_of_products
from inventory.reservations.sellable import not_sellable_reasons
from inventory.reservations.services.claims import fill_shortages
from inventory.reservations.services.history import Change, record_changes
from inventory.stock.locks import lock_levels

NEXT = (
    "Nothing is released by itself: the stock stays reserved until the shopper's hold ends, but it "
    "cannot be committed unless the product is cleared again."
)


def check_cleared(reservation: Reservation, *, now: datetime) -> None:
    """Refuse to sell what compliance has taken off sale in the market since. Raises NotSellable.

    The caller holds the locks on the levels of its variants.
    """
    lines = lines_not_cleared(reservation, now=now)
    if not lines:
        return
    variants = variants_by_id({line.variant_id for line in lines})
    refusals = not_sellable_reasons(variants.values(), market_id=reservation.market_id, now=now)
    reasons = []
    for line in lines:
        own = variants[line.variant_id]
        what = {"sku": own.sku}
        if line.parent is not None:
            what = {"sku": line.parent.variant.sku, "component": own.sku}
        reasons += [
            {**what, "code": reason.code, "detail": reason.detail} for reason in refusals.of(own)
        ]
    raise NotSellable(
        f"Some products may not be sold in {reservation.market.code} any more.", reasons=reasons
    )


@transaction.atomic
def lock_products(product_ids: Collection[int]) -> None:
    """Whoever is about to take products off sale comes after those who reserve them now."""
    lock_levels(variant_ids=variants_of_products(product_ids))


@transaction.atomic
def follow_sale(product_ids: Collection[int], market_id: int, at: datetime) -> None:
    """Products went off or on sale in a market: tell the reservations that hold some of them.

    They stay held, each told and alerted once. Whoever reserves at this moment has the levels
    before this does, and is told here; whoever comes later finds the product off sale. What is on
    sale again goes to those who are short of it.
    """
    variant_ids = variants_of_products(product_ids)
    lock_levels(variant_ids=variant_ids)
    off = leave_of(product_ids, market_id=market_id, at=at).why_not
    lines = held_lines_of(product_ids, market_id=market_id, now=at)
    new = [line for line in lines if line.variant.product_id in off and not _is_told(line)]
    again = [line for line in lines if line.variant.product_id not in off and _is_told(line)]
    _tell_off_sale(new, at)
    _tell_on_sale(again, at)
    cleared = {pk for pk, product_id in variant_ids.items() if product_id not in off}
    if cleared:
        fill_shortages(variant_ids=cleared, now=at)


def _is_told(line: ReservationLine) -> bool:
    return getattr(line, "last_told", None) == ChangeKind.OFF_SALE


def _tell_off_sale(lines: Sequence[ReservationLine], at: datetime) -> None:
    record_changes(
        (
            Change(
                reservation_id=line.reservation_id,
                line_id=line.pk,
                kind=ChangeKind.OFF_SALE,
                detail=f"{line.variant.sku} may not be sold in {line.reservation.market.code} any "
                f"more. {NEXT}",
            )
            for line in lines
        ),
        at,
    )
    by_reservation = groupby(lines, key=lambda line: line.reservation_id)
    publish(*(_event(list(group), at) for _, group in by_reservation))
    by_product: dict[int, list[ReservationLine]] = defaultdict(list)
    for line in lines:
        by_product[line.variant.product_id].append(line)
    raise_alerts([_alert(group, at) for group in by_product.values()], at)


def _tell_on_sale(lines: Sequence[ReservationLine], at: datetime) -> None:
    record_changes(
        (
            Change(
                reservation_id=line.reservation_id,
                line_id=line.pk,
                kind=ChangeKind.ON_SALE,
                detail=f"{line.variant.sku} may be sold in {line.reservation.market.code} again.",
            )
            for line in lines
        ),
        at,
    )
    prefixes = {_alert_key(line.variant.product_id, line.reservation.market_id) for line in lines}
    for prefix in sorted(prefixes):
        resolve_by_key_prefix(prefix=prefix, resolution="It may be sold again.", now=at)


def _event(lines: Sequence[ReservationLine], at: datetime) -> ReservationNotCleared:
    reservation = lines[0].reservation
    return ReservationNotCleared(
        occurred_at=at,
        reservation_id=reservation.pk,
        reference=reservation.reference,
        market=reservation.market.code,
        lines=tuple(_quantity(line) for line in lines),
    )


def _quantity(line: ReservationLine) -> LineQuantity:
    if line.parent is None:
        return LineQuantity(sku=line.variant.sku, quantity=line.quantity)
    return ComponentQuantity(
        sku=line.variant.sku, quantity=line.quantity, bundle=line.parent.variant.sku
    )


def _alert_key(product_id: int, market_id: int) -> str:
    # The closing colon keeps market 1 apart from market 12 where keys are found by their beginning.
    return f"reserved-off-sale:{product_id}:{market_id}:"


def _alert(lines: Sequence[ReservationLine], at: datetime) -> AlertDraft:
    """One for a product and a market, however many reservations hold some of it."""
    first = lines[0]
    market = first.reservation.market
    product = first.variant.product
    held = len({line.reservation_id for line in lines})
    total = plain(sum((line.quantity for line in lines), Decimal(0)))
    ends = max(line.reservation.expires_at for line in lines)
    which = "1 reservation holds" if held == 1 else f"{held} reservations hold"
    return AlertDraft(
        kind="reserved-off-sale",
        key=f"{_alert_key(product.pk, market.pk)}{at.isoformat()}",
        severity=AlertSeverity.WARNING,
        title=f"Off sale in {market.code} while reserved: {product.name}",
        detail=f"{which} {total} {product.stock_unit} of it, until {ends:%Y-%m-%d %H:%M} UTC at "
        f"the latest. {NEXT}",
        url=f"/admin/catalog/product/{product.pk}/change/",
        subject=first.variant.sku,
        permission="compliance.decide_clearance",
        payload={"product": product.pk, "market": market.code, "reservations": held},
    )
