"""Pure rules of quantities: units, exact conversion, contents read from text."""

from catalog.units.rules.contents import ContentProblem, find_content_in_name, parse_content
from catalog.units.rules.measures import (
    UNITS,
    Content,
    Dimension,
    Unit,
    check_quantity,
    convert,
    convert_exactly,
    find_unit,
    plain,
    resolve_unit,
)

__all__ = [
    "UNITS",
    "Content",
    "ContentProblem",
    "Dimension",
    "Unit",
    "check_quantity",
    "convert",
    "convert_exactly",
    "find_content_in_name",
    "find_unit",
    "parse_content",
    "plain",
    "resolve_unit",
]
