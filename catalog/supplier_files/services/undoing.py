"""An import is taken back as a whole: former values return from history, what it made goes.

What a run wrote is known by the reason in the histories. Set by set, so that a large import is
undone in one transaction of seconds; histories go on, with a row for each thing taken back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, models

from catalog.identifiers.models import Barcode, SkuAlias
from catalog.pricing.models import Price, PriceList, PriceListKind
from catalog.products import gates
from catalog.products.models import Brand, CosmeticProduct, Product, SportsProduct, Variant
from catalog.supplier_files.errors import UndoRefused
from catalog.supplier_files.kinds import delivery_notes
from catalog.supplier_files.models import FileKind, ImportRow, ImportRun
from catalog.supplier_files.product_lists.tables import Table, table
from catalog.supplier_files.services.delivery_notes import note_context
from catalog.supplier_files.services.product_lists import history_reason
from catalog.supplier_files.writers import Stamp

_DELETE_ORDER: Sequence[type[models.Model]] = (
    Price,
    SkuAlias,
    Barcode,
    Variant,
    CosmeticProduct,
    SportsProduct,
)
_RESTORED: Sequence[type[models.Model]] = (Price, Variant, CosmeticProduct, SportsProduct)
# Others may have come to use these: they stay then, and nobody minds.
_SHARED: Sequence[type[models.Model]] = (PriceList, Brand)
_NAMED_MAX = 5
_COMPARED_AT_ONCE = 500


def check_undo(run: ImportRun) -> None:
    """Raise UndoRefused, naming what has built on the import."""
    if run.kind != FileKind.PRODUCT_LIST:
        return  # who answers for delivery notes says so when asked to undo
    reason = history_reason(run)
    for model in _DELETE_ORDER:
        _check_later_changes(table(model), reason)
        if model in _RESTORED:
            _check_former_values(table(model), reason)
    for model in (Variant, Product):
        _check_references(model, reason)


def undo_run(run: ImportRun, *, reason: str, user_id: int | None, now: datetime) -> None:
    """Take back everything the run has written, in the open transaction. Raises UndoRefused."""
    if run.kind == FileKind.PRODUCT_LIST:
        _undo_products(run, reason=reason, user_id=user_id, now=now)
    else:
        context = note_context(run, user_id=user_id, now=now)
        delivery_notes.ask().undo(context=context, reason=reason)
    ImportRow.objects.filter(run=run, is_applied=True).update(is_applied=False)


def _undo_products(run: ImportRun, *, reason: str, user_id: int | None, now: datetime) -> None:
    written = history_reason(run)
    stamp = Stamp(at=now, reason=f"{reason} (undo of {written})"[:200], user_id=user_id)
    for model in _DELETE_ORDER:
        _lock(model, written)
    check_undo(run)
    _touch_products(written, now)
    restored = [pk for kind in _kinds(Product) for (pk,) in _changed_keys(table(kind), written)]
    try:
        _delete_what_follows(written)
        for model in _DELETE_ORDER:
            _delete(table(model), written, stamp)
        for model in _RESTORED:
            _restore(table(model), written, stamp)
        for model in _SHARED:
            _delete(table(model), written, stamp, only_unused=True)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        raise UndoRefused(
            f"Something has begun to use what {run.file_name} made, just now: {error}"
        ) from error
    gates.facts_changed.all(sorted(restored))


def _changed_keys(target: Table, reason: str) -> list[tuple[Any, ...]]:
    return _rows(_changed(target), [reason, reason])


def _delete_what_follows(reason: str) -> None:
    """Delete what others have worked out about the products that go: nobody has entered it."""
    made = " UNION ALL ".join(_made(table(kind)) for kind in _kinds(Product))
    for relation in Product._meta.related_objects:
        if _follows(relation):
            name, column = relation.related_model._meta.db_table, relation.field.column
            with connection.cursor() as cursor:
                cursor.execute(
                    f"DELETE FROM {name} WHERE {column} IN ({made})",  # noqa: S608 - names of our own models
                    [reason] * len(_kinds(Product)),
                )


def _follows(relation: Any) -> bool:
    """Whether rows of another app go with the product: its judgements do, papers do not."""
    is_of_others = relation.related_model._meta.app_label != Product._meta.app_label
    return is_of_others and relation.on_delete is models.CASCADE


def _touch_products(reason: str, now: datetime) -> None:
    """Move the time of change of products whose variants, barcodes or list prices go back."""
    barcode, price, variant = table(Barcode), table(Price), table(Variant)
    own = "FROM {0} WHERE history_change_reason = %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Product._meta.db_table} SET updated_at = %s WHERE id IN ("  # noqa: S608 - names of our own models
            f"SELECT product_id FROM {variant.parts[0].name} WHERE id IN ("
            f"SELECT id {own.format(variant.history_name)} "
            f"UNION ALL SELECT variant_id {own.format(barcode.history_name)} "
            f"UNION ALL SELECT variant_id {own.format(price.history_name)} AND price_list_id IN ("
            f"SELECT id FROM {PriceList._meta.db_table} WHERE kind = %s)))",
            [_stored(now), reason, reason, reason, PriceListKind.LIST],
        )


def _key(target: Table) -> str:
    """Name the column that says, in table and history, which row it is about."""
    pk = target.model._meta.pk
    assert pk is not None
    assert pk.column is not None
    return pk.column


def _made(target: Table) -> str:
    """Write the query for the keys of what a run made; takes the reason."""
    return (
        f"SELECT {_key(target)} FROM {target.history_name} "  # noqa: S608 - names of our own models
        "WHERE history_change_reason = %s AND history_type = '+'"
    )


def _changed(target: Table) -> str:
    """Write the query for the keys of what a run changed and did not make; takes two reasons."""
    return (
        f"SELECT {_key(target)} FROM {target.history_name} "  # noqa: S608 - names of our own models
        "WHERE history_change_reason = %s AND history_type = '~' "
        f"AND {_key(target)} NOT IN ({_made(target)})"
    )


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _lock(model: type[models.Model], reason: str) -> None:
    if connection.vendor != "postgresql":
        return
    target = table(model)
    base = target.parts[0]
    _rows(
        f"SELECT {base.pk} FROM {base.name} WHERE {base.pk} IN ("  # noqa: S608 - names of our own models
        f"SELECT {_key(target)} FROM {target.history_name} WHERE history_change_reason = %s) "
        f"ORDER BY {base.pk} FOR UPDATE",
        [reason],
    )


def _check_later_changes(target: Table, reason: str) -> None:
    """Refuse where what the run wrote is not as it left it: edited, deleted, written by others.

    What was changed and changed back, such as by a later import undone since, is as it was.
    """
    key = _key(target)
    later = _rows(
        f"SELECT DISTINCT later.{key} FROM {target.history_name} later "  # noqa: S608 - names of our own models
        f"JOIN {target.history_name} own ON own.{key} = later.{key} "
        "AND own.history_id < later.history_id "
        "WHERE own.history_change_reason = %s AND (later.history_change_reason IS NULL "
        "OR later.history_change_reason <> %s) ORDER BY 1",
        [reason, reason],
    )
    changed: list[int] = []
    for start in range(0, len(later), _COMPARED_AT_ONCE):
        keys = [row[0] for row in later[start : start + _COMPARED_AT_ONCE]]
        changed += _different_now(target, keys, reason)
        if len(changed) > _NAMED_MAX:
            break
    if changed:
        raise UndoRefused(
            f"Changed since the import: {_named(target.model, changed)}. Undo or take back those "
            "changes first."
        )


def _different_now(target: Table, keys: Sequence[int], reason: str) -> list[int]:
    """Give those whose last history row says something else than the run's last."""
    history: Any = target.model.history  # type: ignore[attr-defined]
    pk = target.model._meta.pk
    assert pk is not None
    compared = [name for name in target.attnames if name != "updated_at"]
    own: dict[int, tuple[Any, ...]] = {}
    last: dict[int, tuple[Any, ...]] = {}
    rows = history.filter(**{f"{pk.attname}__in": keys}).order_by("history_id")
    for key, why, kind, *values in rows.values_list(
        pk.attname, "history_change_reason", "history_type", *compared
    ):
        last[key] = (kind == "-", *values)
        if why == reason:
            own[key] = last[key]
    return [key for key in keys if own[key] != last[key]]


def _check_former_values(target: Table, reason: str) -> None:
    key = _key(target)
    without = _rows(
        f"SELECT DISTINCT own.{key} FROM {target.history_name} own "  # noqa: S608 - names of our own models
        "WHERE own.history_change_reason = %s AND own.history_type = '~' AND NOT EXISTS ("
        f"SELECT 1 FROM {target.history_name} before WHERE before.{key} = own.{key} "
        f"AND before.history_id < own.history_id) ORDER BY 1 LIMIT {_NAMED_MAX + 1}",
        [reason],
    )
    if without:
        raise UndoRefused(
            f"The history does not say what was before the import: "
            f"{_named(target.model, [row[0] for row in without])}."
        )


def _check_references(model: type[models.Model], reason: str) -> None:
    """Look for whatever refers to rows the run made and was not made by it: lots, prices, ..."""
    made = " UNION ALL ".join(_made(table(kind)) for kind in _kinds(model))
    reasons = [reason] * len(_kinds(model))
    for relation in model._meta.related_objects:
        other, field = relation.related_model, relation.field
        if isinstance(other, str) or field.remote_field.parent_link or _follows(relation):
            continue
        if not getattr(field, "db_constraint", True):  # a record that outlives what it tells of
            continue
        name, pk = other._meta.db_table, other._meta.pk.column
        own, parameters = "", list(reasons)
        if other in _DELETE_ORDER:
            own, parameters = f" AND {pk} NOT IN ({_made(table(other))})", [*reasons, reason]
        count = _rows(
            f"SELECT count(*), min({field.column}) FROM {name} "  # noqa: S608 - names of our own models
            f"WHERE {field.column} IN ({made}){own}",
            parameters,
        )[0]
        if count[0]:
            words = other._meta.verbose_name if count[0] == 1 else other._meta.verbose_name_plural
            raise UndoRefused(
                f"{count[0]} {words} already refer to what the import made, first of all to "
                f"{_named(model, [count[1]])}."
            )


def _kinds(model: type[models.Model]) -> Sequence[type[models.Model]]:
    return (CosmeticProduct, SportsProduct) if model is Product else (model,)


def _named(model: type[models.Model], keys: Sequence[int]) -> str:
    """Name rows as people know them, a few at most."""
    names = []
    for key in keys[:_NAMED_MAX]:
        row = model._default_manager.filter(pk=key).first()
        variant = getattr(row, "variant", None)
        kind = model._meta.verbose_name
        if row is None:
            names.append(f"{kind} {key}, which is deleted")
        elif variant is not None:
            names.append(f"{kind} of {variant.sku}")
        else:
            names.append(f"{kind} {row}")
    return ", ".join(names) + (" and more" if len(keys) > _NAMED_MAX else "")


def _delete(target: Table, reason: str, stamp: Stamp, *, only_unused: bool = False) -> None:
    chosen, parameters = _made(target), [reason]
    if only_unused:
        unused = [
            f"{_key(target)} NOT IN (SELECT {relation.field.column} FROM "  # noqa: S608 - names of our own models
            f"{relation.related_model._meta.db_table} WHERE {relation.field.column} IS NOT NULL)"
            for relation in target.model._meta.related_objects
            if not isinstance(relation.related_model, str)
        ]
        chosen = " AND ".join([chosen, *unused])
    keys = [row[0] for row in _rows(chosen, parameters)] if only_unused else None
    if keys == []:
        return
    if keys is not None:
        chosen, parameters = ", ".join(map(str, keys)), []
    _keep_history(target, chosen, parameters, stamp, "-")
    for part in reversed(target.parts):
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {part.name} WHERE {part.pk} IN ({chosen})",  # noqa: S608 - names of our own models
                parameters,
            )


def _restore(target: Table, reason: str, stamp: Stamp) -> None:
    """Give changed rows the values of the history row before the run's first."""
    key = _key(target)
    for part in target.parts:
        columns = [column for column in part.columns if column != part.pk]
        former = ", ".join(f"before.{column}" for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {part.name} SET ({', '.join(columns)}) = (SELECT {former} "  # noqa: S608 - names of our own models
                f"FROM {target.history_name} before WHERE before.{key} = {part.name}.{part.pk} "
                f"AND before.history_id < (SELECT min(own.history_id) "
                f"FROM {target.history_name} own WHERE own.{key} = {part.name}.{part.pk} "
                "AND own.history_change_reason = %s) "
                "ORDER BY before.history_id DESC LIMIT 1) "
                f"WHERE {part.pk} IN ({_changed(target)})",
                [reason, reason, reason],
            )
    if "updated_at" in target.index:
        base = target.parts[0]
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {base.name} SET updated_at = %s WHERE {base.pk} IN ({_changed(target)})",  # noqa: S608 - names of our own models
                [_stored(stamp.at), reason, reason],
            )
    _keep_history(target, _changed(target), [reason, reason], stamp, "~")


def _keep_history(
    target: Table, chosen: str, parameters: Sequence[Any], stamp: Stamp, kind: str
) -> None:
    """Write a history row for each of the chosen rows, as they are now."""
    base = target.parts[0]
    source = " ".join(
        [
            base.name,
            *(
                f"JOIN {p.name} ON {p.name}.{p.pk} = {base.name}.{base.pk}"
                for p in target.parts[1:]
            ),
        ]
    )
    owners = {position: part.name for part in target.parts for position in part.positions}
    columns = {
        position: column
        for part in target.parts
        for position, column in zip(part.positions, part.columns, strict=True)
    }
    selected = ", ".join(f"{owners[i]}.{columns[i]}" for i in range(len(target.attnames)))
    suffix = [_stored(value) for value in stamp.suffix(target, kind)]
    marks = ", ".join([f"CAST(%s AS {t})" for t in _suffix_types(target)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {target.history_name} ({', '.join(target.history_columns)}) "  # noqa: S608 - names of our own models
            f"SELECT {selected}, {marks} FROM {source} "
            f"WHERE {base.name}.{base.pk} IN ({chosen})",
            [*suffix, *parameters],
        )


def _suffix_types(target: Table) -> list[str]:
    """Give the types of the history's own columns: a bare parameter in SELECT has none."""
    history: Any = target.model.history.model  # type: ignore[attr-defined]
    by_column = {field.column: field for field in history._meta.concrete_fields}
    own = target.history_columns[len(target.attnames) :]
    return [
        by_column[column].rel_db_type(connection)
        if by_column[column].is_relation
        else by_column[column].db_type(connection)
        for column in own
    ]


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value
