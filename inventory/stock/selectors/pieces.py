"""Reads of pieces for whoever counts them: which lay there, where the books have each."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Max

from inventory.stock.models import SerialMovement, SerialNumber, StockMovement
from inventory.stock.selectors.serials import serials_on, with_unnamed

KEYS_AT_ONCE_MAX = 400


@dataclass(slots=True)
class Unnamed:
    """Lines about pieces of one level that nobody has named, the oldest first, with how many."""

    left: list[tuple[StockMovement, int]] = field(default_factory=list)
    came: list[tuple[StockMovement, int]] = field(default_factory=list)


def serials_at(moments: Mapping[int, datetime]) -> dict[int, set[str]]:
    """The serial numbers that lay on each of these levels at its moment, as far as it is known."""
    there = {pk: set(serials) for pk, serials in serials_on(moments).items()}
    if not moments:
        return there
    since = SerialMovement.objects.filter(
        movement__stock_level_id__in=moments,
        # Nothing is written before it happens, so what happened later was written later.
        movement__recorded_at__gte=min(moments.values()),
    )
    for level_id, serial, quantity, happened_at in since.order_by("-movement_id").values_list(
        "movement__stock_level_id", "serial__serial", "movement__quantity", "movement__happened_at"
    ):
        if happened_at > moments[level_id] and quantity > 0:
            there.setdefault(level_id, set()).discard(serial)
        elif happened_at > moments[level_id]:
            there.setdefault(level_id, set()).add(serial)
    return there


def unnamed_on(stock_level_ids: Collection[int]) -> dict[int, Unnamed]:
    """What came to these levels and left them without anybody saying which pieces it was."""
    found: dict[int, Unnamed] = defaultdict(Unnamed)
    lines = StockMovement.objects.filter(stock_level_id__in=stock_level_ids)
    for line in with_unnamed(lines).filter(unnamed__gt=0).order_by("pk"):
        own = found[line.stock_level_id]
        (own.came if line.quantity > 0 else own.left).append((line, int(line.unnamed)))
    return found


def pieces_called(
    variant_ids: Collection[int], serials: Collection[str]
) -> dict[tuple[int, str], SerialNumber]:
    """The pieces of these variants with these numbers, with where each lies."""
    found: dict[tuple[int, str], SerialNumber] = {}
    wanted = sorted(set(serials))
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        pieces = SerialNumber.objects.select_related(
            "lot", "stock_level__lot", "stock_level__location__warehouse"
        ).filter(variant_id__in=variant_ids, serial__in=wanted[start : start + KEYS_AT_ONCE_MAX])
        found |= {(piece.variant_id, piece.serial): piece for piece in pieces}
    return found


def last_passages(pieces: Collection[SerialNumber]) -> dict[int, StockMovement]:
    """The line of the ledger that is about each of these pieces and was written last."""
    last = (
        SerialMovement.objects.filter(serial__in=pieces)
        .order_by()
        .values("serial_id")
        .annotate(last=Max("movement_id"))
        .values_list("serial_id", "last")
    )
    lines = StockMovement.objects.in_bulk([movement_id for _, movement_id in last])
    return {serial_id: lines[movement_id] for serial_id, movement_id in last}


def namesakes(serials: Collection[str]) -> dict[str, str]:
    """By number, the SKU of a piece that has it: of whatever product."""
    found: dict[str, str] = {}
    wanted = sorted(set(serials))
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        pieces = SerialNumber.objects.filter(serial__in=wanted[start : start + KEYS_AT_ONCE_MAX])
        found |= dict(pieces.order_by("-pk").values_list("serial", "variant__sku"))
    return found
