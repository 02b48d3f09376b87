"""What rows say of the product itself: made, changed, or refused where they contradict."""

from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType

from catalog.products.models import Stage
from catalog.supplier_files.product_lists.base import Keys, PlannerBase
from catalog.supplier_files.product_lists.facts import Fact, is_complete, said_facts, shown_value
from catalog.supplier_files.product_lists.plan import Change, SourceRow
from catalog.supplier_files.product_lists.state import RunState, TouchedProduct
from catalog.supplier_files.product_lists.tables import PRODUCT_MODELS, table
from catalog.supplier_files.rules.product_rows import ProductRow


class ProductPlanner(PlannerBase):
    """Plans products."""

    def __init__(
        self, *, supplier_code: str, supplier_currency: str, state: RunState, keys: Keys
    ) -> None:
        super().__init__(
            supplier_code=supplier_code,
            supplier_currency=supplier_currency,
            state=state,
            keys=keys,
        )
        types = ContentType.objects.get_for_models(*PRODUCT_MODELS.values())
        self._content_types = {kind: types[model].pk for kind, model in PRODUCT_MODELS.items()}

    def _kind_of(self, product_id: int) -> str | None:
        touched = self.state.products.get(product_id)
        if touched is not None:
            return touched.kind
        known = self._found.products.get(product_id)
        return known.kind if known is not None else None

    def _facts(self, row: ProductRow, kind: str) -> list[Fact]:
        category_id = None
        if row.category is not None:
            category_id = self.state.categories.find(row.category)
        return said_facts(row, kind, brand_id=self._brand_id(row.brand), category_id=category_id)

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
            version = self._plan.touched.pop(product_id, touched.version)
            self._plan.change(model, product_id, Change(touched.record, version))
        touched.version = None
        return changes

    def _touch(self, product_id: int) -> None:
        """Move the time of change of a product that this batch neither makes nor changes."""
        touched = self._touched(product_id)
        changed_at = table(PRODUCT_MODELS[touched.kind]).index["updated_at"]
        if touched.record[changed_at] == self._now:
            return
        if touched.plan is not self._plan:
            touched = TouchedProduct(
                touched.kind, touched.record.copy(), touched.version, touched.said, self._plan
            )
            self.state.put(self.state.products, product_id, touched)
        touched.record[changed_at] = self._now
        self._plan.touched[product_id] = touched.version
        touched.version = None

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
