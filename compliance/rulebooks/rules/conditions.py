"""What the cells of an entry say of products, figures, dates and duties, put together."""

import re
from dataclasses import dataclass
from decimal import Decimal

from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.shapes import LabelWarning, Limit, Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What was read; `doubts` say in words what was not."""

    limits: tuple[Limit, ...] = ()
    warnings: tuple[LabelWarning, ...] = ()
    declare_leave_on: Decimal | None = None
    declare_rinse_off: Decimal | None = None
    provisions: tuple[Provision, ...] = ()
    conditions: str = ""
    doubts: tuple[str, ...] = ()


_PLAIN = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")


def read_conditions(row: SourceRow) -> Conditions:
    """Read the cells of an entry of annex III to VI."""
    plain = _PLAIN.fullmatch(row.concentration)
    if plain and not row.product_type and not row.other:
        percent = Decimal(plain[1].replace(",", "."))
        return Conditions(limits=(Limit(max_percent=percent, text=row.concentration),))
    if not row.concentration and not row.product_type and not row.other:
        return Conditions()
    return Conditions(
        limits=(Limit(text=row.concentration, is_certain=False),), doubts=("Not read yet.",)
    )
