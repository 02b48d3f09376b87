"""Other readings of a printed name: without its parentheses, one side of its slash, respelt."""

import re
from collections.abc import Iterator

from compliance.substances.rules.synonyms import PLANT_WORDS_MAX, PLANTS, WORDS

_LETTERS = re.compile(r"[a-z]+")
_GROUP = re.compile(r"\(([^()]*)\)")
_COLOUR = re.compile(r"\bc\.?i\.?\s?(?:no\s)?(\d{5})\b|^(7\d{4}|1[0-9]\d{3}|4[0-9]\d{3})$")
_QUALIFIERS = re.compile(
    r"^(?:the|organic|certified organic|natural|pure|purified|raw|virgin|cold pressed|cold-pressed"
    r"|extra virgin|unrefined|refined|fresh|micronized|vegan|bio|encapsulated"
    r"|concentrated|contains|color|colour|pigment|active|active ingredients?|nano|us|eu)\s+(?=\S)"
)
_TAILS = re.compile(r"\s+(?:lake|natural|organic|usp|nf|bp|vegan|eu|us|uk|and)$")
_PARTS = (
    "oil butter extract water juice wax powder starch milk protein seed fruit leaf root flower "
    "kernel peel bark gum sterols flour bran"
)
_PART_WORDS = frozenset(_PARTS.split())
_FOREIGN = re.compile(
    r"\b(?:extrait|huile|beurre|eau|cire|sel|jus|poudre|proteine|amidon|gomme|miel|lait|racine"
    r"|feuille|cera|d'\w+|wasser|acqua|agua|olej|extrakt|aceite|manteca|sucre|alcool|titane|oxydes?"
    r"|noir|carbone)\b"
)
SIDES_MAX = 5

# What stands beside a colour index number and says less than it.
_COLOURED = re.compile(
    r"^(?:ext\b|f? ?d ?& ?c|(?:red|blue|yellow|green|violet|orange|black|brown|food|acid|pigment"
    r"|lake|iron oxide|colou?r|colorant|ferric|chromium|manganese)\w*\b)"
)
_WORDS_BESIDE_COLOUR_MAX = 5


def readings(key: str) -> Iterator[str]:
    """What the key may mean when a part of it is a remark or another name, the surest first."""
    colour = _colour(key)
    if colour and ("(" not in key or _COLOURED.match(key)):
        yield colour
    if "(" in key:
        yield from _without_parentheses(key)
    if colour:
        yield colour
    yield from _plain(key)


def _colour(key: str) -> str:
    """The one colour index number printed in it, if little else is."""
    found = _COLOUR.findall(key)
    if len(found) != 1 or len(key.split()) > _WORDS_BESIDE_COLOUR_MAX + 2:
        return ""
    return f"ci {found[0][0] or found[0][1]}"


def _without_parentheses(key: str) -> Iterator[str]:
    outside = _tidy(_GROUP.sub(" ", key))
    groups = _GROUP.findall(key)
    yield from _with_part(key, groups)
    yield outside
    if len(groups) != 1:
        yield from _plain(outside)
        return
    inside = groups[0].strip()
    before, _, after = (part.strip() for part in key.partition(f"({groups[0]})"))
    if after and len(inside.split()) > 1 and len(before.split()) <= 3:
        yield _tidy(f"{inside} {after}")
    yield from _plain(outside)
    if after:
        yield from _common_name(before, inside, after)
    yield from _with_last_word(before, inside, after)
    yield _tidy(_GROUP.sub(r"\1", key))
    if not after and "," not in inside:
        yield inside


def _with_part(key: str, groups: list[str]) -> Iterator[str]:
    """`Salix Alba (Willow Bark) Extract` is of the bark."""
    words = groups[0].split() if len(groups) == 1 else []
    if len(words) > 1 and words[-1] in _PART_WORDS and not key.endswith(")"):
        yield _tidy(_GROUP.sub(f" {words[-1]} ", key))


def _with_last_word(before: str, inside: str, after: str) -> Iterator[str]:
    """`Butyrospermum Parkii (Shea Butter)`: the last words belong to the plant's name."""
    words = inside.split()
    if words and words[-1] in _PART_WORDS and not after:
        yield f"{before} {words[-1]}"
        yield f"{before} {' '.join(words[-2:])}"


def _common_name(before: str, inside: str, after: str) -> Iterator[str]:
    """`Helianthus Anus (Sunflower) Seed Oil`: the common name tells which plant is meant."""
    latin = PLANTS.get(inside)
    if latin and 0 < len(before.split()) <= len(latin.split()):
        yield f"{latin} {after}"


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
    """The names on the sides of `aqua/water/eau`."""
    if "/" not in key:
        return []
    parts = [part.strip() for part in _tidy(_GROUP.sub(" ", key)).split("/") if part.strip()]
    return parts if 2 <= len(parts) <= SIDES_MAX else []


def may_repeat(side: str, known: str) -> bool:
    """Whether an unknown side of a slash only says the known one again.

    It does in another language (`Extrait de Levure`), or as the same part of a plant. All else may
    be a half of one name: `Acrylamide/Sodium Acrylate Copolymer` is no acrylamide.
    """
    if _FOREIGN.search(side):
        return True
    last = side.split()[-1]
    return last in _PART_WORDS and " " in side and known.split()[-1] == last


def spelled(key: str) -> str:
    """The key with each word spelt as INCI names are, in the singular at its end."""
    key = _LETTERS.sub(lambda found: WORDS.get(found.group(), found.group()), key)
    if key.endswith("s") and not key.endswith(("ss", "is", "us")) and len(key) > 4:
        return key[:-1]
    return key


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" /", "/").replace("/ ", "/").strip(" ,-/")
