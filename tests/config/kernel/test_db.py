import threading

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, models, transaction
from django.test.utils import isolate_apps

from config.kernel import db
from config.kernel.locks import advisory_lock, lock_number, try_advisory_lock

POSTGRES = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


@pytest.fixture
def ledger(transactional_db, monkeypatch):
    """A table that is only added to, made for the test."""
    monkeypatch.setattr(db, "_ledgers", [*db._ledgers])
    with isolate_apps("config.kernel"):

        @db.append_only
        class ProbeLine(models.Model):
            text = models.CharField(max_length=10)

            class Meta:
                app_label = "kernel"

            def __str__(self) -> str:
                return self.text

    with connection.schema_editor() as editor:
        editor.create_model(ProbeLine)
    db.install_triggers(apps.get_app_config("kernel"))
    yield ProbeLine
    with connection.schema_editor() as editor:
        editor.delete_model(ProbeLine)


def test_takes_new_rows(ledger):
    ledger.objects.create(text="a")
    ledger.objects.bulk_create([ledger(text="b")])

    assert ledger.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        (lambda rows: rows.update(text="b"), "UPDATE"),
        (lambda rows: rows.delete(), "DELETE"),
        (lambda rows: rows.get().delete(), "DELETE"),
    ],
)
def test_refuses_to_change_or_remove_a_row(ledger, change, verb):
    ledger.objects.create(text="a")

    with pytest.raises(IntegrityError, match=f"kernel_probeline is append-only: {verb}"):
        change(ledger.objects.all())

    assert list(ledger.objects.values_list("text", flat=True)) == ["a"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL knows no REPLACE")
def test_refuses_to_replace_a_row(ledger):
    line = ledger.objects.create(text="a")

    with (
        pytest.raises(IntegrityError, match="append-only: REPLACE"),
        connection.cursor() as cursor,
    ):
        cursor.execute("REPLACE INTO kernel_probeline (id, text) VALUES (%s, 'b')", [line.pk])

    assert list(ledger.objects.values_list("text", flat=True)) == ["a"]


@POSTGRES
def test_refuses_to_truncate(ledger):
    ledger.objects.create(text="a")

    with (
        pytest.raises(IntegrityError, match="append-only: TRUNCATE"),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE kernel_probeline")

    assert ledger.objects.count() == 1


def test_is_emptied_only_where_the_guard_is_lifted(ledger):
    ledger.objects.create(text="a")

    with db.append_only_lifted():
        assert not db.has_triggers("kernel_probeline")
        ledger.objects.all().delete()

    assert ledger.objects.count() == 0
    assert db.has_triggers("kernel_probeline")


def test_comes_back_after_a_table_was_rebuilt(ledger):
    field = models.CharField(max_length=20, default="x")
    field.set_attributes_from_name("note")
    with connection.schema_editor() as editor:
        if connection.vendor == "sqlite":
            editor._remake_table(ledger, create_field=field)  # type: ignore[attr-defined]
            assert not db.has_triggers("kernel_probeline")

    call_command("migrate", "kernel", verbosity=0)

    assert db.has_triggers("kernel_probeline")


@pytest.mark.django_db
def test_every_ledger_of_the_shop_is_guarded():
    tables = db.append_only_tables()

    assert "inventory_stockmovement" in tables
    assert all(db.has_triggers(table) for table in tables)


def test_names_become_numbers_of_64_bits():
    assert lock_number("a") != lock_number("b")
    assert -(2**63) <= lock_number("a") < 2**63


@pytest.mark.django_db(transaction=True)
def test_asks_for_a_transaction_around_a_lock():
    with pytest.raises(AssertionError):
        advisory_lock("a")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@POSTGRES
def test_a_lock_is_held_until_the_transaction_ends():
    taken = []

    def try_from_elsewhere():
        with transaction.atomic():
            taken.append(try_advisory_lock("stock"))
        connections.close_all()

    for inside in (True, False):
        if inside:
            with transaction.atomic():
                advisory_lock("stock")
                run(try_from_elsewhere)
        else:
            run(try_from_elsewhere)

    assert taken == [False, True]


def run(target):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
