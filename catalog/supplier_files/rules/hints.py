"""What the other values of a column tell about a value that can be read in two ways."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from catalog.supplier_files.rules.dates import DateOrder, date_order_of
from catalog.supplier_files.rules.numbers import DecimalMark, decimal_mark_of

T = TypeVar("T", DecimalMark, DateOrder)

PRICE_COLUMNS: Final = ("cost_price", "list_price", "unit_cost", "quantity")
DATE_COLUMNS: Final = ("produced_on", "expires_on")


@dataclass(frozen=True, slots=True)
class Hints:
    """The decimal mark and the order of dates per column; a column without one is not decided."""

    decimal_marks: Mapping[str, DecimalMark] = field(default_factory=dict)
    date_orders: Mapping[str, DateOrder] = field(default_factory=dict)


NO_HINTS: Final = Hints()


def named_hints(*, decimal_mark: str = "", date_order: str = "") -> Hints:
    """Make the hints that a mapping names, for all columns alike."""
    return Hints(
        {column: DecimalMark(decimal_mark) for column in PRICE_COLUMNS} if decimal_mark else {},
        {column: DateOrder(date_order) for column in DATE_COLUMNS} if date_order else {},
    )


def gather_hints(
    rows: Iterable[Mapping[str, str]], *, decimal_mark: str = "", date_order: str = ""
) -> Hints:
    """Look through all rows of a file for values that prove how the ambiguous ones are meant.

    A column follows its own proof where all of that agrees, else what the file's other columns
    agree on, else nothing. What the mapping names comes before any proof.
    """
    marks: dict[str, set[DecimalMark]] = {}
    orders: dict[str, set[DateOrder]] = {}
    seen: dict[str, set[str]] = {column: set() for column in (*PRICE_COLUMNS, *DATE_COLUMNS)}
    for row in rows:
        for column, known in seen.items():
            text = row.get(column)
            if not text or text in known:
                continue
            if len(known) < 50_000:
                known.add(text)
            if column in DATE_COLUMNS:
                _note(orders, column, date_order_of, text)
            else:
                _note(marks, column, decimal_mark_of, text)
    named = named_hints(decimal_mark=decimal_mark, date_order=date_order)
    return Hints(
        named.decimal_marks or _decide(marks, PRICE_COLUMNS),
        named.date_orders or _decide(orders, DATE_COLUMNS),
    )


def _note(
    proofs: dict[str, set[T]], column: str, prove: Callable[[str], T | None], text: str
) -> None:
    proof = prove(text)
    if proof is not None:
        proofs.setdefault(column, set()).add(proof)


def _decide(proofs: Mapping[str, set[T]], columns: Iterable[str]) -> dict[str, T]:
    everywhere: set[T] = set().union(*proofs.values())
    decided: dict[str, T] = {}
    for column in columns:
        found = proofs.get(column) or everywhere
        if len(found) == 1:
            decided[column] = next(iter(found))
    return decided
