"""Finds the benchmarks, runs them on a database made for them, and prints what they found."""

import argparse
import importlib
import json
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_NO_BENCHMARKS = {"__main__", "mass", "runner"}
_COLUMNS = ("name", "value", "unit", "floor", "ratio", "goal", "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure, and how it compares.

    `floor` is the same work done the barest way in the same run, `ratio` is value / floor; `goal`
    is what the benchmark asks of the one or the other, and `ok` says whether it was reached.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    goal: float | None = None
    ok: bool = True


def names() -> list[str]:
    """The benchmarks there are."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(
        module.name
        for module in modules
        if module.name not in _NO_BENCHMARKS and not module.name.startswith("_")
    )


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, or all; 1 when one misses its goal."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(names())}")
    parser.add_argument("--json", action="store_true", help="one object a line")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are: {', '.join(names())}")
    all_ok = True
    with own_database():
        if not options.json:
            _print(_COLUMNS)
        for name in options.names or names():
            for result in importlib.import_module(f"bench.{name}").run():
                all_ok = all_ok and result.ok
                _show(result, as_json=options.json)
    return 0 if all_ok else 1


@contextmanager
def own_database() -> Iterator[None]:
    """A new database on SQLite or on DATABASE_URL's server, taken away afterwards.

    The broker is a folder that goes too: nothing that a benchmark enqueues reaches a real worker.
    """
    with tempfile.TemporaryDirectory(prefix="backroom-bench-") as folder:
        os.environ.update(
            BACKROOM_PROFILE="embedded",
            BACKROOM_DATA=folder,
            DJANGO_SETTINGS_MODULE="config.settings.base",
        )
        os.environ.pop("REDIS_URL", None)
        import django
        from django.conf import settings
        from django.db import connections
        from django.test.utils import setup_databases, teardown_databases

        database = settings.DATABASES["default"]
        name = f"{Path(str(database['NAME'])).stem}_bench"
        if database["ENGINE"].endswith("sqlite3"):
            name = str(Path(folder) / "bench.sqlite3")  # in a file: memory would flatter it
        database["TEST"] = {"NAME": name}
        django.setup()
        made = setup_databases(verbosity=0, interactive=False)
        try:
            yield
        finally:
            connections.close_all()
            teardown_databases(made, verbosity=0)


def _show(result: Result, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
        sys.stdout.flush()
    else:
        _print([_cell(getattr(result, column)) for column in _COLUMNS])


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return "" if value is None else str(value)


def _print(cells: Sequence[str]) -> None:
    name, *others = cells
    sys.stdout.write(f"{name:<44}" + "".join(f"{cell:>12}" for cell in others) + "\n")
    sys.stdout.flush()
