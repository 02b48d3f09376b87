"""What a run remembers from batch to batch: which codes it has seen, what it has made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from catalog.products.models import Brand
from catalog.products.selectors import category_lineage
from catalog.supplier_files.product_lists.categories import CategoryFinder
from catalog.supplier_files.product_lists.lookups import price_lists
from catalog.supplier_files.product_lists.plan import Plan
from catalog.supplier_files.product_lists.tables import Record, table
from catalog.supplier_files.writers.base import Writer

_NOTHING = object()
ProductName = tuple[str, int | None, str]
Options = tuple[int, tuple[Any, ...]]


@dataclass(slots=True)
class TouchedProduct:
    """A product this run made or met: as it is to be, and which line said each fact."""

    kind: str
    record: Record
    version: int | None
    said: dict[str, int]
    plan: Plan


@dataclass(slots=True)
class RunState:
    """Grows with each planned batch; a batch that is not written after all is forgotten again."""

    supplier_id: int
    brands: dict[str, tuple[int, str]]
    brand_names: dict[int, str]
    price_lists: dict[tuple[str, str], int]
    categories: CategoryFinder
    codes: dict[tuple[str, str], int] = field(default_factory=dict)
    variants: dict[int, int] = field(default_factory=dict)
    products: dict[int, TouchedProduct] = field(default_factory=dict)
    named: dict[ProductName, int] = field(default_factory=dict)
    options: dict[Options, int] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)
    serials: dict[str, int] = field(default_factory=dict)
    _journals: dict[int, list[tuple[dict[Any, Any], Any, Any]]] = field(default_factory=dict)
    _journal: list[tuple[dict[Any, Any], Any, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, supplier_id: int) -> "RunState":
        """Read what every batch needs: brands, categories, price lists."""
        names = dict(Brand.objects.order_by("-id").values_list("id", "name"))
        return cls(
            supplier_id=supplier_id,
            brands={name.casefold(): (pk, name) for pk, name in names.items()},
            brand_names=names,
            price_lists=price_lists(supplier_id),
            categories=CategoryFinder(category_lineage()),
        )

    def begin(self, plan: Plan) -> None:
        """Note from here on what this plan adds."""
        self._journal = []
        self._journals[id(plan)] = self._journal

    def put(self, memory: dict[Any, Any], key: Any, value: Any) -> None:
        """Remember something for as long as the current plan stands."""
        self._journal.append((memory, key, memory.get(key, _NOTHING)))
        memory[key] = value

    def keep(self, plan: Plan) -> None:
        """The plan is written for good."""
        self._journals.pop(id(plan), None)

    def forget(self, plan: Plan) -> None:
        """The plan is not written: take back what it added. The latest plan goes first."""
        for memory, key, before in reversed(self._journals.pop(id(plan), [])):
            if before is _NOTHING:
                memory.pop(key, None)
            else:
                memory[key] = before

    def refresh(self) -> None:
        """Learn of brands and price lists that others have made meanwhile."""
        for pk, name in Brand.objects.order_by("-id").values_list("id", "name"):
            self.brand_names[pk] = name
            self.brands[name.casefold()] = (pk, name)
        self.price_lists.update(price_lists(self.supplier_id))


class DatabaseKeys:
    """Keys for new rows, taken from the database in blocks."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._blocks: dict[type[Model], Iterator[int]] = {}

    def next(self, model: type[Model]) -> int:
        """Give the next key."""
        key = next(self._blocks.get(model, iter(())), None)
        if key is None:
            self._blocks[model] = iter(
                self._writer.allocate(table(model), self._writer.ids_at_once)
            )
            key = next(self._blocks[model])
        return key

    def drop(self) -> None:
        """Give up the blocks: on SQLite a rolled-back transaction gives their keys to others."""
        self._blocks = {}


class PretendedKeys:
    """Keys for a preview: negative, because nothing is written."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, model: type[Model]) -> int:
        """Give the next key."""
        self._last -= 1
        return self._last

    def drop(self) -> None:
        """Nothing was taken."""
