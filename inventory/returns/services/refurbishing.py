"""Goods that came back and get a lot of their own: refurbished, perhaps as a SKU of their own."""

from collections.abc import Iterator, Mapping, Sequence

from catalog.products.selectors import VariantRef
from config.kernel.context import actor_id
from config.kernel.errors import FieldError
from inventory.lots.models import Lot
from inventory.lots.selectors import held_lot_ids
from inventory.lots.services import make_split
from inventory.returns.errors import InvalidReturn
from inventory.returns.models import Disposition, ReturnLine, ReturnOutcome
from inventory.returns.services.bench import Bench, Verdict
from inventory.returns.services.history import at_line
from inventory.stock import services as stock
from inventory.stock.errors import UnknownVariant
from inventory.stock.selectors.serials import serial_tracked_ids

NOTES = {
    Disposition.QUARANTINE: "Came back and was set apart",
    Disposition.REFURBISH: "Came back and was refurbished; release it when it may be sold",
}


def check_targets(
    verdicts: Sequence[Verdict],
    lines: Mapping[int, ReturnLine],
    variants: Mapping[int, VariantRef],
) -> None:
    """Whether refurbished goods can be what they are to be sold as. Raises InvalidReturn."""
    tracked = serial_tracked_ids(variants.keys())
    errors = []
    for number, one in enumerate(verdicts):
        variant = variants[lines[one.position].variant_id]
        errors += list(_wrong(number, one, variant, variants, tracked))
    if errors:
        raise InvalidReturn("Some goods cannot be refurbished like this.", errors=errors)


def _wrong(
    number: int,
    one: Verdict,
    variant: VariantRef,
    variants: Mapping[int, VariantRef],
    tracked: set[int],
) -> Iterator[FieldError]:
    if one.into_variant_id is None:
        if one.is_for_sale:
            detail = (
                f"{variant.sku} that was refurbished is not sold beside new {variant.sku} before "
                "a second look: name a SKU of its own."
            )
            yield at_line(number, "for_sale", InvalidReturn.code, detail)
        return
    target = variants.get(one.into_variant_id)
    if target is None:
        detail = f"There is no variant {one.into_variant_id}."
        yield at_line(number, "refurbish_into", UnknownVariant.code, detail)
        return
    why = _why_not(one, variant, target, tracked)
    if why:
        detail = f"{variant.sku} cannot become {target.sku}: {why}."
        yield at_line(number, "refurbish_into", InvalidReturn.code, detail)


def _why_not(one: Verdict, variant: VariantRef, target: VariantRef, tracked: set[int]) -> str:
    """Why goods of a variant cannot become another; blank: they can."""
    if one.disposition != Disposition.REFURBISH:
        return f"disposition is {one.disposition}, and only what is refurbished becomes another SKU"
    if target.id == variant.id:
        return "name the SKU as which it is sold refurbished, or none"
    if target.is_bundle:
        return "it is a bundle, which has no stock of its own"
    if target.stock_unit != variant.stock_unit:
        return f"it is counted in {target.stock_unit}, what came back in {variant.stock_unit}"
    if target.is_lot_tracked != variant.is_lot_tracked:
        return "one of them is a cosmetic and the other is not"
    if (target.id in tracked) != (variant.id in tracked):
        return "one of them carries serial numbers and the other does not"
    return ""


def own_lot(bench: Bench, one: Verdict, source: Lot) -> Lot:
    """The lot of its own for these goods: one for each return, source, fate and SKU.

    It is on hold, unless they are for sale at once. A lot that was released since, or is held,
    takes no goods that are not.
    """
    variant_id = one.into_variant_id or source.variant_id
    if one.unit_cost is None:
        outcomes = ReturnOutcome.objects.filter(
            line__authorization=bench.found, disposition=one.disposition
        )
        earlier = Lot.objects.filter(
            pk__in=outcomes.values("stock_level__lot"), split_from=source, variant_id=variant_id
        )
        known = list(earlier.order_by("pk"))
        held = held_lot_ids([lot.pk for lot in known])
        for lot in known:
            if (lot.pk in held) != one.is_for_sale:
                return lot
    is_refurbished = one.disposition == Disposition.REFURBISH
    code = f"REF-{bench.found.reference}" if is_refurbished else f"{(source.code or 'open')[:34]}/Q"
    cost = one.unit_cost if is_refurbished else None
    lot = make_split(
        source=source,
        variant_id=variant_id,
        code=code,
        received_at=bench.now,
        is_refurbished=is_refurbished,
        unit_cost=cost.amount if cost is not None else None,
        currency=cost.currency.code if cost is not None else "",
    )
    if not one.is_for_sale:
        note = f"{NOTES[one.disposition]} (return {bench.found.reference})."
        stock.keep_apart(lot=lot, note=note, now=bench.now, user_id=actor_id())
    return lot
