"""What new products of a file still lack to be more than drafts, for the preview."""

from collections.abc import Mapping, Sequence

from catalog.products.models import Category
from catalog.products.rules import merged_schema, missing_facts
from catalog.products.selectors import category_lineage
from catalog.supplier_files.models import FileKind, ImportRow, ImportRun, RowOutcome
from catalog.supplier_files.product_lists.categories import CategoryFinder
from catalog.supplier_files.product_lists.refusals import RowRefused
from catalog.supplier_files.rules.words import parse_kind


def draft_notes(run: ImportRun, rows: Sequence[ImportRow]) -> dict[int, str]:
    """A sentence by row, of the rows whose new product stays a draft."""
    new = [row for row in rows if row.outcome == RowOutcome.CREATED]
    if run.kind != FileKind.PRODUCT_LIST or not new:
        return {}
    lineage = category_lineage()
    finder = CategoryFinder(lineage)
    notes = {}
    for row in new:
        lacking = _lacking(run, row, finder, lineage)
        if lacking:
            notes[row.pk] = f"A new product stays a draft; still to say: {', '.join(lacking)}."
    return notes


def _lacking(
    run: ImportRun,
    row: ImportRow,
    finder: CategoryFinder,
    lineage: Mapping[int, Sequence[Category]],
) -> list[str]:
    said = {**(run.options.get("defaults") or {}), **{k: v for k, v in row.cells.items() if v}}
    kind = parse_kind(str(said["kind"])) if said.get("kind") else ""
    lacking = missing_facts(kind=kind, facts=said)
    if said.get("category"):
        try:
            chain = lineage[finder.find(str(said["category"]))]
        except RowRefused:  # the category has another name since the row was checked
            return lacking
        schema = merged_schema([category.attributes_schema for category in chain])
        lacking += [
            f"{name.replace('_', ' ')} (its category asks for it)"
            for name in schema.get("required", [])
        ]
    return lacking
