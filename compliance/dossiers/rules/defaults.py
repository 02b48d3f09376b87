"""The requirements to begin with: what the law asks of kinds of goods that shops like ours sell.

Facts with their legal basis, by the codes of categories; an officer changes them as data.
"""

from dataclasses import dataclass
from datetime import date

from compliance.dossiers.rules.papers import DocumentKind

_ELI = "http://data.europa.eu/eli/reg"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementDraft:
    """A requirement about to be added to each of these categories that there is."""

    categories: tuple[str, ...]
    jurisdiction: str
    name: str
    kind: str
    legal_basis: str
    url: str = ""
    standard: str = ""
    ppe_category: str = ""
    valid_from_date: date | None = None
    is_needed_to_sell: bool = True


CLOTHES = ("running-clothes", "bike-clothes", "football-kit", "swimwear", "winter-clothes")
WORN_OR_SLEPT_IN = ("running-shoes", "football-boots", "hiking-shoes", "sleeping-bags")

_PPE = {
    "jurisdiction": "EU",
    "kind": DocumentKind.CERTIFICATE.value,
    "url": f"{_ELI}/2016/425/oj",
    "valid_from_date": date(2018, 4, 21),
}
_PPE_GB = {
    "jurisdiction": "GB",
    "kind": DocumentKind.CERTIFICATE.value,
    "url": "https://www.legislation.gov.uk/eur/2016/425",
    "valid_from_date": date(2021, 1, 1),
}
_AZO_DYES = "Regulation (EC) No 1907/2006 (REACH), Annex XVII, entry 43 (azo dyes)"

DEFAULTS: tuple[RequirementDraft, ...] = (
    RequirementDraft(
        categories=("bike-helmets",),
        name="CE / EN 1078 bicycle helmet",
        standard="EN 1078",
        legal_basis="Regulation (EU) 2016/425, Articles 18 and 19: EU type-examination",
        ppe_category="II",
        **_PPE,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("ski-helmets",),
        name="CE / EN 1077 ski helmet",
        standard="EN 1077",
        legal_basis="Regulation (EU) 2016/425, Articles 18 and 19: EU type-examination",
        ppe_category="II",
        **_PPE,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("climbing",),
        name="CE equipment against falls from a height",
        legal_basis="Regulation (EU) 2016/425, Articles 18 and 19, Annex I, category III: "
        "EU type-examination and supervised production",
        ppe_category="III",
        **_PPE,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("bike-helmets",),
        name="UKCA or CE / EN 1078 bicycle helmet",
        standard="EN 1078",
        legal_basis="Regulation 2016/425 as it applies in Great Britain",
        ppe_category="II",
        **_PPE_GB,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("ski-helmets",),
        name="UKCA or CE / EN 1077 ski helmet",
        standard="EN 1077",
        legal_basis="Regulation 2016/425 as it applies in Great Britain",
        ppe_category="II",
        **_PPE_GB,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("climbing",),
        name="UKCA or CE equipment against falls from a height",
        legal_basis="Regulation 2016/425 as it applies in Great Britain",
        ppe_category="III",
        **_PPE_GB,  # type: ignore[arg-type]
    ),
    RequirementDraft(
        categories=("bike-helmets",),
        jurisdiction="US",
        name="CPSC bicycle helmet, certificate of conformity",
        kind=DocumentKind.CERTIFICATE.value,
        standard="16 CFR 1203",
        legal_basis="16 CFR Part 1203, with 16 CFR Part 1110 (certificates)",
        url="https://www.ecfr.gov/current/title-16/part-1203",
        valid_from_date=date(1999, 3, 10),
    ),
    RequirementDraft(
        categories=CLOTHES,
        jurisdiction="EU",
        name="REACH declaration for textiles",
        kind=DocumentKind.DECLARATION.value,
        standard="REACH",
        legal_basis=_AZO_DYES,
        url=f"{_ELI}/2006/1907/oj",
    ),
    RequirementDraft(
        categories=WORN_OR_SLEPT_IN,
        jurisdiction="EU",
        name="REACH declaration for textiles and leather",
        kind=DocumentKind.DECLARATION.value,
        standard="REACH",
        legal_basis=_AZO_DYES,
        url=f"{_ELI}/2006/1907/oj",
        is_needed_to_sell=False,
    ),
    RequirementDraft(
        categories=("sports",),
        jurisdiction="EU",
        name="Manufacturer's risk analysis and technical documentation",
        kind=DocumentKind.DECLARATION.value,
        standard="GPSR",
        legal_basis="Regulation (EU) 2023/988 (general product safety), Article 9(2)",
        url=f"{_ELI}/2023/988/oj",
        valid_from_date=date(2024, 12, 13),
        is_needed_to_sell=False,
    ),
    RequirementDraft(
        categories=("sports",),
        jurisdiction="US-CA",
        name="Proposition 65 declaration",
        kind=DocumentKind.DECLARATION.value,
        standard="Proposition 65",
        legal_basis="California Health and Safety Code, section 25249.6: a warning before "
        "exposure to a listed chemical",
        url="https://oag.ca.gov/prop65",
        is_needed_to_sell=False,
    ),
    RequirementDraft(
        categories=("cosmetics",),
        jurisdiction="EU",
        name="Cosmetic product safety report",
        kind=DocumentKind.SAFETY_REPORT.value,
        legal_basis="Regulation (EC) No 1223/2009, Article 10",
        url=f"{_ELI}/2009/1223/oj",
        valid_from_date=date(2013, 7, 11),
        is_needed_to_sell=False,
    ),
    RequirementDraft(
        categories=("cosmetics",),
        jurisdiction="US",
        name="Safety substantiation",
        kind=DocumentKind.SAFETY_REPORT.value,
        legal_basis="Federal Food, Drug, and Cosmetic Act, section 608 (21 U.S.C. 364d)",
        url="https://www.fda.gov/cosmetics/cosmetics-laws-regulations/"
        "modernization-cosmetics-regulation-act-2022-mocra",
        valid_from_date=date(2023, 12, 29),
        is_needed_to_sell=False,
    ),
)
