"""A transfer is planned, dated and cancelled; no goods have moved yet."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import UNITS
from config.kernel.context import actor_id, actor_name
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.locks import advisory_lock
from config.kernel.outbox import publish
from inventory.lots.errors import BundleHasNoStock, UnknownLot
from inventory.lots.models import Lot
from inventory.lots.rules import day_in
from inventory.lots.selectors import lots_by_code
from inventory.stock.errors import InvalidSerial, UnknownVariant
from inventory.stock.freshness import availability_changed
from inventory.stock.rules import check_quantity, check_serials
from inventory.stock.selectors.serials import serial_tracked_ids
from inventory.transfers.errors import (
    InvalidTransfer,
    TransferEnded,
    TransferReferenceTaken,
    TransferUnderWay,
    UnknownTransfer,
)
from inventory.transfers.events import TransferCancelled
from inventory.transfers.models import Transfer, TransferItem, TransferLine, TransferStatus
from inventory.transfers.selectors import OPEN
from inventory.warehouses.errors import UnknownWarehouse
from inventory.warehouses.models import Warehouse
from inventory.warehouses.selectors import warehouse_by_id

LINES_MAX = 1000
REFERENCE_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """What is to be sent, in stock units; without a lot or pieces what expires first."""

    variant_id: int
    quantity: Decimal
    lot_code: str = ""
    serials: Sequence[str] = ()


@transaction.atomic
def plan_transfer(
    *,
    source_id: int,
    destination_id: int,
    lines: Sequence[LineDraft],
    now: datetime,
    reference: str = "",
    expected_date: date | None = None,
    client_id: int | None = None,
) -> Transfer:
    """Plan to send goods from one warehouse to another; nothing moves yet.

    Without a reference it gets one. Raises UnknownWarehouse, InvalidInput (one warehouse, no lines,
    a day that is past), InvalidTransfer (naming each wrong line), TransferReferenceTaken.
    """
    source, destination = _warehouse(source_id, "source"), _warehouse(destination_id, "destination")
    if source.pk == destination.pk:
        detail = f"Goods cannot go from {source.code} to {source.code}: move them inside it."
        error = FieldError("/destination", "same-warehouse", detail)
        raise InvalidInput(detail, errors=[error])
    if not 1 <= len(lines) <= LINES_MAX:
        raise InvalidInput(f"A transfer has 1 to {LINES_MAX} lines.")
    _check_expected(expected_date, destination, now)
    variants = variants_by_id({line.variant_id for line in lines})
    lots = lots_by_code({(ln.variant_id, ln.lot_code.strip()) for ln in lines if ln.lot_code})
    _check_lines(lines, variants, lots)
    transfer = _create(
        client_id=client_id,
        reference=_checked_reference(reference),
        source=source,
        destination=destination,
        expected_date=expected_date,
        created_at=now,
        created_by_id=actor_id(),
        created_by_name=actor_name(),
    )
    TransferLine.objects.bulk_create(
        [
            TransferLine(
                transfer=transfer,
                position=position,
                variant_id=line.variant_id,
                lot=lots.get((line.variant_id, line.lot_code.strip())) if line.lot_code else None,
                quantity=line.quantity,
                serials=[serial.strip() for serial in line.serials],
            )
            for position, line in enumerate(lines, start=1)
        ]
    )
    return transfer


def same_transfer(
    *,
    reference: str,
    client_id: int,
    source_id: int,
    destination_id: int,
    lines: Sequence[LineDraft],
) -> Transfer | None:
    """The transfer that this client has made of exactly this already, or None.

    Raises TransferReferenceTaken where it made another under this reference.
    """
    advisory_lock(f"transfer:{reference}")
    transfer = (
        Transfer.objects.filter(client_id=client_id, reference=reference)
        .exclude(status=TransferStatus.CANCELLED)
        .first()
    )
    if transfer is None:
        return None
    asked = [(ln.variant_id, ln.lot_code, ln.quantity, list(ln.serials)) for ln in lines]
    known = [
        (line.variant_id, line.lot.code if line.lot else "", line.quantity, line.serials)
        for line in TransferLine.objects.filter(transfer=transfer)
        .select_related("lot")
        .order_by("position")
    ]
    if known != asked or (transfer.source_id, transfer.destination_id) != (
        source_id,
        destination_id,
    ):
        raise reference_taken(reference)
    return transfer


def reference_taken(reference: str) -> TransferReferenceTaken:
    """Why it cannot have this reference."""
    detail = f"There is another transfer {reference} already."
    error = FieldError("/reference", TransferReferenceTaken.code, detail)
    return TransferReferenceTaken(detail, errors=[error])


@transaction.atomic
def cancel_transfer(*, transfer_id: UUID, now: datetime) -> Transfer:
    """Let the goods stay where they are. Cancelled twice is cancelled.

    Raises UnknownTransfer, TransferUnderWay (the goods have left).
    """
    transfer = lock_transfer(transfer_id)
    if transfer.status == TransferStatus.CANCELLED:
        return transfer
    if transfer.status != TransferStatus.PLANNED:
        raise TransferUnderWay(
            f"The goods of {transfer.reference} have left {transfer.source.code}: receive them."
        )
    transfer.status, transfer.ended_at = TransferStatus.CANCELLED, now
    transfer.save(update_fields=["status", "ended_at"])
    publish(
        TransferCancelled(
            occurred_at=now,
            transfer_id=transfer.pk,
            reference=transfer.reference,
            source=transfer.source.code,
            destination=transfer.destination.code,
        )
    )
    return transfer


@transaction.atomic
def set_expected_date(*, transfer_id: UUID, expected_date: date | None, now: datetime) -> Transfer:
    """Say when a transfer should arrive, or that nobody knows.

    Raises UnknownTransfer, TransferEnded, InvalidInput (a day that is past).
    """
    transfer = lock_transfer(transfer_id)
    if transfer.status not in OPEN:
        raise ended(transfer)
    _check_expected(expected_date, transfer.destination, now)
    transfer.expected_date = expected_date
    transfer.save(update_fields=["expected_date"])
    items = TransferItem.objects.filter(transfer=transfer)
    availability_changed(items.order_by().values_list("variant_id", flat=True).distinct())
    return transfer


def lock_transfer(transfer_id: UUID) -> Transfer:
    """The transfer, locked until the transaction ends; stock is locked after it.

    Raises UnknownTransfer.
    """
    transfer = (
        Transfer.objects.select_for_update(of=("self",))
        .select_related("source", "destination")
        .filter(pk=transfer_id)
        .first()
    )
    if transfer is None:
        raise UnknownTransfer(f"There is no transfer {transfer_id}.")
    return transfer


def ended(transfer: Transfer) -> TransferEnded:
    """Why nothing more can be done with it."""
    return TransferEnded(
        f"Transfer {transfer.reference} is {transfer.get_status_display().lower()}."
    )


def _warehouse(warehouse_id: int, field: str) -> Warehouse:
    warehouse = warehouse_by_id(warehouse_id)
    if warehouse is None:
        detail = f"There is no warehouse {warehouse_id}."
        error = FieldError(f"/{field}", UnknownWarehouse.code, detail)
        raise UnknownWarehouse(detail, errors=[error])
    return warehouse


def _check_expected(expected_date: date | None, destination: Warehouse, now: datetime) -> None:
    today = day_in(destination.time_zone, now)
    if expected_date is not None and expected_date < today:
        detail = f"The goods cannot arrive on {expected_date}: today is {today}."
        raise InvalidInput(detail, errors=[FieldError("/expected_on", "date-past", detail)])


def _checked_reference(reference: str) -> str:
    reference = reference.strip()
    if len(reference) > REFERENCE_LENGTH_MAX:
        detail = f"reference has {len(reference)} characters, more than {REFERENCE_LENGTH_MAX}."
        raise InvalidInput(detail, errors=[FieldError("/reference", "text-too-long", detail)])
    return reference or f"TR-{uuid.uuid4().hex[:8].upper()}"


def _check_lines(
    lines: Sequence[LineDraft],
    variants: Mapping[int, VariantRef],
    lots: Mapping[tuple[int, str], Lot],
) -> None:
    tracked = serial_tracked_ids(variants.keys())
    errors = []
    for number, line in enumerate(lines):
        try:
            _check_line(line, variants.get(line.variant_id), lots, tracked)
        except (InvalidInput, UnknownLot) as error:
            field = error.errors[0].pointer if error.errors else "/lot"
            errors.append(FieldError(f"/lines/{number}{field}", error.code, error.detail))
    if errors:
        raise InvalidTransfer("The transfer cannot be made.", errors=errors)


def _check_line(
    line: LineDraft,
    variant: VariantRef | None,
    lots: Mapping[tuple[int, str], Lot],
    tracked: set[int],
) -> None:
    if variant is None:
        detail = f"There is no variant {line.variant_id}."
        raise UnknownVariant(detail, errors=[FieldError("/sku", UnknownVariant.code, detail)])
    if variant.is_bundle:
        raise BundleHasNoStock(f"{variant.sku} is a bundle, which has no stock of its own.")
    quantity = check_quantity(line.quantity, UNITS[variant.stock_unit], what=variant.sku)
    code = line.lot_code.strip()
    if code and (variant.id, code) not in lots:
        raise UnknownLot(f"{variant.sku} has no lot {code} on file.")
    if line.serials and variant.id not in tracked:
        raise InvalidSerial(f"{variant.sku}: these goods carry no serial numbers.")
    serials = check_serials(line.serials, quantity=quantity, what=variant.sku)
    if serials and len(serials) != quantity:
        raise InvalidSerial(
            f"{variant.sku}: {len(serials)} serial numbers are given for {quantity:f} pieces."
        )


def _create(**fields: object) -> Transfer:
    try:
        with transaction.atomic():
            return Transfer.objects.create(**fields)
    except IntegrityError as error:
        raise reference_taken(str(fields["reference"])) from error
