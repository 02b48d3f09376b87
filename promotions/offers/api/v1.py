"""GET /products: what a shop shows on a list page, in one answer."""

from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.markets.selectors import market_by_code
from config.kernel import clock
from config.kernel.api import (
    ChangePages,
    ConditionalMixin,
    CursorPages,
    InstantField,
    QuantityField,
    QueryInvalid,
    read_query,
)
from config.kernel.errors import FieldError, NotFound
from inventory.availability.rules import AvailabilityStatus
from promotions.bundles.rules import Slot
from promotions.offers.selectors import (
    OfferedProduct,
    OfferedVariant,
    offered,
    product_of_sku,
    products_on_sale,
)

if TYPE_CHECKING:
    from catalog.markets.models import Market

ATTRIBUTE_PREFIX = "attr."


class ProductsQuerySerializer(serializers.Serializer[Any]):
    """Which products; the market is needed, because what may be sold depends on it."""

    market = serializers.CharField(max_length=10, help_text="Such as DE.")
    kind = serializers.ChoiceField(["cosmetic", "sports", "bundle"], required=False)
    category = serializers.CharField(
        max_length=60, required=False, help_text="A category's code; those below it count too."
    )
    brand = serializers.CharField(max_length=100, required=False, help_text="A brand's name.")
    search = serializers.CharField(
        max_length=100, required=False, help_text="Part of a name, a brand or a SKU."
    )
    updated_since = InstantField(
        required=False,
        help_text="Only products changed at this instant or later, in the order of their changes.",
    )


class OptionsSerializer(serializers.Serializer[Any]):
    """What tells the variants of a product apart."""

    size = serializers.CharField(allow_null=True)
    shade = serializers.CharField(allow_null=True)
    colour = serializers.CharField(allow_null=True)


class ContentSerializer(serializers.Serializer[Any]):
    """What one piece holds."""

    quantity = QuantityField()
    unit = serializers.CharField()


class OfferAvailabilitySerializer(serializers.Serializer[Any]):
    """How much could be reserved now, in the product's stock unit."""

    available = QuantityField()
    unit = serializers.CharField()
    status = serializers.ChoiceField([status.value for status in AvailabilityStatus])


class OfferedVariantSerializer(serializers.Serializer[Any]):
    """One thing that can be bought."""

    sku = serializers.CharField()
    gtins = serializers.ListField(child=serializers.CharField())
    options = OptionsSerializer()
    content = ContentSerializer(allow_null=True)
    availability = OfferAvailabilitySerializer()


class SlotOptionSerializer(serializers.Serializer[Any]):
    """A variant that may fill a slot, and how much of it one bundle takes."""

    sku = serializers.CharField()
    quantity = QuantityField()
    unit = serializers.CharField()
    is_default = serializers.BooleanField()


class SlotSerializer(serializers.Serializer[Any]):
    """A place in a bundle; the code names it in the choices of a reservation."""

    slot = serializers.CharField()
    name = serializers.CharField()
    is_optional = serializers.BooleanField()
    options = SlotOptionSerializer(many=True)


class BundleSerializer(serializers.Serializer[Any]):
    """What only a bundle has."""

    slots = SlotSerializer(many=True)


class SellableReasonSerializer(serializers.Serializer[Any]):
    """Why a product is not sold in a market: a stable word and a sentence."""

    code = serializers.CharField()
    detail = serializers.CharField()


class OfferedProductSerializer(serializers.Serializer[Any]):
    """A product as a market's shop shows it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["cosmetic", "sports", "bundle"])
    name = serializers.CharField()
    brand = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True, help_text="Its code.")
    sellable = serializers.BooleanField(help_text="Whether the market may sell it now.")
    sellable_reasons = SellableReasonSerializer(many=True, help_text="Why it may not.")
    bundle = BundleSerializer(required=False, help_text="Of a bundle alone: what is in it.")
    variants = OfferedVariantSerializer(many=True)
    updated_at = serializers.DateTimeField()


class ProductsView(ConditionalMixin, GenericAPIView[Any]):
    """The shop window."""

    scope = "catalog:read"
    serializer_class = OfferedProductSerializer
    pagination_class = CursorPages
    cache_control = "public, max-age=10, s-maxage=10, stale-while-revalidate=60"
    vary = ("Accept-Language",)

    @extend_schema(
        operation_id="products",
        parameters=[ProductsQuerySerializer],
        responses=OfferedProductSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The products that may be sold in a market, page by page.

        `attr.<name>=<value>` leaves those whose category's attribute has this value, such as
        `attr.finish=matte`.

        A pull that starts where the last one ended (the greatest `updated_at` it saw) asks from
        five minutes before: a change has the time of its writing, not that of its commit. None
        is committed later than that.
        """
        asked = read_query(request, ProductsQuerySerializer)
        market = _market(asked.pop("market"))
        now = clock.now()
        attributes = _attributes(request.query_params)
        if "updated_since" in asked:
            self.pagination_class = ChangePages
        on_sale = products_on_sale(market_id=market.pk, now=now, **asked, attributes=attributes)
        page = self.paginate_queryset(on_sale)
        assert page is not None, "the list has pages"
        products = offered(page, market=market, now=now)
        shown = [_shown(product) for product in products]
        return self.get_paginated_response(OfferedProductSerializer(shown, many=True).data)


class ProductQuerySerializer(serializers.Serializer[Any]):
    """The market is needed, because what may be sold depends on it."""

    market = serializers.CharField(max_length=10, help_text="Such as DE.")


class ProductView(ConditionalMixin, GenericAPIView[Any]):
    """One product, whether it is sold or not."""

    scope = "catalog:read"
    serializer_class = OfferedProductSerializer
    cache_control = "public, max-age=10, s-maxage=10, stale-while-revalidate=60"
    vary = ("Accept-Language",)

    @extend_schema(
        operation_id="product",
        parameters=[ProductQuerySerializer],
        responses=OfferedProductSerializer,
    )
    def get(self, request: Request, sku: str) -> Response:
        """The product of one of its SKUs, and why it may not be sold in the market, if so."""
        asked = read_query(request, ProductQuerySerializer)
        found = product_of_sku(sku, market=_market(asked["market"]), now=clock.now())
        if found is None:
            raise NotFound(f'Nothing of ours is called "{sku}".')
        return Response(OfferedProductSerializer(_shown(found)).data)


def _market(code: str) -> "Market":
    """The active market. Raises QueryInvalid."""
    market = market_by_code(code)
    if market is None:
        detail = f'There is no market "{code}".'
        raise QueryInvalid(detail, errors=[FieldError("/market", "unknown-market", detail)])
    return market


def _attributes(query: QueryDict) -> dict[str, str]:
    """The values asked for by `attr.<name>`. Raises QueryInvalid."""
    asked = {
        key.removeprefix(ATTRIBUTE_PREFIX): str(text)
        for key, text in query.items()
        if key.startswith(ATTRIBUTE_PREFIX)
    }
    for name, text in asked.items():
        if not 1 <= len(name) <= 60 or len(text) > 100 or "\x00" in name + text:
            detail = "An attribute has a name of 1 to 60 and a value of up to 100 characters."
            raise QueryInvalid(detail, errors=[FieldError("/attr", "invalid", detail)])
    return asked


def _shown(offer: OfferedProduct) -> dict[str, Any]:
    product = offer.product
    typed = {}
    if offer.kind == "bundle":
        typed["bundle"] = {"slots": [_shown_slot(slot) for slot in offer.slots]}
    return {
        "id": product.pk,
        "kind": offer.kind,
        "name": product.name,
        "brand": product.brand.name if product.brand else None,
        "category": product.category.code if product.category else None,
        "sellable": not offer.not_sellable,
        "sellable_reasons": [
            {"code": reason.code, "detail": reason.detail} for reason in offer.not_sellable
        ],
        **typed,
        "variants": [_shown_variant(variant) for variant in offer.variants],
        "updated_at": product.updated_at,
    }


def _shown_slot(slot: Slot) -> dict[str, Any]:
    return {
        "slot": slot.code,
        "name": slot.name,
        "is_optional": slot.is_optional,
        "options": [
            {
                "sku": option.sku,
                "quantity": option.quantity,
                "unit": option.stock_unit,
                "is_default": option.is_default,
            }
            for option in slot.options
        ],
    }


def _shown_variant(offer: OfferedVariant) -> dict[str, Any]:
    variant = offer.variant
    content = None
    if variant.content_quantity is not None:
        content = {"quantity": variant.content_quantity, "unit": variant.content_unit}
    return {
        "sku": variant.sku,
        "gtins": offer.gtins,
        "options": {
            "size": offer.size or None,
            "shade": offer.shade or None,
            "colour": offer.colour or None,
        },
        "content": content,
        "availability": {
            "available": offer.availability.available,
            "unit": variant.stock_unit,
            "status": offer.availability.status,
        },
    }
