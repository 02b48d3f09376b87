"""Query parameters that lists of stock and lots share: which items, which warehouse, since when."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from catalog.products.errors import UnknownProduct
from config.kernel.api import QueryInvalid
from config.kernel.errors import FieldError
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.warehouses.selectors import warehouse_by_code

ITEMS_MAX = 200
PULL_FROM = (
    "Name five minutes before your last pull began: what was being written then may have been "
    "committed after it, but no later than that."
)


def _codes(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=100),
        required=False,
        max_length=ITEMS_MAX,
        help_text=help_text,
    )


class ItemsQuerySerializer(serializers.Serializer[Any]):
    """Some items by SKU, GTIN or alias, at most 200; all of them where none is named."""

    sku = _codes("Our SKU; may be given many times.")
    gtin = _codes("A GTIN of 8, 12, 13 or 14 digits instead.")
    alias = _codes("A partner's code instead, together with alias_scheme.")
    alias_scheme = serializers.ChoiceField(
        ["supplier", "warehouse", "marketplace", "legacy"],
        required=False,
        help_text="Whose codes the aliases are.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At most 200 in all, and aliases only with their scheme."""
        if sum(len(attrs.get(name, ())) for name in ("sku", "gtin", "alias")) > ITEMS_MAX:
            raise serializers.ValidationError(
                {"sku": f"At most {ITEMS_MAX} items."}, code="too-many-items"
            )
        if attrs.get("alias") and not attrs.get("alias_scheme"):
            raise serializers.ValidationError(
                {"alias_scheme": "Aliases need their scheme."}, code="required"
            )
        return attrs


def asked_variants(asked: Mapping[str, Any]) -> list[int] | None:
    """The variants that were named, None where none was. Raises UnknownProduct."""
    items = [
        *(ItemCode(sku=code) for code in asked.get("sku", ())),
        *(ItemCode(gtin=code) for code in asked.get("gtin", ())),
        *(
            ItemCode(alias=code, alias_scheme=asked["alias_scheme"])
            for code in asked.get("alias", ())
        ),
    ]
    if not items:
        return None
    found = resolve_items(items)
    unknown = [
        FieldError(f"/{item.field}", UnknownProduct.code, f'Nothing of ours is called "{item}".')
        for item, variant in zip(items, found, strict=True)
        if variant is None
    ]
    if unknown:
        raise UnknownProduct("Some items are not ours.", errors=unknown)
    return sorted({variant.id for variant in found if variant is not None})


def asked_warehouse(asked: Mapping[str, Any]) -> int | None:
    """The warehouse that was named, None where none was. Raises QueryInvalid."""
    code = asked.get("warehouse")
    if code is None:
        return None
    warehouse = warehouse_by_code(code)
    if warehouse is None:
        detail = f'There is no warehouse "{code}".'
        raise QueryInvalid(detail, errors=[FieldError("/warehouse", "unknown-warehouse", detail)])
    return warehouse.pk
