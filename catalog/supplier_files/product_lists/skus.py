"""SKUs for many new variants at once: each the one it would get alone, with few questions asked."""

from collections.abc import Callable, Collection, Mapping, Sequence

from catalog.identifiers.rules.sku import SkuFamily, search_free_serial

FindTaken = Callable[[Collection[str]], Collection[str]]


class SkuMint:
    """Hands out free SKUs; asks the database about all families together, round by round."""

    def __init__(self, *, find_taken: FindTaken, is_used: Callable[[str], bool]) -> None:
        self._find_taken = find_taken
        self._is_used = is_used
        self._known: dict[str, bool] = {}

    def serials(
        self, families: Mapping[str, tuple[SkuFamily, int]], after: Mapping[str, int]
    ) -> dict[str, Sequence[int]]:
        """Give as many free serials as wanted of each family, the lowest behind `after`."""
        self._ask_ahead(families, after)
        first = self._first_serials({key: family for key, (family, _) in families.items()}, after)
        moved = {key: s - 1 for key, s in first.items() if s != after.get(key, 0) + 1}
        self._ask_ahead({key: families[key] for key in moved}, moved)
        found: dict[str, Sequence[int]] = {}
        for key, (family, count) in families.items():
            serials = [first[key]]
            while len(serials) < count:
                serials.append(self._next_serial(family, serials[-1]))
            found[key] = serials
        return found

    def _ask_ahead(
        self, families: Mapping[str, tuple[SkuFamily, int]], after: Mapping[str, int]
    ) -> None:
        self._ask(
            {
                family.member(after.get(key, 0) + number)
                for key, (family, count) in families.items()
                for number in range(1, count + 1)
            }
        )

    def _ask(self, skus: Collection[str]) -> None:
        unknown = {sku for sku in skus if sku not in self._known}
        if unknown:
            taken = set(self._find_taken(unknown))
            self._known.update((sku, sku in taken or self._is_used(sku)) for sku in unknown)

    def _first_serials(
        self, families: Mapping[str, SkuFamily], after: Mapping[str, int]
    ) -> dict[str, int]:
        """Search in all families at once: every round asks one question of each, together."""
        found: dict[str, int] = {}
        searches = {
            key: search_free_serial(family, after.get(key, 0)) for key, family in families.items()
        }
        questions = {key: next(search) for key, search in searches.items()}
        while questions:
            self._ask(questions.values())
            for key, sku in list(questions.items()):
                try:
                    questions[key] = searches[key].send(self._known[sku])
                except StopIteration as end:
                    found[key] = end.value
                    del questions[key]
        return found

    def _next_serial(self, family: SkuFamily, after: int) -> int:
        search = search_free_serial(family, after)
        sku = next(search)
        while True:
            self._ask([sku])
            try:
                sku = search.send(self._known[sku])
            except StopIteration as end:
                return int(end.value)
