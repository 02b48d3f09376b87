"""What a test needs of bundles, by the public services."""

from decimal import Decimal

from catalog.models import Product, Variant
from promotions.bundles.services import OptionDraft, SlotDraft, set_composition
from tests.factories import catalog

Item = Product | Variant


def option(item: Item, quantity: int | str = 1, *, default: bool = False) -> OptionDraft:
    """So much of a product's first variant, or of a variant, for each bundle."""
    variant = catalog.variant(item) if isinstance(item, Product) else item
    return OptionDraft(variant_id=variant.pk, quantity=Decimal(quantity), is_default=default)


def slot(name: str, *options: OptionDraft, optional: bool = False) -> SlotDraft:
    """A slot with these options."""
    return SlotDraft(name=name, options=options, is_optional=optional)


def bundle(*slots: SlotDraft, sku: str = "", active: bool = True) -> Product:
    """A bundle of these slots, on sale unless `active` is False."""
    made = catalog.bundle(sku=sku, active=active)
    set_composition(bundle_id=made.pk, slots=slots)
    return made


def of(*contents: tuple[Item, int | str], sku: str = "") -> Product:
    """A bundle of fixed contents: so much of each."""
    slots = [slot(f"Part {n}", option(*one)) for n, one in enumerate(contents, start=1)]
    return bundle(*slots, sku=sku)
