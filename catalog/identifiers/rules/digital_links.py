"""GS1 Digital Link URIs: https://example.com/01/09520123456788/10/ABC1?17=270331."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote, unquote_plus

from catalog.identifiers.rules.application_identifiers import APPLICATION_IDENTIFIERS
from catalog.identifiers.rules.elements import Element, Reading

_LINK: Final = re.compile(
    r"https?://(?P<domain>[A-Za-z0-9.-]+(?::[0-9]+)?)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_SCHEMES: Final = ("http://", "https://", "HTTP://", "HTTPS://")
_NOT_OF_A_URI: Final = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]")
_NAMES: Final = {
    "sscc": "00", "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417",
    "gsrnp": "8017", "gsrn": "8018", "gcn": "255", "grai": "8003", "giai": "8004", "gdti": "253",
    "ginc": "401", "gsin": "402", "gmn": "8013", "cpv": "22", "lot": "10", "ser": "21",
    "cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019",
}  # fmt: skip
_GTIN_LENGTHS: Final = (8, 12, 13)


def parse_digital_link(text: str, *, strict: bool = True) -> tuple[Element, ...]:
    """Read the elements of a Digital Link, path first; raises InvalidScan."""
    reading = Reading(text, is_strict=strict)
    read_link(reading, text)
    return tuple(reading.elements)


def looks_like_link(text: str) -> bool:
    """Say whether the text starts as a web address does."""
    return text[:8].lower().startswith(("http://", "https://"))


def read_link(reading: Reading, text: str) -> None:
    """Read path and query into the reading. Not strict: GTINs may be short, AIs unknown."""
    if not reading.is_strict and looks_like_link(text):
        scheme, _, rest = text.partition("://")
        text = f"{scheme.lower()}://{rest}"
    match = _LINK.fullmatch(text[:5].lower() + text[5:]) if text.startswith(_SCHEMES) else None
    if match is None or _NOT_OF_A_URI.search(text):
        raise reading.refusal("no-link", "this is not a web address with a path")
    path = _path_elements(reading, match["path"])
    for ai, value in path:
        reading.add(ai, value)
    _check_qualifiers(reading, [ai for ai, _ in path])
    _read_query(reading, match["query"] or "", [ai for ai, _ in path])


def _path_elements(reading: Reading, path: str) -> list[tuple[str, str]]:
    """Walk the path backwards by pairs until a primary key is met; what is before it is a stem."""
    segments = path.split("/")[1:]
    pairs: list[tuple[str, str]] = []
    while len(segments) >= 2:
        value, name = segments.pop(), segments.pop()
        ai = _NAMES.get(name, name)
        definition = APPLICATION_IDENTIFIERS.get(ai)
        if definition is None and not (ai.isascii() and ai.isdigit() and 2 <= len(ai) <= 4):
            break
        pairs.append((ai, _full_value(reading, ai, _decode(reading, value))))
        if definition is not None and definition.link_qualifiers is not None:
            return pairs[::-1]
    raise reading.refusal("no-link-key", "its path holds no GS1 key, such as /01/ and a GTIN")


def _check_qualifiers(reading: Reading, ais: Sequence[str]) -> None:
    key, qualifiers = ais[0], [ai for ai in ais[1:] if ai in APPLICATION_IDENTIFIERS]
    if not any(_is_in_order(qualifiers, way) for way in _ways(key)):
        reading.doubt(
            "link-order",
            f"({') ('.join(qualifiers)}) do not follow ({key}) in this order in a link",
        )


def _read_query(reading: Reading, query: str, path_ais: Sequence[str]) -> None:
    """Read the attributes behind the question mark; keys that are not numbers are not GS1's."""
    seen = set(path_ais)
    for part in re.split("[&;]", query):
        ai, has_value, value = part.partition("=")
        if not has_value or not (ai.isascii() and ai.isdigit()):
            continue
        if ai in seen:
            raise reading.refusal("repeated-ai", f"({ai}) is given twice in the link")
        seen.add(ai)
        definition = APPLICATION_IDENTIFIERS.get(ai)
        if definition is not None and (
            not definition.is_link_attribute or _belongs_in_path(ai, path_ais)
        ):
            reading.doubt("link-order", f"{definition.name} belongs in the path of the link")
        reading.add(ai, _full_value(reading, ai, _decode(reading, value, is_query=True)))


def _belongs_in_path(ai: str, path_ais: Sequence[str]) -> bool:
    return any(ai in way and set(path_ais[1:]) <= set(way) for way in _ways(path_ais[0]))


def _ways(key: str) -> Iterable[tuple[str, ...]]:
    """List the sequences of qualifiers that may follow a primary key."""
    return APPLICATION_IDENTIFIERS[key].link_qualifiers or ()


def _is_in_order(qualifiers: Sequence[str], way: Sequence[str]) -> bool:
    remaining = iter(way)
    return all(qualifier in remaining for qualifier in qualifiers)


def _decode(reading: Reading, text: str, *, is_query: bool = False) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise reading.refusal("bad-escape", "it holds a broken % escape")
    decoded = (unquote_plus if is_query else unquote)(text)
    if "\x00" in decoded or "\ufffd" in decoded:
        raise reading.refusal("bad-escape", "it holds a % escape that stands for no character")
    return decoded


def _full_value(reading: Reading, ai: str, value: str) -> str:
    """Give a GTIN its leading zeros back, which people leave out of links against the standard."""
    is_short_gtin = ai in ("01", "02") and len(value) in _GTIN_LENGTHS
    return value.zfill(14) if is_short_gtin and not reading.is_strict else value
