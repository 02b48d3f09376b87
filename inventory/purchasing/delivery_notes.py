"""What the rows of a supplier's delivery note mean: the answer to `catalog.supplier_files.kinds`.

A code is our SKU, a barcode or this supplier's own code. All rows that hold become one announced
delivery under the supplier's number. The same rows again change nothing; rows that were rejected,
mended and sent again under that number join the delivery while it is open.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes
from catalog.supplier_files.errors import OptionsMissing, UndoRefused
from catalog.supplier_files.kinds import NoteContext, NoteRow, NoteVerdict
from catalog.supplier_files.rules.problems import CellProblem, shown
from catalog.units.rules import UNITS, convert_exactly, plain
from config.kernel.errors import DomainError
from config.kernel.money import Money
from inventory.lots.rules import day_in
from inventory.purchasing.errors import DeliveryUnderWay
from inventory.purchasing.selectors import (
    OPEN_STATUSES,
    AnnouncedKey,
    announced_elsewhere,
    notice_by_reference,
    packages,
)
from inventory.purchasing.services import (
    LineDraft,
    add_lines,
    announce_shipment,
    problems_of_lines,
    withdraw_run,
)
from inventory.warehouses.selectors import warehouse_by_code

_COLUMNS = {
    "sku": "code",
    "variant_id": "code",
    "lot_code": "lot",
    "production_date": "produced_on",
    "expiry_date": "expires_on",
}
_COST_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """Where the goods go, and what is known under the supplier's number already."""

    warehouse_id: int
    on: date
    notice_id: int | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """What a row's code names: a variant, by itself or so many of it in one package."""

    variant: VariantRef
    package: Decimal = Decimal(1)


class DeliveryNoteHandler:
    """Decides about the rows of a delivery note and announces the delivery."""

    def check(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Say what each row would do, in their order; change nothing."""
        return self._decide(context, _delivery(context), rows)[0]

    def apply(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Check again and announce what holds, in the open transaction."""
        delivery = _delivery(context)
        verdicts, lines = self._decide(context, delivery, rows)
        if lines and delivery.notice_id is not None:
            add_lines(
                notice_id=delivery.notice_id,
                lines=lines,
                import_run_id=context.run_id,
                now=context.now,
            )
        elif lines:
            announce_shipment(
                supplier_id=context.supplier_id,
                warehouse_id=delivery.warehouse_id,
                reference=context.reference,
                lines=lines,
                now=context.now,
                user_id=context.user_id,
                import_run_id=context.run_id,
            )
        return verdicts

    def undo(self, *, context: NoteContext, reason: str) -> None:
        """Expect what the run announced no longer. Raises UndoRefused once goods have come in."""
        try:
            withdraw_run(import_run_id=context.run_id, now=context.now)
        except DeliveryUnderWay as error:
            raise UndoRefused(error.detail) from error

    def _decide(
        self, context: NoteContext, delivery: _Delivery, rows: Sequence[NoteRow]
    ) -> tuple[list[NoteVerdict], list[LineDraft]]:
        """The verdict on each row, and the lines that are to be announced."""
        codes = _resolve(context.supplier_id, rows)
        read = {row.line_number: _read(context, row, codes[row.line_number]) for row in rows}
        drafts = {number: line for number, line in read.items() if isinstance(line, LineDraft)}
        known = Counter[AnnouncedKey]()
        if delivery.notice_id is not None:
            known = announced_elsewhere(delivery.notice_id, context.run_id)
        again = {number for number, line in drafts.items() if _take(known, _key(line))}
        fresh = [number for number in drafts if number not in again]
        wrong = {
            fresh[place]: found
            for place, found in problems_of_lines(
                [drafts[number] for number in fresh], on=delivery.on
            ).items()
        }

        verdicts: list[NoteVerdict] = []
        for row in rows:
            number = row.line_number
            code, problem = codes[number], read[number]
            sku = code.variant.sku if isinstance(code, _Code) else ""
            if isinstance(problem, CellProblem):
                verdicts.append(_rejected(row, sku, [problem]))
            elif number in again:
                verdicts.append(NoteVerdict(line_number=number, outcome="unchanged", sku=sku))
            elif number in wrong:
                found = [_problem(row, _COLUMNS.get(f, f), c, d) for f, c, d in wrong[number]]
                verdicts.append(_rejected(row, sku, found))
            elif delivery.refusal:
                refusal = CellProblem("", context.reference, "reference-in-use", delivery.refusal)
                verdicts.append(_rejected(row, sku, [refusal]))
            else:
                verdicts.append(NoteVerdict(line_number=number, outcome="created", sku=sku))
        return verdicts, [drafts[v.line_number] for v in verdicts if v.outcome == "created"]


def _delivery(context: NoteContext) -> _Delivery:
    """Find the warehouse and the delivery known under this number. Raises OptionsMissing."""
    if not context.warehouse:
        raise OptionsMissing("Say which warehouse the delivery goes to.")
    warehouse = warehouse_by_code(context.warehouse)
    if warehouse is None:
        raise OptionsMissing(f"There is no warehouse {context.warehouse}.")
    if not context.reference:
        raise OptionsMissing("Say the number of the delivery note.")
    on = day_in(warehouse.time_zone, context.now)
    notice = notice_by_reference(supplier_id=context.supplier_id, reference=context.reference)
    if notice is None:
        return _Delivery(warehouse_id=warehouse.pk, on=on)
    refusal = ""
    if notice.status not in OPEN_STATUSES:
        refusal = (
            f"Delivery {notice.reference} was announced before, without this line, and is "
            "received: give this note its own number."
        )
    elif notice.warehouse_id != warehouse.pk:
        refusal = (
            f"Delivery {notice.reference} was announced before, for another warehouse than "
            f"{warehouse.code}: give this note its own number."
        )
    return _Delivery(warehouse_id=warehouse.pk, on=on, notice_id=notice.pk, refusal=refusal)


def _resolve(supplier_id: int, rows: Sequence[NoteRow]) -> dict[int, _Code | CellProblem]:
    """Find the variant that each row's code names: our SKU, a barcode, the supplier's code."""
    codes = {row.row.code for row in rows}
    gtins = {code: gtin for code in codes if (gtin := _gtin(code))}
    aliases = {code: AliasCode("supplier", code, supplier_id) for code in codes}
    found = resolve_codes(skus=codes, gtins=set(gtins.values()), aliases=list(aliases.values()))
    sizes = packages(set(gtins.values()))
    resolved: dict[int, _Code | CellProblem] = {}
    for row in rows:
        code = row.row.code
        gtin = gtins.get(code, "")
        hits = {found[key].id: found[key] for key in (code, aliases[code], gtin) if key in found}
        if len(hits) == 1:
            package = sizes.get(gtin, Decimal(1)) if gtin in found else Decimal(1)
            resolved[row.line_number] = _Code(variant=next(iter(hits.values())), package=package)
        elif hits:
            skus = " or ".join(sorted(ref.sku for ref in hits.values()))
            detail = f"{shown(code)} may be {skus}: write the SKU."
            resolved[row.line_number] = _problem(row, "code", "ambiguous-code", detail)
        else:
            detail = f"{shown(code)} is no SKU, barcode or supplier's code that we know."
            resolved[row.line_number] = _problem(row, "code", "unknown-product", detail)
    return resolved


def _gtin(code: str) -> str:
    try:
        return normalise_gtin(code).value
    except InvalidGtin:
        return ""


def _read(context: NoteContext, row: NoteRow, code: _Code | CellProblem) -> LineDraft | CellProblem:
    """Bring a row into stock units; the cost too, which is said per counted unit."""
    if isinstance(code, CellProblem):
        return code
    said, stock_unit = row.row, UNITS[code.variant.stock_unit]
    if said.unit is not None and code.package != 1:
        detail = (
            f"{shown(said.code)} is a package of {plain(code.package)}: leave the unit empty to "
            f"count packages, or write the code of the single item to count {said.unit}."
        )
        return _problem(row, "unit", "ambiguous-unit", detail)
    try:
        quantity = convert_exactly(
            said.quantity * code.package,
            said.unit or stock_unit,
            stock_unit,
            content=code.variant.content,
        )
    except DomainError as refusal:
        return _problem(row, "quantity", refusal.code, refusal.detail)
    cost = None
    if said.unit_cost is not None:
        amount = said.unit_cost
        if quantity > 0 and quantity != said.quantity:
            amount = (amount * said.quantity / quantity).quantize(_COST_STEP, ROUND_HALF_EVEN)
        cost = Money(amount, said.currency or context.supplier_currency)
    return LineDraft(
        variant_id=code.variant.id,
        quantity=quantity,
        lot_code=said.lot or "",
        production_date=said.produced_on,
        expiry_date=said.expires_on,
        unit_cost=cost,
    )


def _key(line: LineDraft) -> AnnouncedKey:
    return (
        line.variant_id,
        line.lot_code.strip(),
        line.production_date,
        line.expiry_date,
        line.quantity,
        line.unit_cost.amount if line.unit_cost is not None else None,
        line.unit_cost.currency.code if line.unit_cost is not None else "",
    )


def _take(known: Counter[AnnouncedKey], key: AnnouncedKey) -> bool:
    """Whether such a line is known, each known line standing for one row."""
    if known[key] <= 0:
        return False
    known[key] -= 1
    return True


def _problem(row: NoteRow, column: str, code: str, detail: str) -> CellProblem:
    return CellProblem(column, row.cells.get(column, ""), code, detail)


def _rejected(row: NoteRow, sku: str, problems: Sequence[CellProblem]) -> NoteVerdict:
    return NoteVerdict(line_number=row.line_number, outcome="rejected", sku=sku, problems=problems)


def delivery_note_handler() -> DeliveryNoteHandler:
    """Answer the hook."""
    return DeliveryNoteHandler()
