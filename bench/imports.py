"""Rows a second of a supplier's product list: new, changed, previewed; beside django-import-export.

A row is one product with its variant, barcode, list price and the histories of all four, from the
bytes of the file to the commit: read, validated, matched, written. The comparison is
django-import-export's own bulk mode on the same file in the same run. It cannot write a product of
two tables, nor several models from one row, nor histories, so it gets less to do: a variant alone.
"""

import csv
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bench.runner import Result

ROUNDS = 3
ROWS = {"postgresql": 10_000, "sqlite": 5_000}
ROWS_OF_BULK_MODE = 3_000
GOALS = {"new": 6_000.0, "changed": 4_000.0}
_HEADINGS = (
    "kind", "supplier_code", "gtin", "name", "brand", "size", "colour", "content", "ingredients",
    "product_type", "pao_months", "shelf_life_days", "sport", "materials", "cost_price",
    "list_price", "currency",
)  # fmt: skip
_ADJECTIVES = (
    "Calm", "Bright", "Northern", "Velvet", "Daily", "Gentle", "Salted", "Alpine", "Amber", "Quiet",
    "Golden", "Misty", "Hollow", "Silver", "Wild", "Sunlit",
)  # fmt: skip
_NOUNS = (
    "Cream", "Serum", "Balm", "Cleanser", "Mist", "Toner", "Gel", "Bottle", "Jersey", "Helmet",
    "Glove", "Racket", "Mat", "Rope", "Ball", "Cap",
)  # fmt: skip


def run() -> Iterator[Result]:
    """Measure on the database of this run; on a server also on SQLite, in a process of its own."""
    from django.db import connection

    vendor = connection.vendor
    yield from _measure(vendor)
    if vendor != "sqlite":
        yield from _on_sqlite()


def _on_sqlite() -> Iterator[Result]:
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    environment.pop("BACKROOM_DATA", None)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "imports", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    for line in done.stdout.splitlines():
        yield Result(**json.loads(line))
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)


def _measure(vendor: str) -> Iterator[Result]:
    from catalog.models import Partner

    supplier = Partner.objects.create(code="BENCH", name="Bench", is_supplier=True)
    count = ROWS[vendor]
    rates: dict[str, list[float]] = {"new": [], "changed": [], "unchanged": [], "preview": []}
    for number in range(ROUNDS):
        new = _file(number, count)
        changed = _file(number, count, price=7, shelf_life_days=720, sport="trail running")
        rates["preview"].append(_rate(count, partial(_import, supplier.pk, new, is_apply=False)))
        rates["new"].append(_rate(count, partial(_import, supplier.pk, new)))
        rates["changed"].append(_rate(count, partial(_import, supplier.pk, changed)))
        rates["unchanged"].append(_rate(count, partial(_import, supplier.pk, changed)))
    bulk = _bulk_mode(_file(90, ROWS_OF_BULK_MODE), _file(90, ROWS_OF_BULK_MODE, price=7))
    for name, values in rates.items():
        value = statistics.median(values)
        floor = bulk.get(name)
        goal = GOALS.get(name) if vendor == "postgresql" else None
        yield Result(
            name=f"import {name} rows ({vendor})",
            value=value,
            unit="rows/s",
            floor=floor,
            ratio=value / floor if floor else None,
            goal=goal,
            ok=goal is None or value >= goal,
        )
    full = [_file(number, count, is_full=True) for number in range(50, 50 + ROUNDS)]
    yield Result(
        name=f"import new rows with code and cost ({vendor})",
        value=statistics.median(
            [_rate(count, partial(_import, supplier.pk, file)) for file in full]
        ),
        unit="rows/s",
    )


def _rate(count: int, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _import(supplier_id: int, content: bytes, *, is_apply: bool = True) -> None:
    from catalog.supplier_files import services
    from config.kernel import clock

    run = services.upload(
        supplier_id=supplier_id,
        kind="product_list",
        file=io.BytesIO(content),
        file_name="bench.csv",
        user_id=None,
        now=clock.now(),
    )
    run = services.start_here(run_id=run.pk, is_apply=is_apply, clock=clock.now)
    assert run.rejected_count == 0, run.detail
    assert run.rows_total, run.detail


def _file(
    number: int,
    count: int,
    *,
    price: int = 5,
    shelf_life_days: int = 900,
    sport: str = "running",
    is_full: bool = False,
) -> bytes:
    """Make a product list of invented products, half cosmetics, half sports."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    for row in range(count):
        place = number * 100_000 + row
        name = f"{_word(place)} {_ADJECTIVES[row % 16]} {_NOUNS[row // 16 % 16]}"
        codes = [f"C-{place}" if is_full else "", _gtin(place)]
        amounts = [f"{price - 2}.10" if is_full else "", f"{price + row % 40}.{row % 100:02d}"]
        brand = f"{_ADJECTIVES[row % 7]} {_NOUNS[row % 9]} Works"
        writer.writerow(
            ["cosmetic", *codes, name, brand, "", "", f"{10 + row % 90} ml",
             "Aqua, Glycerin, Cetyl Alcohol, Sodium Chloride, Parfum, Limonene", "leave-on", "12",
             str(shelf_life_days), "", "", *amounts, "EUR"]
            if row % 2
            else ["sports", *codes, name, brand, f"{row % 50 + 1} L", "red", "", "", "", "", "",
                  sport, "polypropylene 90 %, steel 10 %", *amounts, "EUR"]
        )  # fmt: skip
    return text.getvalue().encode()


def _word(number: int) -> str:
    """Make an invented word that no other number has, as brands name their products."""
    letters = ""
    for _ in range(4):
        number, place = divmod(number, 60)
        letters += "bdfgklmnprst"[place % 12] + "aeiou"[place // 12]
    return letters.title()


def _gtin(number: int) -> str:
    from catalog.identifiers.rules import check_digit

    digits = f"{400_000_000_000 + number}"
    return f"{digits}{check_digit(digits)}"


def _bulk_mode(new: bytes, changed: bytes) -> dict[str, float]:
    """Rows a second of django-import-export's bulk mode, for new and for changed rows."""
    import tablib
    from import_export import resources

    from catalog.models import SportsProduct, Variant

    product = SportsProduct.objects.create(name="Everything of the comparison")

    class VariantResource(resources.ModelResource):  # type: ignore[misc]
        class Meta:
            model = Variant
            import_id_fields = ("sku",)
            fields = ("sku", "product", "size", "colour", "shade")
            use_bulk = True
            batch_size = 1000
            skip_diff = True
            report_skipped = False

        def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
            row["product"] = product.pk
            row["size"], row["shade"] = row["gtin"], row["list_price"]

    def imported(content: bytes) -> Callable[[], None]:
        def work() -> None:
            data = tablib.Dataset().load(content.decode(), format="csv")
            data.append_col([f"SE-{gtin}-1" for gtin in data["gtin"]], header="sku")
            result = VariantResource().import_data(data, dry_run=False, raise_errors=True)
            assert not result.has_errors()

        return work

    files: Sequence[tuple[str, bytes]] = (("new", new), ("changed", changed))
    return {name: _rate(ROWS_OF_BULK_MODE, imported(content)) for name, content in files}
