"""Availability that is kept in Redis: quick, never older than what the caller could know of."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import connection, connections

from catalog.markets.selectors import market_by_code
from catalog.products.services import change_stage
from config.kernel import cache
from inventory.availability.selectors import Question, answer, answers
from inventory.lots.models import HoldReason
from inventory.purchasing.services import LineDraft, announce_shipment, cancel_notice
from inventory.reservations import services
from inventory.reservations.errors import InsufficientStock
from inventory.reservations.selectors import ItemCode
from inventory.stock import services as stock
from inventory.stock.models import StockLevel
from inventory.warehouses.services import serve_market
from tests.config.processes import ROOT
from tests.factories import catalog, inventory
from tests.factories.reservations import NOW, line, reserve

pytestmark = pytest.mark.django_db(transaction=True)

BALL = (ItemCode(sku="SE-BALL-5"),)


@pytest.fixture
def kept(own_redis, settings):
    """Figures are kept, and this process knows nothing yet."""
    settings.AVAILABILITY_CACHE_SECONDS = 5
    return own_redis


def ask(*items, now=NOW, market="DE", **asked):
    found = answer(items=items or BALL, question=Question(market=market, **asked), now=now)
    return json.loads(b"{%s}" % found.body(with_lots=True))["items"]


def available(**asked):
    (item,) = ask(**asked)
    return item["available"]


@pytest.fixture
def stocked(kept, ball, germany):
    """Nine balls, and the figure is kept."""
    level = inventory.receive(ball, 9)
    assert available() == "9"
    return level


def test_asks_the_database_nothing_about_what_is_kept(stocked, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert available() == "9"


def test_says_what_is_computed_without_a_cache(stocked, settings, cream):
    inventory.receive(cream, 5, lot="A", expires="2027-06-30")
    items = (ItemCode(sku="COS-CREAM-50"), ItemCode(sku="SE-BALL-5"), ItemCode(sku="NO-SUCH"))
    question = Question(market="DE", warehouse="BER", deliver_on=date(2027, 1, 1))
    filled, from_cache = (answer(items=items, question=question, now=NOW) for _ in range(2))

    settings.AVAILABILITY_CACHE_SECONDS = 0
    computed = answer(items=items, question=question, now=NOW)

    assert filled == from_cache == computed
    assert computed.unknown == ["NO-SUCH"]


# Whoever changes something reads it


def _receive(ball, level):
    inventory.receive(ball, 1)


def _reserve(ball, level):
    reserve(line(ball, 1))


def _adjust(ball, level):
    stock.adjust(stock_level_id=level.pk, quantity_delta=2, reason="found", now=NOW)


def _write_off(ball, level):
    stock.write_off(stock_level_id=level.pk, quantity=1, reason="broken", now=NOW)


def _hold(ball, level):
    stock.place_hold(
        lot_id=level.lot_id, reason=HoldReason.QUALITY, note="test", now=NOW, user_id=None
    )


def _serve_from_elsewhere(ball, level):
    serve_market(market_id=market_by_code("DE").pk, positions={inventory.warehouse("FAR").pk: 1})


def _close_warehouse(ball, level):
    warehouse = level.location.warehouse
    warehouse.is_sellable = False
    warehouse.save()


def _discontinue(ball, level):
    change_stage(product_id=ball.pk, stage="discontinued", reason="test")


CHANGES = {
    _receive: "10",
    _reserve: "8",
    _adjust: "11",
    _write_off: "8",
    _hold: "0",
    _serve_from_elsewhere: "0",
    _close_warehouse: "0",
    _discontinue: "0",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_who_changed_something_reads_it(stocked, ball, change):
    change(ball, stocked)

    assert available() == CHANGES[change]


@pytest.mark.parametrize("ending", ["release", "commit", "sweep"])
def test_the_end_of_a_promise_is_read(stocked, ball, ending):
    reservation = reserve(line(ball, 4), seconds=60)
    assert available() == "5"

    match ending:
        case "release":
            services.release(reservation_id=reservation.pk, now=NOW)
        case "commit":
            services.commit(reservation_id=reservation.pk, order_reference="O-1", now=NOW)
        case "sweep":
            services.release_expired(now=NOW + timedelta(seconds=60))

    assert available() == ("5" if ending == "commit" else "9")


def test_a_change_that_goes_past_the_services_shows_once_its_time_is_over(stocked, kept):
    StockLevel.objects.update(on_hand=3)  # nothing in the product does this
    assert available() == "9"

    kept.client.delete(*kept.client.keys("backroom:figure:*"))

    assert available() == "3"


def test_a_hold_that_runs_out_is_free_without_anybody_changing_anything(stocked, ball):
    reserve(line(ball, 4), seconds=2)
    assert available() == "5"
    (key,) = cache.link().ask(lambda client: client.keys("backroom:figure:*DE::*"))

    left = cache.link().ask(lambda client: client.pttl(key))

    assert 0 < left <= 2000


def test_no_figure_outlives_the_day_in_its_warehouse(kept, ball, germany):
    inventory.receive(ball, 9)
    late = datetime(2026, 11, 24, 22, 59, 59, tzinfo=NOW.tzinfo)  # a second to midnight in Berlin

    ask(now=late)

    (key,) = cache.link().ask(lambda client: client.keys("backroom:figure:*DE::*"))
    assert 0 < cache.link().ask(lambda client: client.pttl(key)) <= 1000


# When more is expected


def test_the_next_delivery_is_told_and_dropped_with_it(stocked, ball, berlin):
    supplier = catalog.supplier()
    notices = [
        announce_shipment(
            supplier_id=supplier.pk,
            warehouse_id=berlin.pk,
            reference=f"N-{number}",
            lines=[LineDraft(variant_id=catalog.variant(ball).pk, quantity=5)],
            now=NOW,
            user_id=None,
            expected_date=day,
        )
        for number, day in enumerate((date(2026, 12, 24), date(2026, 12, 1), None))
    ]

    assert ask()[0]["restock_on"] == "2026-12-01"
    cancel_notice(notice_id=notices[1].pk, now=NOW)
    assert ask()[0]["restock_on"] == "2026-12-24"
    assert ask(warehouse="LAX")[0]["restock_on"] is None


# Many who ask for the same


def test_one_computes_and_the_others_wait_for_it(stocked, ball):
    if connection.vendor == "sqlite":
        connection.close()
    with patch.object(answers, "figures_of", wraps=answers.figures_of) as computing:
        cache.changed(f"stock:{catalog.variant(ball).pk}")
        with ThreadPoolExecutor(max_workers=6) as pool:
            found = list(pool.map(lambda _: _and_close(available), range(30)))

    assert set(found) == {"9"}
    assert computing.call_count == 1


def _and_close(call):
    try:
        return call()
    finally:
        connections.close_all()


# Redis fails


def test_redis_that_stops_costs_speed_and_not_truth(stocked, kept, ball):
    kept.stop()

    assert available() == "9"
    inventory.receive(ball, 1)
    assert available() == "10"


def test_redis_that_comes_back_brings_nothing_old(stocked, kept, ball, monkeypatch):
    monkeypatch.setattr(cache, "AWAY_SECONDS", 0.0)
    kept.stop()
    inventory.receive(ball, 1)
    kept.start()

    assert available() == "10"


def test_what_could_not_be_dropped_is_not_answered_here(stocked, ball, monkeypatch):
    way = cache.link()
    monkeypatch.setattr(way, "_away_until", float("inf"))
    inventory.receive(ball, 1)
    assert available() == "10"

    monkeypatch.setattr(way, "_away_until", 0.0)

    assert available() == "10"


def test_a_reservation_never_believes_the_cache(stocked, ball):
    with patch.object(cache, "_stamp_anew"):  # nobody hears of it
        reserve(line(ball, 9))
    assert available() == "9"

    with pytest.raises(InsufficientStock):
        reserve(line(ball, 1))


# Two processes

_RESERVE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
settings.REDIS_URL = sys.argv[2]
from tests.factories.reservations import line, reserve
reserve(line("SE-BALL-5", 4))
"""


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_what_another_process_promised_is_read_at_once(stocked, kept):
    done = subprocess.run(
        [sys.executable, "-c", _RESERVE, connection.settings_dict["NAME"], kept.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert available() == "5"


# One statement or the models' own queries


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_one_statement_reads_what_the_models_read(cream, ball, berlin, los_angeles, germany):
    from inventory.availability.selectors.reading import by_models, read_stock

    inventory.receive(cream, 4, lot="A", expires="2027-06-30")
    inventory.receive(cream, 5, lot="B", expires="2027-07-31", at=los_angeles)
    inventory.receive(cream, 6, lot="H", hold=HoldReason.QUALITY, hold_note="test")
    inventory.receive(ball, 9)
    reserve(line(ball, 4), seconds=60)
    reserve(line(ball, 2), seconds=120)
    announce_shipment(
        supplier_id=catalog.supplier().pk,
        warehouse_id=berlin.pk,
        reference="N-1",
        lines=[LineDraft(variant_id=catalog.variant(ball).pk, quantity=5)],
        now=NOW,
        user_id=None,
        expected_date=date(2026, 12, 24),
    )
    asked = {
        "variant_ids": [catalog.variant(cream).pk, catalog.variant(ball).pk],
        "warehouses": {berlin.pk: "BER", los_angeles.pk: "LAX"},
        "now": NOW + timedelta(seconds=60),
        "today": NOW.date(),
        "horizon": NOW + timedelta(seconds=130),
    }

    at_once, models = read_stock(**asked), by_models(**asked)

    key = lambda row: row.stock_level_id  # noqa: E731
    assert sorted(at_once.free, key=key) == sorted(models.free, key=key)
    assert at_once.restock == models.restock == {catalog.variant(ball).pk: date(2026, 12, 24)}
    assert at_once.changes_at == models.changes_at == NOW + timedelta(seconds=120)
