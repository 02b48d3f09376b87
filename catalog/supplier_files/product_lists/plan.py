"""What a batch of rows will do: decided before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Model

from catalog.supplier_files.product_lists.tables import Record
from catalog.supplier_files.rules.delivery_rows import DeliveryRow
from catalog.supplier_files.rules.problems import CellProblem
from catalog.supplier_files.rules.product_rows import ProductRow


@dataclass(slots=True)
class SourceRow:
    """One line of the file: its cells by our headings, and what reading them gave."""

    line_number: int
    cells: Mapping[str, str]
    row: ProductRow | DeliveryRow | None
    problems: Sequence[CellProblem] = ()
    is_mended: bool = False

    @property
    def product(self) -> ProductRow | None:
        """What it says of a product, if it could be read."""
        return self.row if isinstance(self.row, ProductRow) else None


@dataclass(slots=True)
class Verdict:
    """What a line does: its outcome, the SKU concerned, [before, after] by field, problems."""

    source: SourceRow
    outcome: str
    sku: str = ""
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Sequence[CellProblem] = ()


@dataclass(slots=True)
class Change:
    """A row as it is to be, and the version that was read (None: this run wrote it itself)."""

    record: Record
    version: int | None


@dataclass(slots=True)
class Plan:
    """The verdicts of a batch and the rows that carry them out.

    `touched` are products that are shown otherwise though their own rows say the same, because of
    a variant, a barcode or a list price: key and version as in Change.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    created: dict[type[Model], list[Record]] = field(default_factory=dict)
    changed: dict[type[Model], dict[int, Change]] = field(default_factory=dict)
    touched: dict[int, int | None] = field(default_factory=dict)

    def create(self, model: type[Model], record: Record) -> None:
        """Add a new row."""
        self.created.setdefault(model, []).append(record)

    def change(self, model: type[Model], key: int, change: Change) -> None:
        """Change a row; a second change of the same row in this batch joins the first."""
        self.changed.setdefault(model, {}).setdefault(key, change)
