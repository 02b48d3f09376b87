"""The rulebooks that the product knows, and where each one's content comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A rulebook as it is made; `coverage` is complete, partial or none."""

    code: str
    jurisdiction: str
    name: str
    coverage: str
    coverage_note: str
    url: str


EU, FDA, CALIFORNIA = "EU-1223-2009", "US-FDA", "US-CA-TFCA"
BOOKS = (
    Book(
        code=EU,
        jurisdiction="EU",
        name="Regulation (EC) No 1223/2009 on cosmetic products, annexes II to VI",
        coverage="complete",
        coverage_note="",
        url="https://eur-lex.europa.eu/eli/reg/2009/1223/oj",
    ),
    Book(
        code=FDA,
        jurisdiction="US",
        name="Substances prohibited or restricted in cosmetics, 21 CFR 700 and 250.250",
        coverage="partial",
        coverage_note=(
            "The lists of colour additives (21 CFR 73, 74 and 82) and the over-the-counter "
            "drugs, such as sunscreens, are missing."
        ),
        url="https://www.ecfr.gov/current/title-21/chapter-I/subchapter-G/part-700",
    ),
    Book(
        code=CALIFORNIA,
        jurisdiction="US-CA",
        name="Toxic-Free Cosmetics Act, Health and Safety Code 108980 (AB 2762, AB 496)",
        coverage="partial",
        coverage_note="AB 2762 is complete (24 substances); of the 26 of AB 496 only 6 are known.",
        url=(
            "https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=HSC"
            "&sectionNum=108980"
        ),
    ),
    Book(
        code="GB",
        jurisdiction="GB",
        name="Cosmetic Products Enforcement Regulations and the UK Cosmetics Regulation",
        coverage="none",
        coverage_note="No entries: the list of the United Kingdom has not been loaded.",
        url="https://www.gov.uk/guidance/making-cosmetic-products-available-to-consumers-in-great-britain",
    ),
    Book(
        code="CA",
        jurisdiction="CA",
        name="Cosmetic Ingredient Hotlist of Health Canada",
        coverage="none",
        coverage_note="No entries: the Hotlist of Canada has not been loaded.",
        url="https://www.canada.ca/en/health-canada/services/consumer-product-safety/cosmetics/cosmetic-ingredient-hotlist-prohibited-restricted-ingredients.html",
    ),
)
