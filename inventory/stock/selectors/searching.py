"""How the admin's lists are searched: every branch is answered by an index, however long they are.

What is typed is a SKU or part of a product's name, a lot's code from its beginning, or another name
as a whole. A branch is asked for its keys first: a few keys find rows by index, where one condition
over several tables would read them all.
"""

from typing import Any

from django.db.models import Exists, Q, QuerySet

from catalog.products.models import Variant
from inventory.lots.models import Lot
from inventory.stock.models import StockLevel, StockMovement
from inventory.warehouses.models import Location

KEYS_MAX = 1000


def cleaned(term: str) -> str:
    """What was typed, without what no database takes."""
    return " ".join(term.replace("\0", "").split())


def keys_or_query(rows: QuerySet[Any], key: str = "pk", *, most: int = KEYS_MAX) -> Any:
    """The keys of a few rows, else the query for them: for `…__in`."""
    keys = list(rows.order_by().values_list(key, flat=True)[: most + 1])
    return keys if len(keys) <= most else rows.order_by().values(key)


def variants_found(term: str) -> Any:
    """The variants whose SKU or product name holds every word of the term, for `…__in`."""
    named = Q()
    for word in term.split():
        named &= Q(sku__icontains=word) | Q(product__name__icontains=word)
    return keys_or_query(Variant.objects.filter(named))


def lots_found(term: str) -> Any:
    """The lots whose code begins with the term, as it is or in capitals, for `…__in`."""
    found = Q(code__startswith=term)
    if term.upper() != term:
        found |= Q(code__startswith=term.upper())
    return keys_or_query(Lot.objects.exclude(code="").filter(found))


def levels_search(term: str) -> Q:
    """Stock levels by product, lot or place."""
    places = Location.objects.filter(code__icontains=term)
    return (
        Q(variant_id__in=variants_found(term))
        | Q(lot_id__in=lots_found(term))
        | Q(location_id__in=keys_or_query(places))
    )


def lots_search(term: str) -> Q:
    """Lots by product or code."""
    return Q(variant_id__in=variants_found(term)) | Q(pk__in=lots_found(term))


def movements_search(term: str) -> Q:
    """Lines of the ledger by SKU, lot, reference, person or request, each as a whole.

    Only what there is one of is looked for: the lines of one person are found by their index.
    """
    levels = StockLevel.objects.filter(
        Q(variant_id__in=keys_or_query(Variant.objects.filter(sku=term.upper())))
        | Q(lot_id__in=keys_or_query(Lot.objects.exclude(code="").filter(code=term)))
    )
    lines = StockMovement.objects.order_by()
    names = [Q(reference=term), Q(request_id=term), Q(actor_name=term)]
    there_are = lines.values_list(*(Exists(lines.filter(name)) for name in names)).first()
    found = Q(stock_level_id__in=keys_or_query(levels))
    for name, is_one in zip(names, there_are or (), strict=False):
        if is_one:
            found |= name
    return found
