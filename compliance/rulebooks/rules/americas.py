"""What the Food and Drug Administration and California prohibit and restrict in cosmetics.

Facts from 21 CFR 700 and 250.250, as the FDA's pages name them, and from the California Health and
Safety Code 108980, as AB 2762 and AB 496 made it. Numbers that no official page was seen to give
need a person's look, and so do conditions in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compliance.rulebooks.rules.drafts import Draft, SourceRow
from compliance.rulebooks.rules.shapes import (
    EVERYTHING,
    Duty,
    EntryKind,
    Form,
    Limit,
    Provision,
    Scope,
)

FDA_URL = "https://www.ecfr.gov/current/title-21/chapter-I/subchapter-G/part-700"
CALIFORNIA_URL = (
    "https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=HSC"
    "&sectionNum=108980"
)
UNSEEN = "The CAS number was not seen on an official page."
_SPRAYS = Scope(forms=frozenset({Form.SPRAY}))
_AEROSOL = "Not every spray is an aerosol: ask for the kind of dispenser."
_TRACES = "technically unavoidable traces excepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Federal:
    """One section of the federal rules."""

    section: str
    substance: str
    names: tuple[str, ...] = ()
    cas: tuple[str, ...] = ()
    where: str = "all cosmetics"
    scope: Scope = EVERYTHING
    limits: tuple[Limit, ...] = ()
    is_restriction: bool = False
    unless: str = ""
    conditions: str = ""
    doubts: tuple[str, ...] = ()


_FEDERAL = (
    _Federal(section="700.11", substance="Bithionol", cas=("97-18-7",)),
    _Federal(
        section="700.13",
        substance="Mercury compounds",
        names=("Mercury", "Thimerosal", "Phenyl Mercuric Acetate"),
        cas=("7439-97-6",),
        where="preservative of eye area cosmetics, where no other is effective and safe",
        is_restriction=True,
        limits=(
            Limit(
                scope=Scope(body_areas=frozenset({"eyes"})),
                max_percent=Decimal("0.0065"),
                basis="as mercury metal",
                text="65 ppm of mercury as metal in eye area cosmetics",
            ),
            Limit(
                scope=Scope(but_body_areas=frozenset({"eyes"})),
                max_percent=Decimal("0.0001"),
                basis="as mercury metal",
                text="other cosmetics: unavoidable traces, less than 1 ppm as metal",
                is_certain=False,
            ),
        ),
        doubts=("The 1 ppm for other cosmetics was not seen in the text of the law.",),
    ),
    _Federal(
        section="700.14",
        substance="Vinyl chloride",
        cas=("75-01-4",),
        where="aerosol products",
        scope=_SPRAYS,
        conditions=_AEROSOL,
    ),
    _Federal(
        section="700.15",
        substance="Halogenated salicylanilides",
        names=(
            "Dibromsalan",
            "Tribromsalan",
            "Metabromsalan",
            "3,3',4',5-Tetrachlorosalicylanilide",
        ),
        cas=("87-12-7", "87-10-5", "2577-72-2", "1154-59-2"),
        doubts=(UNSEEN,),
    ),
    _Federal(
        section="700.16",
        substance="Zirconium-containing complexes",
        where="aerosol products",
        scope=_SPRAYS,
        conditions=_AEROSOL,
        doubts=("A group of substances without numbers.",),
    ),
    _Federal(
        section="700.18",
        substance="Chloroform",
        cas=("67-66-3",),
        unless="except residual amounts from a processing solvent or as a by-product of synthesis",
    ),
    _Federal(
        section="700.19",
        substance="Methylene chloride",
        names=("Dichloromethane",),
        cas=("75-09-2",),
    ),
    _Federal(
        section="700.23",
        substance="Chlorofluorocarbon propellants",
        names=("Fully halogenated chlorofluoroalkanes",),
        where="cosmetic aerosol products",
        scope=_SPRAYS,
        conditions=_AEROSOL,
        doubts=("A group of substances without numbers.",),
    ),
    _Federal(
        section="700.27",
        substance="Prohibited cattle materials",
        doubts=("A group of materials without names or numbers.",),
    ),
    _Federal(
        section="700.35",
        substance='The term "sunscreen" or a similar one',
        where="cosmetics that use the term",
        is_restriction=True,
        conditions=(
            "The term makes the product a drug, unless the label explains its cosmetic purpose."
        ),
        doubts=("About a word on the label, not about a substance.",),
    ),
    _Federal(
        section="250.250",
        substance="Hexachlorophene",
        cas=("70-30-4",),
        where="preservative, where no other is as effective; not on mucous membranes or lips",
        is_restriction=True,
        limits=(
            Limit(
                scope=Scope(but_body_areas=frozenset({"lips", "mouth", "intimate"})),
                max_percent=Decimal("0.1"),
                text="0.1 % as a preservative",
            ),
            Limit(
                scope=Scope(body_areas=frozenset({"lips", "mouth", "intimate"})),
                is_allowed=False,
                text="not in products for mucous membranes, such as lips",
            ),
        ),
        conditions="Only as a preservative, where no other has been shown to be as effective.",
    ),
)

# CAS numbers as the statute prints them; 355-76-2 is its misprint of 335-76-2.
_TOXIC_FREE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Dibutyl phthalate", ("84-74-2",)),
    ("Diethylhexyl phthalate", ("117-81-7",)),
    ("Formaldehyde", ("50-00-0",)),
    ("Paraformaldehyde", ("30525-89-4",)),
    ("Methylene glycol", ("463-57-0",)),
    ("Quaternium-15", ("51229-78-8",)),
    ("Mercury", ("7439-97-6",)),
    ("Isobutylparaben", ("4247-02-3",)),
    ("Isopropylparaben", ("4191-73-5",)),
    ("m-Phenylenediamine and its salts", ("108-45-2",)),
    ("o-Phenylenediamine and its salts", ("95-54-5",)),
    ("Perfluorooctane sulfonate (PFOS)", ("1763-23-1",)),
    ("Potassium perfluorooctanesulfonate", ("2795-39-3",)),
    ("Diethanolamine perfluorooctane sulfonate", ("70225-14-8",)),
    ("Ammonium perfluorooctane sulfonate", ("29081-56-9",)),
    ("Lithium perfluorooctane sulfonate", ("29457-72-5",)),
    ("Perfluorooctanoic acid (PFOA)", ("335-67-1",)),
    ("Ammonium pentadecafluorooctanoate", ("3825-26-1",)),
    ("Nonadecafluorodecanoic acid", ("355-76-2", "335-76-2")),
    ("Ammonium nonadecafluorodecanoate", ("3108-42-7",)),
    ("Sodium nonadecafluorodecanoate", ("3830-45-3",)),
    ("Perfluorononanoic acid (PFNA)", ("375-95-1",)),
    ("Sodium heptadecafluorononanoate", ("21049-39-8",)),
    ("Ammonium perfluorononanoate", ("4149-60-4",)),
)
_LATER: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Lily aldehyde", ("Butylphenyl Methylpropional",), ("80-54-6",)),
    ("Acetaldehyde", (), ("75-07-0",)),
    ("Cyclohexylamine", (), ("108-91-8",)),
    ("Cyclotetrasiloxane", (), ("556-67-2",)),
    ("Trichloroacetic acid", (), ("76-03-9",)),
    ("Styrene", (), ("100-42-5",)),
)


def federal_entries() -> tuple[Draft, ...]:
    """The eleven sections of the federal rules, in the order of their numbers."""
    return tuple(_federal(line, rule) for line, rule in enumerate(_FEDERAL, 1))


def california_entries() -> tuple[Draft, ...]:
    """The 24 substances of AB 2762 and the 6 of AB 496 that are known."""
    first = [
        _californian(number, "AB 2762", name, (), cas, date(2025, 1, 1), ())
        for number, (name, cas) in enumerate(_TOXIC_FREE, 1)
    ]
    later = [
        _californian(number, "AB 496", name, other, cas, date(2027, 1, 1), (UNSEEN,))
        for number, (name, other, cas) in enumerate(_LATER, 1)
    ]
    return (*first, *later)


def _federal(line: int, rule: _Federal) -> Draft:
    part = "21 CFR 250" if rule.section.startswith("250") else "21 CFR 700"
    return Draft(
        source=SourceRow(
            line=line,
            section=part,
            number=rule.section,
            substance=rule.substance,
            cas=" / ".join(rule.cas),
            product_type=rule.where,
            other=rule.conditions or rule.unless,
        ),
        kind=EntryKind.RESTRICTED if rule.is_restriction else EntryKind.PROHIBITED,
        names=(rule.substance, *rule.names),
        cas_numbers=rule.cas,
        scope=rule.scope,
        limits=rule.limits,
        unless=rule.unless,
        conditions=rule.conditions,
        reference=f"21 CFR {rule.section}",
        url=FDA_URL if part == "21 CFR 700" else FDA_URL.replace("G/part-700", "C/part-250"),
        doubts=rule.doubts,
    )


def _californian(
    number: int,
    bill: str,
    substance: str,
    others: Sequence[str],
    cas: tuple[str, ...],
    from_date: date,
    doubts: tuple[str, ...],
) -> Draft:
    plain = substance.split(" (")[0].removesuffix(" and its salts")
    text = f"{bill}: from {from_date.isoformat()}"
    return Draft(
        source=SourceRow(
            line=number,
            section=bill,
            number=str(number),
            substance=substance,
            cas=" / ".join(cas),
            product_type="intentionally added, all cosmetics",
            other=_TRACES,
        ),
        kind=EntryKind.PROHIBITED,
        names=tuple(dict.fromkeys((plain, *others))),
        cas_numbers=cas,
        unless=f"not intentionally added; {_TRACES}",
        provisions=(
            Provision(
                duty=Duty.USE,
                placing_from=from_date,
                available_from=from_date,
                regulation=bill,
                text=text,
            ),
        ),
        reference=f"California Health and Safety Code 108980 ({bill}), substance {number}",
        url=CALIFORNIA_URL,
        doubts=doubts,
    )
