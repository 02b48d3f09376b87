"""Formulas: better evidence than labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from catalog.products.models import CosmeticProduct
from compliance.assessments.errors import InvalidFormula
from compliance.assessments.models import FormulaLine
from compliance.assessments.services.judging import judge
from config.kernel.errors import FieldError, NotFound
from config.kernel.history import set_reason
from config.kernel.words import counted

LINES_MAX = 1000
NAME_LENGTH_MAX = 300
_PLACES = Decimal("0.0000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaDraft:
    """A substance and between how many percent of it the product holds."""

    name: str
    percent_min: Decimal
    percent_max: Decimal


def read_formula(text: str) -> list[FormulaDraft]:
    """Lines such as `Niacinamide; 5`, `Parfum; 0.1 - 0.5` or `Glycerin; < 10`.

    Raises InvalidFormula, naming each line that is not one.
    """
    drafts: list[FormulaDraft] = []
    errors: list[FieldError] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, separator, share = line.rpartition(";")
        if not separator:
            name, separator, share = line.rpartition("\t")
        bounds = _bounds(share)
        if not name.strip() or bounds is None:
            detail = f'Line {number}: "{line.strip()[:80]}" is not a name, a semicolon and percent.'
            errors.append(FieldError(f"/lines/{number}", "invalid", detail))
            continue
        drafts.append(FormulaDraft(name=name.strip(), percent_min=bounds[0], percent_max=bounds[1]))
    if errors:
        raise InvalidFormula("Some lines cannot be read.", errors=errors)
    return drafts


def _bounds(share: str) -> tuple[Decimal, Decimal] | None:
    text = share.replace("%", "").replace(",", ".").replace("\N{EN DASH}", "-").strip()
    try:
        if text.startswith(("<", "≤")):
            return Decimal(0), Decimal(text[1:].strip())
        low, dash, high = text.partition("-")
        least = Decimal(low.strip())
        return least, Decimal(high.strip()) if dash else least
    except InvalidOperation:
        return None


@transaction.atomic
def set_formula(*, product_id: int, lines: Sequence[FormulaDraft], now: datetime) -> None:
    """Put a formula in the place of the one before and judge by it; no line takes it away.

    Raises NotFound, InvalidFormula (a share that is negative, over 100 or turned round; shares that
    sum to more than 100 at the least; a name of nothing or too long; too many lines).
    """
    products = CosmeticProduct.objects.select_for_update(of=("self",), no_key=True)
    product = products.filter(pk=product_id).first()
    if product is None:
        raise NotFound(f"There is no cosmetic {product_id}.")
    errors = _problems(lines)
    if errors:
        raise InvalidFormula("The formula cannot be so.", errors=errors)
    FormulaLine.objects.filter(product=product).delete()
    FormulaLine.objects.bulk_create(
        [
            FormulaLine(
                product=product,
                position=position,
                name=line.name.strip(),
                percent_min=line.percent_min.quantize(_PLACES),
                percent_max=line.percent_max.quantize(_PLACES),
            )
            for position, line in enumerate(lines, start=1)
        ],
        batch_size=200,
    )
    # The product's own history tells who did it, and that somebody else decides about it.
    set_reason(product, f"Formula: {counted(len(lines), 'line')} on file.")
    product.save()
    judge(product_ids=[product_id], now=now)


def _problems(lines: Sequence[FormulaDraft]) -> list[FieldError]:
    if len(lines) > LINES_MAX:
        detail = f"A formula has {LINES_MAX} lines at most, not {len(lines)}."
        return [FieldError("/lines", "too-many", detail)]
    found = [
        FieldError(f"/lines/{number}", "invalid", f"Line {number}: {problem}")
        for number, line in enumerate(lines, start=1)
        if (problem := _problem(line))
    ]
    least = sum((line.percent_min for line in lines), Decimal(0))
    if not found and least > 100:
        detail = f"The shares sum to {least.normalize():f} % at the least: over 100 %."
        found.append(FieldError("/lines", "over-100", detail))
    return found


def _problem(line: FormulaDraft) -> str:
    if not 0 < len(line.name.strip()) <= NAME_LENGTH_MAX:
        return f"a name has 1 to {NAME_LENGTH_MAX} characters, this has {len(line.name.strip())}."
    for percent in (line.percent_min, line.percent_max):
        if not percent.is_finite() or not 0 <= percent <= 100:
            return f"{line.name}: {percent} is not a share from 0 to 100 %."
    if line.percent_min > line.percent_max:
        return f"{line.name}: {line.percent_min} % is more than {line.percent_max} %."
    return ""
