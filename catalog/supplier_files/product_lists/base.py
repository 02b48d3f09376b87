"""What every part of the planner works with: the batch being planned, and what the run knows."""

from datetime import UTC, datetime
from typing import Protocol

from django.db.models import Model

from catalog.products.models import Brand
from catalog.supplier_files.product_lists.lookups import Found
from catalog.supplier_files.product_lists.plan import Plan, SourceRow
from catalog.supplier_files.product_lists.refusals import RowRefused
from catalog.supplier_files.product_lists.state import RunState
from catalog.supplier_files.product_lists.tables import table

_BRAND = table(Brand)


class Keys(Protocol):
    """Where keys of new rows come from."""

    def next(self, model: type[Model]) -> int:
        """Give the next key."""

    def drop(self) -> None:
        """Give up what was taken in advance."""


class PlannerBase:
    """The batch at hand, and brands, which rows of any kind may make."""

    def __init__(
        self, *, supplier_code: str, supplier_currency: str, state: RunState, keys: Keys
    ) -> None:
        self.state = state
        self.keys = keys
        self._supplier_code = supplier_code
        self._supplier_currency = supplier_currency
        self._now = datetime.min.replace(tzinfo=UTC)
        self._lock = False
        self._plan = Plan()
        self._found = Found()

    @staticmethod
    def _refuse(source: SourceRow, column: str, code: str, detail: str) -> RowRefused:
        return RowRefused(column, source.cells.get(column, ""), code, detail)

    def _brand_id(self, name: str | None) -> int | None:
        known = self.state.brands.get(name.casefold()) if name is not None else None
        return known[0] if known is not None else None

    def _made_brand_id(self, name: str | None) -> int | None:
        """Give the key of the brand of this name, in any case; made when there is none."""
        if name is None:
            return None
        known = self._brand_id(name)
        if known is not None:
            return known
        record = _BRAND.new()
        key = record[0] = self.keys.next(Brand)
        record[_BRAND.index["name"]] = name
        self._plan.create(Brand, record)
        state = self.state
        state.put(state.brands, name.casefold(), (key, name))
        state.put(state.brand_names, key, name)
        return key
