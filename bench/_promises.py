"""Reservations and deliveries of a mass shop."""

from datetime import datetime

from bench._insert import first_id, insert
from bench._size import LOTS_A_DELIVERY, WAREHOUSES, Mass


def add_reservations(mass: Mass, now: datetime) -> None:
    """A committed one for each order, and open ones on the newest lots."""
    from inventory.models import Allocation, Reservation, ReservationChange, ReservationLine

    market, client = first_id("catalog_market"), first_id("kernel_apiclient")
    common = {"market_id": str(market), "client_id": str(client)}
    orders = """
        (SELECT DISTINCT batch * 6 + sale AS number, came + INTERVAL '1 day'
                + sale * INTERVAL '5 days' AS at
         FROM mass_lots, generate_series(0, 5) sale) orders
    """
    insert(
        Reservation,
        f"{orders} ORDER BY orders.at, orders.number",
        {
            **common,
            "id": "md5('order' || number)::uuid",
            "reference": "'cart-' || number",
            "order_reference": "'ORD-' || number",
            "status": "'committed'",
            "created_at": "at - INTERVAL '10 minutes'",
            "expires_at": "at + INTERVAL '5 minutes'",
            "ended_at": "at",
        },
    )
    insert(
        ReservationChange,
        f"{orders} ORDER BY orders.at, orders.number",
        {
            "reservation_id": "md5('order' || number)::uuid",
            "kind": "'committed'",
            "detail": "'ORD-' || number",
            "happened_at": "at",
            "actor_name": "'api:shop'",
        },
        leave_out=("id",),
    )
    insert(
        Reservation,
        "promised ORDER BY promised.number",
        {
            **common,
            "id": "md5('held' || n)::uuid",
            "reference": "'basket-' || n",
            "status": "'held'",
            "created_at": "%(now)s - number * INTERVAL '1 second'",
            "expires_at": "%(now)s + INTERVAL '60 days'",
        },
        now=now,
    )
    sales = "mass_lots, generate_series(0, 5) sale"
    quantity = "1 + (n + sale) % 5"
    insert(
        ReservationLine,
        sales,
        {
            "id": "(n - 1) * 6 + sale + 1",
            "reservation_id": "md5('order' || (batch * 6 + sale))::uuid",
            "position": "n % 3 + 1",
            "variant_id": "variant",
            "requested_quantity": quantity,
            "requested_unit": "'each'",
            "quantity": quantity,
        },
    )
    insert(
        Allocation,
        sales,
        {
            "id": "(n - 1) * 6 + sale + 1",
            "line_id": "(n - 1) * 6 + sale + 1",
            "stock_level_id": "2 * n",
            "quantity": quantity,
            "is_open": "false",
        },
    )
    first = 6 * mass.lots
    insert(
        ReservationLine,
        "promised",
        {
            "id": f"{first} + number",
            "reservation_id": "md5('held' || n)::uuid",
            "position": "1",
            "variant_id": "variant",
            "requested_quantity": "1",
            "requested_unit": "'each'",
            "quantity": "1",
        },
    )
    insert(
        Allocation,
        "promised",
        {
            "id": f"{first} + number",
            "line_id": f"{first} + number",
            "stock_level_id": "2 * n",
            "quantity": "1",
            "is_open": "true",
        },
    )


def add_papers(mass: Mass, now: datetime) -> None:
    """The deliveries the lots came with, a hundredth of them still expected; alerts."""
    from config.kernel.alerts import Alert
    from inventory.models import ShipmentNotice, ShipmentNoticeLine

    supplier, site = first_id("catalog_partner"), first_id("inventory_warehouse")
    insert(
        ShipmentNotice,
        f"""
        (SELECT n / {LOTS_A_DELIVERY} AS number, min(came) AS at FROM mass_lots
         GROUP BY n / {LOTS_A_DELIVERY}) notes
        """,
        {
            "id": "number + 1",
            "supplier_id": f"{supplier} + number % 20",
            "warehouse_id": f"{site} + number % {WAREHOUSES}",
            "reference": "'DN-' || number",
            "status": "CASE WHEN number % 100 = 3 THEN 'expected' ELSE 'received' END",
            "created_at": "at - INTERVAL '3 days'",
            "closed_at": "CASE WHEN number % 100 = 3 THEN NULL ELSE at END",
        },
    )
    insert(
        ShipmentNoticeLine,
        "mass_lots",
        {
            "id": "n",
            "notice_id": f"n / {LOTS_A_DELIVERY} + 1",
            "position": f"n % {LOTS_A_DELIVERY} + 1",
            "variant_id": "variant",
            "lot_code": "'L' || to_char(n, 'FM0000000')",
            "quantity": "120",
            "received_quantity": f"CASE WHEN n / {LOTS_A_DELIVERY} % 100 = 3 THEN 0 ELSE 120 END",
        },
    )
    insert(
        Alert,
        "mass_lots WHERE n % 50 = 7",
        {
            "kind": "'lot-expiring'",
            "key": "'mass-' || n",
            "severity": "'warning'",
            "title": "'Lot L' || to_char(n, 'FM0000000') || ' runs out'",
            "created_at": "came",
        },
        leave_out=("id",),
    )
