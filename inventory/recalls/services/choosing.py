"""Which lots are meant: named one by one, by their supplier, by when they were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from catalog.partners.selectors import supplier_by_code
from catalog.products.errors import UnknownProduct
from config.kernel.errors import FieldError
from inventory.lots.errors import UnknownLot
from inventory.lots.models import Lot
from inventory.lots.selectors import lots_by_code
from inventory.recalls.errors import (
    InvalidChoice,
    NothingToRecall,
    TooManyLots,
    UnknownSupplier,
    UnreadableChoice,
)
from inventory.reservations.selectors import ItemCode, resolve_items

LOTS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLot:
    """A lot as somebody names it: an item, and the code on the goods (blank: the open lot)."""

    item: ItemCode
    lot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Either lots by name, or all of a supplier, of a range of days, or of both."""

    lots: Sequence[NamedLot] = ()
    supplier: str = ""
    produced_from: date | None = None
    produced_to: date | None = None
    item: ItemCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The lots that were found, and how they were named, in one form for the same choice.

    `without_production_date` counts lots that a range of days passed over for want of a date.
    """

    lots: list[Lot]
    named: dict[str, Any]
    without_production_date: int = 0


def choose_lots(choice: Choice) -> Chosen:
    """The lots that are meant. Nothing is changed.

    Raises InvalidChoice, UnreadableChoice (naming each unknown lot), UnknownSupplier,
    UnknownProduct, NothingToRecall, TooManyLots.
    """
    is_range = choice.produced_from is not None or choice.produced_to is not None
    if choice.lots:
        if choice.supplier or is_range or choice.item:
            raise _invalid("Name lots, or a supplier or a range of days, but not both.", "/lots")
        return _named(choice.lots)
    if not choice.supplier and not is_range:
        raise _invalid("Name lots, a supplier, or a range of production days.", "/lots")
    return _matching(choice)


def _named(lots: Sequence[NamedLot]) -> Chosen:
    if len(lots) > LOTS_MAX:
        raise TooManyLots(f"{len(lots)} lots are named, more than {LOTS_MAX}.", field="lots")
    variants = resolve_items([named.item for named in lots])
    found = lots_by_code(
        {(v.id, named.lot) for v, named in zip(variants, lots, strict=True) if v is not None}
    )
    errors, chosen = [], {}
    for number, (variant, named) in enumerate(zip(variants, lots, strict=True)):
        if variant is None:
            detail = f"Nothing of ours is called {named.item}."
            pointer = f"/lots/{number}/{named.item.field}"
            errors.append(FieldError(pointer, UnknownProduct.code, detail))
        elif (lot := found.get((variant.id, named.lot))) is None:
            what = f"no lot {named.lot}" if named.lot else "no open lot"
            detail = f"{variant.sku} has {what} on file."
            errors.append(FieldError(f"/lots/{number}/lot", UnknownLot.code, detail))
        else:
            chosen[lot.pk] = (variant.sku, lot)
    if errors:
        raise UnreadableChoice("Nothing was frozen: some lots are unknown.", errors=errors)
    names = sorted((sku, lot.code) for sku, lot in chosen.values())
    return Chosen(
        lots=[lot for _, lot in chosen.values()],
        named={"lots": [{"sku": sku, "lot": code or None} for sku, code in names]},
    )


def _matching(choice: Choice) -> Chosen:
    lots, named = _of_whom(choice)
    undated = 0
    if choice.produced_from is not None or choice.produced_to is not None:
        undated = lots.filter(production_date__isnull=True).count() if named else 0
        lots, named["produced"] = _in_range(lots, choice)
    found = list(lots.select_related("variant").order_by("pk")[: LOTS_MAX + 1])
    field = "produced" if "produced" in named else "supplier"
    if not found:
        passed = f" {undated} have no production date on file." if undated else ""
        raise NothingToRecall(f"No lot of ours fits.{passed}", field=field)
    if len(found) > LOTS_MAX:
        raise TooManyLots(
            f"More than {LOTS_MAX} lots fit: narrow it down, or make several recalls.", field=field
        )
    return Chosen(lots=found, named=named, without_production_date=undated)


def _of_whom(choice: Choice) -> tuple[QuerySet[Lot], dict[str, Any]]:
    """The lots of the item and the supplier that are named."""
    named: dict[str, Any] = {}
    lots = Lot.objects.all()
    if choice.item is not None:
        (variant,) = resolve_items([choice.item])
        if variant is None:
            detail = f"Nothing of ours is called {choice.item}."
            error = FieldError(f"/{choice.item.field}", UnknownProduct.code, detail)
            raise UnknownProduct(detail, errors=[error])
        named["sku"] = variant.sku
        lots = lots.filter(variant_id=variant.id)
    if choice.supplier:
        supplier = supplier_by_code(choice.supplier)
        if supplier is None:
            raise UnknownSupplier(f'There is no supplier "{choice.supplier}".')
        named["supplier"] = supplier.code
        lots = lots.filter(supplier=supplier)
    return lots, named


def _in_range(lots: QuerySet[Lot], choice: Choice) -> tuple[QuerySet[Lot], dict[str, str]]:
    first, last = choice.produced_from, choice.produced_to
    if first is None or last is None:
        field = "/produced/from" if first is None else "/produced/to"
        raise _invalid("A range of production days has a first and a last day.", field)
    if first > last:
        raise _invalid(f"The first day {first} is after the last day {last}.", "/produced/from")
    days = {"from": first.isoformat(), "to": last.isoformat()}
    return lots.filter(production_date__gte=first, production_date__lte=last), days


def _invalid(detail: str, pointer: str) -> InvalidChoice:
    return InvalidChoice(detail, errors=[FieldError(pointer, InvalidChoice.code, detail)])
