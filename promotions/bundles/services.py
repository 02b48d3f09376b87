"""Writing what a bundle is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.db.models import Model
from django.utils.text import slugify

from catalog.products.selectors import variants_by_id
from catalog.products.services import mark_changed
from config.kernel.errors import FieldError
from config.kernel.history import set_reason
from config.kernel.locks import advisory_lock
from promotions.bundles.errors import InvalidComposition, UnknownBundle
from promotions.bundles.models import Bundle, BundleOption, BundleSlot
from promotions.bundles.rules import CODE_LENGTH_MAX, Option, Slot, composition_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDraft:
    """A variant that may fill a slot, `quantity` of its stock units for each bundle."""

    variant_id: int
    quantity: Decimal = Decimal(1)
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDraft:
    """A place in a bundle; without a code it gets one from its name."""

    name: str
    options: Sequence[OptionDraft]
    code: str = ""
    is_optional: bool = False


@transaction.atomic
def set_composition(*, bundle_id: int, slots: Sequence[SlotDraft], reason: str = "") -> None:
    """Let a bundle consist of exactly these slots, in this order: all of it or nothing.

    The only option of a slot that is always filled is its default. What is held already keeps what
    it was made of. Raises UnknownBundle, InvalidComposition (each wrong field named).
    """
    # Two people save one bundle: the second waits, and then replaces what the first has made.
    advisory_lock(f"bundle:{bundle_id}")
    if not Bundle.objects.filter(pk=bundle_id).exists():
        raise UnknownBundle(f"There is no bundle {bundle_id}.")
    wanted = understood(slots)
    problems = composition_problems(wanted)
    if problems:
        raise InvalidComposition(
            "This makes no bundle.", errors=[FieldError(*problem) for problem in problems]
        )
    known = {slot.code: slot for slot in BundleSlot.objects.filter(bundle_id=bundle_id)}
    for code in known.keys() - {slot.code for slot in wanted}:
        _delete(known[code], reason)
    for position, slot in enumerate(wanted, start=1):
        row = known.get(slot.code) or BundleSlot(bundle_id=bundle_id, code=slot.code)
        facts = {"position": position, "name": slot.name, "is_optional": slot.is_optional}
        _save(row, facts, reason)
        _set_options(row, slot.options, reason)
    mark_changed(product_id=bundle_id)


def understood(slots: Sequence[SlotDraft]) -> list[Slot]:
    """The drafts as slots, with codes and with what is known of their variants.

    Raises InvalidComposition (no such variant).
    """
    variants = variants_by_id({option.variant_id for slot in slots for option in slot.options})
    unknown = [
        FieldError(
            f"/slots/{number}/options/{place}/sku",
            "unknown-product",
            f"There is no variant {option.variant_id}.",
        )
        for number, slot in enumerate(slots)
        for place, option in enumerate(slot.options)
        if option.variant_id not in variants
    ]
    if unknown:
        raise InvalidComposition("Some options are no products of ours.", errors=unknown)
    return [
        _with_default(
            Slot(
                code=slot.code or _code(slot.name),
                name=slot.name.strip(),
                is_optional=slot.is_optional,
                options=[
                    Option(
                        variant_id=option.variant_id,
                        sku=variants[option.variant_id].sku,
                        quantity=option.quantity,
                        is_default=option.is_default,
                        stock_unit=variants[option.variant_id].stock_unit,
                        is_bundle=variants[option.variant_id].is_bundle,
                    )
                    for option in slot.options
                ],
            )
        )
        for slot in slots
    ]


def _code(name: str) -> str:
    return slugify(name)[:CODE_LENGTH_MAX].strip("-_")


def _with_default(slot: Slot) -> Slot:
    if len(slot.options) != 1 or slot.is_optional:
        return slot
    return replace(slot, options=[replace(slot.options[0], is_default=True)])


def _set_options(slot: BundleSlot, options: Sequence[Option], reason: str) -> None:
    known = {option.variant_id: option for option in BundleOption.objects.filter(slot=slot)}
    for variant_id in known.keys() - {option.variant_id for option in options}:
        _delete(known[variant_id], reason)
    # There is one default at any moment, so the old one goes before the new one comes.
    places = sorted(enumerate(options, start=1), key=lambda place: place[1].is_default)
    for position, option in places:
        row = known.get(option.variant_id) or BundleOption(slot=slot, variant_id=option.variant_id)
        facts = {
            "quantity": option.quantity,
            "is_default": option.is_default,
            "position": position,
        }
        _save(row, facts, reason)


def _save(row: Model, facts: dict[str, object], reason: str) -> None:
    """Save what is new or has changed, with its history."""
    if row.pk is not None and all(getattr(row, name) == value for name, value in facts.items()):
        return
    for name, value in facts.items():
        setattr(row, name, value)
    if reason:
        set_reason(row, reason)
    row.save()


def _delete(row: Model, reason: str) -> None:
    if reason:
        set_reason(row, reason)
    row.delete()
