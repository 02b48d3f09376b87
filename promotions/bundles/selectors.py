"""Reads of what bundles are made of."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from catalog.products.selectors import VariantRef, variants_by_id
from inventory.reservations.composition import (
    AskedBundle,
    ChoiceProblem,
    Composition,
    OpenSlot,
    Part,
)
from promotions.bundles.models import BundleOption, BundleSlot
from promotions.bundles.rules import Filled, Option, Slot, fill


def slots_of(bundle_ids: Collection[int]) -> dict[int, list[Slot]]:
    """The slots of each bundle product with their options, in their order, in three queries."""
    return _slots_of(bundle_ids)[0]


def compose(asked: Sequence[AskedBundle]) -> list[Composition]:
    """What each bundle is made of: the answer to the question of reservations."""
    slots, variants = _slots_of({ask.bundle.product_id for ask in asked})
    return [
        _composition(
            fill(
                slots.get(ask.bundle.product_id, []),
                [(choice.slot, choice.variant.id) for choice in ask.choices],
            ),
            variants,
        )
        for ask in asked
    ]


def _slots_of(bundle_ids: Collection[int]) -> tuple[dict[int, list[Slot]], dict[int, VariantRef]]:
    rows = list(
        BundleSlot.objects.filter(bundle_id__in=bundle_ids).order_by("bundle_id", "position", "pk")
    )
    kept = list(
        BundleOption.objects.filter(slot__in=[row.pk for row in rows]).order_by(
            "slot_id", "position", "pk"
        )
    )
    variants = variants_by_id({option.variant_id for option in kept})
    options: dict[int, list[Option]] = defaultdict(list)
    for option in kept:
        variant = variants[option.variant_id]
        options[option.slot_id].append(
            Option(
                variant_id=variant.id,
                sku=variant.sku,
                quantity=option.quantity,
                is_default=option.is_default,
                stock_unit=variant.stock_unit,
                is_bundle=variant.is_bundle,
            )
        )
    slots: dict[int, list[Slot]] = defaultdict(list)
    for row in rows:
        slots[row.bundle_id].append(
            Slot(
                code=row.code,
                name=row.name,
                options=options[row.pk],
                is_optional=row.is_optional,
            )
        )
    return slots, variants


def _composition(filled: Filled, variants: dict[int, VariantRef]) -> Composition:
    def part(slot: Slot, option: Option) -> Part:
        return Part(slot=slot.code, variant=variants[option.variant_id], quantity=option.quantity)

    return Composition(
        parts=[part(slot, option) for slot, option in filled.taken],
        open_slots=[
            OpenSlot(slot=slot.code, options=[part(slot, option) for option in slot.options])
            for slot in filled.to_choose
        ],
        problems=[
            ChoiceProblem(
                index=refusal.index,
                is_about_slot=refusal.is_about_slot,
                code=refusal.code,
                detail=refusal.detail,
            )
            for refusal in filled.refusals
        ],
    )
