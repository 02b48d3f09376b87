"""Our SKU standard: `COS-`, `SE-` or `BDL-`, 2 to 5 groups of A-Z 0-9, at most 40 characters."""

import re
import unicodedata
from collections.abc import Callable, Container, Generator, Iterator
from functools import lru_cache
from typing import Final

from catalog.identifiers.errors import InvalidSku, shown

SKU_LENGTH_MAX: Final = 40
PREFIX_BY_KIND: Final = {"cosmetic": "COS", "sports": "SE", "bundle": "BDL"}

_GROUPS_MAX: Final = 5
_GROUP_LENGTHS_MAX: Final = (8, 14, 8, 8, 8)  # brand, name, options
_NAME_LENGTH_MIN: Final = 4  # what is left of the name where all groups are long
_SKU: Final = re.compile(r"(?:COS|SE|BDL)(?:-[A-Z0-9]+){2,5}")
_SEPARATORS: Final = re.compile(r"[^A-Z0-9]+")
_DECIMAL_MARK: Final = re.compile(r"(?<=[0-9])[.,](?=[0-9])")
_FALLBACK_GROUP: Final = "ITEM"

_CYRILLIC: Final = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐ"
_CYRILLIC_IN_LATIN: Final = (
    "A B V G D E ZH Z I Y K L M N O P R S T U F KH TS CH SH SCH _ Y _ E YU YA E I YI YE G"
)
_GREEK: Final = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
_GREEK_IN_LATIN: Final = "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O"
_LATIN: Final = {"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS"}
_LETTERS: Final = str.maketrans(
    dict(zip(_CYRILLIC, _CYRILLIC_IN_LATIN.replace("_", "").split(" "), strict=True))
    | dict(zip(_GREEK, _GREEK_IN_LATIN.split(" "), strict=True))
    | _LATIN
    | {"'": "", "\u2019": ""}
)


def validate_sku(text: str) -> str:
    """Give the SKU back if it follows the standard, letter by letter; raises InvalidSku."""
    if len(text) <= SKU_LENGTH_MAX and _SKU.fullmatch(text):
        return text
    raise InvalidSku(f"{shown(text)} {_what_is_wrong(text)}", reason="sku-standard", value=text)


def is_sku(text: str) -> bool:
    """Say whether the text follows the standard."""
    return len(text) <= SKU_LENGTH_MAX and _SKU.fullmatch(text) is not None


def mint_sku(
    kind: str, *words: str, taken: Container[str] | Callable[[str], bool] = frozenset()
) -> str:
    """Make a SKU out of brand, name and options (empty ones are left out) that is not taken yet.

    The same words and the same taken SKUs give the same SKU. Each call tries only a handful, even
    where thousands of products share a name: the serial is looked for by doubling, then halving.
    """
    is_taken = taken if callable(taken) else taken.__contains__
    family = SkuFamily(kind, *words)
    search = search_free_serial(family)
    sku = next(search)
    while True:
        try:
            sku = search.send(is_taken(sku))
        except StopIteration as found:
            return family.member(found.value)


class SkuFamily:
    """Every SKU some words could have: the plain one, and one with each serial.

    For those who make thousands at once and ask about all of them together. Words that come to
    the same groups have the same `key`.
    """

    __slots__ = ("_groups", "_kind", "key")

    def __init__(self, kind: str, *words: str) -> None:
        self._kind = kind
        self._groups = _groups(words)
        self.key = _assemble(kind, self._groups, 0)

    def member(self, serial: int) -> str:
        """Give the SKU with this serial; words that make a single group always carry one."""
        is_plain = serial == 1 and len(self._groups) > 1
        return _assemble(self._kind, self._groups, None if is_plain else serial)


def search_free_serial(family: SkuFamily, after: int = 0) -> Generator[str, bool, int]:
    """Find the first serial behind `after` whose SKU is free: by doubling, then halving.

    Yields each SKU to be asked about and is sent whether it is taken, so that many searches can
    share one question to the database.
    """
    taken, free = after, after + 1
    while (yield family.member(free)):
        taken, free = free, after + 2 * (free - after)
    while free - taken > 1:
        middle = (taken + free) // 2
        if (yield family.member(middle)):
            taken = middle
        else:
            free = middle
    return free


def sku_candidates(kind: str, *words: str) -> Iterator[str]:
    """Give every SKU these words could have, best first, without end: plain, then with a serial."""
    groups = _groups(words)
    plain, serial = "", 1
    if len(groups) > 1:
        plain = _assemble(kind, groups)
        yield plain
        serial = 2
    while True:
        # An option that looks like a serial ("2") would give the plain SKU once more.
        if (candidate := _assemble(kind, groups, serial)) != plain:
            yield candidate
        serial += 1


def _groups(words: tuple[str, ...]) -> list[str]:
    """Turn each word into a group of its own, leaving out of the name what other groups say."""
    parts = [part for word in words if (part := _latin_words(word))]
    for i, part in enumerate(parts):
        if i != 1 and len(parts) > 1:
            parts[1] = _without("".join(part), parts[1])
    cut = zip(parts, _GROUP_LENGTHS_MAX, strict=False)
    groups = ["".join(part)[:length] for part, length in cut] or [_FALLBACK_GROUP]
    excess = len("-".join(groups)) + len("COS-") - SKU_LENGTH_MAX
    if excess > 0:
        groups[1] = groups[1][: max(_NAME_LENGTH_MIN, len(groups[1]) - excess)]
    return groups


def _without(said: str, name: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the first run of words that together say the same, unless nothing else is left."""
    if said not in "".join(name):
        return name
    for start in range(len(name)):
        run = ""
        for end in range(start, len(name)):
            run += name[end]
            if run == said:
                return name[:start] + name[end + 1 :] or name
            if len(run) >= len(said):
                break
    return name


@lru_cache(maxsize=2048)
def _latin_words(text: str) -> tuple[str, ...]:
    """Split into words of A-Z 0-9: é is E, ß is SS, Ж is ZH; what has no Latin form is dropped."""
    upper = text.upper()
    if not upper.isascii():
        upper = unicodedata.normalize("NFC", upper).translate(_LETTERS)
        upper = unicodedata.normalize("NFKD", upper).encode("ascii", "ignore").decode()
    else:
        upper = upper.replace("'", "")
    if "." in upper or "," in upper:
        upper = _DECIMAL_MARK.sub("P", upper)
    return tuple(word for word in _SEPARATORS.split(upper) if word)


def _assemble(kind: str, groups: list[str], serial: int | None = None) -> str:
    """Join prefix and groups; a serial takes the last group's place, or room, where it needs to."""
    stem = "-".join([PREFIX_BY_KIND[kind], *groups])
    if serial is None:
        return stem[:SKU_LENGTH_MAX].rstrip("-")
    tail = f"-{serial}"
    if len(groups) == _GROUPS_MAX:
        stem = stem.rpartition("-")[0]
    return stem[: SKU_LENGTH_MAX - len(tail)].rstrip("-") + tail


def _what_is_wrong(text: str) -> str:
    rule = (
        "A SKU is COS-, SE- or BDL-, then 2 to 5 groups of A-Z and 0-9 joined by hyphens, "
        f"{SKU_LENGTH_MAX} characters at most."
    )
    if is_sku(better := text.strip().upper()):
        return f"is not written as a SKU is: did you mean {better}? {rule}"
    if len(text) > SKU_LENGTH_MAX:
        return f"is too long for a SKU ({len(text)} characters). {rule}"
    return f"is not a SKU. {rule}"
