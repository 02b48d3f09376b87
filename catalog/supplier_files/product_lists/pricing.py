"""Cost and list prices of a row, and the price lists they stand in."""

from decimal import Decimal

from catalog.pricing.models import Price, PriceList, PriceListKind
from catalog.supplier_files.product_lists.base import PlannerBase
from catalog.supplier_files.product_lists.plan import Change, SourceRow
from catalog.supplier_files.product_lists.tables import table
from catalog.supplier_files.rules.cells import has_more_decimals, minor_digits
from catalog.supplier_files.rules.product_rows import ProductRow
from catalog.units.rules import plain

_PRICES = (("cost_price", PriceListKind.COST), ("list_price", PriceListKind.LIST))
_PRICE, _PRICE_LIST = table(Price), table(PriceList)
_PRICE_AMOUNT = _PRICE.index["amount"]


class PricePlanner(PlannerBase):
    """Plans prices."""

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
