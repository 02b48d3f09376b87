"""Suppliers say what they have sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.money import Money
from config.kernel.outbox import publish
from inventory.lots.rules import check_dates_on_receipt, check_new_lot, day_in
from inventory.lots.selectors import lots_by_code
from inventory.purchasing.errors import DeliveryHasEnded, InvalidNotice, ReferenceTaken
from inventory.purchasing.events import DeliveryAnnounced
from inventory.purchasing.models import ShipmentNotice, ShipmentNoticeLine
from inventory.purchasing.selectors import OPEN_STATUSES, notice_by_reference, supplier_code
from inventory.purchasing.services.notices import (
    check_expected,
    lock_notice,
    tell_shop_window,
)
from inventory.stock.rules import check_cost, check_quantity
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.selectors import warehouse_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One lot of a delivery as the supplier announces it, in stock units."""

    variant_id: int
    quantity: Decimal
    lot_code: str = ""
    production_date: date | None = None
    expiry_date: date | None = None
    unit_cost: Money | None = None


@transaction.atomic
def announce_shipment(
    *,
    supplier_id: int,
    warehouse_id: int,
    reference: str,
    lines: Sequence[LineDraft],
    now: datetime,
    user_id: int | None,
    import_run_id: UUID | None = None,
    expected_date: date | None = None,
) -> ShipmentNotice:
    """Expect a delivery, on a day if it is known: goods-in will confirm its lines by scan.

    Raises InvalidNotice (naming each wrong line and field), ReferenceTaken, UnknownWarehouse,
    InvalidInput (no supplier, no reference, no lines, a day that is past).
    """
    supplier = supplier_code(supplier_id)
    if supplier is None:
        raise InvalidInput(f"There is no supplier {supplier_id}.")
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        raise UnknownWarehouse(f"There is no warehouse {warehouse_id}.")
    reference = reference.strip()
    if not 1 <= len(reference) <= 100:
        raise InvalidInput("A delivery needs the supplier's number of 1 to 100 characters.")
    if not lines:
        raise InvalidInput(f"Delivery {reference} has no lines.")
    today = day_in(warehouse.time_zone, now)
    check_expected(expected_date, today=today, reference=reference)
    _check_lines(lines, on=today)
    if notice_by_reference(supplier_id=supplier_id, reference=reference):
        raise ReferenceTaken(f"{supplier} has announced a delivery {reference} already.")

    notice = _create_notice(
        supplier_id=supplier_id,
        warehouse=warehouse,
        reference=reference,
        import_run_id=import_run_id,
        created_at=now,
        created_by_id=user_id,
        expected_date=expected_date,
    )
    _write_lines(notice, lines, import_run_id)
    tell_shop_window(notice)
    publish(
        DeliveryAnnounced(
            occurred_at=now,
            notice_id=notice.pk,
            supplier=supplier,
            reference=reference,
            warehouse=warehouse.code,
            line_count=len(lines),
        )
    )
    return notice


@transaction.atomic
def add_lines(
    *, notice_id: int, lines: Sequence[LineDraft], import_run_id: UUID | None, now: datetime
) -> ShipmentNotice:
    """Expect more of a delivery than was announced first: rows that were mended and sent again.

    Raises UnknownNotice, DeliveryHasEnded, InvalidNotice.
    """
    notice = lock_notice(notice_id)
    if notice.status not in OPEN_STATUSES:
        raise DeliveryHasEnded(
            f"Delivery {notice.reference} is {notice.get_status_display().lower()}: "
            "nothing can be added to it."
        )
    _check_lines(lines, on=day_in(notice.warehouse.time_zone, now))
    _write_lines(notice, lines, import_run_id)
    tell_shop_window(notice)
    return notice


def line_problems(line: LineDraft, variant: VariantRef, *, on: date) -> list[tuple[str, str, str]]:
    """What is wrong with an announced line in itself, as (field, code, sentence)."""
    code = line.lot_code.strip()
    what = f"{variant.sku} lot {code}" if code else variant.sku
    dates = {"production_date": line.production_date, "expiry_date": line.expiry_date}
    problems = []
    try:
        check_quantity(line.quantity, UNITS[variant.stock_unit], what=what)
    except InvalidInput as refusal:
        problems.append(("quantity", refusal.code, refusal.detail))
    try:
        if line.unit_cost is not None:
            check_cost(line.unit_cost.amount, what=what)
    except InvalidInput as refusal:
        problems.append(("unit_cost", refusal.code, refusal.detail))
    try:
        check_new_lot(
            code=code,
            is_lot_tracked=variant.is_lot_tracked,
            is_bundle=variant.is_bundle,
            sku=variant.sku,
            **dates,
        )
        check_dates_on_receipt(code=code, on=on, sku=variant.sku, **dates)
    except InvalidInput as refusal:
        field = refusal.errors[0].pointer.removeprefix("/")
        problems.append((field, refusal.code, refusal.detail))
    return problems


def problems_of_lines(
    lines: Sequence[LineDraft], *, on: date
) -> dict[int, list[tuple[str, str, str]]]:
    """What is wrong with the lines of a delivery, by their place in it.

    Each in itself, against the lots on file, and against the lines before it.
    """
    variants = variants_by_id({line.variant_id for line in lines})
    known = {
        key: (lot.expiry_date, "on file")
        for key, lot in lots_by_code(
            {(line.variant_id, line.lot_code.strip()) for line in lines if line.lot_code.strip()}
        ).items()
    }
    problems = {}
    for number, line in enumerate(lines):
        variant = variants.get(line.variant_id)
        if variant is None:
            detail = f"There is no variant {line.variant_id}."
            problems[number] = [("variant_id", "unknown-product", detail)]
            continue
        if found := line_problems(line, variant, on=on):
            problems[number] = found
            continue
        key = (line.variant_id, line.lot_code.strip())
        expiry_date, where = known.setdefault(key, (line.expiry_date, "in the same delivery"))
        if line.expiry_date not in (None, expiry_date):
            detail = (
                f"{variant.sku} lot {key[1]} is {where} with the expiry date "
                f"{expiry_date or 'none'}; {line.expiry_date} was given."
            )
            problems[number] = [("expiry_date", "lot-dates-differ", detail)]
    return problems


def _check_lines(lines: Sequence[LineDraft], *, on: date) -> None:
    errors = [
        FieldError(f"/lines/{number}/{field}", code, detail)
        for number, found in problems_of_lines(lines, on=on).items()
        for field, code, detail in found
    ]
    if errors:
        raise InvalidNotice("The delivery cannot be announced.", errors=errors)


def _write_lines(
    notice: ShipmentNotice, lines: Sequence[LineDraft], import_run_id: UUID | None
) -> None:
    last = ShipmentNoticeLine.objects.filter(notice=notice).aggregate(last=Max("position"))["last"]
    ShipmentNoticeLine.objects.bulk_create(
        [
            ShipmentNoticeLine(
                notice=notice,
                position=position,
                import_run_id=import_run_id,
                variant_id=line.variant_id,
                lot_code=line.lot_code.strip(),
                production_date=line.production_date,
                expiry_date=line.expiry_date,
                quantity=line.quantity,
                unit_cost=line.unit_cost.amount if line.unit_cost is not None else None,
                currency=line.unit_cost.currency.code if line.unit_cost is not None else "",
            )
            for position, line in enumerate(lines, start=(last or 0) + 1)
        ],
        batch_size=1000,
    )


def _create_notice(**fields: object) -> ShipmentNotice:
    try:
        with transaction.atomic():
            return ShipmentNotice.objects.create(**fields)
    except IntegrityError as error:
        raise ReferenceTaken(
            f"A delivery {fields['reference']} has been announced meanwhile."
        ) from error
