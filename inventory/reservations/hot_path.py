"""Reserving in one statement, for PostgreSQL: what `services.reserve` tries first.

`services.holding` and `rules.allocate` stay the definition. This does the usual case alone: every
line is there, in one warehouse, and nothing has to be decided about anybody else's promise. Of
everything else it says so, changes nothing, and leaves it to them, error messages included. A
property test holds both to the same picks and the same rows.

It is a function because each statement in it then sees what was committed while it waited for a
lock; one statement alone would look at the holds on a lot as they were before. Generic plans: a
plan made anew costs more than all the rest. What runs into the hundreds is a loop over one sorted
read: it stops where the promise is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from config.kernel.routines import Routine, keep_room, keep_routine
from inventory.reservations.rules import HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX

MADE = "made"
CHANGED = "changed"
_CHANGED_STATE = "BR001"
_ARGUMENTS = (
    "%s::uuid, %s::bigint, %s, %s::bigint, %s, %s, %s::date, %s::interval, %s, %s::timestamptz, "
    "%s, %s, %s::text[], %s::text[], %s::numeric[], %s::text[], %s::numeric[], %s"
)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line in stock units, and what the client had asked for."""

    sku: str
    unit: str
    quantity: Decimal
    requested_unit: str
    requested_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A reservation to be made; `lock` stands for its client and reference."""

    id: UUID
    client_id: int | None
    reference: str
    lock: int
    lines: Sequence[AskedLine]
    market: str
    channel: str
    deliver_on: date | None
    ttl: timedelta | None
    partial: bool
    now: datetime
    request_id: str
    actor: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: MADE, or one word for why somebody has to look closer."""

    outcome: str
    market_id: int | None
    channel_id: int | None
    expires_at: datetime
    variant_ids: list[int]


def is_there() -> bool:
    """Whether this database can do it."""
    return connection.vendor == "postgresql"


def reserve(asked: Asked) -> Answer:
    """Make the reservation, with lines, allocations and event, or change nothing and say why.

    On its own it locks the levels it takes from and no others; where one has changed while it
    waited, it starts again and locks them all first. Inside a transaction it always does: whoever
    goes on from there locks the same rows in the same order.
    """
    if not connection.in_atomic_block:
        answer = _call(asked, lock_all=False)
        if answer.outcome != CHANGED:
            return answer
    return _call(asked, lock_all=True)


def _call(asked: Asked, *, lock_all: bool) -> Answer:
    lines = asked.lines
    values: tuple[Any, ...] = (
        asked.id,
        asked.client_id,
        asked.reference,
        asked.lock,
        asked.market,
        asked.channel,
        asked.deliver_on,
        asked.ttl,
        asked.partial,
        asked.now,
        asked.request_id,
        asked.actor,
        [line.sku for line in lines],
        [line.unit for line in lines],
        [line.quantity for line in lines],
        [line.requested_unit for line in lines],
        [line.requested_quantity for line in lines],
        lock_all,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(_STATEMENT, values)
            return Answer(*cursor.fetchone())
    except DatabaseError as error:
        if _state_of(error) == _CHANGED_STATE:
            return Answer(CHANGED, None, None, asked.now, [])
        raise


def _state_of(error: DatabaseError) -> Any:
    return getattr(error.__cause__, "sqlstate", None)


_TEXT = r"""
CREATE OR REPLACE FUNCTION {name}(
    p_id uuid, p_client bigint, p_reference text, p_lock bigint, p_market text, p_channel text,
    p_deliver_on date, p_ttl interval, p_partial boolean, p_now timestamptz, p_request_id text,
    p_actor text, p_skus text[], p_units text[], p_quantities numeric[], p_asked_units text[],
    p_asked_quantities numeric[], p_lock_all boolean,
    OUT outcome text, OUT market bigint, OUT channel bigint, OUT held_until timestamptz,
    OUT variants bigint[]
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    line_count int := cardinality(p_skus);
    market_days int;
    channel_days int := 0;
    channel_seconds int := {hold_seconds_default};
    days int[];
    places int[];
    quantities numeric[];
    is_usual boolean;
    tomorrow date := (p_now AT TIME ZONE 'UTC')::date + 1;
    horizon date;
    level record;
    warehouse int;
    is_passed_over boolean;
    n int;
    lacking numeric;
    rest numeric;
    take numeric;
    level_ids bigint[] := '{}';
    level_lines int[] := '{}';
    takes numeric[] := '{}';
    changed int;
    told jsonb;
    line bigint;
BEGIN
    SELECT m.id, m.remaining_days_min INTO market, market_days
      FROM catalog_market m WHERE m.code = p_market AND m.is_active;
    IF NOT FOUND THEN outcome := 'market'; RETURN; END IF;
    IF p_channel <> '' THEN
        SELECT c.id, c.remaining_days_min, c.hold_seconds
          INTO channel, channel_days, channel_seconds
          FROM catalog_channel c WHERE c.code = p_channel;
        IF NOT FOUND THEN outcome := 'channel'; RETURN; END IF;
    END IF;

    -- The lines by variant, and in their order within it.
    IF line_count = 1 THEN
        SELECT ARRAY[v.id], ARRAY[greatest(c.remaining_days_min, market_days, channel_days)],
               p.stage = 'active' AND p.stock_unit = p_units[1] AND b.product_ptr_id IS NULL
          INTO variants, days, is_usual
          FROM catalog_variant v
          JOIN catalog_product p ON p.id = v.product_id
          LEFT JOIN catalog_cosmeticproduct c ON c.product_ptr_id = p.id
          LEFT JOIN catalog_bundleproduct b ON b.product_ptr_id = p.id
         WHERE v.sku = p_skus[1];
        places := '{1}';
        quantities := p_quantities;
    ELSE
        SELECT array_agg(v.id ORDER BY v.id, w.place),
               array_agg(greatest(c.remaining_days_min, market_days, channel_days)
                         ORDER BY v.id, w.place),
               array_agg(w.place ORDER BY v.id, w.place),
               array_agg(w.quantity ORDER BY v.id, w.place),
               bool_and(p.stage = 'active' AND p.stock_unit = w.unit AND b.product_ptr_id IS NULL)
          INTO variants, days, places, quantities, is_usual
          FROM unnest(p_skus, p_units, p_quantities)
               WITH ORDINALITY AS w(sku, unit, quantity, place)
          JOIN catalog_variant v ON v.sku = w.sku
          JOIN catalog_product p ON p.id = v.product_id
          LEFT JOIN catalog_cosmeticproduct c ON c.product_ptr_id = p.id
          LEFT JOIN catalog_bundleproduct b ON b.product_ptr_id = p.id;
    END IF;
    IF coalesce(cardinality(variants), 0) <> line_count OR NOT is_usual THEN
        outcome := 'item'; RETURN;
    END IF;

    -- The same lock that the service takes: two requests with one reference.
    PERFORM pg_advisory_xact_lock(p_lock);
    IF p_client IS NULL THEN
        PERFORM FROM inventory_reservation r
          WHERE r.client_id IS NULL AND r.reference = p_reference AND r.status = 'held';
    ELSE
        PERFORM FROM inventory_reservation r
          WHERE r.client_id = p_client AND r.reference = p_reference AND r.status = 'held';
    END IF;
    IF FOUND THEN outcome := 'held'; RETURN; END IF;

    -- Promises on lots past their last day of sale choose other stock first.
    SELECT tomorrow + greatest(
               (SELECT max(d) FROM unnest(days) AS d),
               (SELECT max(m.remaining_days_min) FROM catalog_market m),
               (SELECT max(c.remaining_days_min) FROM catalog_channel c)) INTO horizon;
    PERFORM FROM inventory_lot t JOIN inventory_stocklevel l ON l.lot_id = t.id
      WHERE t.variant_id = ANY(variants) AND t.expiry_date < horizon AND l.reserved > 0;
    IF FOUND THEN
        PERFORM FROM inventory_lot t
           JOIN inventory_stocklevel l ON l.lot_id = t.id
           JOIN inventory_allocation a ON a.stock_level_id = l.id AND a.is_open
           JOIN inventory_reservationline i ON i.id = a.line_id
           JOIN inventory_reservation r ON r.id = i.reservation_id
           JOIN catalog_market m ON m.id = r.market_id
           LEFT JOIN catalog_channel h ON h.id = r.channel_id
           JOIN catalog_variant v ON v.id = t.variant_id
           LEFT JOIN catalog_cosmeticproduct c ON c.product_ptr_id = v.product_id
          WHERE t.variant_id = ANY(variants) AND t.expiry_date < horizon AND l.reserved > 0
            AND t.expiry_date - greatest(
                    c.remaining_days_min, m.remaining_days_min, h.remaining_days_min)::int
                < tomorrow
          LIMIT 1;
        IF FOUND THEN outcome := 'past'; RETURN; END IF;
    END IF;

    IF p_lock_all THEN
        PERFORM FROM inventory_stocklevel l
          WHERE l.variant_id = ANY(variants) ORDER BY l.id FOR UPDATE;
    END IF;

    -- Warehouse by warehouse, as the market asks them, until one has all of it.
    n := 1;
    FOR level IN
        SELECT l.id, l.variant_id, s.position, l.on_hand - l.reserved AS free, t.expiry_date,
               greatest((p_now AT TIME ZONE w.time_zone)::date, p_deliver_on) AS on_date
          FROM inventory_stocklevel l
          JOIN inventory_lot t ON t.id = l.lot_id
          JOIN inventory_location o
            ON o.id = l.location_id AND o.kind NOT IN ('in_transit', 'returns')
          JOIN inventory_warehouse w ON w.id = o.warehouse_id AND w.is_sellable
          JOIN inventory_marketwarehouse s ON s.warehouse_id = w.id AND s.market_id = market
         WHERE l.variant_id = ANY(variants) AND l.on_hand > l.reserved
           AND NOT EXISTS (SELECT FROM inventory_lothold h
                            WHERE h.lot_id = l.lot_id AND h.released_at IS NULL)
         ORDER BY s.position, l.variant_id, t.expiry_date NULLS LAST, t.received_at, l.id
    LOOP
        IF level.position IS DISTINCT FROM warehouse THEN
            warehouse := level.position;
            is_passed_over := false;
            n := 1;
            lacking := quantities[1];
            level_ids := '{}';
            level_lines := '{}';
            takes := '{}';
        END IF;
        CONTINUE WHEN is_passed_over OR level.variant_id < variants[n];
        IF level.variant_id > variants[n] THEN
            is_passed_over := true;
            CONTINUE;
        END IF;
        CONTINUE WHEN level.expiry_date - days[n] < level.on_date;
        rest := level.free;
        LOOP
            take := least(rest, lacking);
            level_ids := level_ids || level.id;
            level_lines := level_lines || n;
            takes := takes || take;
            rest := rest - take;
            lacking := lacking - take;
            EXIT WHEN lacking > 0;
            n := n + 1;
            EXIT WHEN n > line_count;
            lacking := quantities[n];
            EXIT WHEN rest = 0 OR variants[n] <> level.variant_id;
        END LOOP;
        EXIT WHEN n > line_count;
    END LOOP;
    IF n <= line_count THEN outcome := 'short'; RETURN; END IF;

    -- Lock, look again, take.
    IF cardinality(level_ids) = 1 THEN
        IF NOT p_lock_all THEN
            PERFORM FROM inventory_stocklevel l WHERE l.id = level_ids[1] FOR UPDATE;
        END IF;
        UPDATE inventory_stocklevel l SET reserved = l.reserved + takes[1]
         WHERE l.id = level_ids[1] AND l.on_hand - l.reserved >= takes[1]
           AND NOT EXISTS (SELECT FROM inventory_lothold h
                            WHERE h.lot_id = l.lot_id AND h.released_at IS NULL);
        IF NOT FOUND THEN outcome := 'changed'; RETURN; END IF;
    ELSE
        IF NOT p_lock_all THEN
            PERFORM FROM inventory_stocklevel l
              WHERE l.id = ANY(level_ids) ORDER BY l.id FOR UPDATE;
        END IF;
        UPDATE inventory_stocklevel l SET reserved = l.reserved + need.quantity
          FROM (SELECT u.level_id, sum(u.quantity) AS quantity
                  FROM unnest(level_ids, takes) AS u(level_id, quantity) GROUP BY 1) AS need
         WHERE l.id = need.level_id AND l.on_hand - l.reserved >= need.quantity
           AND NOT EXISTS (SELECT FROM inventory_lothold h
                            WHERE h.lot_id = l.lot_id AND h.released_at IS NULL);
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed <> (SELECT count(DISTINCT u.id) FROM unnest(level_ids) AS u(id)) THEN
            RAISE EXCEPTION 'stock has changed' USING ERRCODE = '{changed_state}';
        END IF;
    END IF;

    held_until := p_now + coalesce(p_ttl, make_interval(
        secs => least(greatest(channel_seconds, 1), {hold_seconds_max})));
    INSERT INTO inventory_reservation (id, client_id, reference, order_reference, market_id,
        channel_id, deliver_on_date, is_partial, status, created_at, expires_at, request_id)
    VALUES (p_id, p_client, p_reference, '', market, channel, p_deliver_on, p_partial, 'held',
        p_now, held_until, p_request_id);
    IF line_count = 1 THEN
        told := jsonb_build_array(jsonb_build_object(
            'sku', p_skus[1], 'quantity', trim_scale(p_quantities[1])::text));
        INSERT INTO inventory_reservationline AS i (reservation_id, position, variant_id,
            requested_quantity, requested_unit, quantity, shortage)
        VALUES (p_id, 1, variants[1], p_asked_quantities[1], p_asked_units[1], p_quantities[1], 0)
        RETURNING i.id INTO line;
        FOR i IN 1 .. cardinality(level_ids) LOOP
            INSERT INTO inventory_allocation (line_id, stock_level_id, quantity, is_open)
            VALUES (line, level_ids[i], takes[i], true);
        END LOOP;
    ELSE
        SELECT jsonb_agg(jsonb_build_object(
                   'sku', u.sku, 'quantity', trim_scale(u.quantity)::text) ORDER BY u.place)
          INTO told FROM unnest(p_skus, p_quantities) WITH ORDINALITY AS u(sku, quantity, place);
        WITH made AS (
            INSERT INTO inventory_reservationline AS i (reservation_id, position, variant_id,
                requested_quantity, requested_unit, quantity, shortage)
            SELECT p_id, u.place, u.variant_id, p_asked_quantities[u.place],
                   p_asked_units[u.place], u.quantity, 0
              FROM unnest(variants, quantities, places) AS u(variant_id, quantity, place)
             ORDER BY u.place
            RETURNING i.id, i.position
        )
        INSERT INTO inventory_allocation (line_id, stock_level_id, quantity, is_open)
        SELECT made.id, u.level_id, u.quantity, true
          FROM unnest(level_lines, level_ids, takes)
               WITH ORDINALITY AS u(n, level_id, quantity, place)
          JOIN made ON made.position = places[u.n] ORDER BY made.position, u.place;
    END IF;
    INSERT INTO kernel_outboxevent (type, subject, payload, occurred_at, request_id, actor)
    VALUES ('reservation.held', p_id::text, jsonb_build_object('reservation_id', p_id,
        'reference', p_reference, 'market', p_market, 'lines', told), p_now, p_request_id, p_actor);
    outcome := 'made';
END $$
"""

ROUTINE = keep_routine(
    "inventory",
    Routine(
        "inventory_reserve",
        _TEXT.replace("{hold_seconds_default}", str(HOLD_SECONDS_DEFAULT))
        .replace("{hold_seconds_max}", str(HOLD_SECONDS_MAX))
        .replace("{changed_state}", _CHANGED_STATE),
    ),
)
_STATEMENT = f"SELECT * FROM {ROUTINE.name}({_ARGUMENTS})"  # noqa: S608 - our own name

# Reserving changes one column of a level, which no index holds: in a page with room left that
# touches no index at all.
keep_room("inventory", "inventory_stocklevel", fill_factor=50)
