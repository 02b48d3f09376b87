"""A shop with as many movements as one likes, made by a few statements on PostgreSQL.

`DATABASE_URL=… .venv/bin/python -m bench.mass 1000000` fills an empty, migrated database, for
looking at the product at that size; benchmarks call `make_shop`. For each lot there are ten
movements: a receipt, the two lines of its put-away, six sales, and an adjustment or a write-off of
the rest. All of it agrees: `manage.py reconcile` finds nothing.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bench._clearances import clear_everything
from bench._insert import first_id, insert, run, set_sequences
from bench._promises import add_papers, add_reservations
from bench._size import (
    BINS,
    LOTS_A_DELIVERY,
    LOTS_A_VARIANT,
    MOVEMENTS_A_LOT,
    WAREHOUSES,
    Mass,
)

HISTORY = timedelta(days=690)


def make_shop(movements: int, *, now: datetime) -> Mass:
    """Fill an empty database with so many movements and all that belongs to them."""
    from django.db import connection, transaction

    from config.kernel.postgresql.bound import lift

    assert connection.vendor == "postgresql", "it is made by PostgreSQL's generate_series"
    mass = Mass(
        movements=movements,
        lots=movements // MOVEMENTS_A_LOT,
        variants=max(movements // MOVEMENTS_A_LOT // LOTS_A_VARIANT, 1),
    )
    lift(connection.alias)  # it takes as long as it needs
    with transaction.atomic():
        _few_rows(now)
        _catalogue(mass, now)
        clear_everything(now)
        _lots(mass, now)
        _levels(mass, now)
        _ledger(mass)
        add_reservations(mass, now)
        add_papers(mass, now)
        set_sequences()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return mass


def _few_rows(now: datetime) -> None:
    """A market, suppliers, categories, warehouses with their bins, a client."""
    from catalog.models import Brand, Category, Market, Partner
    from config.kernel.clients import SCOPES, create_client
    from inventory.models import Location
    from inventory.warehouses.services import open_warehouse, serve_market

    market = Market.objects.create(
        code="DE", name="Germany", country="DE", currency="EUR", languages=["de"],
        time_zone="Europe/Berlin",
    )  # fmt: skip
    Brand.objects.bulk_create(Brand(name=f"Brand {number}") for number in range(1, 21))
    Category.objects.bulk_create(
        Category(code=f"care-{number}", name=f"Care {number}") for number in range(1, 21)
    )
    Partner.objects.bulk_create(
        Partner(code=f"SUP-{number}", name=f"Supplier {number}", is_supplier=True)
        for number in range(1, 21)
    )
    positions = {}
    for number in range(1, WAREHOUSES + 1):
        warehouse = open_warehouse(
            code=f"W{number}", name=f"Site {number}", time_zone="Europe/Berlin", has_dock=True
        )
        positions[warehouse.pk] = number
        Location.objects.bulk_create(
            Location(warehouse=warehouse, code=f"A-{place:03}") for place in range(1, BINS + 1)
        )
    serve_market(market_id=market.pk, positions=positions)
    create_client(name="shop", scopes=SCOPES, now=now, rate_limit_per_minute=0)
    run(
        """
        CREATE TEMPORARY TABLE places ON COMMIT DROP AS
        SELECT (SELECT count(*) FROM inventory_warehouse earlier WHERE earlier.id < w.id) AS site,
               l.id, l.kind,
               row_number() OVER (PARTITION BY w.id, l.kind ORDER BY l.id) - 1 AS number
        FROM inventory_location l JOIN inventory_warehouse w ON w.id = l.warehouse_id
        """
    )


def _catalogue(mass: Mass, now: datetime) -> None:
    from django.contrib.contenttypes.models import ContentType

    from catalog.models import CosmeticProduct, Product, Variant

    numbers = f"generate_series(1, {mass.variants}) n"
    kind = ContentType.objects.get_for_model(CosmeticProduct)
    brand, category = first_id("catalog_brand"), first_id("catalog_category")
    insert(
        Product,
        numbers,
        {
            "id": "n",
            "polymorphic_ctype_id": str(kind.pk),
            "name": "'Cream number ' || n",
            "brand_id": f"{brand} + n % 20",
            "category_id": f"{category} + n % 20",
            "stage": "'active'",
            "created_at": "%(now)s",
            "updated_at": "%(now)s",
        },
        now=now,
    )
    insert(CosmeticProduct, numbers, {"product_ptr_id": "n"})
    insert(
        Variant,
        numbers,
        {"id": "n", "product_id": "n", "sku": "'COS-MASS-' || to_char(n, 'FM00000')"},
    )


def _lots(mass: Mass, now: datetime) -> None:
    """Lots of which one in ten is on hold and one in ten was."""
    from inventory.models import Lot, LotHold

    lots = f"""
        (SELECT n, (n - 1) / {LOTS_A_VARIANT} + 1 AS variant, n / 3 AS batch, n % 5 AS rest,
                %(start)s + (n / 3 * 3) * (%(history)s / {mass.lots}) AS came
         FROM generate_series(1, {mass.lots}) n) lot
    """
    values = {"start": now - HISTORY - timedelta(days=40), "history": HISTORY}
    run(f"CREATE TEMPORARY TABLE mass_lots ON COMMIT DROP AS SELECT * FROM {lots}", **values)
    supplier = first_id("catalog_partner")
    made: Mapping[str, str] = {
        "id": "n",
        "variant_id": "variant",
        "code": "'L' || to_char(n, 'FM0000000')",
        "production_date": "(came - INTERVAL '30 days')::date",
        "expiry_date": "(came + (400 + n % 8 * 100) * INTERVAL '1 day')::date",
        "supplier_id": f"{supplier} + n % 20",
        "unit_cost": "CASE WHEN n % 20 = 0 THEN NULL ELSE 1 + n % 50 END",
        "currency": "CASE WHEN n % 20 = 0 THEN '' ELSE 'EUR' END",
        "received_at": "came",
        # Counted or written off, and a day later held and released, if at all.
        "updated_at": "came + INTERVAL '1 day' * CASE n % 10 WHEN 7 THEN 36 WHEN 9 THEN 38 "
        "ELSE 35 END",
    }
    insert(Lot, "mass_lots", made)
    insert(
        Lot.history.model,
        "mass_lots",
        {**made, "history_date": "came", "history_type": "'+'"},
        leave_out=("history_id",),
    )
    insert(
        LotHold,
        "mass_lots WHERE n % 10 IN (7, 9)",
        {
            "lot_id": "n",
            "reason": "CASE WHEN n % 3 = 0 THEN 'recall' ELSE 'quality' END",
            "note": "'Smells of number ' || n",
            "placed_at": "came + INTERVAL '36 days'",
            "released_at": "CASE WHEN n % 10 = 9 THEN came + INTERVAL '38 days' END",
            "release_note": "CASE WHEN n % 10 = 9 THEN 'Fine after all' ELSE '' END",
        },
        leave_out=("id",),
    )


def _levels(mass: Mass, now: datetime) -> None:
    """Each lot on its dock, where nothing of it is left, and in a bin, one in five promised."""
    from inventory.models import StockLevel

    run(
        f"""
        CREATE TEMPORARY TABLE promised ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY n DESC) AS number, n, variant FROM mass_lots
        WHERE rest >= 2 AND n % 10 <> 7 AND n % 8 >= 5
        ORDER BY n DESC LIMIT {max(mass.movements // 100, 1)}
        """
    )
    insert(
        StockLevel,
        f"""
        mass_lots JOIN places ON site = n / 7 % {WAREHOUSES} AND kind = 'dock'
        """,
        {
            "id": "2 * n - 1",
            "lot_id": "n",
            "location_id": "places.id",
            "variant_id": "variant",
            "changed_at": "came + INTERVAL '2 hours'",
        },
    )
    insert(
        StockLevel,
        f"""
        mass_lots JOIN places ON site = n / 7 % {WAREHOUSES} AND kind = 'storage'
            AND number = n / 35 % {BINS}
        LEFT JOIN promised USING (n)
        """,
        {
            "id": "2 * n",
            "lot_id": "n",
            "location_id": "places.id",
            "variant_id": "mass_lots.variant",
            "on_hand": "CASE WHEN rest < 2 THEN 0 ELSE 103 - rest END",
            "reserved": "CASE WHEN promised.n IS NULL THEN 0 ELSE 1 END",
            "changed_at": "came + INTERVAL '35 days'",
        },
    )


def _ledger(mass: Mass) -> None:
    """Ten lines a lot, in the order in which they were written; one receipt in a hundred late."""
    from config.kernel.outbox import OutboxEvent
    from inventory.models import StockMovement

    lines = f"""
        (SELECT n, seq, CASE WHEN seq < 2 THEN 2 * n - 1 ELSE 2 * n END AS level,
                CASE WHEN seq IN (0, 2) THEN 120
                     WHEN seq = 1 THEN -120
                     WHEN seq < 9 THEN -(1 + (n + seq - 3) % 5)
                     WHEN rest < 2 THEN -(104 - rest)
                     ELSE -1 END AS quantity,
                CASE WHEN seq = 0 THEN 'receipt'
                     WHEN seq < 3 THEN 'move'
                     WHEN seq < 9 THEN 'sale'
                     WHEN rest < 2 THEN 'write_off'
                     ELSE 'adjustment' END AS kind,
                CASE WHEN seq = 0 THEN 'DN-' || n / {LOTS_A_DELIVERY}
                     WHEN seq BETWEEN 3 AND 8 THEN 'ORD-' || (batch * 6 + seq - 3)
                     ELSE '' END AS reference,
                CASE WHEN seq = 0 THEN came
                     WHEN seq < 3 THEN came + INTERVAL '2 hours'
                     WHEN seq < 9 THEN came + INTERVAL '1 day' + (seq - 3) * INTERVAL '5 days'
                     ELSE came + INTERVAL '35 days' END AS written
         FROM mass_lots, generate_series(0, {MOVEMENTS_A_LOT - 1}) seq) line
    """
    insert(
        StockMovement,
        f"{lines} ORDER BY line.written, line.n, line.seq",
        {
            "stock_level_id": "level",
            "quantity": "quantity",
            "on_hand_after": "SUM(quantity) OVER (PARTITION BY level ORDER BY written, seq)",
            "kind": "kind",
            "reason": "CASE WHEN seq = 9 THEN 'Counted by number ' || n WHEN seq IN (1, 2) "
            "THEN 'Put away' ELSE '' END",
            "reference": "reference",
            "step_id": "CASE WHEN seq IN (1, 2) THEN md5('step' || n)::uuid END",
            "happened_at": "CASE WHEN seq = 0 AND n % 100 = 1 THEN written - INTERVAL '3 days' "
            "WHEN seq = 0 THEN written - INTERVAL '1 hour' ELSE written END",
            "recorded_at": "written",
            "is_late": "seq = 0 AND n % 100 = 1",
            "actor_name": "CASE WHEN seq BETWEEN 3 AND 8 THEN 'api:shop' "
            "ELSE 'worker ' || n % 20 END",
            "request_id": "md5(n || '-' || seq)",
        },
        leave_out=("id",),
    )
    insert(
        OutboxEvent,
        "mass_lots, generate_series(1, 5) seq ORDER BY mass_lots.came, mass_lots.n, seq",
        {
            "type": "'stock.changed'",
            "subject": "'COS-MASS-' || to_char(variant, 'FM00000')",
            "payload": "jsonb_build_object('quantity', seq::text)",
            "occurred_at": "came",
            "recorded_at": "came",
        },
        leave_out=("id",),
    )


def main() -> None:
    """Fill the database of the settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    import django

    django.setup()
    from inventory.models import StockMovement

    if StockMovement.objects.exists():
        sys.exit("This database has movements already: a mass shop is made in an empty one.")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    made = make_shop(count, now=datetime.now(UTC))  # noqa: TID251 - a tool reads the clock
    sys.stdout.write(f"{made.movements:,} movements, {made.lots:,} lots, {made.variants:,} SKUs\n")


if __name__ == "__main__":
    main()
