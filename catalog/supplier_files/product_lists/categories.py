"""Which category a supplier's word means: a code, a name, or a path such as `Skin care > Face`."""

import difflib
from collections.abc import Mapping, Sequence

from catalog.products.models import Category
from catalog.products.rules import attribute_problems, merged_schema
from catalog.supplier_files.product_lists.refusals import RowRefused

_NEAREST = 3


class CategoryFinder:
    """All categories by every way of naming them."""

    def __init__(self, lineage: Mapping[int, Sequence[Category]]) -> None:
        self._paths = {
            pk: " > ".join(category.name for category in chain) for pk, chain in lineage.items()
        }
        self._named: dict[str, set[int]] = {}
        self._codes: dict[str, int] = {}
        self._takes_no_attributes: dict[int, bool] = {}
        for pk, chain in lineage.items():
            self._codes[chain[-1].code.casefold()] = pk
            names = [category.name.casefold() for category in chain]
            for start in range(len(names)):
                self._named.setdefault(" > ".join(names[start:]), set()).add(pk)
            schema = merged_schema([category.attributes_schema for category in chain])
            self._takes_no_attributes[pk] = not attribute_problems(attributes={}, schema=schema)

    def find(self, text: str) -> int:
        """Give the key of the category meant. Raises RowRefused with the nearest names."""
        key = " > ".join(" ".join(step.split()) for step in text.split(">")).casefold()
        if key in self._codes:
            return self._codes[key]
        found = self._named.get(key, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            paths = ", ".join(sorted(self._paths[pk] for pk in found))
            raise RowRefused(
                "category", text, "ambiguous-category", f'"{text}" may be any of: {paths}.'
            )
        raise RowRefused("category", text, "unknown-category", self._suggest(text, key))

    def name(self, pk: int | None) -> str:
        """Give the path of a category, empty without one."""
        return self._paths.get(pk, "") if pk is not None else ""

    def is_content_without_attributes(self, pk: int) -> bool:
        """Say whether the category asks for no attributes of its own."""
        return self._takes_no_attributes.get(pk, False)

    def _suggest(self, text: str, key: str) -> str:
        last = key.rpartition(" > ")[2]
        near = difflib.get_close_matches(last, [*self._named, *self._codes], _NEAREST, 0.5)
        paths: dict[str, None] = {}
        for name in near:
            keys = self._named.get(name) or {self._codes[name]}
            paths |= dict.fromkeys(sorted(self._paths[pk] for pk in keys))
        if not paths:
            return f'"{text}" is no category of ours, and none has a name like it.'
        nearest = ", ".join(list(paths)[:_NEAREST])
        return f'"{text}" is no category of ours; the nearest are: {nearest}.'
