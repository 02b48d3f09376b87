"""What a test needs of the catalogue, by the public services wherever there is one."""

from decimal import Decimal
from itertools import count
from typing import Any

from catalog.identifiers.rules import check_digit
from catalog.identifiers.rules.sku import PREFIX_BY_KIND
from catalog.models import Brand, Category, Channel, Market, Partner, Product, Variant
from catalog.products import services
from catalog.products.services import ProductDraft, TextDraft, VariantDraft
from tests.factories.clearances import clear

_serial = count(1)


def serial() -> int:
    """A number no earlier call of this process gave."""
    return next(_serial)


def gtin(*, length: int = 13) -> str:
    """A GTIN with a right check digit that no earlier call gave."""
    digits = f"{409_000_000_000 + serial():012d}"[-(length - 1) :]
    return f"{digits}{check_digit(digits)}"


def market(code: str = "DE", **fields: Any) -> Market:
    """The market of this code: Germany unless told otherwise; everything may be sold there."""
    defaults = {
        "name": code,
        "country": code[:2],
        "currency": "USD" if code.startswith("US") else "EUR",
        "languages": ["en"] if code.startswith("US") else ["de", "en"],
        "time_zone": "America/Los_Angeles" if code.startswith("US") else "Europe/Berlin",
    }
    found, is_new = Market.objects.get_or_create(code=code, defaults=defaults | fields)
    if is_new:
        clear(markets=[found])
    return found


def channel(code: str = "web", **fields: Any) -> Channel:
    """The channel of this code."""
    return Channel.objects.get_or_create(code=code, defaults={"name": code, **fields})[0]


def supplier(code: str = "", **fields: Any) -> Partner:
    """A supplier, a new one unless a code is given."""
    code = code or f"SUP-{serial()}"
    defaults = {"name": code.title(), "is_supplier": True, **fields}
    return Partner.objects.get_or_create(code=code, defaults=defaults)[0]


def brand(name: str = "") -> Brand:
    """A brand, a new one unless a name is given."""
    return services.brand_named(name=name or f"Brand {serial()}")


def category(code: str = "", **fields: Any) -> Category:
    """A category, a new one unless a code is given."""
    code = code or f"category-{serial()}"
    known = Category.objects.filter(code=code).first()
    name = fields.pop("name", code.replace("-", " ").title())
    return known or services.create_category(code=code, name=name, **fields)


def cosmetic(
    *,
    sku: str = "",
    name: str = "",
    active: bool = True,
    remaining_days_min: int = 0,
    variants: list[VariantDraft] | None = None,
    texts: list[TextDraft] | None = None,
    **fields: Any,
) -> Product:
    """A cosmetic with one variant, on sale everywhere unless `active` is False."""
    facts = {
        "ingredients": "Aqua, Glycerin, Tocopherol",
        "product_type": "leave-on",
        "period_after_opening_months": 12,
        "shelf_life_days": 900,
        "remaining_days_min": remaining_days_min,
    }
    return _product("cosmetic", sku, name, active, variants, texts, facts, fields)


def sports(
    *,
    sku: str = "",
    name: str = "",
    active: bool = True,
    variants: list[VariantDraft] | None = None,
    texts: list[TextDraft] | None = None,
    **fields: Any,
) -> Product:
    """A sports product with one variant, on sale everywhere unless `active` is False."""
    facts = {"sport": "running", "weight": Decimal(420)}
    return _product("sports", sku, name, active, variants, texts, facts, fields)


def bundle(
    *,
    sku: str = "",
    name: str = "",
    active: bool = True,
    texts: list[TextDraft] | None = None,
    **fields: Any,
) -> Product:
    """A bundle with nothing in it yet, on sale unless `active` is False."""
    return _product("bundle", sku, name, active, None, texts, {}, fields)


def variant(product: Product) -> Variant:
    """The first variant of a product."""
    return product.variants.order_by("pk")[0]


def _product(
    kind: str,
    sku: str,
    name: str,
    active: bool,
    variants: list[VariantDraft] | None,
    texts: list[TextDraft] | None,
    facts: dict[str, Any],
    fields: dict[str, Any],
) -> Product:
    number = serial()
    prefix = PREFIX_BY_KIND[kind]
    fields.setdefault("brand_id", brand("Testmark").pk)
    fields.setdefault("category_id", category(f"{kind}-things").pk)
    facts |= {key: fields.pop(key) for key in list(fields) if key not in _COMMON}
    product = services.create_product(
        draft=ProductDraft(
            kind=kind,
            name=name or f"{kind.title()} thing {number}",
            variants=variants or [VariantDraft(sku=sku or f"{prefix}-TEST-{number}")],
            texts=texts or [],
            facts=facts,
            **fields,
        )
    )
    if active:
        product = services.change_stage(product_id=product.pk, stage="active", reason="test")
    clear(products=[product])
    return product


_COMMON = {"brand_id", "category_id", "stock_unit", "tax_class_id", "attributes"}
