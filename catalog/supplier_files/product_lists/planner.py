"""Decides what each row of a product list does: which variant it means, what is new or different.

A row names its variant by our SKU, else by the supplier's code, else by its barcode; where two of
these name different variants it is refused with both. A row whose codes are all unknown belongs to
the product of the same kind, brand and name, as the variant with the same size, shade, colour and
content, or as a new one. Within one file each code and each variant stands once. A blank cell says
nothing. A draft that has got all its facts goes to review.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from catalog.identifiers.models import AliasScheme, Barcode, SkuAlias
from catalog.identifiers.rules.sku import SkuFamily
from catalog.pricing.models import Price, PriceList, PriceListKind
from catalog.products.models import Brand, Stage, Variant
from catalog.supplier_files.models import RowOutcome
from catalog.supplier_files.product_lists.facts import (
    Fact,
    check_columns_of_kind,
    is_complete,
    said_facts,
    shown_value,
)
from catalog.supplier_files.product_lists.lookups import (
    OPTION_POSITIONS,
    VARIANT,
    Found,
    among,
    look,
    wanted_options,
)
from catalog.supplier_files.product_lists.plan import Change, Plan, SourceRow, Verdict
from catalog.supplier_files.product_lists.refusals import RowRefused
from catalog.supplier_files.product_lists.skus import SkuMint
from catalog.supplier_files.product_lists.state import RunState, TouchedProduct
from catalog.supplier_files.product_lists.tables import PRODUCT_MODELS, Record, table
from catalog.supplier_files.rules.cells import has_more_decimals, minor_digits
from catalog.supplier_files.rules.product_rows import ProductRow
from catalog.units.rules import plain

_CODES = (("sku", "sku"), ("supplier_code", "supplier code"), ("gtin", "GTIN"))
_PRICES = (("cost_price", PriceListKind.COST), ("list_price", PriceListKind.LIST))
_BRAND, _BARCODE, _ALIAS = table(Brand), table(Barcode), table(SkuAlias)
_PRICE, _PRICE_LIST = table(Price), table(PriceList)
_PRICE_AMOUNT = _PRICE.index["amount"]
_SKU, _PRODUCT_ID = VARIANT.index["sku"], VARIANT.index["product_id"]
_SIZE, _SHADE, _COLOUR, _CONTENT, _CONTENT_UNIT = OPTION_POSITIONS


class Keys(Protocol):
    """Where keys of new rows come from."""

    def next(self, model: type[Model]) -> int:
        """Give the next key."""

    def drop(self) -> None:
        """Give up what was taken in advance."""


class Planner:
    """Plans one batch after the other against the database and what the run has done before."""

    def __init__(
        self, *, supplier_code: str, supplier_currency: str, state: RunState, keys: Keys
    ) -> None:
        self.state = state
        self.keys = keys
        self._supplier_code = supplier_code
        self._supplier_currency = supplier_currency
        types = ContentType.objects.get_for_models(*PRODUCT_MODELS.values())
        self._content_types = {kind: types[model].pk for kind, model in PRODUCT_MODELS.items()}
        self._now = datetime.min.replace(tzinfo=UTC)
        self._lock = False
        self._plan = Plan()
        self._found = Found()
        self._unnamed: list[tuple[Verdict, Record, str, tuple[str, ...]]] = []

    def plan(self, rows: Sequence[SourceRow], *, now: datetime, lock: bool = False) -> Plan:
        """Decide about these rows. With `lock` what they concern stays locked till the commit."""
        self._now = now
        self._lock = lock
        self._plan = Plan()
        self._unnamed = []
        self.state.begin(self._plan)
        self._found = look(
            rows,
            supplier_id=self.state.supplier_id,
            price_list_ids=list(self.state.price_lists.values()),
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

    def _note_codes(self, row: ProductRow, line_number: int) -> None:
        put, codes = self.state.put, self.state.codes
        if row.sku:
            put(codes, ("sku", row.sku), line_number)
        if row.supplier_code:
            put(codes, ("supplier_code", row.supplier_code), line_number)
        if row.gtin:
            put(codes, ("gtin", row.gtin), line_number)

    @staticmethod
    def _refuse(source: SourceRow, column: str, code: str, detail: str) -> RowRefused:
        return RowRefused(column, source.cells.get(column, ""), code, detail)

    # Which variant a row means

    def _identify(self, source: SourceRow, row: ProductRow) -> int | None:
        found = self._found
        hits = [
            (column, hit)
            for column, value, known in (
                ("sku", row.sku, found.by_sku),
                ("supplier_code", row.supplier_code, found.by_code),
                ("gtin", row.gtin, found.by_gtin),
            )
            if value and (hit := known.get(value)) is not None
        ]
        if not hits:
            return None
        first = hits[0][1]
        for column, hit in hits[1:]:
            if hit != first:
                raise self._refuse(
                    source,
                    column,
                    "other-variant",
                    f"{getattr(row, column)} belongs to {self._sku_of(hit)}, but the row is about "
                    f"{self._sku_of(first)} by its {hits[0][0]}.",
                )
        if row.sku and row.sku not in found.by_sku:
            raise self._refuse(
                source,
                hits[0][0],
                "other-variant",
                f"{getattr(row, hits[0][0])} belongs to {self._sku_of(first)}, but the row is "
                f"about {row.sku}.",
            )
        self._check_once(source, first, hits[0][0])
        return first

    def _sku_of(self, variant_id: int) -> str:
        return self._found.skus[variant_id]

    def _check_once(self, source: SourceRow, variant_id: int, column: str) -> None:
        line = self.state.variants.get(variant_id)
        if line is not None:
            raise self._refuse(
                source,
                column,
                "repeated",
                f"Line {line} is about {self._sku_of(variant_id)} already.",
            )

    def _same_variant(
        self, source: SourceRow, row: ProductRow, product_id: int, options: tuple[Any, ...]
    ) -> int | None:
        """Find the variant of this product with the same options; a row may not contradict it."""
        line = self.state.options.get((product_id, options))
        if line is not None:
            raise self._refuse(
                source,
                "name",
                "repeated",
                f"Line {line} has the same brand, name, size, shade, colour and content.",
            )
        variant_id = self._found.by_options.get((product_id, options))
        if variant_id is None:
            return None
        self._check_once(source, variant_id, "name")
        sku, known = self._sku_of(variant_id), self._found
        for column, value, others in (
            ("sku", row.sku, [sku]),
            ("supplier_code", row.supplier_code, known.codes.get(variant_id)),
            ("gtin", row.gtin, known.gtins.get(variant_id)),
        ):
            if value and others:
                raise self._refuse(
                    source,
                    column,
                    "other-variant",
                    f"{sku} has the same brand, name, size, shade, colour and content, but "
                    f"{others[0]} as its {column}, not {value}; name its SKU to add a code to it.",
                )
        return variant_id

    # New rows

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

    def _new_product(
        self, source: SourceRow, row: ProductRow, kind: str, facts: Sequence[Fact]
    ) -> int:
        model = PRODUCT_MODELS[kind]
        target = table(model)
        record = target.new()
        index = target.index
        product_id = self.keys.next(model)
        record[index["id"]] = record[index["product_ptr_id"]] = product_id
        record[index["polymorphic_ctype_id"]] = self._content_types[kind]
        record[index["created_at"]] = record[index["updated_at"]] = self._now
        said = {}
        for fact in facts:
            value = self._made_brand_id(row.brand) if fact.attname == "brand_id" else fact.value
            record[index[fact.attname]] = value
            said[fact.attname] = source.line_number
        if is_complete(kind, index, record, self.state.categories):
            record[index["stage"]] = Stage.IN_REVIEW.value
        self._plan.create(model, record)
        state = self.state
        touched = TouchedProduct(kind, record, None, said, self._plan)
        state.put(state.products, product_id, touched)
        state.put(state.named, (kind, record[index["brand_id"]], row.name), product_id)
        return product_id

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

    # Changed rows

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
        outcome = RowOutcome.UPDATED if changes else RowOutcome.UNCHANGED
        return Verdict(source, outcome, record[_SKU], changes)

    def _kind_of(self, product_id: int) -> str | None:
        touched = self.state.products.get(product_id)
        if touched is not None:
            return touched.kind
        known = self._found.products.get(product_id)
        return known.kind if known is not None else None

    def _changed_options(self, source: SourceRow, row: ProductRow, record: Record) -> Record | None:
        """Give the variant as the row wants it; None where it is so already."""
        options = [record[position] for position in OPTION_POSITIONS]
        wanted = wanted_options(row, record)
        if wanted == options:
            return None
        key = (record[_PRODUCT_ID], tuple(wanted))
        other = self._found.by_options.get(key)
        line = self.state.options.get(key)
        if line is not None or (other is not None and other != record[0]):
            raise self._refuse(
                source,
                "size",
                "options-taken",
                f"{f'Line {line}' if line is not None else self._sku_of(other or 0)} is the "
                "variant of this product with this size, shade, colour and content.",
            )
        self.state.put(self.state.options, key, source.line_number)
        changed = record.copy()
        for position, value in zip(OPTION_POSITIONS, wanted, strict=True):
            changed[position] = value
        return changed

    def _change_codes(
        self, row: ProductRow, variant_id: int, changes: dict[str, list[str]]
    ) -> None:
        if row.gtin and row.gtin not in self._found.by_gtin:
            changes["gtin"] = ["", row.gtin]
        if row.supplier_code and row.supplier_code not in self._found.by_code:
            changes["supplier_code"] = ["", row.supplier_code]
        self._add_codes(row, variant_id)

    # Products

    def _facts(self, row: ProductRow, kind: str) -> list[Fact]:
        category_id = None
        if row.category is not None:
            category_id = self.state.categories.find(row.category)
        return said_facts(row, kind, brand_id=self._brand_id(row.brand), category_id=category_id)

    def _different(self, source: SourceRow, product_id: int, facts: Sequence[Fact]) -> list[Fact]:
        """Give what the row says otherwise than the product has it.

        Two rows of one file that say different things of one product: the later is refused.
        """
        touched = self._touched(product_id)
        index = table(PRODUCT_MODELS[touched.kind]).index
        different = []
        for fact in facts:
            value = touched.record[index[fact.attname]]
            if value == fact.value and not fact.is_new:
                continue
            line = touched.said.get(fact.attname)
            if line is not None:
                said = shown_value(fact.attname, value, self.state)
                raise self._refuse(
                    source,
                    fact.heading,
                    "contradiction",
                    f'Line {line} says "{said}" of the same product.',
                )
            different.append(fact)
        return different

    def _touched(self, product_id: int) -> TouchedProduct:
        """Give the product as this run has left it, or as the database has it."""
        state = self.state
        touched, known = state.products.get(product_id), self._found.products.get(product_id)
        if touched is not None and (known is None or touched.plan is self._plan or not self._lock):
            return touched
        assert known is not None
        said = touched.said if touched is not None else {}
        touched = TouchedProduct(
            known.kind, known.change.record, known.change.version, said, self._plan
        )
        state.put(state.products, product_id, touched)
        return touched

    def _change_product(
        self,
        source: SourceRow,
        product_id: int,
        facts: Sequence[Fact],
        different: Sequence[Fact],
    ) -> dict[str, list[str]]:
        """Change the product where the row differs; give [before, after] by heading."""
        touched = self._touched(product_id)
        said = {fact.attname: source.line_number for fact in facts} | touched.said
        if not different:
            touched.said = said
            return {}
        if touched.plan is not self._plan:  # what an earlier batch wrote stays as it wrote it
            touched = TouchedProduct(
                touched.kind, touched.record.copy(), touched.version, said, self._plan
            )
            self.state.put(self.state.products, product_id, touched)
        touched.said = said
        changes = self._write_facts(touched, different)
        model = PRODUCT_MODELS[touched.kind]
        if not any(record is touched.record for record in self._plan.created.get(model, ())):
            self._plan.change(model, product_id, Change(touched.record, touched.version))
        touched.version = None
        return changes

    def _write_facts(self, touched: TouchedProduct, facts: Sequence[Fact]) -> dict[str, list[str]]:
        index, record = table(PRODUCT_MODELS[touched.kind]).index, touched.record
        changes: dict[str, list[str]] = {}
        for fact in facts:
            value = self._made_brand_id(fact.text) if fact.attname == "brand_id" else fact.value
            before = shown_value(fact.attname, record[index[fact.attname]], self.state)
            record[index[fact.attname]] = value
            changes[fact.heading] = [before, shown_value(fact.attname, value, self.state)]
        stage = index["stage"]
        if record[stage] == Stage.DRAFT and is_complete(
            touched.kind, index, record, self.state.categories
        ):
            record[stage] = Stage.IN_REVIEW.value
            changes["stage"] = [Stage.DRAFT.value, Stage.IN_REVIEW.value]
        record[index["updated_at"]] = self._now
        return changes

    # Brands, prices, SKUs

    def _brand_id(self, name: str | None) -> int | None:
        known = self.state.brands.get(name.casefold()) if name is not None else None
        return known[0] if known is not None else None

    def _made_brand_id(self, name: str | None) -> int | None:
        """Give the key of the brand of this name, in any case; made when there is none."""
        if name is None:
            return None
        known = self._brand_id(name)
        if known is not None:
            return known
        record = _BRAND.new()
        key = record[0] = self.keys.next(Brand)
        record[_BRAND.index["name"]] = name
        self._plan.create(Brand, record)
        state = self.state
        state.put(state.brands, name.casefold(), (key, name))
        state.put(state.brand_names, key, name)
        return key

    def _prices(
        self, source: SourceRow, row: ProductRow
    ) -> list[tuple[str, PriceListKind, Decimal, str]]:
        currency = row.currency or self._supplier_currency
        prices = []
        for heading, kind in _PRICES:
            amount = getattr(row, heading)
            if amount is None:
                continue
            digits = minor_digits(currency)
            if kind == PriceListKind.LIST and has_more_decimals(amount, digits):
                raise self._refuse(
                    source,
                    heading,
                    "too-many-decimals",
                    f"{plain(amount)} has more than the {digits} decimals of {currency}.",
                )
            prices.append((heading, kind, amount, currency))
        return prices

    def _price_list(self, kind: PriceListKind, currency: str) -> int:
        known = self.state.price_lists.get((kind.value, currency))
        if known is not None:
            return known
        is_cost = kind == PriceListKind.COST
        owner = f"{self._supplier_code}-" if is_cost else ""
        record = _PRICE_LIST.new()
        key = record[0] = self.keys.next(PriceList)
        index = _PRICE_LIST.index
        record[index["code"]] = f"{kind.value.upper()}-{owner}{currency}"
        record[index["name"]] = (
            f"Cost prices of {self._supplier_code} in {currency}"
            if is_cost
            else f"List prices in {currency}"
        )
        record[index["kind"]] = kind.value
        record[index["currency"]] = currency
        record[index["partner_id"]] = self.state.supplier_id if is_cost else None
        self._plan.create(PriceList, record)
        self.state.put(self.state.price_lists, (kind.value, currency), key)
        return key

    def _new_price(
        self, variant_id: int, kind: PriceListKind, amount: Decimal, currency: str
    ) -> None:
        record = _PRICE.new()
        record[0] = self.keys.next(Price)
        record[_PRICE.index["price_list_id"]] = self._price_list(kind, currency)
        record[_PRICE.index["variant_id"]] = variant_id
        record[_PRICE_AMOUNT] = amount
        self._plan.create(Price, record)

    def _change_price(
        self,
        variant_id: int,
        heading: str,
        kind: PriceListKind,
        amount: Decimal,
        currency: str,
        changes: dict[str, list[str]],
    ) -> None:
        list_id = self.state.price_lists.get((kind.value, currency))
        known = self._found.prices.get((variant_id, list_id)) if list_id is not None else None
        if known is None:
            self._new_price(variant_id, kind, amount, currency)
            changes[heading] = ["", f"{plain(amount)} {currency}"]
            return
        before = known.record[_PRICE_AMOUNT]
        if before == amount:
            return
        record = known.record.copy()
        record[_PRICE_AMOUNT] = amount
        self._plan.change(Price, record[0], Change(record, known.version))
        changes[heading] = [f"{plain(before)} {currency}", f"{plain(amount)} {currency}"]

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
