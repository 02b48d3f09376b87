"""A customer may send goods back: never more than was sold, and what replaces it is kept."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from catalog.products.selectors import VariantRef, variants_by_id
from catalog.units.rules import plain
from config.kernel.context import actor_id, actor_name, current_request_id
from config.kernel.errors import FieldError, InvalidInput
from config.kernel.locks import advisory_lock
from config.kernel.outbox import publish
from inventory.lots.models import Lot
from inventory.lots.selectors import lots_by_code
from inventory.reservations.models import Reservation
from inventory.reservations.services.wanted import market_of
from inventory.returns.errors import (
    AmbiguousOrder,
    InvalidReturn,
    MoreThanSold,
    ReturnReferenceTaken,
    UnknownOrder,
)
from inventory.returns.events import ReturnAuthorised, ReturnQuantity
from inventory.returns.models import (
    REASON_LENGTH_MAX,
    REFERENCE_LENGTH_MAX,
    ReturnAuthorization,
    ReturnChangeKind,
    ReturnLine,
    ReturnPart,
    ReturnReason,
)
from inventory.returns.rules import SoldLine, spread
from inventory.returns.selectors import orders_called, sold_lines
from inventory.returns.services.asking import Asked, checked_lines, claimed_lot
from inventory.returns.services.exchanges import hold_replacements
from inventory.returns.services.history import at_line, checked_text, write_down
from inventory.returns.services.pieces import check_pieces


@transaction.atomic
def authorise_return(
    *,
    order_reference: str,
    lines: Sequence[Asked],
    now: datetime,
    reference: str = "",
    client_id: int | None = None,
) -> tuple[ReturnAuthorization, bool]:
    """Let a customer send back some of an order; say whether it is a new return.

    Replacements are reserved at once: all of them, or nothing is authorised. The same reference and
    lines again: the return there is. Raises UnknownOrder, AmbiguousOrder, InvalidReturn (naming
    each wrong line), MoreThanSold, ReturnReferenceTaken, InvalidText and what
    `reservations.reserve` raises.
    """
    order_reference = order_reference.strip()
    reference = checked_text(reference, "reference", REFERENCE_LENGTH_MAX)
    variants, lots = checked_lines(lines)
    known = _same_return(reference, client_id, order_reference, lines, lots)
    if known is not None:
        return known, False
    orders = _lock_orders(order_reference, client_id)
    sold = sold_lines([order.pk for order in orders])
    parts = _spread(lines, sold, variants, lots, order_reference)
    check_pieces(
        [(variants[line.variant_id], line.serials) for line in lines],
        order_reference=order_reference,
    )
    found = _create(
        client_id=client_id,
        reference=reference,
        order_reference=order_reference,
        market_id=orders[0].market_id,
        now=now,
    )
    only_lots = _only_lots(lines, parts, lots)
    made = _write_lines(found, lines, only_lots)
    ReturnPart.objects.bulk_create(
        [
            ReturnPart(line=line, sold_line_id=sold_line.line_id, quantity=quantity)
            for line, own in zip(made, parts, strict=True)
            for sold_line, quantity in own
        ]
    )
    hold_replacements(found, lines, made, now, client_id=orders[0].client_id)
    _tell(found, made, variants, now, f"For order {order_reference}.")
    return found, True


@transaction.atomic
def authorise_blind_return(
    *,
    market: str,
    lines: Sequence[Asked],
    reason: str,
    now: datetime,
    order_reference: str = "",
    reference: str = "",
) -> ReturnAuthorization:
    """Let somebody send back goods of an order that we never saw; a person says why.

    Raises ReasonRequired, UnknownMarket, InvalidReturn, ReturnReferenceTaken, InvalidText,
    InvalidInput (the order is known: then it is no blind return) and what `reserve` raises.
    """
    order_reference = checked_text(order_reference, "order_reference", REFERENCE_LENGTH_MAX)
    reference = checked_text(reference, "reference", REFERENCE_LENGTH_MAX)
    reason = checked_text(reason, "reason", REASON_LENGTH_MAX, is_required=True)
    place = market_of(market)
    variants, lots = checked_lines(lines)
    if order_reference and orders_called(order_reference).exists():
        detail = f"Order {order_reference} is on file: authorise its return by what was sold."
        error = FieldError("/order_reference", InvalidInput.code, detail)
        raise InvalidInput(detail, errors=[error])
    if reference:
        _same_return(reference, None, "", (), {})
    check_pieces([(variants[line.variant_id], line.serials) for line in lines])
    found = _create(
        client_id=None,
        reference=reference,
        order_reference=order_reference,
        market_id=place.pk,
        is_blind=True,
        blind_reason=reason,
        now=now,
    )
    made = _write_lines(found, lines, _claimed_or_open(lines, lots, variants))
    hold_replacements(found, lines, made, now, client_id=None)
    _tell(found, made, variants, now, f"Without an order on file: {reason}")
    return found


def _same_return(
    reference: str,
    client_id: int | None,
    order_reference: str,
    lines: Sequence[Asked],
    lots: Mapping[tuple[int, str], Lot],
) -> ReturnAuthorization | None:
    """The return that says exactly this already. Raises ReturnReferenceTaken."""
    if not reference:
        return None
    advisory_lock(f"return:{client_id}:{reference}")
    known = ReturnAuthorization.objects.filter(client_id=client_id, reference=reference).first()
    if known is None:
        return None
    told = [
        (ln.variant_id, ln.quantity, ln.reason, ln.serials, ln.exchange_quantity)
        for ln in ReturnLine.objects.filter(authorization=known).order_by("position")
    ]
    asked = [
        (
            ln.variant_id,
            ln.quantity,
            str(ln.reason),
            [serial.strip() for serial in ln.serials],
            (ln.exchange_quantity or ln.quantity) if ln.exchange_for else None,
        )
        for ln in lines
    ]
    if client_id is None or known.order_reference != order_reference or told != asked:
        detail = f"There is another return {reference} already."
        error = FieldError("/reference", ReturnReferenceTaken.code, detail)
        raise ReturnReferenceTaken(detail, errors=[error])
    return known


def _lock_orders(order_reference: str, client_id: int | None) -> list[Reservation]:
    """What was sold under the order, locked: who returns of it comes one after the other.

    Raises UnknownOrder, AmbiguousOrder.
    """
    orders = list(orders_called(order_reference).select_for_update(no_key=True))
    if not orders:
        detail = f'Nothing was sold under "{order_reference}".'
        raise UnknownOrder(
            detail, errors=[FieldError("/order_reference", UnknownOrder.code, detail)]
        )
    own = [order for order in orders if order.client_id == client_id]
    if own:
        return own
    if len({order.client_id for order in orders}) > 1:
        detail = f"Several clients have an order {order_reference}: let the one who sold it ask."
        error = FieldError("/order_reference", AmbiguousOrder.code, detail)
        raise AmbiguousOrder(detail, errors=[error])
    return orders


def _spread(
    lines: Sequence[Asked],
    sold: Sequence[SoldLine],
    variants: Mapping[int, VariantRef],
    lots: Mapping[tuple[int, str], Lot],
    order_reference: str,
) -> list[list[tuple[SoldLine, Decimal]]]:
    """Against which line of the sale each line counts. Raises MoreThanSold, InvalidReturn."""
    taken: dict[int, Decimal] = defaultdict(Decimal)
    found, wrong_lots, too_many = [], [], []
    for number, line in enumerate(lines):
        variant = variants[line.variant_id]
        lot = claimed_lot(line, lots)
        of_variant = [
            replace(one, returned=one.returned + taken[one.line_id])
            for one in sold
            if one.variant_id == line.variant_id
        ]
        if lot is not None and of_variant and not any(lot.pk in one.lots for one in of_variant):
            detail = f"No {variant.sku} of lot {lot} was sold under {order_reference}."
            wrong_lots.append(at_line(number, "lot", "lot-not-sold", detail))
            continue
        parts = spread(line.quantity, of_variant, lot_id=lot.pk if lot else None)
        covered = sum((part for _, part in parts), Decimal(0))
        if covered < line.quantity:
            detail = (
                f"{variant.sku}: {plain(covered)} {variant.stock_unit} of order {order_reference} "
                f"can still come back, {plain(line.quantity)} asked."
            )
            too_many.append(at_line(number, "quantity", MoreThanSold.code, detail))
        for one, part in parts:
            taken[one.line_id] += part
        found.append(parts)
    if wrong_lots:
        raise InvalidReturn("Some lots were not sold under this order.", errors=wrong_lots)
    if too_many:
        raise MoreThanSold("More is to come back than can.", errors=too_many)
    return found


def _only_lots(
    lines: Sequence[Asked],
    parts: Sequence[Sequence[tuple[SoldLine, Decimal]]],
    lots: Mapping[tuple[int, str], Lot],
) -> list[Lot | None]:
    """The lot of each line: as claimed, or the only one it can be of."""
    single = []
    for own in parts:
        lot_ids = frozenset[int]().union(*(one.lots for one, _ in own))
        single.append(next(iter(lot_ids)) if len(lot_ids) == 1 else None)
    known = Lot.objects.in_bulk([lot_id for lot_id in single if lot_id is not None])
    return [
        claimed_lot(line, lots) or (known[lot_id] if lot_id is not None else None)
        for line, lot_id in zip(lines, single, strict=True)
    ]


def _claimed_or_open(
    lines: Sequence[Asked],
    lots: Mapping[tuple[int, str], Lot],
    variants: Mapping[int, VariantRef],
) -> list[Lot | None]:
    """The lot of each line: as claimed, or the open lot of goods that need none."""
    untracked = {(pk, "") for pk, variant in variants.items() if not variant.is_lot_tracked}
    open_lots = lots_by_code(untracked)
    return [claimed_lot(line, lots) or open_lots.get((line.variant_id, "")) for line in lines]


def _create(*, reference: str, now: datetime, **fields: object) -> ReturnAuthorization:
    # The number of a return without one of its own: unguessable enough not to meet another.
    number = f"RMA-{now:%y%m%d}-{secrets.token_hex(3).upper()}"
    return ReturnAuthorization.objects.create(
        reference=reference or number,
        created_at=now,
        created_by_id=actor_id(),
        created_by_name=actor_name(),
        request_id=current_request_id(),
        **fields,
    )


def _write_lines(
    found: ReturnAuthorization, lines: Sequence[Asked], lots: Sequence[Lot | None]
) -> list[ReturnLine]:
    variants = variants_by_id({line.variant_id for line in lines})
    return ReturnLine.objects.bulk_create(
        [
            ReturnLine(
                authorization=found,
                position=position,
                variant_id=line.variant_id,
                requested_quantity=line.requested_quantity or line.quantity,
                requested_unit=line.requested_unit or variants[line.variant_id].stock_unit,
                quantity=line.quantity,
                reason=ReturnReason(line.reason),
                note=line.note.strip(),
                lot=lot,
                serials=[serial.strip() for serial in line.serials],
            )
            for position, (line, lot) in enumerate(zip(lines, lots, strict=True), start=1)
        ]
    )


def _tell(
    found: ReturnAuthorization,
    made: Sequence[ReturnLine],
    variants: Mapping[int, VariantRef],
    now: datetime,
    detail: str,
) -> None:
    write_down(found, ReturnChangeKind.AUTHORISED, detail, now)
    publish(
        ReturnAuthorised(
            occurred_at=now,
            return_id=found.pk,
            reference=found.reference,
            order_reference=found.order_reference,
            lines=tuple(
                ReturnQuantity(
                    sku=variants[line.variant_id].sku,
                    quantity=line.quantity,
                    lot=line.lot.code if line.lot else "",
                )
                for line in made
            ),
        )
    )
