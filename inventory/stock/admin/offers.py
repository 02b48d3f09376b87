"""What the admin offers to do with a place with stock, and where the rest of it is done."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from inventory.stock import display as shown
from inventory.stock.models import StockLevel
from inventory.stock.selectors.openings import holds_something
from inventory.warehouses.models import KEPT_APART, LocationKind

EVERYTHING = frozenset(
    {"put_away", "move", "adjust", "open_containers", "write_off", "return_to_supplier"}
)
_NEEDS_GOODS = EVERYTHING - {"adjust"}
_INSTEAD = {
    LocationKind.IN_TRANSIT: (
        "inventory_transferitem_changelist",
        "See its transfer",
        "These goods are on the road: receive them, or write them off, on their transfer.",
    ),
    LocationKind.RETURNS: (
        "inventory_returnauthorization_changelist",
        "See its return",
        "These goods came back from a customer: say on their return what becomes of them.",
    ),
}


def left_out(level: StockLevel, *, in_list: bool = False) -> frozenset[str]:
    """What cannot be done there now: what lies on a dock is put away, the rest moved.

    A list does not ask what a product holds: it offers nobody to open it.
    """
    if level.location.kind in KEPT_APART:
        return EVERYTHING
    left = {"move" if level.location.kind == LocationKind.DOCK else "put_away"}
    if not level.on_hand:
        left |= _NEEDS_GOODS
    if not in_list and not holds_something(level.variant):
        left.add("open_containers")
    return frozenset(left)


def done_elsewhere(level: StockLevel) -> tuple[SafeString, str] | None:
    """A link to where such goods are changed, and why not here; None: they are changed here."""
    if level.location.kind not in _INSTEAD:
        return None
    page, title, why = _INSTEAD[LocationKind(level.location.kind)]
    url = f"{reverse(f'admin:{page}')}?{urlencode({'q': level.variant.sku})}"
    return format_html('<a href="{}" class="{}">{}</a>', url, shown.LINK_CLASSES, title), why
