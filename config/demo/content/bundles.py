"""What the demo sells together: each set's slots and what may fill them, as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSpec:
    """A place in a set; the first of several SKUs is the default unless it may be left out."""

    name: str
    skus: tuple[str, ...]
    quantity: int = 1
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSpec:
    """A set that is sold under one SKU."""

    sku: str
    name: str
    name_de: str
    text_en: str
    text_de: str
    brand: str
    slots: tuple[SlotSpec, ...]


BUNDLES: tuple[BundleSpec, ...] = (
    BundleSpec(
        sku="BDL-MARATHON-SET",
        name="Marathon Set",
        name_de="Marathon-Set",
        text_en="Sun on the nose, water at hand, and something for the lips on the last miles.",
        text_de="Schutz auf der Nase, Wasser zur Hand und etwas für die Lippen am Schluss.",
        brand="altamere",
        slots=(
            SlotSpec(name="Sun stick", skus=("COS-SUNSTICK-15G",)),
            SlotSpec(name="Bottle", skus=("SE-FLASK-STL-075L", "SE-FLASK-GRN-075L")),
            SlotSpec(
                name="Lip balm",
                skus=("COS-LIPBALM-PLAIN", "COS-LIPBALM-ORANGE"),
                is_optional=True,
            ),
        ),
    ),
    BundleSpec(
        sku="BDL-CALM-EVENING-SET",
        name="Calm Evening Set",
        name_de="Set für ruhige Abende",
        text_en="A mat in your colour, two blocks to lean on, and a balm for tired hands.",
        text_de="Eine Matte in Ihrer Farbe, zwei Blöcke als Stütze, ein Balsam für müde Hände.",
        brand="ridgeholt",
        slots=(
            SlotSpec(
                name="Mat",
                skus=("SE-YOGAMAT-BLU-183CM", "SE-YOGAMAT-SND-183CM", "SE-YOGAMAT-BLK-183CM"),
            ),
            SlotSpec(name="Block", skus=("SE-YOGABLOCK-CORK",), quantity=2),
            SlotSpec(name="Hand balm", skus=("COS-HANDNIGHT-100",)),
        ),
    ),
)
