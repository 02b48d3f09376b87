"""How a request names an item: by our SKU, by a GTIN, or by an alias with its scheme."""

from typing import Any

from rest_framework import serializers

ITEM_FIELDS = ("sku", "gtin", "alias", "alias_scheme")


class ItemSerializer(serializers.Serializer[Any]):
    """An item, by SKU, GTIN or alias with its scheme; subclasses say what of it is asked."""

    sku = serializers.CharField(max_length=100, required=False)
    gtin = serializers.CharField(max_length=20, required=False)
    alias = serializers.CharField(max_length=80, required=False)
    alias_scheme = serializers.ChoiceField(
        ["supplier", "warehouse", "marketplace", "legacy"], required=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to name the item."""
        given = [name for name in ("sku", "gtin", "alias") if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError(
                {"sku": "Give exactly one of sku, gtin, and alias with alias_scheme."},
                code="required",
            )
        if ("alias" in attrs) != ("alias_scheme" in attrs):
            raise serializers.ValidationError(
                {"alias_scheme": "An alias and its scheme go together."}, code="required"
            )
        return attrs


def item_codes(line: dict[str, Any]) -> dict[str, str]:
    """Those of a checked line's fields that name the item."""
    return {name: line[name] for name in ITEM_FIELDS if name in line}
