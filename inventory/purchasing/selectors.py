"""Reads of announced deliveries: what is expected, and how far it has come in."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from catalog.identifiers.models import Barcode
from catalog.partners.models import Partner
from inventory.lots.selectors import KEYS_AT_ONCE_MAX
from inventory.purchasing.models import (
    ReceiptLine,
    ShipmentNotice,
    ShipmentNoticeLine,
    ShipmentStatus,
)

AnnouncedKey = tuple[int, str, date | None, date | None, Decimal, Decimal | None, str]
OPEN_STATUSES = (ShipmentStatus.EXPECTED, ShipmentStatus.PARTLY_RECEIVED)


def with_progress(notices: QuerySet[ShipmentNotice]) -> QuerySet[ShipmentNotice]:
    """Deliveries with `line_count`, `complete_line_count`, `announced` and `received`.

    The two sums add up units of all products: a measure of progress, not a quantity.
    """
    zero = Value(Decimal(0))
    return notices.annotate(
        line_count=Count("lines"),
        complete_line_count=Count(
            "lines", filter=Q(lines__received_quantity__gte=F("lines__quantity"))
        ),
        announced=Coalesce(Sum("lines__quantity"), zero),
        received=Coalesce(Sum("lines__received_quantity"), zero),
    )


def open_notices(warehouse_id: int | None = None) -> QuerySet[ShipmentNotice]:
    """What is expected or partly here, with its progress; the oldest first."""
    notices = ShipmentNotice.objects.filter(status__in=OPEN_STATUSES)
    if warehouse_id is not None:
        notices = notices.filter(warehouse_id=warehouse_id)
    return (
        with_progress(notices).select_related("supplier", "warehouse").order_by("created_at", "pk")
    )


def notice_lines(notice_id: int) -> QuerySet[ShipmentNoticeLine]:
    """The lines of a delivery in the supplier's order."""
    return (
        ShipmentNoticeLine.objects.select_related("variant__product")
        .filter(notice_id=notice_id)
        .order_by("position")
    )


def missing_first(lines: QuerySet[ShipmentNoticeLine]) -> QuerySet[ShipmentNoticeLine]:
    """Lines with what is still to come in front, for whoever is unloading."""
    is_complete = Case(When(received_quantity__gte=F("quantity"), then=1), default=0)
    return lines.order_by(is_complete, "position")


def notices_expecting(variant_id: int) -> QuerySet[ShipmentNotice]:
    """The open deliveries that hold this product and still miss some of it: for a scan."""
    return open_notices().filter(
        pk__in=ShipmentNoticeLine.objects.filter(
            variant_id=variant_id, received_quantity__lt=F("quantity")
        ).values("notice_id")
    )


def notice_of_run(import_run_id: UUID) -> ShipmentNotice | None:
    """The delivery that an import announced, or added to, and nobody has cancelled, or None."""
    return (
        ShipmentNotice.objects.filter(
            Q(import_run_id=import_run_id)
            | Exists(
                ShipmentNoticeLine.objects.filter(
                    notice_id=OuterRef("pk"), import_run_id=import_run_id
                )
            )
        )
        .exclude(status=ShipmentStatus.CANCELLED)
        .first()
    )


def notice_by_reference(*, supplier_id: int, reference: str) -> ShipmentNotice | None:
    """The delivery that a supplier announced under this number and nobody has cancelled."""
    return (
        ShipmentNotice.objects.filter(supplier_id=supplier_id, reference=reference)
        .exclude(status=ShipmentStatus.CANCELLED)
        .first()
    )


def supplier_code(supplier_id: int) -> str | None:
    """The code of a partner who supplies us, or None."""
    return (
        Partner.objects.filter(pk=supplier_id, is_supplier=True)
        .values_list("code", flat=True)
        .first()
    )


def announced_elsewhere(notice_id: int, import_run_id: UUID) -> Counter[AnnouncedKey]:
    """The lines of a delivery that another file (or a person) announced, and how often each."""
    lines = ShipmentNoticeLine.objects.filter(notice_id=notice_id).exclude(
        import_run_id=import_run_id
    )
    return Counter(
        lines.values_list(
            "variant_id",
            "lot_code",
            "production_date",
            "expiry_date",
            "quantity",
            "unit_cost",
            "currency",
        ).order_by("position")
    )


def packages(gtins: Collection[str]) -> dict[str, Decimal]:
    """How many stock units the packages with these GTINs hold; single items are left out."""
    wanted = sorted(gtins)
    sizes: dict[str, Decimal] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        chunk = wanted[start : start + KEYS_AT_ONCE_MAX]
        rows = Barcode.objects.filter(gtin__in=chunk).exclude(quantity=1)
        sizes |= dict(rows.values_list("gtin", "quantity"))
    return sizes


def restock_dates(
    variant_ids: Collection[int], *, warehouse_ids: Collection[int], today: date
) -> dict[int, date]:
    """When the next delivery of each variant should arrive in one of these warehouses.

    Of deliveries that have a day, with something of it still to come; one that is late has none.
    """
    rows = (
        _outstanding(variant_ids, warehouse_ids)
        .filter(notice__expected_date__gte=today)
        .order_by()
        .values_list("variant_id")
        .annotate(first=Min("notice__expected_date"))
    )
    return dict(rows)


def incoming_by(
    variant_ids: Collection[int], *, warehouse_ids: Collection[int], by: date
) -> dict[int, Decimal]:
    """How much of each variant should have arrived in these warehouses by a day, in stock units.

    What is late counts: it is still to come. What has no day does not.
    """
    rows = (
        _outstanding(variant_ids, warehouse_ids)
        .filter(notice__expected_date__lte=by)
        .order_by()
        .values_list("variant_id")
        .annotate(incoming=Sum(F("quantity") - F("received_quantity")))
    )
    return dict(rows)


def _outstanding(
    variant_ids: Collection[int], warehouse_ids: Collection[int]
) -> QuerySet[ShipmentNoticeLine]:
    return ShipmentNoticeLine.objects.filter(
        variant_id__in=variant_ids,
        notice__warehouse_id__in=warehouse_ids,
        notice__status__in=OPEN_STATUSES,
        received_quantity__lt=F("quantity"),
    )


def receipt_lines_known(*, client_id: int, external_ids: Collection[str]) -> dict[str, ReceiptLine]:
    """What of a client's receipts is booked already, by its own keys."""
    found: dict[str, ReceiptLine] = {}
    wanted = sorted(set(external_ids))
    for start in range(0, len(wanted), KEYS_AT_ONCE_MAX):
        lines = ReceiptLine.objects.select_related(
            "receipt__warehouse",
            "receipt__notice",
            "stock_level__lot",
            "stock_level__location",
            "stock_level__variant__product",
        ).filter(client_id=client_id, external_id__in=wanted[start : start + KEYS_AT_ONCE_MAX])
        found |= {line.external_id: line for line in lines.order_by("pk")}
    return found
