"""Available to promise: what is there, what comes by a day, less what is owed by it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from catalog.products.selectors import VariantRef
from inventory.availability.selectors.levels import place_of
from inventory.availability.selectors.promised import availability
from inventory.purchasing.selectors import incoming_by
from inventory.reservations.models import ReservationLine, ReservationStatus
from inventory.reservations.rules import ZERO

if TYPE_CHECKING:
    from catalog.markets.models import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableToPromise:
    """What of a variant could be promised by a day, in stock units, and its sum."""

    available: Decimal
    incoming: Decimal
    promised: Decimal

    @property
    def quantity(self) -> Decimal:
        """Available + incoming - promised; below zero where more is owed than will be there."""
        return self.available + self.incoming - self.promised


def available_to_promise(
    *, variants: Collection[VariantRef], market: "Market", by: date, now: datetime
) -> dict[int, AvailableToPromise]:
    """What `market` could be promised of each variant by a day, by its key.

    Available is what is free today and may still be sold on that day; incoming are deliveries that
    should arrive in the market's warehouses by it; promised is what held reservations, of any
    market, are short of: the rest of what they hold is not available any more.
    """
    ids = [variant.id for variant in variants]
    there = availability(variants=variants, market=market, now=now, deliver_on=by)
    places = [source.warehouse_id for source in place_of(market).sources]
    incoming = incoming_by(ids, warehouse_ids=places, by=by)
    owed = owed_by(ids, by=by, now=now)
    return {
        pk: AvailableToPromise(
            available=there[pk].available,
            incoming=incoming.get(pk, ZERO),
            promised=owed.get(pk, ZERO),
        )
        for pk in ids
    }


def owed_by(variant_ids: Collection[int], *, by: date, now: datetime) -> dict[int, Decimal]:
    """How much reservations are short of each variant that they want by a day.

    One that named no day of delivery wants it at once.
    """
    rows = (
        ReservationLine.objects.filter(
            Q(reservation__deliver_on_date=None) | Q(reservation__deliver_on_date__lte=by),
            Q(reservation__status=ReservationStatus.COMMITTED)
            | Q(reservation__status=ReservationStatus.HELD, reservation__expires_at__gt=now),
            variant_id__in=variant_ids,
            shortage__gt=0,
        )
        .order_by()
        .values_list("variant_id")
        .annotate(owed=Sum("shortage"))
    )
    return dict(rows)
