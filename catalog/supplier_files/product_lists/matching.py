"""Which variant a row means: by its codes, else by brand, name, size, shade, colour and content."""

from typing import Any

from catalog.supplier_files.product_lists.base import PlannerBase
from catalog.supplier_files.product_lists.lookups import OPTION_POSITIONS, VARIANT, wanted_options
from catalog.supplier_files.product_lists.plan import SourceRow
from catalog.supplier_files.product_lists.tables import Record
from catalog.supplier_files.rules.product_rows import ProductRow

_PRODUCT_ID = VARIANT.index["product_id"]


class Matcher(PlannerBase):
    """Finds the variant of a row, or refuses what contradicts itself or the rest."""

    def _note_codes(self, row: ProductRow, line_number: int) -> None:
        put, codes = self.state.put, self.state.codes
        if row.sku:
            put(codes, ("sku", row.sku), line_number)
        if row.supplier_code:
            put(codes, ("supplier_code", row.supplier_code), line_number)
        if row.gtin:
            put(codes, ("gtin", row.gtin), line_number)

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
        others = found.codes.get(first) if [column for column, _ in hits] == ["gtin"] else None
        if row.supplier_code and others:
            raise self._refuse(
                source,
                "gtin",
                "other-variant",
                f"{row.gtin} belongs to {self._sku_of(first)}, which is {others[0]} in this "
                f"supplier's list, not {row.supplier_code}; name its SKU to add a code to it.",
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
