"""A reservation as clients see it, read by one statement that PostgreSQL plans once.

The API's serializer on the models stays the definition, and is what other databases use: a test
holds both to the same words.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from config.kernel.events import plain_decimal
from config.kernel.prepared import prepared_rows
from inventory.reservations.rules import bundles_short, requested_in

# What was released or has expired keeps nothing.
_READ = """
SELECT r.status, r.reference, r.order_reference, market.code, r.expires_at,
       l.id, l.parent_id, l.slot, l.is_bundle, v.sku, p.stock_unit,
       l.requested_quantity, l.requested_unit, l.quantity, l.shortage,
       w.code, lot.code, lot.expiry_date, a.quantity
FROM inventory_reservation r
JOIN catalog_market market ON market.id = r.market_id
JOIN inventory_reservationline l ON l.reservation_id = r.id
JOIN catalog_variant v ON v.id = l.variant_id
JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN inventory_allocation a
    ON a.line_id = l.id AND r.status NOT IN ('released', 'expired')
LEFT JOIN inventory_stocklevel s ON s.id = a.stock_level_id
LEFT JOIN inventory_lot lot ON lot.id = s.lot_id
LEFT JOIN inventory_location place ON place.id = s.location_id
LEFT JOIN inventory_warehouse w ON w.id = place.warehouse_id
WHERE r.id = %(reservation)s AND r.client_id = %(client)s
ORDER BY l.position, a.id
"""


class _Row(NamedTuple):
    status: str
    reference: str
    order_reference: str
    market: str
    expires_at: datetime
    line_id: int
    parent_id: int | None
    slot: str
    is_bundle: bool
    sku: str
    unit: str
    requested_quantity: Decimal
    requested_unit: str
    quantity: Decimal
    shortage: Decimal
    warehouse: str | None
    lot: str | None
    expires_on: date | None
    kept: Decimal | None


def is_there() -> bool:
    """Whether this database can do it."""
    return connection.vendor == "postgresql"


def shown_reservation(*, reservation_id: UUID, client_id: int) -> dict[str, Any] | None:
    """One reservation of a client, ready to be written as JSON; None: nobody sees those of others.

    PostgreSQL only.
    """
    values = {"reservation": reservation_id, "client": client_id}
    rows = [_Row(*row) for row in prepared_rows(_READ, values)]
    if not rows:
        return None
    first = rows[0]
    by_line: dict[int, list[_Row]] = {}
    for row in rows:
        by_line.setdefault(row.line_id, []).append(row)
    components: dict[int, list[list[_Row]]] = {}
    for line in by_line.values():
        if (parent_id := line[0].parent_id) is not None:
            components.setdefault(parent_id, []).append(line)
    return {
        "id": str(reservation_id),
        "status": first.status,
        "reference": first.reference,
        "order_reference": first.order_reference or None,
        "market": first.market,
        "expires_at": first.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "lines": [
            _line(line, components.get(line_id, []))
            for line_id, line in by_line.items()
            if line[0].parent_id is None
        ],
    }


def _line(rows: Sequence[_Row], components: Sequence[Sequence[_Row]]) -> dict[str, Any]:
    line = rows[0]
    requested = requested_in(line.unit, line.requested_quantity, line.requested_unit)
    told = _bundle(line, components) if line.is_bundle else _leaf(rows)
    return {"sku": line.sku, "requested": plain_decimal(requested), **told}


def _bundle(line: _Row, components: Sequence[Sequence[_Row]]) -> dict[str, Any]:
    parts = [(part[0].quantity, part[0].shortage) for part in components]
    return {
        "sku": line.sku,
        "quantity": plain_decimal(line.quantity),
        "unit": line.unit,
        "shortage": plain_decimal(bundles_short(line.quantity, parts)),
        "allocations": [],
        "components": [{"slot": part[0].slot, **_leaf(part)} for part in components],
    }


def _leaf(rows: Sequence[_Row]) -> dict[str, Any]:
    line = rows[0]
    return {
        "sku": line.sku,
        "quantity": plain_decimal(line.quantity),
        "unit": line.unit,
        "shortage": plain_decimal(line.shortage),
        "allocations": [
            {
                "warehouse": row.warehouse,
                "lot": row.lot or None,
                "expires_on": row.expires_on.isoformat() if row.expires_on else None,
                "quantity": plain_decimal(row.kept),
            }
            for row in rows
            if row.kept is not None
        ],
    }
