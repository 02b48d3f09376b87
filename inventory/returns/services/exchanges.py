"""What replaces goods that come back: held, then sent, or refused and free again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from catalog.units.rules import UNITS
from config.kernel.errors import DomainError, FieldError
from inventory.reservations import services as reservations
from inventory.reservations.models import Reservation, ReservationLine, ReservationStatus
from inventory.reservations.rules import HOLD_SECONDS_MAX
from inventory.reservations.selectors import ItemCode, resolve_items
from inventory.reservations.services.wanted import Wanted, WantedLine, understood
from inventory.returns.errors import NoExchange
from inventory.returns.models import ReturnAuthorization, ReturnChangeKind, ReturnLine
from inventory.returns.services.asking import Asked
from inventory.returns.services.history import at_line, write_down
from inventory.stock.errors import InvalidQuantity
from inventory.stock.locks import lock_levels
from inventory.stock.rules import check_quantity

EXCHANGE_TTL = timedelta(seconds=HOLD_SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class HeldExchanges:
    """The variants whose stock is locked for replacements."""

    variant_ids: frozenset[int]


def lock_exchanges(exchanges: Mapping[int, bool], lines: Mapping[int, ReturnLine]) -> HeldExchanges:
    """Lock what was reserved for these lines, before any stock. Raises NoExchange."""
    ids: list[UUID] = []
    for position in sorted(exchanges):
        line = lines.get(position)
        if line is None or line.exchange_reservation_id is None:
            raise _none(position, f"Line {position} has no replacement that waits.")
        if line.is_exchange_approved not in (None, exchanges[position]):
            raise _none(position, f"The replacement of line {position} is decided already.")
        ids.append(line.exchange_reservation_id)
    locked = Reservation.objects.select_for_update(no_key=True).filter(pk__in=ids)
    found = [one.pk for one in locked.order_by("pk")]
    variants = ReservationLine.objects.filter(reservation_id__in=found, is_bundle=False)
    return HeldExchanges(frozenset(variants.values_list("variant_id", flat=True)))


def decide_exchanges(
    found: ReturnAuthorization,
    exchanges: Mapping[int, bool],
    lines: Mapping[int, ReturnLine],
    now: datetime,
) -> None:
    """Send or refuse; what was decided the same way before stays.

    Raises NoExchange (somebody else has sent or released it), and what committing a reservation
    raises.
    """
    for position, is_approved in sorted(exchanges.items()):
        line = lines[position]
        if line.is_exchange_approved is not None:
            continue
        assert line.exchange_reservation_id is not None, "a replacement is reserved"
        held = Reservation.objects.get(pk=line.exchange_reservation_id)
        _check_may_decide(position, held, is_approved=is_approved)
        is_sent = held.status == ReservationStatus.COMMITTED  # perhaps by whoever sold the order
        if is_approved and not is_sent:
            reservations.commit(
                reservation_id=held.pk,
                order_reference=found.order_reference or found.reference,
                now=now,
            )
        elif not is_approved:
            reservations.release(
                reservation_id=held.pk,
                now=now,
                reason=f"The exchange of return {found.reference} was refused.",
            )
        line.is_exchange_approved = is_approved
        line.save(update_fields=["is_exchange_approved"])
        kind = ReturnChangeKind.SENT if is_approved else ReturnChangeKind.REFUSED
        write_down(found, kind, f"Of line {position}.", now)


def _check_may_decide(position: int, held: Reservation, *, is_approved: bool) -> None:
    """Raises NoExchange where somebody has sent or released it before."""
    if held.status == ReservationStatus.COMMITTED and not is_approved:
        raise _none(
            position,
            f"The replacement of line {position} has left for order {held.order_reference}: it "
            "cannot be refused any more.",
        )
    if held.status == ReservationStatus.RELEASED and is_approved:
        raise _none(
            position,
            f"The replacement of line {position} was released and is not held any more: it can "
            "only be refused.",
        )


def sent_before(lines: Iterable[ReturnLine]) -> set[int]:
    """The positions of those of these lines whose replacement has been sent, by whomever."""
    lines = list(lines)
    sent = set(
        Reservation.objects.filter(
            pk__in=[line.exchange_reservation_id for line in lines],
            status=ReservationStatus.COMMITTED,
        ).values_list("pk", flat=True)
    )
    return {line.position for line in lines if line.exchange_reservation_id in sent}


def hold_replacements(
    found: ReturnAuthorization,
    lines: Sequence[Asked],
    made: Sequence[ReturnLine],
    now: datetime,
    *,
    client_id: int | None,
) -> None:
    """Reserve what replaces each line, for whoever sold it. Raises what `reserve` raises."""
    wanted = [
        (own, _understood(number, line))
        for number, (line, own) in enumerate(zip(lines, made, strict=True))
        if line.exchange_for is not None
    ]
    if not wanted:
        return
    # All at once, before the first of them is promised: two returns never wait for each other.
    lock_levels(variant_ids={leaf.id for _, want in wanted for leaf, _ in want.leaves})
    for own, want in wanted:
        own.exchange_variant_id = want.variant.id
        own.exchange_quantity = want.quantity
        own.exchange_reservation = hold_replacement(found, own, want, now, client_id=client_id)
    ReturnLine.objects.bulk_update(
        [own for own, _ in wanted],
        ["exchange_variant", "exchange_quantity", "exchange_reservation"],
    )


def hold_replacement(
    found: ReturnAuthorization,
    line: ReturnLine,
    want: Wanted,
    now: datetime,
    *,
    client_id: int | None,
) -> Reservation:
    """Reserve what replaces a line. Raises what `reserve` raises."""
    item = ItemCode(sku=want.variant.sku)
    held, _ = reservations.reserve(
        client_id=client_id,
        reference=f"rma-{found.pk}-{line.position}",
        lines=[WantedLine(item=item, quantity=want.quantity, unit=want.variant.stock_unit)],
        market=found.market.code,
        ttl=EXCHANGE_TTL,
        now=now,
    )
    return held


def _understood(number: int, line: Asked) -> Wanted:
    """The replacement of a line. Raises UnknownProduct, InvalidInput, InvalidChoice."""
    assert line.exchange_for is not None, "only replacements are asked about"
    try:
        (variant,) = resolve_items([line.exchange_for])
        unit = variant.stock_unit if variant is not None else "each"
        quantity = line.exchange_quantity or line.quantity
        (want,) = understood([WantedLine(item=line.exchange_for, quantity=quantity, unit=unit)])
        check_quantity(want.quantity, UNITS[unit], what=want.variant.sku)
    except DomainError as error:
        field = "exchange_quantity" if isinstance(error, InvalidQuantity) else "exchange_for"
        error.errors = (at_line(number, field, error.code, _why(error)),)
        raise
    return want


def _why(error: DomainError) -> str:
    return error.errors[0].detail if error.errors else error.detail


def _none(position: int, detail: str) -> NoExchange:
    return NoExchange(detail, errors=[FieldError("/lines", NoExchange.code, detail)])
