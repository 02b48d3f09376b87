"""What came in today and waits for compliance: real rules on likely mistakes."""

# fmt: off  (tables: a product is a block of a few lines, not one line per argument)
from collections.abc import Mapping
from dataclasses import dataclass

from config.demo.content.build import cosmetic
from config.demo.content.shapes import ProductSpec, one


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A new product, how much of it came, and whether its safety report is on file."""

    product: ProductSpec
    pieces: int
    has_safety_report: bool = False

    @property
    def sku(self) -> str:
        """The SKU of its only variant."""
        return self.product.variants[0].sku

    @property
    def lot(self) -> str:
        """The code of the lot that came."""
        return f"N{self.product.number}26"


ARRIVALS: tuple[Arrival, ...] = (
    Arrival(
        pieces=48,
        product=cosmetic(
            81,
            "COS-ROSEPERFUME",
            "Rose Garden Eau de Parfum",
            "Eau de Parfum Rosengarten",
            brand="mirabeth",
            category="body-mists",
            area="body",
            use="fragrance",
            form="spray",
            pao=24,
            life=1095,
            remaining=90,
            pack="glass bottle with spray",
            inci="""Alcohol Denat., Parfum, Aqua, Butylphenyl Methylpropional, Linalool, Limonene,
            Citronellol, Geraniol""",
            en="Old stock of the house: roses, lily of the valley, musk.",
            rows=one("50", "42.00", "14.50", "1", content="50 ml"),
        ),
    ),
    Arrival(
        pieces=60,
        product=cosmetic(
            82,
            "COS-CURLKEEPER",
            "Leave-in Curl Cream",
            "Lockencreme ohne Ausspülen",
            brand="halvaine",
            category="hair-styling",
            area="hair",
            use="hair_care",
            pao=12,
            life=900,
            remaining=90,
            pack="tube",
            inci="""Aqua, Cetearyl Alcohol, Glycerin, Cocos Nucifera Oil, Panthenol, Citric Acid,
            Methylchloroisothiazolinone, Methylisothiazolinone""",
            en="Defines curls and stays in the hair.",
            rows=one("150", "12.90", "3.10", "1", content="150 ml"),
        ),
    ),
    Arrival(
        pieces=36,
        has_safety_report=True,
        product=cosmetic(
            83,
            "COS-KELPMASK",
            "Kelp Ferment Sleeping Mask",
            "Schlafmaske mit Algenferment",
            brand="lindmoor",
            category="after-sun",
            area="face",
            use="skin_care",
            pao=6,
            life=720,
            remaining=90,
            pack="jar",
            inci="""Aqua, Glycerin, Oceanferment Complex KX-7, Betaine, Panthenol, Allantoin,
            Xanthan Gum, Sodium Benzoate, Citric Acid""",
            en="A new raw material, of which the supplier printed the trade name.",
            rows=one("75", "24.90", "6.80", "1", content="75 ml"),
        ),
    ),
    Arrival(
        pieces=40,
        product=cosmetic(
            84,
            "COS-PEELPADS",
            "Clear Night Peel",
            "Klärendes Nachtpeeling",
            brand="halvaine",
            category="toners",
            area="face",
            use="skin_care",
            pao=6,
            life=720,
            remaining=90,
            pack="bottle",
            inci="""Aqua, Salicylic Acid, Propanediol, Glycerin, Panthenol, Sodium Hydroxide""",
            en="Stays on overnight. Its formula is not on file yet.",
            rows=one("100", "19.90", "5.20", "1", content="100 ml"),
        ),
    ),
    Arrival(
        pieces=72,
        product=cosmetic(
            85,
            "COS-SILKSERUM",
            "Silk Shine Hair Serum",
            "Seidenglanz-Haarserum",
            brand="halvaine",
            category="hair-styling",
            area="hair",
            use="hair_care",
            pao=12,
            life=1095,
            remaining=90,
            pack="bottle with pump",
            inci="Cyclomethicone, Dimethiconol, Tocopherol, Helianthus Annuus Seed Oil",
            en="A drop for the ends.",
            rows=one("50", "16.90", "4.40", "1", content="50 ml"),
        ),
    ),
    Arrival(
        pieces=60,
        product=cosmetic(
            86,
            "COS-SHINEDROPS",
            "Shine Drops",
            "Glanztropfen",
            brand="lindmoor",
            category="hair-styling",
            area="hair",
            use="hair_care",
            pao=12,
            life=1095,
            remaining=90,
            pack="bottle with dropper",
            inci="Cyclomethicone, Dimethiconol, Argania Spinosa Kernel Oil, Tocopherol",
            en="Like the serum, with argan oil.",
            rows=one("30", "13.90", "3.60", "1", content="30 ml"),
        ),
    ),
    Arrival(
        pieces=50,
        has_safety_report=True,
        product=cosmetic(
            87,
            "COS-RETINOLNIGHT",
            "Retinol Night Concentrate 1",
            "Retinol-Nachtkonzentrat 1",
            brand="halvaine",
            category="eye-care",
            area="face",
            use="skin_care",
            pao=6,
            life=540,
            remaining=120,
            pack="airless pump",
            inci="""Aqua, Glycerin, Squalane, Retinol 1%, Tocopherol, Panthenol, Phenoxyethanol,
            Ethylhexylglycerin""",
            en="Lawful today: from 1 May 2027 a face product may hold 0.3 per cent.",
            rows=one("30", "39.90", "11.20", "1", content="30 ml"),
        ),
    ),
    Arrival(
        pieces=90,
        has_safety_report=True,
        product=cosmetic(
            88,
            "COS-GLOSSLACQUER",
            "Gloss Lacquer",
            "Glanzlack",
            brand="orvanne",
            category="nail-polish",
            area="nails",
            use="nail_care",
            pao=24,
            life=1095,
            remaining=60,
            pack="bottle with brush",
            inci="""Butyl Acetate, Ethyl Acetate, Nitrocellulose, Triphenyl Phosphate, Isopropyl
            Alcohol, CI 77891""",
            en="With a plasticiser that the Union has put an end to.",
            rows=one("10", "8.90", "1.90", "1", content="10 ml"),
        ),
    ),
)

# What compliance has settled before: approved with these words.
SETTLED: Mapping[str, str] = {
    "COS-SHINEDROPS-30": "The supplier has shown by analysis that there is no D4 in it.",
}
# The officer has written to the supplier about these.
ASKED: Mapping[str, str] = {
    "COS-KELPMASK-75": "Which INCI name stands behind the trade name Oceanferment Complex KX-7?",
}
# A formula that came in for something that sells and lies in carts: too much of a preservative.
NEW_FORMULA: tuple[str, str] = (
    "COS-SHAMPOO-250",
    """Aqua; 66 - 74
    Sodium Coco-Sulfate; 12
    Cocamidopropyl Betaine; 6
    Lauryl Glucoside; 3
    Glycerin; 2
    Betula Alba Leaf Extract; 1
    Sodium Chloride; 0.8
    Panthenol; 0.5
    Guar Hydroxypropyltrimonium Chloride; 0.3
    Citric Acid; 0.3
    Sodium Benzoate; 2.8
    Potassium Sorbate; 0.2
    Parfum; 0.3
    Limonene; 0.02""",
)
# A certificate that no longer proves anything: whose, by which standard, why.
WITHDRAWN = ("SE-KIDSHELMET", "16 CFR 1203", "The laboratory has lost its accreditation.")
