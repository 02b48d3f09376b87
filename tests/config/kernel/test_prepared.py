"""Statements that PostgreSQL plans once: what happens when it forgets them."""

import pytest
from django.db import ProgrammingError, connection, transaction

from config.kernel.prepared import text_of

STATEMENT = "SELECT upper($1::text)"

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL keeps plans for us"
)


def _known() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_told_once_and_again_when_it_is_forgotten() -> None:
    assert [text_of(STATEMENT, "one"), text_of(STATEMENT, "two")] == ["ONE", "TWO"]
    assert _known().count(STATEMENT) == 1
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert text_of(STATEMENT, "three") == "THREE"
    assert _known().count(STATEMENT) == 1


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_statement_breaks_no_transaction_off() -> None:
    assert text_of(STATEMENT, "one") == "ONE"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        assert text_of(STATEMENT, "two") == "TWO"
    assert text_of(STATEMENT, "three") == "THREE"


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_cannot_be_told_says_why() -> None:
    with pytest.raises(ProgrammingError, match="no_such_function"):
        text_of("SELECT no_such_function($1)", "one")
    assert text_of(STATEMENT, "one") == "ONE"
