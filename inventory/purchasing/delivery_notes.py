"""What the rows of a supplier's delivery note mean: the answer to `catalog.supplier_files.kinds`.

A code is our SKU, a barcode or this supplier's own code. All rows that hold become one announced
delivery under the supplier's number; the same note again changes nothing, another one under the
same number is refused.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from catalog.identifiers.errors import InvalidGtin
from catalog.identifiers.rules import normalise_gtin
from catalog.products.selectors import AliasCode, VariantRef, resolve_codes
from catalog.supplier_files.errors import OptionsMissing, UndoRefused
from catalog.supplier_files.kinds import NoteContext, NoteRow, NoteVerdict
from catalog.supplier_files.rules.problems import CellProblem, shown
from catalog.units.rules import UNITS, convert_exactly
from config.kernel.errors import DomainError
from config.kernel.money import Money
from inventory.lots.rules import day_in
from inventory.purchasing.errors import DeliveryUnderWay
from inventory.purchasing.selectors import notice_by_reference, notice_lines, notice_of_run
from inventory.purchasing.services import (
    LineDraft,
    announce_shipment,
    cancel_notice,
    line_problems,
)
from inventory.warehouses.selectors import warehouse_by_code

_COLUMNS = {
    "variant_id": "code",
    "lot_code": "lot",
    "code": "lot",
    "production_date": "produced_on",
    "expiry_date": "expires_on",
}
_CENT_OF_CENT = Decimal("0.0001")

Line = tuple[int, str, date | None, date | None, Decimal, Decimal | None, str]


@dataclass(slots=True)
class _Destination:
    """Where a delivery goes, and what is announced under its number already."""

    warehouse_id: int
    on: date
    announced: Counter[Line] | None
    expiry_dates: dict[tuple[int, str], tuple[date | None, int]] = field(default_factory=dict)


class DeliveryNoteHandler:
    """Decides about the rows of a delivery note and announces the delivery."""

    def check(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Say what each row would do, in their order; change nothing."""
        return [verdict for verdict, _ in self._decide(context, rows)]

    def apply(self, *, context: NoteContext, rows: Sequence[NoteRow]) -> list[NoteVerdict]:
        """Check again and announce what holds, in the open transaction."""
        decided = self._decide(context, rows)
        lines = [line for verdict, line in decided if line and verdict.outcome == "created"]
        if lines:
            announce_shipment(
                supplier_id=context.supplier_id,
                warehouse_id=_destination(context).warehouse_id,
                reference=context.reference,
                lines=lines,
                now=context.now,
                user_id=context.user_id,
                import_run_id=context.run_id,
            )
        return [verdict for verdict, _ in decided]

    def undo(self, *, context: NoteContext, reason: str) -> None:
        """Expect the delivery no longer. Raises UndoRefused once goods have come in."""
        notice = notice_of_run(context.run_id)
        if notice is None:
            return
        try:
            cancel_notice(notice_id=notice.pk, now=context.now)
        except DeliveryUnderWay as error:
            raise UndoRefused(error.detail) from error

    def _decide(
        self, context: NoteContext, rows: Sequence[NoteRow]
    ) -> list[tuple[NoteVerdict, LineDraft | None]]:
        destination = _destination(context)
        variants = _resolve(context.supplier_id, rows)
        return [self._verdict(context, destination, row, variants) for row in rows]

    def _verdict(
        self,
        context: NoteContext,
        destination: _Destination,
        row: NoteRow,
        variants: Mapping[int, VariantRef | CellProblem],
    ) -> tuple[NoteVerdict, LineDraft | None]:
        variant = variants[row.line_number]
        if isinstance(variant, CellProblem):
            return _rejected(row, "", [variant]), None
        try:
            line = _line(context, row, variant)
        except DomainError as refusal:
            problem = _problem(row, "quantity", refusal.code, refusal.detail)
            return _rejected(row, variant.sku, [problem]), None
        problems = [
            _problem(row, _COLUMNS.get(name, name), code, detail)
            for name, code, detail in line_problems(line, variant, on=destination.on)
        ]
        problems += _contradiction(destination, row, line)
        if problems:
            return _rejected(row, variant.sku, problems), None
        if destination.announced is None:
            made = NoteVerdict(line_number=row.line_number, outcome="created", sku=variant.sku)
            return made, line
        return self._against_announced(context, destination, row, variant, line), None

    @staticmethod
    def _against_announced(
        context: NoteContext,
        destination: _Destination,
        row: NoteRow,
        variant: VariantRef,
        line: LineDraft,
    ) -> NoteVerdict:
        assert destination.announced is not None
        if destination.announced[_as_line(line)] > 0:
            destination.announced[_as_line(line)] -= 1
            return NoteVerdict(line_number=row.line_number, outcome="unchanged", sku=variant.sku)
        problem = CellProblem(
            "",
            context.reference,
            "reference-in-use",
            f"Delivery {context.reference} was announced before, without this line. Cancel that "
            "one first, or give this note its own number.",
        )
        return _rejected(row, variant.sku, [problem])


def _destination(context: NoteContext) -> _Destination:
    """Find the warehouse and what is announced. Raises OptionsMissing."""
    if not context.warehouse:
        raise OptionsMissing("Say which warehouse the delivery goes to.")
    warehouse = warehouse_by_code(context.warehouse)
    if warehouse is None:
        raise OptionsMissing(f"There is no warehouse {context.warehouse}.")
    if not context.reference:
        raise OptionsMissing("Say the number of the delivery note.")
    notice = notice_by_reference(supplier_id=context.supplier_id, reference=context.reference)
    announced: Counter[Line] | None = None
    if notice is not None:
        announced = Counter(
            (
                line.variant_id,
                line.lot_code,
                line.production_date,
                line.expiry_date,
                line.quantity,
                line.unit_cost,
                line.currency,
            )
            for line in notice_lines(notice.pk)
        )
    return _Destination(warehouse.pk, day_in(warehouse.time_zone, context.now), announced)


def _resolve(supplier_id: int, rows: Sequence[NoteRow]) -> dict[int, VariantRef | CellProblem]:
    """Find the variant that each row's code names: our SKU, a barcode, the supplier's code."""
    gtins = {row.row.code: gtin for row in rows if (gtin := _gtin(row.row.code))}
    codes = {row.row.code for row in rows}
    aliases = {code: AliasCode("supplier", code, supplier_id) for code in codes}
    found = resolve_codes(skus=codes, gtins=set(gtins.values()), aliases=list(aliases.values()))
    resolved: dict[int, VariantRef | CellProblem] = {}
    for row in rows:
        code = row.row.code
        keys: list[str | AliasCode] = [code, aliases[code]]
        if code in gtins:
            keys.append(gtins[code])
        hits = {found[key].id: found[key] for key in keys if key in found}
        if len(hits) == 1:
            resolved[row.line_number] = next(iter(hits.values()))
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


def _line(context: NoteContext, row: NoteRow, variant: VariantRef) -> LineDraft:
    """Bring a row into stock units. Raises UnitMismatch, FractionalCount."""
    said = row.row
    stock_unit = UNITS[variant.stock_unit]
    unit = said.unit or stock_unit
    quantity = convert_exactly(said.quantity, unit, stock_unit, content=variant.content)
    cost = None
    if said.unit_cost is not None:
        amount = said.unit_cost
        if unit is not stock_unit:
            amount = (amount * said.quantity / quantity).quantize(_CENT_OF_CENT, ROUND_HALF_UP)
        cost = Money(amount, said.currency or context.supplier_currency)
    return LineDraft(
        variant_id=variant.id,
        quantity=quantity,
        lot_code=said.lot or "",
        production_date=said.produced_on,
        expiry_date=said.expires_on,
        unit_cost=cost,
    )


def _as_line(line: LineDraft) -> Line:
    return (
        line.variant_id,
        line.lot_code,
        line.production_date,
        line.expiry_date,
        line.quantity,
        line.unit_cost.amount if line.unit_cost is not None else None,
        line.unit_cost.currency.code if line.unit_cost is not None else "",
    )


def _contradiction(destination: _Destination, row: NoteRow, line: LineDraft) -> list[CellProblem]:
    """Refuse a lot that two rows of one note give different expiry dates."""
    if not line.lot_code:
        return []
    key = (line.variant_id, line.lot_code)
    known = destination.expiry_dates.setdefault(key, (line.expiry_date, row.line_number))
    if known[0] == line.expiry_date:
        return []
    detail = f"Line {known[1]} says that lot {line.lot_code} expires on {known[0]}."
    return [_problem(row, "expires_on", "contradiction", detail)]


def _problem(row: NoteRow, column: str, code: str, detail: str) -> CellProblem:
    return CellProblem(column, row.cells.get(column, ""), code, detail)


def _rejected(row: NoteRow, sku: str, problems: Sequence[CellProblem]) -> NoteVerdict:
    return NoteVerdict(line_number=row.line_number, outcome="rejected", sku=sku, problems=problems)


def delivery_note_handler() -> DeliveryNoteHandler:
    """Answer the hook."""
    return DeliveryNoteHandler()
