"""The category tree of both worlds, with the JSON Schema of what only a category has."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from config.demo.content.shapes import CategorySpec, Kind

STRING = {"type": "string", "minLength": 1}
WHOLE = {"type": "integer", "minimum": 0}
YES_NO = {"type": "boolean"}


def one_of(*values: str) -> dict[str, Any]:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def between(low: int, high: int) -> dict[str, Any]:
    """A whole number in these bounds, both included."""
    return {"type": "integer", "minimum": low, "maximum": high}


def schema(required: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    """A closed object: a misspelt attribute is an error, not a new attribute."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


SKIN = one_of("all", "dry", "oily", "combination", "sensitive", "mature")
HAIR = one_of("all", "dry", "fine", "curly", "coloured", "oily scalp")
FIT = one_of("slim", "regular", "loose")
FILTERS = one_of("mineral", "organic", "both")
SPF = {"type": "integer", "enum": [15, 20, 30, 50]}


def category(
    code: str,
    name: str,
    name_de: str,
    parent: str,
    kind: Kind,
    attributes: Mapping[str, Any] | None = None,
    *,
    low: str = "",
    alerts: tuple[int, ...] = (),
) -> CategorySpec:
    """One node of the tree; without attributes of its own it takes none."""
    return CategorySpec(
        code=code,
        name=name,
        name_de=name_de,
        parent=parent,
        kind=kind,
        schema=attributes if attributes is not None else schema(),
        low_stock_quantity=Decimal(low) if low else None,
        alert_days=alerts,
    )


def _cosmetic(*args: Any, **more: Any) -> CategorySpec:
    code, name, name_de, parent, *rest = args
    return category(code, name, name_de, parent, "cosmetic", *rest, **more)


def _sports(*args: Any, **more: Any) -> CategorySpec:
    code, name, name_de, parent, *rest = args
    return category(code, name, name_de, parent, "sports", *rest, **more)


# Parents stand before their children.
COSMETIC_CATEGORIES: tuple[CategorySpec, ...] = (
    _cosmetic("cosmetics", "Cosmetics", "Kosmetik", ""),
    _cosmetic("skin-care", "Skin care", "Hautpflege", "cosmetics"),
    _cosmetic("face-care", "Face care", "Gesichtspflege", "skin-care"),
    _cosmetic(
        "face-serums",
        "Face serums",
        "Seren",
        "face-care",
        schema(("skin_type",), skin_type=SKIN, texture=one_of("watery", "oil", "gel")),
        low="8",
    ),
    _cosmetic(
        "face-creams",
        "Face creams",
        "Gesichtscremes",
        "face-care",
        schema(("skin_type",), skin_type=SKIN, use_time=one_of("day", "night", "any")),
        low="10",
    ),
    _cosmetic(
        "face-cleansers",
        "Face cleansers",
        "Gesichtsreinigung",
        "face-care",
        schema(("form",), form=one_of("gel", "milk", "foam", "oil", "balm", "bar"), skin_type=SKIN),
    ),
    _cosmetic("toners", "Toners", "Gesichtswasser", "face-care", schema(alcohol_free=YES_NO)),
    _cosmetic(
        "face-masks",
        "Face masks",
        "Gesichtsmasken",
        "face-care",
        schema(("form",), form=one_of("clay", "cream", "sheet", "peel"), minutes=between(1, 60)),
    ),
    _cosmetic("eye-care", "Eye care", "Augenpflege", "face-care", schema(cooling_tip=YES_NO)),
    _cosmetic("lip-care", "Lip care", "Lippenpflege", "face-care", schema(spf=SPF), low="20"),
    _cosmetic("body-care", "Body care", "Körperpflege", "skin-care"),
    _cosmetic(
        "body-lotions",
        "Body lotions",
        "Körperlotionen",
        "body-care",
        schema(skin_type=SKIN),
    ),
    _cosmetic("body-oils", "Body oils", "Körperöle", "body-care", schema(cold_pressed=YES_NO)),
    _cosmetic(
        "hand-creams",
        "Hand creams",
        "Handcremes",
        "body-care",
        schema(scent=STRING),
        low="15",
    ),
    _cosmetic(
        "shower-and-bath",
        "Shower and bath",
        "Dusche und Bad",
        "body-care",
        schema(("form",), form=one_of("gel", "bar", "salt", "scrub", "foam")),
    ),
    _cosmetic(
        "deodorants",
        "Deodorants",
        "Deodorants",
        "body-care",
        schema(("form",), form=one_of("stick", "roll-on", "cream"), aluminium_free=YES_NO),
    ),
    _cosmetic(
        "raw-butters-and-oils",
        "Raw butters and oils",
        "Rohbutter und Öle",
        "body-care",
        schema(("refined",), refined=YES_NO, origin_country=STRING),
        low="3",
    ),
    _cosmetic("sun-care", "Sun care", "Sonnenpflege", "cosmetics"),
    _cosmetic(
        "face-sun-care",
        "Face sun care",
        "Sonnenpflege Gesicht",
        "sun-care",
        schema(("spf",), spf=SPF, filters=FILTERS, water_resistant=YES_NO),
        low="12",
        alerts=(180, 90, 60, 30, 7),
    ),
    _cosmetic(
        "body-sun-care",
        "Body sun care",
        "Sonnenpflege Körper",
        "sun-care",
        schema(("spf",), spf=SPF, filters=FILTERS, water_resistant=YES_NO),
        low="12",
        alerts=(180, 90, 60, 30, 7),
    ),
    _cosmetic("after-sun", "After sun", "After Sun", "sun-care", schema(cooling=YES_NO)),
    _cosmetic("hair-care", "Hair care", "Haarpflege", "cosmetics"),
    _cosmetic(
        "shampoos",
        "Shampoos",
        "Shampoos",
        "hair-care",
        schema(("hair_type",), hair_type=HAIR, form=one_of("liquid", "bar")),
        low="10",
    ),
    _cosmetic("conditioners", "Conditioners", "Spülungen", "hair-care", schema(hair_type=HAIR)),
    _cosmetic(
        "hair-treatments",
        "Hair treatments",
        "Haarkuren",
        "hair-care",
        schema(hair_type=HAIR),
    ),
    _cosmetic(
        "hair-styling",
        "Hair styling",
        "Haarstyling",
        "hair-care",
        schema(hold=between(1, 5)),
    ),
    _cosmetic("make-up", "Make-up", "Make-up", "cosmetics"),
    _cosmetic(
        "lipsticks",
        "Lipsticks",
        "Lippenstifte",
        "make-up",
        schema(
            ("finish",), finish=one_of("matt", "satin", "sheer", "gloss"), transfer_proof=YES_NO
        ),
        low="6",
    ),
    _cosmetic(
        "mascaras",
        "Mascaras",
        "Wimperntusche",
        "make-up",
        schema(waterproof=YES_NO),
        low="8",
    ),
    _cosmetic(
        "eye-shadows",
        "Eye shadows",
        "Lidschatten",
        "make-up",
        schema(("finish",), finish=one_of("matt", "shimmer", "metallic")),
    ),
    _cosmetic(
        "foundations",
        "Foundations",
        "Grundierungen",
        "make-up",
        schema(("coverage",), coverage=one_of("light", "medium", "full"), finish=STRING, spf=SPF),
    ),
    _cosmetic("nail-polish", "Nail polish", "Nagellack", "make-up", schema(quick_dry=YES_NO)),
    _cosmetic("fragrance", "Fragrance", "Duft", "cosmetics"),
    _cosmetic(
        "eau-de-parfum",
        "Eau de parfum",
        "Eau de Parfum",
        "fragrance",
        schema(("family",), family=one_of("floral", "woody", "citrus", "amber", "aromatic")),
        low="4",
        alerts=(90, 30),
    ),
    _cosmetic("body-mists", "Body mists", "Körpersprays", "fragrance", schema(family=STRING)),
)

HELMET = schema(
    ("shell", "certificate"),
    shell=one_of("in-mould", "hard shell", "carbon", "hybrid"),
    certificate=one_of("EN 1078", "EN 1077 A", "EN 1077 B"),
    rotation_liner=YES_NO,
    vents=WHOLE,
)
CLOTHES = schema(fit=FIT, reflective=YES_NO, gender=one_of("women", "men", "unisex", "kids"))

SPORTS_CATEGORIES: tuple[CategorySpec, ...] = (
    _sports("sports", "Sports", "Sport", ""),
    _sports("running", "Running", "Laufen", "sports"),
    _sports(
        "running-shoes",
        "Running shoes",
        "Laufschuhe",
        "running",
        schema(
            ("drop_mm", "surface"), drop_mm=between(0, 14), surface=one_of("road", "trail", "track")
        ),
        low="3",
    ),
    _sports("running-clothes", "Running clothes", "Laufbekleidung", "running", CLOTHES, low="6"),
    _sports("running-gear", "Running gear", "Laufzubehör", "running", schema(capacity_ml=WHOLE)),
    _sports("cycling", "Cycling", "Radsport", "sports"),
    _sports("bike-helmets", "Bike helmets", "Fahrradhelme", "cycling", HELMET, low="4"),
    _sports("bike-clothes", "Bike clothes", "Radbekleidung", "cycling", CLOTHES),
    _sports(
        "bike-parts",
        "Bike parts",
        "Fahrradteile",
        "cycling",
        schema(fits=STRING, mounting=STRING, lumens=WHOLE),
    ),
    _sports("football", "Football", "Fußball", "sports"),
    _sports(
        "footballs",
        "Footballs",
        "Fußbälle",
        "football",
        schema(
            ("ball_size", "construction"),
            ball_size=between(1, 5),
            construction=one_of("machine-stitched", "hand-stitched", "thermo-bonded"),
            use=one_of("match", "training", "indoor", "street"),
        ),
        low="10",
    ),
    _sports(
        "football-boots",
        "Football boots",
        "Fußballschuhe",
        "football",
        schema(("studs",), studs=one_of("FG", "AG", "SG", "TF", "IC")),
        low="3",
    ),
    _sports("football-kit", "Football kit", "Teambekleidung", "football", CLOTHES),
    _sports("football-gear", "Football gear", "Fußballzubehör", "football", schema(pieces=WHOLE)),
    _sports("outdoor", "Outdoor", "Outdoor", "sports"),
    _sports(
        "backpacks",
        "Backpacks",
        "Rucksäcke",
        "outdoor",
        schema(("volume_l",), volume_l=between(1, 120), rain_cover=YES_NO),
    ),
    _sports(
        "tents",
        "Tents",
        "Zelte",
        "outdoor",
        schema(("persons",), persons=between(1, 8), water_column_mm=WHOLE, seasons=between(1, 4)),
        low="2",
    ),
    _sports(
        "sleeping-bags",
        "Sleeping bags and mats",
        "Schlafsäcke und Matten",
        "outdoor",
        schema(comfort_c=between(-40, 25), fill=STRING, r_value=STRING),
        low="3",
    ),
    _sports(
        "hiking-shoes",
        "Hiking shoes",
        "Wanderschuhe",
        "outdoor",
        schema(waterproof=YES_NO),
        low="3",
    ),
    _sports(
        "climbing",
        "Climbing",
        "Klettern",
        "outdoor",
        schema(certificate=one_of("EN 892", "EN 12275", "EN 12277", "EN 564"), diameter_mm=STRING),
    ),
    _sports("camp-kitchen", "Camp kitchen", "Campingküche", "outdoor", schema(volume_ml=WHOLE)),
    _sports("fitness", "Fitness", "Fitness", "sports"),
    _sports(
        "weights",
        "Weights",
        "Gewichte",
        "fitness",
        schema(("weight_kg",), weight_kg=between(1, 50)),
    ),
    _sports(
        "mats-and-yoga",
        "Mats and yoga",
        "Matten und Yoga",
        "fitness",
        schema(thickness_mm=WHOLE),
    ),
    _sports(
        "resistance",
        "Resistance training",
        "Widerstandstraining",
        "fitness",
        schema(resistance=one_of("light", "medium", "strong", "mixed"), latex_free=YES_NO),
    ),
    _sports("swimming", "Swimming", "Schwimmen", "sports"),
    _sports("swimwear", "Swimwear", "Bademode", "swimming", CLOTHES),
    _sports(
        "swim-gear",
        "Swim gear",
        "Schwimmzubehör",
        "swimming",
        schema(lens=one_of("clear", "smoke", "mirrored"), anti_fog=YES_NO),
    ),
    _sports("winter-sports", "Winter sports", "Wintersport", "sports"),
    _sports("ski-helmets", "Ski helmets", "Skihelme", "winter-sports", HELMET, low="4"),
    _sports(
        "winter-clothes",
        "Winter clothes",
        "Winterbekleidung",
        "winter-sports",
        schema(fit=FIT, gender=one_of("women", "men", "unisex", "kids"), water_column_mm=WHOLE),
    ),
    _sports("winter-gear", "Winter gear", "Winterzubehör", "winter-sports", schema(norm=STRING)),
)

CATEGORIES: tuple[CategorySpec, ...] = COSMETIC_CATEGORIES + SPORTS_CATEGORIES
