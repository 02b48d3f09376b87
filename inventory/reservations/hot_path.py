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

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import DatabaseError, connection

from config.kernel.prepared import text_of
from config.kernel.routines import Routine, keep_room, keep_routine
from inventory.reservations.rules import HOLD_SECONDS_DEFAULT, HOLD_SECONDS_MAX

MADE = "made"
CHANGED = "changed"
_CHANGED_STATE = "BR001"


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
    market_id: int | None = None
    channel_id: int | None = None
    hold_seconds: int = 0
    variant_ids: Sequence[int] = ()


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
    """One value goes there and one comes back: each more would cost as much as a read."""
    try:
        answer = text_of(_STATEMENT, _in_one_text(asked, lock_all))
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == _CHANGED_STATE:
            return Answer(CHANGED)
        raise
    outcome, *made = answer.split()
    if outcome != MADE:
        return Answer(outcome)
    market_id, channel_id, seconds, *variant_ids = map(int, made)
    return Answer(outcome, market_id, channel_id or None, seconds, variant_ids)


def _in_one_text(asked: Asked, lock_all: bool) -> str:
    lines = asked.lines
    return json.dumps(
        {
            "id": str(asked.id),
            "client": asked.client_id,
            "reference": asked.reference,
            "lock": asked.lock,
            "market": asked.market,
            "channel": asked.channel,
            "deliver_on": asked.deliver_on and asked.deliver_on.isoformat(),
            "seconds": asked.ttl and asked.ttl.total_seconds(),
            "partial": asked.partial,
            "now": asked.now.isoformat(),
            "request": asked.request_id,
            "actor": asked.actor,
            "skus": " ".join([line.sku for line in lines]),
            "units": " ".join([line.unit for line in lines]),
            "quantities": " ".join([f"{line.quantity:f}" for line in lines]),
            "asked_units": " ".join([line.requested_unit for line in lines]),
            "asked_quantities": " ".join([f"{line.requested_quantity:f}" for line in lines]),
            "lock_all": lock_all,
        }
    )


# As `compliance.assessments.selectors.clearances.is_on_sale` has it.
_NOT_CLEARED = """
        FROM unnest(products) AS u(id)
         WHERE NOT EXISTS (
            SELECT FROM compliance_clearance x
             WHERE x.product_id = u.id AND x.market_id = market AND (x.off_sale_at IS NULL
                OR x.off_sale_at > greatest(p_now, x.judged_at, x.decided_at)))"""

_TEXT = r"""
CREATE OR REPLACE FUNCTION {name}(asked jsonb) RETURNS text
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
    p_id uuid := asked->>'id';
    p_client bigint := asked->>'client';
    p_reference text := asked->>'reference';
    p_market text := asked->>'market';
    p_channel text := asked->>'channel';
    p_deliver_on date := asked->>'deliver_on';
    p_now timestamptz := asked->>'now';
    p_request text := asked->>'request';
    p_skus text[] := string_to_array(asked->>'skus', ' ');
    p_units text[] := string_to_array(asked->>'units', ' ');
    p_quantities numeric[] := string_to_array(asked->>'quantities', ' ');
    p_asked_units text[] := string_to_array(asked->>'asked_units', ' ');
    p_asked_quantities numeric[] := string_to_array(asked->>'asked_quantities', ' ');
    p_lock_all boolean := asked->>'lock_all';
    market bigint;
    channel bigint;
    variants bigint[];
    products bigint[];
    hold_seconds numeric;
    line_count int := cardinality(p_skus);
    market_days int;
    channel_days int := 0;
    channel_seconds int := {hold_seconds_default};
    days int[];
    places int[];
    quantities numeric[];
    is_usual boolean;
    tomorrow date := (p_now AT TIME ZONE 'UTC')::date + 1;
    days_max int;
    level record;
    warehouses bigint[];
    on_dates date[];
    n int := 1;
    lacking numeric;
    rest numeric;
    take numeric;
    level_ids bigint[] := '{}';
    level_lines int[] := '{}';
    takes numeric[] := '{}';
    changed int;
    told jsonb;
    line bigint;
    lot bigint;
BEGIN
    SELECT m.id, m.remaining_days_min,
           array_agg(w.id ORDER BY s.position),
           array_agg(greatest((p_now AT TIME ZONE w.time_zone)::date, p_deliver_on)
                     ORDER BY s.position)
      INTO market, market_days, warehouses, on_dates
      FROM catalog_market m
      JOIN inventory_marketwarehouse s ON s.market_id = m.id
      JOIN inventory_warehouse w ON w.id = s.warehouse_id AND w.is_sellable
     WHERE m.code = p_market AND m.is_active GROUP BY m.id;
    IF NOT FOUND THEN RETURN 'market'; END IF;
    IF p_channel <> '' THEN
        SELECT c.id, c.remaining_days_min, c.hold_seconds
          INTO channel, channel_days, channel_seconds
          FROM catalog_channel c WHERE c.code = p_channel;
        IF NOT FOUND THEN RETURN 'channel'; END IF;
    END IF;

    -- The lines by variant, and in their order within it.
    IF line_count = 1 THEN
        SELECT ARRAY[v.id], ARRAY[p.id],
               ARRAY[greatest(c.remaining_days_min, market_days, channel_days)],
               p.stage = 'active' AND p.stock_unit = p_units[1] AND b.product_ptr_id IS NULL
          INTO variants, products, days, is_usual
          FROM catalog_variant v
          JOIN catalog_product p ON p.id = v.product_id
          LEFT JOIN catalog_cosmeticproduct c ON c.product_ptr_id = p.id
          LEFT JOIN catalog_bundleproduct b ON b.product_ptr_id = p.id
         WHERE v.sku = p_skus[1];
        places := '{1}';
        quantities := p_quantities;
        days_max := days[1];
    ELSE
        SELECT array_agg(v.id ORDER BY v.id, w.place), array_agg(DISTINCT p.id),
               array_agg(greatest(c.remaining_days_min, market_days, channel_days)
                         ORDER BY v.id, w.place),
               array_agg(w.place ORDER BY v.id, w.place),
               array_agg(w.quantity ORDER BY v.id, w.place),
               max(greatest(c.remaining_days_min, market_days, channel_days)),
               bool_and(p.stage = 'active' AND p.stock_unit = w.unit AND b.product_ptr_id IS NULL)
          INTO variants, products, days, places, quantities, days_max, is_usual
          FROM unnest(p_skus, p_units, p_quantities)
               WITH ORDINALITY AS w(sku, unit, quantity, place)
          JOIN catalog_variant v ON v.sku = w.sku
          JOIN catalog_product p ON p.id = v.product_id
          LEFT JOIN catalog_cosmeticproduct c ON c.product_ptr_id = p.id
          LEFT JOIN catalog_bundleproduct b ON b.product_ptr_id = p.id;
    END IF;
    IF coalesce(cardinality(variants), 0) <> line_count OR NOT is_usual THEN
        RETURN 'item';
    END IF;
    PERFORM {not_cleared};
    IF FOUND THEN RETURN 'off-sale'; END IF;

    -- The same lock that the service takes: two requests with one reference.
    PERFORM pg_advisory_xact_lock((asked->>'lock')::bigint);
    IF p_client IS NULL THEN
        PERFORM FROM inventory_reservation r
          WHERE r.client_id IS NULL AND r.reference = p_reference AND r.status = 'held';
    ELSE
        PERFORM FROM inventory_reservation r
          WHERE r.client_id = p_client AND r.reference = p_reference AND r.status = 'held';
    END IF;
    IF FOUND THEN RETURN 'held'; END IF;

    -- Promises on lots past their last day of sale choose other stock first.
    PERFORM FROM inventory_lot t JOIN inventory_stocklevel l ON l.lot_id = t.id
      WHERE t.variant_id = ANY(variants) AND l.reserved > 0
        AND t.expiry_date < tomorrow + greatest(days_max,
            (SELECT max(m.remaining_days_min) FROM catalog_market m),
            (SELECT max(c.remaining_days_min) FROM catalog_channel c));
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
          WHERE t.variant_id = ANY(variants) AND l.reserved > 0
            AND t.expiry_date - greatest(
                    c.remaining_days_min, m.remaining_days_min, h.remaining_days_min)::int
                < tomorrow
          LIMIT 1;
        IF FOUND THEN RETURN 'past'; END IF;
    END IF;

    IF p_lock_all THEN
        PERFORM FROM inventory_stocklevel l
          WHERE l.variant_id = ANY(variants) ORDER BY l.id FOR UPDATE;
        -- Whoever takes a product off sale locks its levels too: now it is one or the other.
        PERFORM {not_cleared};
        IF FOUND THEN RETURN 'off-sale'; END IF;
    END IF;

    -- Warehouse by warehouse, as the market asks them, until one has all of it.
    FOR place IN 1 .. cardinality(warehouses) LOOP
        n := 1;
        lacking := quantities[1];
        level_ids := '{}';
        level_lines := '{}';
        takes := '{}';
        FOR level IN
            SELECT l.id, l.variant_id, l.on_hand - l.reserved AS free, t.expiry_date
              FROM inventory_stocklevel l
              JOIN inventory_lot t ON t.id = l.lot_id
              JOIN inventory_location o ON o.id = l.location_id
             WHERE l.variant_id = ANY(variants) AND l.on_hand > l.reserved
               AND o.warehouse_id = warehouses[place] AND o.kind NOT IN ('in_transit', 'returns')
               AND NOT EXISTS (SELECT FROM inventory_lothold h
                                WHERE h.lot_id = l.lot_id AND h.released_at IS NULL)
             ORDER BY l.variant_id, t.expiry_date NULLS LAST, t.received_at, l.id
        LOOP
            CONTINUE WHEN level.variant_id < variants[n]
                OR level.expiry_date - days[n] < on_dates[place];
            EXIT WHEN level.variant_id > variants[n];
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
        EXIT WHEN n > line_count;
    END LOOP;
    IF n <= line_count THEN RETURN 'short'; END IF;

    -- Lock, look again, take.
    IF cardinality(level_ids) = 1 THEN
        UPDATE inventory_stocklevel l SET reserved = l.reserved + takes[1]
         WHERE l.id = level_ids[1] AND l.on_hand - l.reserved >= takes[1]
        RETURNING l.lot_id INTO lot;
        IF NOT FOUND THEN RETURN 'changed'; END IF;
        -- A statement later, because it sees what was committed while that one waited.
        PERFORM FROM inventory_lothold h WHERE h.lot_id = lot AND h.released_at IS NULL;
        IF FOUND THEN RAISE EXCEPTION 'stock has changed' USING ERRCODE = '{changed_state}'; END IF;
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
    IF NOT p_lock_all THEN
        PERFORM {not_cleared};
        IF FOUND THEN RAISE EXCEPTION 'off sale' USING ERRCODE = '{changed_state}'; END IF;
    END IF;

    hold_seconds := coalesce((asked->>'seconds')::numeric,
        least(greatest(channel_seconds, 1), {hold_seconds_max}));
    INSERT INTO inventory_reservation (id, client_id, reference, order_reference, market_id,
        channel_id, deliver_on_date, is_partial, status, created_at, expires_at, request_id)
    VALUES (p_id, p_client, p_reference, '', market, channel, p_deliver_on,
        (asked->>'partial')::boolean, 'held', p_now, p_now + hold_seconds * interval '1 second',
        p_request);
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
        'reference', p_reference, 'market', p_market, 'lines', told), p_now, p_request,
        asked->>'actor');
    RETURN concat_ws(' ', 'made', market, coalesce(channel, 0), trunc(hold_seconds)::bigint,
        array_to_string(variants, ' '));
END $$
"""

ROUTINE = keep_routine(
    "inventory",
    Routine(
        "inventory_reserve",
        _TEXT.replace("{hold_seconds_default}", str(HOLD_SECONDS_DEFAULT))
        .replace("{hold_seconds_max}", str(HOLD_SECONDS_MAX))
        .replace("{changed_state}", _CHANGED_STATE)
        .replace("{not_cleared}", _NOT_CLEARED),
    ),
)
_STATEMENT = f"SELECT {ROUTINE.name}($1)"

# Reserving changes one column of a level, which no index holds: in a page with room left that
# touches no index at all.
keep_room("inventory", "inventory_stocklevel", fill_factor=50)
