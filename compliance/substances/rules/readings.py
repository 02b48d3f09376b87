"""Other readings of a printed name: without its parentheses, one side of its slash, respelt."""

import re
from collections.abc import Iterator

from compliance.substances.rules.synonyms import PLANT_WORDS_MAX, PLANTS, WORDS

_GROUP = re.compile(r"\(([^()]*)\)")
_COLOUR = re.compile(r"\bc\.?i\.?\s?(?:no\s)?(\d{5})\b|^(7\d{4}|1[0-9]\d{3}|4[0-9]\d{3})$")
_QUALIFIERS = re.compile(
    r"^(?:the|organic|certified organic|natural|pure|purified|raw|virgin|cold pressed|cold-pressed"
    r"|extra virgin|unrefined|refined|fresh|vegetable|micronized|vegan|bio|encapsulated"
    r"|concentrated|contains|color|colour|pigment|active|active ingredients?|nano|us|eu)\s+(?=\S)"
)
_TAILS = re.compile(r"\s+(?:lake|natural|organic|usp|nf|bp|vegan|eu|us|uk|and)$")
_PARTS = (
    "oil butter extract water juice wax powder starch milk protein seed fruit leaf root flower "
    "kernel peel bark gum sterols flour bran"
)
_PART_WORDS = frozenset(_PARTS.split())
_FOREIGN = re.compile(
    r"\b(?:extrait|huile|beurre|eau|cire|sel|jus|poudre|proteine|amidon|gomme|miel|lait|racine|feuille|"
    r"de|du|des|d'\w+|la|le|marin|wasser|acqua|agua|olej|extrakt|ol|aceite|manteca|cera|sucre|cacao|"
    r"parfum|fragrance|aqua|water|alcool|aluminium|titane|fer|oxydes?|noir|carbone)\b"
)
_COMPOUND = re.compile(
    r"(?:polymers?|ferment|filtrate|lysate|extracts?|esters?|acids?|ate|ide|ates|ides|silicone|"
    r"proteins?|glucoside|ether|methicone|dimethicone|betaine|powder|oil|water|juice|wax)$"
)
_GENERIC = frozenset({"iron oxides", "iron oxide", "colorants", "colours", "colors", "pigments"})


def readings(key: str) -> Iterator[str]:
    """What the key may mean when a part of it is a remark or another name, the surest first."""
    colour = _COLOUR.search(key)
    if colour and (_GROUP.sub(" ", key).strip() in _GENERIC or "(" not in key):
        yield f"ci {colour.group(1) or colour.group(2)}"
    if "(" in key:
        yield from _without_parentheses(key)
    if colour:
        yield f"ci {colour.group(1) or colour.group(2)}"
    yield from _plain(key)


def _without_parentheses(key: str) -> Iterator[str]:
    outside = _tidy(_GROUP.sub(" ", key))
    yield outside
    yield from _plain(outside)
    groups = _GROUP.findall(key)
    if len(groups) != 1:
        return
    inside = groups[0].strip()
    before, _, after = (part.strip() for part in key.partition(f"({groups[0]})"))
    last = inside.split()[-1:] or [""]
    if last[0] in _PART_WORDS and not after:
        yield f"{before} {last[0]}"
        yield f"{before} {' '.join(inside.split()[-2:])}"
    if after:
        yield _tidy(f"{inside} {after}")
    yield _tidy(_GROUP.sub(r"\1", key))
    if not after and "," not in inside:
        yield inside


def _plain(key: str) -> Iterator[str]:
    bare = _QUALIFIERS.sub("", key)
    if bare != key:
        yield bare
    short = _TAILS.sub("", bare)
    if short != bare and len(short) > 3:
        yield short
    yield from _latin(bare)
    if bare.startswith("extract of "):
        yield f"{bare.removeprefix('extract of ')} extract"


def _latin(key: str) -> Iterator[str]:
    """`Sunflower Seed Oil` by the plant's botanical name."""
    words = key.split()
    for count in range(min(PLANT_WORDS_MAX, len(words) - 1), 0, -1):
        latin = PLANTS.get(" ".join(words[:count]))
        if latin:
            yield f"{latin} {' '.join(words[count:])}"


def sides(key: str) -> list[str]:
    """The names on the sides of `aqua/water/eau`; none where the slash belongs to one name."""
    if "/" not in key:
        return []
    flat = _tidy(_GROUP.sub(" ", key))
    parts = [part.strip() for part in flat.split("/") if part.strip()]
    if len(parts) < 2 or len(parts) > 5:
        return []
    if _COMPOUND.search(parts[-1]) and not _is_translation(parts):
        return []
    return parts


def _is_translation(parts: list[str]) -> bool:
    """Whether some side is in another language, or all of them say the kind of thing they are."""
    if any(_FOREIGN.search(part) for part in parts[1:]):
        return True
    kind = parts[-1].split()[-1]
    return all(part.endswith(kind) and " " in part for part in parts)


def spelled(key: str) -> str:
    """The key with each word spelt as INCI names are, in the singular at its end."""
    words = [WORDS.get(word, word) for word in key.split()]
    last = words[-1] if words else ""
    if len(last) > 4 and last.endswith("s") and not last.endswith(("ss", "is", "us")):
        words[-1] = last[:-1]
    return " ".join(words)


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" /", "/").replace("/ ", "/").strip(" ,-/")
