"""Units of measure and exact conversion between them.

The codes and the published factors are those of UN/ECE Recommendation 20, revision 17e; where it
prints a rounded factor (ounce, fluid ounce, pint), the exact international definition is used.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from catalog.units.errors import FractionalCount, UnitMismatch, UnknownUnit


class Dimension(StrEnum):
    """What a unit measures; only units of one dimension convert by themselves."""

    COUNT = "count"
    MASS = "mass"
    VOLUME = "volume"
    LENGTH = "length"
    AREA = "area"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of measure; `factor` is how many base units (each, g, ml, m, m2) one of it holds."""

    code: str
    rec20: str
    name: str
    dimension: Dimension
    factor: Fraction
    decimals: int
    is_count: bool = False

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one piece of a product holds, such as 50 ml, or 3 x 100 g."""

    quantity: Decimal
    unit: Unit
    pieces: int = 1

    @property
    def total(self) -> Decimal:
        """All pieces together, in the unit of the content."""
        return self.quantity * self.pieces

    def __str__(self) -> str:
        text = f"{plain(self.quantity)} {self.unit.code}"
        return text if self.pieces == 1 else f"{self.pieces} x {text}"


def _unit(
    code: str, rec20: str, name: str, dimension: Dimension, factor: str, decimals: int
) -> Unit:
    return Unit(
        code=code,
        rec20=rec20,
        name=name,
        dimension=dimension,
        factor=Fraction(factor),
        decimals=decimals,
        is_count=dimension is Dimension.COUNT,
    )


UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        _unit("each", "H87", "each", Dimension.COUNT, "1", 0),
        _unit("pair", "PR", "pair", Dimension.COUNT, "2", 0),
        _unit("dozen", "DZN", "dozen", Dimension.COUNT, "12", 0),
        _unit("mg", "MGM", "milligram", Dimension.MASS, "0.001", 2),
        _unit("g", "GRM", "gram", Dimension.MASS, "1", 4),
        _unit("kg", "KGM", "kilogram", Dimension.MASS, "1000", 4),
        _unit("oz", "ONZ", "ounce", Dimension.MASS, "28.349523125", 4),
        _unit("lb", "LBR", "pound", Dimension.MASS, "453.59237", 4),
        _unit("ml", "MLT", "millilitre", Dimension.VOLUME, "1", 4),
        _unit("cl", "CLT", "centilitre", Dimension.VOLUME, "10", 4),
        _unit("dl", "DLT", "decilitre", Dimension.VOLUME, "100", 4),
        _unit("l", "LTR", "litre", Dimension.VOLUME, "1000", 4),
        _unit("fl_oz", "OZA", "fluid ounce (US)", Dimension.VOLUME, "29.5735295625", 4),
        _unit("gal", "GLL", "gallon (US)", Dimension.VOLUME, "3785.411784", 4),
        _unit("mm", "MMT", "millimetre", Dimension.LENGTH, "0.001", 4),
        _unit("cm", "CMT", "centimetre", Dimension.LENGTH, "0.01", 4),
        _unit("m", "MTR", "metre", Dimension.LENGTH, "1", 4),
        _unit("in", "INH", "inch", Dimension.LENGTH, "0.0254", 4),
        _unit("ft", "FOT", "foot", Dimension.LENGTH, "0.3048", 4),
        _unit("m2", "MTK", "square metre", Dimension.AREA, "1", 4),
    )
}

# PCE is what nearly every EDIFACT message says for a piece, though Rec 20 does not hold it.
_SPELLINGS = {
    "each": "c62 pce ea pcs pc piece pieces stk st stck stueck stück pièce pièces pz unit units ct "
    "count шт",
    "pair": "pairs paar paire paires пара",
    "dozen": "dz doz dutzend douzaine",
    "mg": "milligram milligrams milligramm мг",
    "g": "gr gm gram grams gramm gramme grammes г гр",  # noqa: RUF001
    "kg": "kilo kilos kilogram kilograms kilogramm kilogramme кг",
    "oz": "ounce ounces unze unzen",
    "lb": "lbs pound pounds",
    "ml": "milliliter milliliters millilitre millilitres мл",
    "cl": "centiliter centilitre сл",
    "dl": "deciliter decilitre",
    "l": "lt ltr liter liters litre litres litro л",
    "fl_oz": "floz fluidounce fluidounces usfloz fl",
    "gal": "gallon gallons",
    "mm": "millimeter millimetre мм",
    "cm": "centimeter centimetre см",
    "m": "meter meters metre metres mtr м",
    "in": "inch inches zoll",
    "ft": "foot feet fuß",
    "m2": "sqm m² qm",
}
UNIT_BY_SPELLING: dict[str, Unit] = {
    spelling: UNITS[code]
    for code, spellings in _SPELLINGS.items()
    for spelling in (code.replace("_", ""), UNITS[code].rec20.lower(), *spellings.split())
}


def find_unit(text: str) -> Unit | None:
    """Find the unit of our code, a Rec 20 code or a usual spelling; None where there is none."""
    unit = UNITS.get(text)
    if unit is not None:
        return unit
    key = text.strip().casefold()
    for mark in (" ", ".", "_", "-"):
        key = key.replace(mark, "")
    return UNIT_BY_SPELLING.get(key)


def resolve_unit(text: str) -> Unit:
    """Find the unit of our code, a Rec 20 code or a usual spelling. Raises UnknownUnit."""
    unit = find_unit(text)
    if unit is None:
        raise UnknownUnit(f'"{text}" is no unit we know; use one of {", ".join(UNITS)}.')
    return unit


def plain(quantity: Decimal) -> str:
    """Write a quantity as people do: no exponent, no zeros at the end."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def check_quantity(quantity: Decimal, unit: Unit) -> None:
    """Refuse part of a piece. Raises FractionalCount."""
    if unit.is_count and quantity != quantity.to_integral_value():
        raise FractionalCount(
            f"{plain(quantity)} {unit.code} is not possible: {unit.name} is counted whole."
        )


def convert(
    quantity: Decimal,
    from_unit: Unit,
    to_unit: Unit,
    *,
    content: Content | None = None,
    density: Decimal | None = None,
) -> Decimal:
    """Express the quantity in another unit, rounded once, half-even, to that unit's precision.

    Between dimensions it needs the product's content (1 each = 50 ml) or its density (g per ml).
    Raises UnitMismatch where nothing bridges them or pieces would break, FractionalCount.
    """
    if from_unit == to_unit:
        check_quantity(quantity, to_unit)
        return quantity
    return _round(_exact(quantity, from_unit, to_unit, content=content, density=density), to_unit)


def convert_exactly(
    quantity: Decimal,
    from_unit: Unit,
    to_unit: Unit,
    *,
    content: Content | None = None,
    density: Decimal | None = None,
) -> Decimal:
    """Convert what others ask for: as `convert`, but what would have to be rounded is refused."""
    if from_unit == to_unit:
        check_quantity(quantity, to_unit)
        exact, rounded = Fraction(quantity), _round(Fraction(quantity), to_unit)
    else:
        exact = _exact(quantity, from_unit, to_unit, content=content, density=density)
        rounded = _round(exact, to_unit)
    if Fraction(rounded) != exact:
        raise UnitMismatch(
            f"{plain(quantity)} {from_unit.code} cannot be written exactly in {to_unit.code} "
            f"with {to_unit.decimals} decimals; ask in {to_unit.code}."
        )
    return rounded


def _exact(
    quantity: Decimal,
    from_unit: Unit,
    to_unit: Unit,
    *,
    content: Content | None,
    density: Decimal | None,
) -> Fraction:
    check_quantity(quantity, from_unit)
    amount = Fraction(quantity) * from_unit.factor
    dimension = from_unit.dimension
    if dimension is not to_unit.dimension:
        amount = _bridge(amount, from_unit, to_unit, content=content, density=density)
    result = amount / to_unit.factor
    if to_unit.is_count and result.denominator != 1:
        raise UnitMismatch(
            f"{plain(quantity)} {from_unit.code} is no whole number of {to_unit.code}."
        )
    return result


def _bridge(
    amount: Fraction,
    from_unit: Unit,
    to_unit: Unit,
    *,
    content: Content | None,
    density: Decimal | None,
) -> Fraction:
    """Turn base units of one dimension into those of another, by content and density."""
    held = Fraction(content.total) * content.unit.factor if content is not None else None
    source, target = from_unit.dimension, to_unit.dimension
    if content is not None and held and source is Dimension.COUNT:
        amount, source = amount * held, content.unit.dimension
    if content is not None and held and target is Dimension.COUNT:
        amount, target = amount / held, content.unit.dimension
    if source is target:
        return amount
    if density and (source, target) == (Dimension.VOLUME, Dimension.MASS):
        return amount * Fraction(density)
    if density and (source, target) == (Dimension.MASS, Dimension.VOLUME):
        return amount / Fraction(density)
    if Dimension.COUNT not in (from_unit.dimension, to_unit.dimension):
        why = f", which measures {from_unit.dimension}, not {to_unit.dimension}"
    elif content is None or not held:
        why = " without the product's content"
    else:
        why = f": the product's content is in {content.unit.code}"
    raise UnitMismatch(
        f"The product is stocked in {to_unit.code}: {from_unit.code} cannot be converted{why}."
    )


def _round(amount: Fraction, unit: Unit) -> Decimal:
    # round() of a Fraction is exact and half-even, which no Decimal division is.
    scaled = round(amount * 10**unit.decimals)
    return Decimal(scaled).scaleb(-unit.decimals) if unit.decimals else Decimal(scaled)
