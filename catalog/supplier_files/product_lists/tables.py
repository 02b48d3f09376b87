"""The tables a product list writes, as flat records: one list of values per row.

Columns and defaults come from the models, so a new field is carried by itself; a multi-table child
is one record over the columns of its parent and its own.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from catalog.identifiers.models import Barcode, SkuAlias
from catalog.pricing.models import Price, PriceList
from catalog.products.models import Brand, CosmeticProduct, SportsProduct, Variant

Record = list[Any]
_encode = json.JSONEncoder(ensure_ascii=False).encode
NO_DEFAULT = object()
STAMP = (
    "history_date",
    "history_type",
    "history_change_reason",
    "history_user_id",
)


def as_json(value: Any) -> str:
    """Give a value as JSON text; most of them are empty."""
    if not value:
        return "{}" if value == {} else "[]" if value == [] else _encode(value)
    return _encode(value)


@dataclass(frozen=True, slots=True)
class Part:
    """One database table of a model, and where its columns stand in the record."""

    name: str
    columns: tuple[str, ...]
    positions: tuple[int, ...]
    pk: str
    json_positions: frozenset[int]

    def of(self, record: Record) -> Record:
        """Give this table's share of a record, which is one piece of it."""
        return record[self.positions[0] : self.positions[-1] + 1]


class Table:
    """A model's columns in one order, its own database tables and its history's."""

    def __init__(self, model: type[models.Model]) -> None:
        fields: list[models.Field[Any, Any]] = list(model._meta.concrete_fields)
        self.model = model
        self.attnames = tuple(field.attname for field in fields)
        self.index = {name: position for position, name in enumerate(self.attnames)}
        self.defaults: Record = [field.get_default() for field in fields]
        self.json_positions = frozenset(
            i for i, field in enumerate(fields) if isinstance(field, models.JSONField)
        )
        self.parts = tuple(self._part(owner, fields) for owner in self._owners(model))
        in_order = [position for part in self.parts for position in part.positions]
        assert in_order == list(range(len(fields))), "a record is its tables' pieces, one by one"
        self._init_history(fields)

    @staticmethod
    def _owners(model: type[models.Model]) -> list[type[models.Model]]:
        return [*reversed(list(model._meta.parents)), model]

    def _part(self, owner: type[models.Model], fields: "Sequence[models.Field[Any, Any]]") -> Part:
        own = [i for i, field in enumerate(fields) if field.model is owner]
        pk = owner._meta.pk
        assert pk is not None
        assert pk.column is not None
        return Part(
            name=owner._meta.db_table,
            columns=tuple(str(fields[i].column) for i in own),
            positions=tuple(own),
            pk=pk.column,
            json_positions=frozenset(n for n, i in enumerate(own) if i in self.json_positions),
        )

    def _init_history(self, fields: "Sequence[models.Field[Any, Any]]") -> None:
        history: Any = self.model.history.model  # type: ignore[attr-defined]
        meta = history._meta
        own = {field.attname for field in fields}
        self.history_name: str = meta.db_table
        extra = [
            field
            for field in meta.concrete_fields
            if field.attname not in own and not field.primary_key and field.attname not in STAMP
        ]
        # What the kernel adds to each history row (request id, actor) has defaults that know it.
        self.history_extra: tuple[Callable[[], Any], ...] = tuple(f.get_default for f in extra)
        tracked = [meta.get_field(field.name) for field in fields]
        stamp = [next(f for f in meta.concrete_fields if f.attname == name) for name in STAMP]
        self.history_columns: tuple[str, ...] = tuple(f.column for f in [*tracked, *stamp, *extra])

    def new(self) -> Record:
        """Make a record that says nothing yet: every column at its default."""
        return self.defaults.copy()

    def as_stored(self, record: Record) -> Record:
        """Give the record as the database driver takes it: JSON as text."""
        if not self.json_positions:
            return record
        stored = record.copy()
        for position in self.json_positions:
            stored[position] = as_json(stored[position])
        return stored


@cache
def table(model: type[models.Model]) -> Table:
    """Give the table of a model, worked out once a process."""
    return Table(model)


PRODUCT_MODELS: dict[str, type[CosmeticProduct | SportsProduct]] = {
    CosmeticProduct.kind: CosmeticProduct,
    SportsProduct.kind: SportsProduct,
}
# In the order in which rows may refer to rows written before them.
WRITE_ORDER: tuple[type[models.Model], ...] = (
    Brand,
    PriceList,
    CosmeticProduct,
    SportsProduct,
    Variant,
    Barcode,
    SkuAlias,
    Price,
)
