import pytest
from django.contrib.auth.models import User
from django.db import connection

from catalog.models import Brand, Category, CosmeticProduct
from config.kernel import context
from config.kernel.history import change_reason, record_history, set_reason

pytestmark = pytest.mark.django_db


def test_records_who_why_and_for_which_request(django_assert_num_queries):
    user = User.objects.create(username="ada")

    with (
        context.bind(request_id="r1", actor_id=user.pk, actor_name="ada"),
        change_reason("Renamed by its owner"),
        django_assert_num_queries(2),
    ):
        Brand.objects.create(name="Calm")

    row = Brand.history.get()
    assert (row.history_type, row.history_user, row.actor) == ("+", user, "ada")
    assert (row.request_id, row.history_change_reason) == ("r1", "Renamed by its owner")


def test_records_a_client_by_its_name():
    with context.bind(request_id="r1", actor_name="api:shop"):
        Brand.objects.create(name="Calm")

    row = Brand.history.get()
    assert (row.history_user_id, row.actor) == (None, "api:shop")


def test_prefers_the_reason_of_the_row():
    brand = Brand(name="Calm")
    set_reason(brand, "x" * 300)

    with change_reason("around"):
        brand.save()

    assert Brand.history.get().history_change_reason == "x" * 200


def test_records_nothing_where_nobody_is_known():
    Brand.objects.create(name="Calm")

    row = Brand.history.get()
    assert (row.history_user_id, row.actor, row.request_id) == (None, "", "")
    assert row.history_change_reason is None


def test_keeps_the_key_of_a_user_who_is_gone():
    user = User.objects.create(username="ada")
    with context.bind(actor_id=user.pk, actor_name="ada"):
        Brand.objects.create(name="Calm")
    key = user.pk

    user.delete()

    row = Brand.history.get()
    assert (row.history_user_id, row.actor) == (key, "ada")


def test_bulk_writers_get_the_same_columns():
    brands = Brand.objects.bulk_create([Brand(name="A"), Brand(name="B")])

    with context.bind(request_id="r9", actor_name="import"):
        Brand.history.bulk_history_create(brands, default_change_reason="import 5")

    rows = Brand.history.order_by("id")
    assert [(row.actor, row.request_id) for row in rows] == [("import", "r9")] * 2


@pytest.mark.parametrize("model", [Brand, Category, CosmeticProduct])
def test_a_history_table_has_no_more_than_two_indexes_and_no_foreign_keys(model):
    history = model.history.model
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, history._meta.db_table)

    columns = {tuple(c["columns"]) for c in constraints.values() if not c["check"]}
    assert columns == {("history_id",), (model._meta.pk.column,)}
    assert len([c for c in constraints.values() if c["index"] or c["primary_key"]]) == 2


def test_each_model_has_records_of_its_own():
    assert record_history() is not record_history()
