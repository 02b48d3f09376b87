"""What a recall of some lots would freeze, before it does."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from catalog.identifiers.errors import InvalidIdentifier
from catalog.products.selectors import resolve_codes
from inventory.lots.models import Lot
from inventory.lots.selectors import find_lot, resolve_code
from inventory.recalls.rules import ZERO, Balance
from inventory.recalls.selectors.figures import balances_of, family_of
from inventory.stock.models import StockLevel

LOTS_OFFERED_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingLot:
    """A lot that would be frozen: where it lies, what is promised, what has left."""

    lot: Lot
    unit: str
    balance: Balance
    promised: Decimal
    places: tuple[tuple[str, Decimal], ...]
    is_opened: bool

    @property
    def value(self) -> Decimal | None:
        """What it cost us; None: no cost is known."""
        cost = self.lot.unit_cost
        return None if cost is None else self.balance.on_hand * cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a scan names: a lot, or a product of which one has to be chosen."""

    lot: Lot | None = None
    offered: tuple[Lot, ...] = ()
    problem: str = ""


def lying_lots(chosen: Sequence[Lot]) -> list[LyingLot]:
    """These lots and all that was opened from them, by SKU and code: a handful of queries."""
    ids = {lot.pk for lot in chosen}
    family = [lot.pk for lot in family_of(chosen)]
    lots = list(
        Lot.objects.filter(pk__in=family)
        .select_related("variant__product", "supplier")
        .order_by("variant__sku", "code", "pk")
    )
    rows = (
        StockLevel.objects.filter(lot_id__in=family, on_hand__gt=0)
        .order_by("location__warehouse__code")
        .values_list("lot_id", "location__warehouse__code")
        .annotate(lies=Sum("on_hand"), kept=Sum("reserved"))
    )
    places: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    promised: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for lot_id, code, lies, kept in rows:
        places[lot_id].append((code, lies))
        promised[lot_id] += kept
    balances = balances_of(family)
    return [
        LyingLot(
            lot=lot,
            unit=lot.variant.product.stock_unit,
            balance=balances[lot.pk],
            promised=promised[lot.pk],
            places=tuple(places[lot.pk]),
            is_opened=lot.pk not in ids,
        )
        for lot in lots
    ]


def lots_by_id(lot_ids: Sequence[int]) -> list[Lot]:
    """These lots with their variants; those that do not exist are missing."""
    return list(Lot.objects.filter(pk__in=lot_ids).select_related("variant").order_by("pk"))


def read_scan(code: str, *, today: date) -> Scanned:
    """The lot behind a scanned or typed code, else what keeps us from knowing it."""
    try:
        found = resolve_code(code, today=today)
    except InvalidIdentifier as error:
        return Scanned(problem=f"{error.detail} It is no lot, SKU or alias of ours either.")
    if found.sku is None:
        said = " ".join(warning.detail for warning in found.warnings)
        return Scanned(problem=said or f'"{code}" names nothing of ours.')
    variant = resolve_codes(skus=[found.sku])[found.sku]
    lot = find_lot(variant_id=variant.id, code=found.lot or "")
    if lot is not None and (found.lot or not variant.is_lot_tracked):
        return Scanned(lot=lot)
    own = Lot.objects.filter(variant_id=variant.id).select_related("variant")
    offered = tuple(own.order_by("-received_at", "-pk")[:LOTS_OFFERED_MAX])
    if found.lot:
        return Scanned(offered=offered, problem=f"{variant.sku} has no lot {found.lot} on file.")
    return Scanned(offered=offered, problem=f"{variant.sku} has several lots: choose one.")
