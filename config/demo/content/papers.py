"""Who answers for what the demo sells, and the documents on file. Companies are invented."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.demo.content import COSMETICS, SPORTS
from config.demo.content.places import BRANDS
from config.demo.content.shapes import ProductSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSpec:
    """Somebody who answers for products in a territory."""

    name: str
    address: str
    country: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSpec:
    """A document of a product; days count from the demo's day."""

    product: ProductSpec
    kind: str
    title: str
    jurisdiction: str
    standard: str = ""
    issued_days_ago: int = 400
    lapses_in_days: int | None = None


# Who answers in the Union for the brands of each owner, and in America for all cosmetics.
PERSONS: Mapping[str, PersonSpec] = {
    "HALVAINE": PersonSpec(
        name="Halvaine Laboratoires SAS",
        address="14 rue des Exemples\n69002 Lyon",
        country="FR",
        email="quality@halvaine.example",
    ),
    "LINDMOOR": PersonSpec(
        name="Lindmoor Naturkosmetik eG",
        address="Musterweg 8\n24103 Kiel",
        country="DE",
        email="qualitaet@lindmoor.example",
    ),
    "LUMEN": PersonSpec(
        name="Lumen Beauty Supply GmbH",
        address="Beispielallee 21\n10245 Berlin",
        country="DE",
        email="safety@lumen.example",
    ),
    "RIDGE": PersonSpec(
        name="Ridge Sports Trading B.V.",
        address="Voorbeeldkade 5\n3011 Rotterdam",
        country="NL",
        email="safety@ridge.example",
    ),
    "ALTAMERE": PersonSpec(
        name="Altamere Mountain Goods AB",
        address="Exempelgatan 3\n831 30 Östersund",
        country="SE",
        email="care@altamere.example",
    ),
    "AMERICA": PersonSpec(
        name="Lumen Beauty America LLC",
        address="100 Example Avenue\nPortland, OR 97205",
        country="US",
        email="america@lumen.example",
    ),
}

# What makes the work list worth looking at.
WITHOUT_SAFETY_REPORT = "COS-SCRUB"
LAPSES_SOON = "SE-CITYHELMET"
LAPSES_IN_DAYS = 20

CLOTHES = {"running-clothes", "bike-clothes", "football-kit", "swimwear", "winter-clothes"}
_WITH_DOSSIER = {"bike-helmets", "ski-helmets", "climbing"}
_YEARS_MAX = 5


def owner_of(product: ProductSpec) -> str:
    """Who owns its brand, and answers for it."""
    return BRANDS[product.brand].owner


def is_called(product: ProductSpec, stem: str) -> bool:
    """Whether its SKUs begin so."""
    return any(v.sku == stem or v.sku.startswith(f"{stem}-") for v in product.variants)


def with_dossier() -> list[ProductSpec]:
    """Sports goods for which somebody answers by name: what protects those who wear it."""
    return [product for product in SPORTS if product.category in _WITH_DOSSIER]


def cpnp_number(product: ProductSpec) -> str:
    """Seven digits, another for each product."""
    return str(3_100_000 + 1_371 * product.number)


def documents() -> Iterator[DocumentSpec]:
    """Every document on file."""
    for product in COSMETICS:
        if not is_called(product, WITHOUT_SAFETY_REPORT):
            yield safety_report(product)
    for product in SPORTS:
        yield from _of_sports(product)


def _of_sports(product: ProductSpec) -> Iterator[DocumentSpec]:
    if product.category == "bike-helmets":
        yield _examination(
            product, "EN 1078", LAPSES_IN_DAYS if is_called(product, LAPSES_SOON) else None
        )
        yield DocumentSpec(
            product=product,
            kind="certificate",
            title="Certificate of conformity",
            jurisdiction="US",
            standard="16 CFR 1203",
        )
    elif product.category == "ski-helmets":
        yield _examination(product, "EN 1077")
    elif product.category == "climbing":
        yield _examination(product, str(product.attributes.get("certificate", "")))
    elif product.category in CLOTHES:
        yield DocumentSpec(
            product=product,
            kind="declaration",
            title="REACH declaration",
            jurisdiction="EU",
            standard="REACH Annex XVII",
        )
    if product.category in _WITH_DOSSIER:
        yield DocumentSpec(
            product=product,
            kind="declaration",
            title="Risk analysis",
            jurisdiction="EU",
            standard="GPSR",
        )


def safety_report(product: ProductSpec) -> DocumentSpec:
    """What the safety assessor has found of a cosmetic."""
    return DocumentSpec(
        product=product,
        kind="safety_report",
        title="Cosmetic product safety report",
        jurisdiction="",  # it is what America asks for, too
        lapses_in_days=300 + 17 * product.number,
    )


def _examination(
    product: ProductSpec, standard: str, lapses_in_days: int | None = None
) -> DocumentSpec:
    """An EU type-examination certificate: valid for five years at most."""
    return DocumentSpec(
        product=product,
        kind="certificate",
        title="EU type-examination certificate",
        jurisdiction="EU",
        standard=standard,
        lapses_in_days=lapses_in_days or 365 * _YEARS_MAX - 400,
    )
