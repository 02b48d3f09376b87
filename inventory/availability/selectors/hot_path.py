"""What `read_stock` reads, as one statement that PostgreSQL plans once for each connection.

The models' own queries, `reading.by_models`, stay the definition: a test holds both to the same.
"""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from config.kernel.prepared import prepared_rows

# Only holds that run out by the horizon are looked at: however many are open, those are few.
_READ = """
WITH due AS MATERIALIZED (
    SELECT a.stock_level_id,
           COALESCE(SUM(a.quantity) FILTER (WHERE r.expires_at <= %(now)s), 0) AS quantity,
           MIN(r.expires_at) FILTER (WHERE r.expires_at > %(now)s) AS next_at
    FROM inventory_reservation r
    JOIN inventory_reservationline l ON l.reservation_id = r.id
    JOIN inventory_allocation a ON a.line_id = l.id AND a.is_open
    WHERE r.status = 'held' AND r.expires_at <= %(horizon)s AND l.variant_id {variants}
    GROUP BY a.stock_level_id
)
SELECT s.id, s.variant_id, place.warehouse_id, lot.code, lot.expiry_date, lot.received_at,
       s.on_hand - s.reserved + COALESCE(due.quantity, 0), due.next_at
FROM inventory_stocklevel s
JOIN inventory_lot lot ON lot.id = s.lot_id
JOIN inventory_location place ON place.id = s.location_id
LEFT JOIN due ON due.stock_level_id = s.id
WHERE s.variant_id {variants} AND s.on_hand > 0
  AND place.warehouse_id = ANY(%(warehouses)s) AND place.kind NOT IN ('in_transit', 'returns')
  AND NOT EXISTS (
      SELECT 1 FROM inventory_lothold h WHERE h.lot_id = s.lot_id AND h.released_at IS NULL
  )
UNION ALL
SELECT NULL, line.variant_id, NULL, NULL, MIN(notice.expected_date), NULL, NULL, NULL
FROM inventory_shipmentnoticeline line
JOIN inventory_shipmentnotice notice ON notice.id = line.notice_id
WHERE line.variant_id {variants} AND line.received_quantity < line.quantity
  AND notice.status IN ('expected', 'partly_received') AND notice.expected_date >= %(today)s
  AND notice.warehouse_id = ANY(%(warehouses)s)
GROUP BY line.variant_id
UNION ALL
SELECT NULL, item.variant_id, NULL, NULL, MIN(transfer.expected_date), NULL, NULL, NULL
FROM inventory_transferitem item
JOIN inventory_transfer transfer ON transfer.id = item.transfer_id
WHERE item.variant_id {variants} AND item.sent > item.received + item.written_off
  AND transfer.status IN ('dispatched', 'partly_received')
  AND transfer.expected_date >= %(today)s
  AND transfer.destination_id = ANY(%(warehouses)s)
GROUP BY item.variant_id
"""

# PostgreSQL keeps a plan only where it is not dearer than one made for the values at hand; of an
# array it does not know how long it is, so for one variant, the usual question, there is none.
_READ_ONE = _READ.format(variants="= %(variants)s")
_READ_MANY = _READ.format(variants="= ANY(%(variants)s)")

Row = tuple[
    int | None, int, int, str, date | None, datetime, Decimal, datetime | None
]  # without a level: when a variant is expected


def read_rows(
    *,
    variant_ids: Collection[int],
    warehouse_ids: Collection[int],
    now: datetime,
    horizon: datetime,
    today: date,
) -> list[Row]:
    """The stock levels that may be promised from, and the variants that are expected."""
    variants = list(variant_ids)
    is_one = len(variants) == 1
    values: dict[str, Any] = {
        "variants": variants[0] if is_one else variants,
        "warehouses": list(warehouse_ids),
        "now": now,
        "horizon": horizon,
        "today": today,
    }
    return prepared_rows(_READ_ONE if is_one else _READ_MANY, values)
