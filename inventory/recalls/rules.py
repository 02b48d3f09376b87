"""Where each unit of a recalled lot is, told so that the parts add up to the last one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the ledger says of one lot and one kind of movement: in all, and out as less than 0."""

    kind: str
    came: Decimal
    went: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """All of one lot, in stock units.

    `came_in + corrected = on_hand + written_off + sent_back + opened + sold - returned`, and what
    is sold and not returned is `confirmed` or `outstanding`.
    """

    came_in: Decimal = ZERO
    corrected: Decimal = ZERO
    on_hand: Decimal = ZERO
    sold: Decimal = ZERO
    returned: Decimal = ZERO
    written_off: Decimal = ZERO
    sent_back: Decimal = ZERO
    opened: Decimal = ZERO
    confirmed: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Every unit there ever was, as the books know by now."""
        return self.came_in + self.corrected

    @property
    def with_customers(self) -> Decimal:
        """Sold and not returned to us."""
        return self.sold - self.returned

    @property
    def outstanding(self) -> Decimal:
        """With customers, and nobody has said what became of it."""
        return max(self.with_customers - self.confirmed, ZERO)

    @property
    def beyond(self) -> Decimal:
        """More came back and was confirmed than had left: somebody was told twice."""
        return max(self.confirmed - self.with_customers, ZERO)

    @property
    def accounted_for(self) -> Decimal:
        """Of the total, what we know the place or the end of."""
        return self.total - self.outstanding

    @property
    def percent(self) -> int:
        """How much of it is accounted for; a hundred only when all of it is."""
        if not self.outstanding:
            return 100
        return min(int(self.accounted_for * 100 / self.total), 99) if self.total > 0 else 0


def balance(moved: Iterable[Moved], *, confirmed: Decimal = ZERO) -> Balance:
    """The balance of one lot from its ledger, and what was confirmed to have ended outside."""
    sums: dict[str, Decimal] = dict.fromkeys(
        (
            "came_in", "corrected", "on_hand", "sold", "returned",
            "written_off", "sent_back", "opened",
        ),
        ZERO,
    )  # fmt: skip
    for line in moved:
        both = line.came + line.went
        sums["on_hand"] += both
        match line.kind:
            case "receipt":
                sums["came_in"] += line.came
                sums["corrected"] += line.went
            case "decant":
                sums["came_in"] += line.came
                sums["opened"] -= line.went
            case "sale":
                sums["sold"] -= both
            case "return":
                sums["returned"] += both
            case "supplier_return":
                sums["sent_back"] -= both
            case "write_off":
                sums["written_off"] -= both
            case _:
                sums["corrected"] += both
    return Balance(confirmed=confirmed, **sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The progress of all lots counted in one unit."""

    unit: str
    total: Decimal
    on_hand: Decimal
    gone: Decimal
    confirmed: Decimal
    outstanding: Decimal

    @property
    def accounted_for(self) -> Decimal:
        """What we know the place or the end of."""
        return self.total - self.outstanding

    @property
    def percent(self) -> int:
        """How much of it; a hundred only when it is all."""
        if not self.outstanding:
            return 100
        return min(int(self.accounted_for * 100 / self.total), 99) if self.total > 0 else 0


def totals(balances: Iterable[tuple[str, Balance]]) -> list[Total]:
    """The sums of these balances, each with its unit, by unit."""
    by_unit: dict[str, list[Balance]] = {}
    for unit, one in balances:
        by_unit.setdefault(unit, []).append(one)
    return [
        Total(
            unit=unit,
            total=sum((b.total for b in found), ZERO),
            on_hand=sum((b.on_hand for b in found), ZERO),
            gone=sum((b.written_off + b.sent_back + b.opened for b in found), ZERO),
            confirmed=sum((min(b.confirmed, b.with_customers) for b in found), ZERO),
            outstanding=sum((b.outstanding for b in found), ZERO),
        )
        for unit, found in sorted(by_unit.items())
    ]
