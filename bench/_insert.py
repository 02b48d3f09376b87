"""Rows by the hundred thousand: written by one statement a table."""

import json
from collections.abc import Mapping
from typing import Any


def insert(
    model: Any,
    source: str,
    columns: Mapping[str, str],
    *,
    leave_out: tuple[str, ...] = (),
    **values: Any,
) -> None:
    """Rows of a model from a query: expressions by column, the other columns by their default."""
    from django.db.models import JSONField
    from django.db.models.fields import NOT_PROVIDED

    expressions = dict(columns)
    for field in model._meta.local_concrete_fields:
        has_own = field.db_default is not NOT_PROVIDED
        if field.column in expressions or field.column in leave_out or has_own:
            continue
        value = field.get_default()
        if value is None and not field.null:
            raise ValueError(f"{model.__name__}.{field.name} has neither value nor default")
        name = f"default_{field.column}"
        values[name] = json.dumps(value) if isinstance(field, JSONField) else value
        expressions[field.column] = f"%({name})s"
    names = ", ".join(f'"{column}"' for column in expressions)
    run(
        f'INSERT INTO "{model._meta.db_table}" ({names}) '
        f"SELECT {', '.join(expressions.values())} FROM {source}",
        **values,
    )


def first_id(table: str) -> int:
    """The lowest key: the rows of a table made here follow one another."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SELECT min(id) FROM "{table}"')
        return int(cursor.fetchone()[0])


def set_sequences() -> None:
    """Where keys were given here, the next one comes after the highest."""
    from django.core.management.color import no_style
    from django.db import connection

    from catalog.models import Product, Variant
    from inventory import models

    with_keys = [
        Product,
        Variant,
        models.Lot,
        models.StockLevel,
        models.ReservationLine,
        models.Allocation,
        models.ShipmentNotice,
        models.ShipmentNoticeLine,
    ]
    for statement in connection.ops.sequence_reset_sql(no_style(), with_keys):
        run(statement)


def run(statement: str, **values: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if values:
            # Our statements have modulos, and no other sign of percent than the names of values.
            statement = statement.replace("% ", "%% ")
            cursor.execute(statement, values)
        else:
            cursor.execute(statement)
