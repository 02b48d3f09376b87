"""Whose law holds where: the territories for which rules are kept, and the markets under them."""

from collections.abc import Mapping
from dataclasses import dataclass

# Member states of the Union (https://european-union.europa.eu, 27 since 2020-02-01) and the EFTA
# states in which Regulation (EC) No 1223/2009 holds by the EEA agreement. Greece is GR in ISO 3166.
# fmt: off
_UNION_AND_EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    "IS", "LI", "NO",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """A territory with a law of its own; without regions it is the whole of its countries."""

    code: str
    name: str
    countries: tuple[str, ...]
    regions: tuple[str, ...] = ()


JURISDICTIONS: Mapping[str, Jurisdiction] = {
    own.code: own
    for own in (
        Jurisdiction("EU", "European Union and EEA", _UNION_AND_EEA),
        Jurisdiction("US", "United States", ("US",)),
        Jurisdiction("US-CA", "California", ("US",), ("CA",)),
        Jurisdiction("GB", "United Kingdom", ("GB",)),
        Jurisdiction("CA", "Canada", ("CA",)),
    )
}


def jurisdictions_of(country: str, region: str = "") -> tuple[str, ...]:
    """The codes of those whose law holds in a market, widest first; none: we know of none."""
    return tuple(
        own.code
        for own in JURISDICTIONS.values()
        if country in own.countries and (not own.regions or region in own.regions)
    )
