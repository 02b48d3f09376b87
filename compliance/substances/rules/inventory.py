"""Inventories of substances as files: the columns, each row, and what is wrong with it."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from compliance.substances.errors import InventoryUnreadable
from compliance.substances.rules.names import name_key

NAME_LENGTH_MAX = 2_000
HEADING_WITHIN_LINES = 20

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "inci_name": ("inci_name", "inci name"),
    "cas_number": ("cas_number", "cas no", "cas no.", "cas number"),
    "einecs_number": ("einecs_number", "ec no", "ec no.", "einecs/elincs no", "ec number"),
    "function": ("function", "functions"),
}
_NUMBERS = re.compile(r"\s*[/;,|]\s*")
_CAS = re.compile(r"\d{2,7}-\d{2}-\d")
_EC = re.compile(r"\d{3}-\d{3}-\d")
_QUALIFIER = re.compile(r"\s*[(\[][^()\[\]]{0,10}[)\]]|\*")  # `(I)`, `(2HCl)`, `[1]`: which form
_SPACE = re.compile(r"\s+")
_NOTHING = frozenset({"", "-", "--", "n/a", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryRow:
    """One substance as the file has it."""

    line: int
    inci_name: str
    key: str
    cas_numbers: tuple[str, ...] = ()
    ec_numbers: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()

    @property
    def says(self) -> tuple[tuple[str, ...], ...]:
        """Everything but where it stands."""
        return self.cas_numbers, self.ec_numbers, self.functions


@dataclass(frozen=True, slots=True)
class Rejected:
    """A cell that cannot be taken, and why."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Inventory:
    """What a file holds: its rows by the keys of their names, and what of it was rejected."""

    rows: dict[str, InventoryRow] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    repeated: int = 0


def read_inventory(data: bytes) -> Inventory:
    """Read an inventory of substances. Raises InventoryUnreadable for what is none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InventoryUnreadable(
            f"The file is not in UTF-8 (byte {error.start:,}): save it as “CSV UTF-8”."
        ) from error
    if not text.strip():
        raise InventoryUnreadable("The file is empty.")
    if "\0" in text:
        raise InventoryUnreadable("The file is not a text: export it as CSV.")
    lines = csv.reader(text.splitlines(), delimiter=_delimiter(text))
    try:
        return _read(enumerate(lines, 1))
    except csv.Error as error:
        raise InventoryUnreadable(f"The file is no CSV file: {error}.") from error


def _delimiter(text: str) -> str:
    head = text[:2_000]
    return max(",;\t", key=head.count)


def _read(lines: Iterator[tuple[int, list[str]]]) -> Inventory:
    places = _heading(lines)
    inventory = Inventory()
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            _take(inventory, line, {name: _cell(cells, at) for name, at in places.items()})
    if not inventory.rows and not inventory.rejected:
        raise InventoryUnreadable("The file has nothing below its headings.")
    return inventory


def _heading(lines: Iterator[tuple[int, list[str]]]) -> dict[str, int]:
    """Where each column stands; lines above the heading are passed over."""
    seen: list[str] = []
    for line, cells in lines:
        names = [_SPACE.sub(" ", cell.strip().casefold()) for cell in cells]
        found = {
            column: names.index(alias)
            for column, aliases in COLUMNS.items()
            for alias in aliases
            if alias in names
        }
        if "inci_name" in found or len(found) > 1:
            missing = [column for column in COLUMNS if column not in found]
            if missing:
                raise InventoryUnreadable(
                    f"The file has no column {', '.join(missing)}: it needs {', '.join(COLUMNS)}."
                )
            return found
        seen += filter(None, names)
        if line >= HEADING_WITHIN_LINES:
            break
    raise InventoryUnreadable(
        f"The file has no heading with {', '.join(COLUMNS)} in its first lines."
    )


def _cell(cells: Sequence[str], at: int) -> str:
    return _SPACE.sub(" ", cells[at]).strip() if at < len(cells) else ""


def _take(inventory: Inventory, line: int, cells: Mapping[str, str]) -> None:
    name = cells["inci_name"]
    key = name_key(name)
    if wrong := _wrong_name(name, key):
        inventory.rejected.append(Rejected(line, "inci_name", name[:100], wrong))
        return
    cas, cas_rejected = _numbers(line, "cas_number", cells["cas_number"], _CAS, "CAS")
    ec, ec_rejected = _numbers(line, "einecs_number", cells["einecs_number"], _EC, "EC")
    functions = tuple(filter(None, (one.strip() for one in cells["function"].split(","))))
    row = InventoryRow(
        line=line,
        inci_name=name,
        key=key,
        cas_numbers=cas,
        ec_numbers=ec,
        functions=tuple(dict.fromkeys(functions)),
    )
    first = inventory.rows.setdefault(key, row)
    inventory.rejected += cas_rejected + ec_rejected
    if first.line != line:
        _again(inventory, first, row)


def _wrong_name(name: str, key: str) -> str:
    if not key:
        return "A row needs an INCI name."
    if len(name) > NAME_LENGTH_MAX:
        return f"The name has {len(name):,} characters: at most {NAME_LENGTH_MAX:,} are kept."
    return ""


def _again(inventory: Inventory, first: InventoryRow, row: InventoryRow) -> None:
    """A second row of one name: the same again is passed over, another is rejected."""
    if first.says == row.says:
        inventory.repeated += 1
    else:
        reason = f"Line {first.line} says something else of the same name; that line is taken."
        inventory.rejected.append(Rejected(row.line, "inci_name", row.inci_name[:100], reason))


def _numbers(
    line: int, column: str, cell: str, shape: re.Pattern[str], kind: str
) -> tuple[tuple[str, ...], list[Rejected]]:
    """The numbers in a cell, and those that are none: the row is taken without them."""
    parted = _NUMBERS.split(_QUALIFIER.sub("", cell))
    values = [value for value in parted if value.casefold() not in _NOTHING]
    good = tuple(dict.fromkeys(value for value in values if shape.fullmatch(value)))
    bad = [
        Rejected(line, column, value[:100], f"This is no {kind} number; the row is taken without.")
        for value in values
        if not shape.fullmatch(value)
    ]
    return good, bad


def is_number(value: str, *, is_cas: bool) -> bool:
    """Whether this is written as CAS, or as EC numbers are."""
    return (_CAS if is_cas else _EC).fullmatch(value) is not None
