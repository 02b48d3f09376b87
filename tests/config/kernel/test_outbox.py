from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import ClassVar
from uuid import UUID

import pytest
from django.db import transaction

from config.kernel import context
from config.kernel.events import Event, plain_decimal, to_json
from config.kernel.money import Money
from config.kernel.outbox import OutboxEvent, publish


@dataclass(frozen=True, kw_only=True)
class StockChanged(Event):
    type: ClassVar[str] = "stock.changed"

    sku: str
    quantity: Decimal

    @property
    def subject(self) -> str:
        return self.sku


class Colour(Enum):
    RED = "red"


@pytest.mark.django_db
def test_writes_events_with_what_they_tell(now, django_assert_num_queries):
    events = [
        StockChanged(sku=f"COS-{n}", quantity=Decimal("2.5000"), occurred_at=now) for n in range(3)
    ]

    with context.bind(request_id="r1", actor_name="ada"), django_assert_num_queries(1):
        publish(*events)

    first = OutboxEvent.objects.order_by("id")[0]
    assert OutboxEvent.objects.count() == 3
    assert (first.type, first.subject) == ("stock.changed", "COS-0")
    assert first.payload == {"sku": "COS-0", "quantity": "2.5"}
    assert (first.request_id, first.actor, first.occurred_at) == ("r1", "ada", now)
    assert first.recorded_at is not None


@pytest.mark.django_db(transaction=True)
def test_disappears_with_the_transaction(now):
    with transaction.atomic():
        publish(StockChanged(sku="A", quantity=Decimal(1), occurred_at=now))
        transaction.set_rollback(True)

    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_refuses_to_publish_outside_of_a_transaction(now):
    with pytest.raises(AssertionError, match="inside the transaction"):
        publish(StockChanged(sku="A", quantity=Decimal(1), occurred_at=now))

    assert OutboxEvent.objects.count() == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.2300"), "1.23"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Money("12.50", "EUR"), {"amount": "12.50", "currency": "EUR"}),
        (Colour.RED, "red"),
        ({"b", "a"}, ["a", "b"]),
        ((1, None, True), [1, None, True]),
        ({1: Decimal(2)}, {"1": "2"}),
    ],
)
def test_turns_values_into_plain_json(value, expected):
    assert to_json(value) == expected


def test_refuses_a_float():
    with pytest.raises(TypeError, match="float"):
        to_json({"quantity": 1.5})


def test_writes_decimals_plainly():
    assert plain_decimal(Decimal("0.0000")) == "0"
    assert plain_decimal(Decimal(120)) == "120"
