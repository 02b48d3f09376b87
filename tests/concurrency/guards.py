"""Guards taken away, so that twins of races are seen to fail."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Model, QuerySet

from catalog.models import Product, Variant
from config.kernel.db import append_only_lifted
from config.kernel.routines import Routine
from inventory.reservations import hot_path
from inventory.stock.models import StockLevel
from tests.concurrency.processes import barrier
from tests.factories import catalog

# The sequence counts who has come so far; what it has counted is seen at once, whoever commits.
_MEETING = "race_meeting"
MEET = f"""
    PERFORM nextval('{_MEETING}');
    FOR tick IN 1 .. 6000 LOOP
        EXIT WHEN (SELECT last_value >= {{parties}} FROM {_MEETING});
        PERFORM pg_sleep(0.01);
    END LOOP;
"""
_BEFORE_TAKING = "-- Lock, look again, take."


def without_row_locks(monkeypatch: pytest.MonkeyPatch, *models: type[Model]) -> None:
    """Whoever asks for locked rows of these models gets the rows, and no lock."""
    lock = QuerySet.select_for_update

    def look(self: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
        return self.all() if self.model in models else lock(self, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", look)


def in_own_order(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> Callable[[Sequence[Product | Variant], Callable[[], Any]], Any]:
    """Let two lock stock in the order each of them names, instead of the one order of all locks.

    Both hold the first of theirs before either asks for the next. Answers how to name it and call.
    """
    order: list[int] = []  # of this process
    both_hold_one = barrier(2)

    def lock_as_they_come(**kwargs: Any) -> list[StockLevel]:
        locked: list[StockLevel] = []
        for position, variant_id in enumerate(order):
            levels = StockLevel.objects.select_for_update(of=("self",))
            levels = levels.select_related("lot", "location__warehouse")
            locked += levels.filter(variant_id=variant_id)
            if not position:
                both_hold_one.wait()
        return locked

    def call(items: Sequence[Product | Variant], what: Callable[[], Any]) -> Any:
        variants = [one if isinstance(one, Variant) else catalog.variant(one) for one in items]
        order[:] = [variant.pk for variant in variants]
        return what()

    monkeypatch.setattr(module, "lock_levels", lock_as_they_come)
    return call


@contextmanager
def one_statement(
    monkeypatch: pytest.MonkeyPatch,
    *changes: tuple[str, str],
    parties: int = 2,
    meet_at: str = _BEFORE_TAKING,
) -> Iterator[None]:
    """The one statement, where so many wait for each other between looking and taking.

    `changes` take its guards away: a piece of its text, and what stands there instead.
    """
    text = hot_path.ROUTINE.text
    for old, new in (*changes, (meet_at, MEET.format(parties=parties))):
        assert old in text, f"the statement has no {old}"
        text = text.replace(old, new)
    routine = Routine("inventory_reserve_probe", text)
    statement = hot_path._STATEMENT.replace(hot_path.ROUTINE.name, routine.name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE {_MEETING}")
        cursor.execute(routine.statement)
    monkeypatch.setattr(hot_path, "_STATEMENT", statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP FUNCTION {routine.name}")
            cursor.execute(f"DROP SEQUENCE {_MEETING}")


def meet(*, whatever: Callable[[], Any]) -> Any:
    """Do something as soon as the one statement has looked, and let it go on afterwards."""
    with connection.cursor() as cursor:
        for _ in range(6000):
            cursor.execute(f"SELECT is_called FROM {_MEETING}")
            if cursor.fetchone()[0]:
                break
            cursor.execute("SELECT pg_sleep(0.01)")
        done = whatever()
        cursor.execute("SELECT nextval(%s)", [_MEETING])
    return done


@contextmanager
def constraint_lifted(model: type[Model], name: str) -> Iterator[None]:
    """Take a constraint away; afterwards everything is deleted, and it is put back."""
    (constraint,) = (one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with append_only_lifted():
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
