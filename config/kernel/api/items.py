"""How a request names an item: by our SKU, by a GTIN, or by an alias with its scheme."""

from typing import Any

from rest_framework import serializers

SERIALS_MAX = 1000
ITEM_FIELDS = ("sku", "gtin", "alias", "alias_scheme")


class UnitField(serializers.CharField):
    """The unit of a quantity beside it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "max_length": 20,
                "help_text": "Such as each, g, ml, or a Rec 20 code; package with its GTIN.",
                **kwargs,
            }
        )


class LotField(serializers.CharField):
    """A lot of the item beside it; absent, null and blank mean the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "max_length": 40,
                "required": False,
                "allow_null": True,
                "allow_blank": True,
                "help_text": "Absent, null or blank: the open lot.",
                **kwargs,
            }
        )


class SerialsField(serializers.ListField):
    """Pieces of the item beside it, by their serial numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "child": serializers.CharField(max_length=40),
                "required": False,
                "max_length": SERIALS_MAX,
                **kwargs,
            }
        )


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
