"""Decides what each row of a product list does: which variant it means, what is new or different.

A row names its variant by our SKU, else by the supplier's code, else by its barcode; where two of
these name different variants it is refused with both. A row whose codes are all unknown belongs to
the product of the same kind, brand and name, as the variant with the same size, shade, colour and
content, or as a new one. Within one file each code and each variant stands once. A blank cell says
nothing. A draft that has got all its facts goes to review.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.identifiers.models import AliasScheme, Barcode, SkuAlias
from catalog.identifiers.rules.sku import SkuFamily
from catalog.pricing.models import PriceListKind
from catalog.products.models import Variant
from catalog.supplier_files.models import RowOutcome
from catalog.supplier_files.product_lists.base import Keys
from catalog.supplier_files.product_lists.facts import check_columns_of_kind
from catalog.supplier_files.product_lists.lookups import (
    OPTION_POSITIONS,
    VARIANT,
    among,
    by_index,
    look,
)
from catalog.supplier_files.product_lists.matching import Matcher
from catalog.supplier_files.product_lists.plan import Change, Plan, SourceRow, Verdict
from catalog.supplier_files.product_lists.pricing import PricePlanner
from catalog.supplier_files.product_lists.products import ProductPlanner
from catalog.supplier_files.product_lists.refusals import RowRefused
from catalog.supplier_files.product_lists.skus import SkuMint
from catalog.supplier_files.product_lists.state import RunState
from catalog.supplier_files.product_lists.tables import Record, table
from catalog.supplier_files.rules.product_rows import ProductRow
from catalog.units.rules import plain

_CODES = (("sku", "sku"), ("supplier_code", "supplier code"), ("gtin", "GTIN"))
# What a shop is never shown: a product is none the newer for it.
_NOT_SHOWN = frozenset({"supplier_code", "cost_price"})
_BARCODE, _ALIAS = table(Barcode), table(SkuAlias)
_SKU, _PRODUCT_ID = VARIANT.index["sku"], VARIANT.index["product_id"]
_SIZE, _SHADE, _COLOUR, _CONTENT, _CONTENT_UNIT = OPTION_POSITIONS


class Planner(Matcher, ProductPlanner, PricePlanner):
    """Plans one batch after the other against the database and what the run has done before."""

    def __init__(
        self, *, supplier_code: str, supplier_currency: str, state: RunState, keys: Keys
    ) -> None:
        super().__init__(
            supplier_code=supplier_code,
            supplier_currency=supplier_currency,
            state=state,
            keys=keys,
        )
        self._unnamed: list[tuple[Verdict, Record, str, tuple[str, ...]]] = []

    def plan(self, rows: Sequence[SourceRow], *, now: datetime, lock: bool = False) -> Plan:
        """Decide about these rows. With `lock` what they concern stays locked till the commit."""
        self._now = now
        self._lock = lock
        self._plan = Plan()
        self._unnamed = []
        self.state.begin(self._plan)
        with by_index():
            self._found = look(
                rows,
                supplier_id=self.state.supplier_id,
                price_list_ids=set(self.state.price_lists.values()),
                lock=lock,
            )
            self._plan.verdicts = [self._decide(source) for source in rows]
            self._mint_skus()
        return self._plan

    def remember(self, source: SourceRow) -> None:
        """Note the codes of a row that was carried out before, in an earlier attempt."""
        row = source.product
        if row is None:
            return
        for column, _ in _CODES:
            if value := getattr(row, column):
                self.state.codes[column, value] = source.line_number

    def _decide(self, source: SourceRow) -> Verdict:
        row = source.product
        if row is None:
            return Verdict(source, RowOutcome.REJECTED, problems=source.problems)
        try:
            return self._carry_out(source, row)
        except RowRefused as refusal:
            return Verdict(source, RowOutcome.REJECTED, problems=[refusal.problem])

    def _carry_out(self, source: SourceRow, row: ProductRow) -> Verdict:
        codes = self.state.codes
        for column, words in _CODES:
            value = getattr(row, column)
            if value and (column, value) in codes:
                line = codes[column, value]
                raise self._refuse(
                    source, column, "repeated", f"{value}: line {line} has this {words} already."
                )
        variant_id = self._identify(source, row)
        if variant_id is None:
            verdict = self._create(source, row)
        else:
            verdict = self._change(source, row, variant_id)
        self._note_codes(row, source.line_number)
        return verdict

    def _create(self, source: SourceRow, row: ProductRow) -> Verdict:
        for column in ("kind", "name"):
            if getattr(row, column) is None:
                raise self._refuse(source, column, "required", f"{column} is missing.")
        assert row.kind is not None
        assert row.name is not None
        brand_id = self._brand_id(row.brand)
        options = (
            row.size or "",
            row.shade or "",
            row.colour or "",
            row.content_quantity,
            row.content_unit,
        )
        product_id = None
        if row.brand is None or brand_id is not None:
            name = (row.kind, brand_id, row.name)
            product_id = self.state.named.get(name) or self._found.products_named.get(name)
        if product_id is not None:
            variant_id = self._same_variant(source, row, product_id, options)
            if variant_id is not None:
                return self._change(source, row, variant_id)
        if row.sku in self.state.skus:
            line = self.state.skus[row.sku]
            raise self._refuse(source, "sku", "repeated", f"{row.sku} was made for line {line}.")
        prices = self._prices(source, row)
        facts = self._facts(row, row.kind)
        changes: dict[str, list[str]] = {}
        if product_id is None:
            product_id = self._new_product(source, row, row.kind, facts)
        else:
            different = self._different(source, product_id, facts)
            changes = self._change_product(source, product_id, facts, different)
        return self._new_variant(source, row, product_id, options, prices, changes)

    def _new_variant(
        self,
        source: SourceRow,
        row: ProductRow,
        product_id: int,
        options: tuple[Any, ...],
        prices: Sequence[tuple[str, PriceListKind, Decimal, str]],
        changes: dict[str, list[str]],
    ) -> Verdict:
        variant_id = self.keys.next(Variant)
        record = VARIANT.new()
        record[0] = variant_id
        record[_PRODUCT_ID] = product_id
        for position, value in zip(OPTION_POSITIONS, options, strict=True):
            record[position] = value
        verdict = Verdict(source, RowOutcome.CREATED, row.sku or "", changes)
        if row.sku:
            record[_SKU] = row.sku
        else:
            content = f"{plain(options[3])}{options[4]}" if options[3] is not None else ""
            words = (row.brand or "", row.name or "", options[0] or content, *options[1:3])
            assert row.kind is not None
            self._unnamed.append((verdict, record, row.kind, words))
        self._plan.create(Variant, record)
        self._touch(product_id)
        state = self.state
        state.put(state.variants, variant_id, source.line_number)
        state.put(state.options, (product_id, options), source.line_number)
        self._add_codes(row, variant_id)
        for _, kind, amount, currency in prices:
            self._new_price(variant_id, kind, amount, currency)
        return verdict

    def _add_codes(self, row: ProductRow, variant_id: int) -> None:
        """Make the row's barcode and supplier's code names of the variant, where they are not."""
        if row.gtin and row.gtin not in self._found.by_gtin:
            record = _BARCODE.new()
            record[0] = self.keys.next(Barcode)
            record[_BARCODE.index["variant_id"]] = variant_id
            record[_BARCODE.index["gtin"]] = row.gtin
            self._plan.create(Barcode, record)
        if row.supplier_code and row.supplier_code not in self._found.by_code:
            record = _ALIAS.new()
            record[0] = self.keys.next(SkuAlias)
            record[_ALIAS.index["variant_id"]] = variant_id
            record[_ALIAS.index["scheme"]] = AliasScheme.SUPPLIER.value
            record[_ALIAS.index["partner_id"]] = self.state.supplier_id
            record[_ALIAS.index["code"]] = row.supplier_code
            self._plan.create(SkuAlias, record)

    def _change(self, source: SourceRow, row: ProductRow, variant_id: int) -> Verdict:
        before = self._found.variants[variant_id]
        record = before.record
        product_id = record[_PRODUCT_ID]
        kind = self._kind_of(product_id)
        if kind is None or (row.kind is not None and row.kind != kind):
            raise self._refuse(
                source,
                "kind",
                "type-change",
                f"{record[_SKU]} is a {kind or 'bundle'} product; the type of a product never "
                "changes.",
            )
        check_columns_of_kind(row, kind, source.cells)
        prices = self._prices(source, row)
        facts = self._facts(row, kind)
        different = self._different(source, product_id, facts)
        changed = self._changed_options(source, row, record)
        changes = self._change_product(source, product_id, facts, different)
        if changed is not None:
            for heading, position in (("size", _SIZE), ("shade", _SHADE), ("colour", _COLOUR)):
                if record[position] != changed[position]:
                    changes[heading] = [record[position], changed[position]]
            if (
                record[_CONTENT] != changed[_CONTENT]
                or record[_CONTENT_UNIT] != changed[_CONTENT_UNIT]
            ):
                changes["content"] = [_content(record), _content(changed)]
            self._plan.change(Variant, variant_id, Change(changed, before.version))
        self._change_codes(row, variant_id, changes)
        for heading, price_kind, amount, currency in prices:
            self._change_price(variant_id, heading, price_kind, amount, currency, changes)
        self.state.put(self.state.variants, variant_id, source.line_number)
        if not _NOT_SHOWN.issuperset(changes):
            self._touch(product_id)
        outcome = RowOutcome.UPDATED if changes else RowOutcome.UNCHANGED
        return Verdict(source, outcome, record[_SKU], changes)

    def _change_codes(
        self, row: ProductRow, variant_id: int, changes: dict[str, list[str]]
    ) -> None:
        if row.gtin and row.gtin not in self._found.by_gtin:
            changes["gtin"] = ["", row.gtin]
        if row.supplier_code and row.supplier_code not in self._found.by_code:
            changes["supplier_code"] = ["", row.supplier_code]
        self._add_codes(row, variant_id)

    def _mint_skus(self) -> None:
        """Give a SKU to every new variant whose row names none."""
        if not self._unnamed:
            return
        state, named = self.state, {row.sku for row in self._said_rows() if row.sku}
        families: dict[str, tuple[SkuFamily, int]] = {}
        members = []
        for verdict, record, kind, words in self._unnamed:
            family = SkuFamily(kind, *words)
            families[family.key] = (family, families.get(family.key, (family, 0))[1] + 1)
            members.append((verdict, record, family))
        mint = SkuMint(
            find_taken=lambda skus: among(Variant.objects.all(), "sku", skus).values_list(
                "sku", flat=True
            ),
            is_used=lambda sku: sku in state.skus or sku in named or ("sku", sku) in state.codes,
        )
        serials = mint.serials(families, state.serials)
        taken = {key: iter(found) for key, found in serials.items()}
        for verdict, record, family in members:
            record[_SKU] = verdict.sku = family.member(next(taken[family.key]))
            state.put(state.skus, verdict.sku, verdict.source.line_number)
        for key, found in serials.items():
            state.put(state.serials, key, found[-1])

    def _said_rows(self) -> list[ProductRow]:
        return [row for v in self._plan.verdicts if (row := v.source.product) is not None]


def _content(record: Record) -> str:
    quantity = record[_CONTENT]
    return f"{plain(quantity)} {record[_CONTENT_UNIT]}" if quantity is not None else ""
