"""The one normal form of a name, so that what is the same name is found by one key."""

import html
import re
import unicodedata
from functools import lru_cache

NAME_LENGTH_MAX = 300

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u0060\u00b4\u02bc"
_NOTHING = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u2122\u00ae\u00a9\u2120\ufffd"
_SPACES = "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000\t"

_CHARACTERS = {
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _QUOTES), "'"),
    **dict.fromkeys(map(ord, _NOTHING), None),
    **dict.fromkeys(map(ord, _SPACES), " "),
    ord("\u201c"): '"',
    ord("\u201d"): '"',
    ord("\uff0c"): ",",
    ord("\u3001"): ",",
    ord("\uff1b"): ";",
    ord("\uff1a"): ":",
    ord("\uff08"): "(",
    ord("\uff09"): ")",
    ord("\uff0f"): "/",
    ord("\u2044"): "/",
    ord("\u2215"): "/",
}

# Letters and signs that are met in ingredient lists and get damaged on the way.
_OFTEN_DAMAGED = (
    "".join(chr(code) for code in range(0xA1, 0x100)) + "\u2013\u2014\u2018\u2019\u201c\u201d\u2022"
    "\u2026\u2122\u2020\u2021\u0152\u0153\u00a0\u200b\ufeff"
)


def _damage() -> dict[str, str]:
    """What these characters become when UTF-8 is read as cp1252 or as Latin-1."""
    found: dict[str, str] = {}
    for character in _OFTEN_DAMAGED:
        for wrong in ("cp1252", "latin-1"):
            try:
                found[character.encode().decode(wrong)] = character
            except UnicodeDecodeError:
                continue
    return found


_DAMAGE = _damage()
_DAMAGED = re.compile("|".join(map(re.escape, sorted(_DAMAGE, key=len, reverse=True))))
_LONE_DAMAGE = re.compile("[\u00c2](?=[\\s,;.)(*]|$)")
_BREAK = re.compile(r"<\s*(?:br|/p|/li|/div|p|li)\s*/?\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")


def repair(text: str) -> str:
    """The text without damage that is always the same; nothing else of it changes.

    Read in a wrong encoding, HTML left in, signs that print nothing, many forms of dashes.
    """
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    if "<" in text:
        text = _TAG.sub(" ", _BREAK.sub("\n", text))
    if text.isascii():
        return text.replace("\t", " ").replace("`", "'")
    text = _DAMAGED.sub(lambda found: _DAMAGE[found.group()], text)
    text = _LONE_DAMAGE.sub("", text)
    return text.translate(_CHARACTERS)


_OPENING = str.maketrans("[]{}_\\", "()() /")
_SPACE = re.compile(r"\s+")
_LOOSE = re.compile(r"\s*([-/])\s*|\s+(?=[),;])|(?<=\()\s+|(?<=\d,)\s+(?=\d)|\s+(?=,\d)")
_DOT = re.compile(r"(?<!\d)\.|\.(?!\d)")
_EDGES = " ,;:.*+-/\"'"


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """The key of a name: no case, accents, footnote marks, loose blanks or dots that mean nothing.

    Digits, commas and hyphens stay: `1,2-Hexanediol` and `1,3-Butanediol` are two things.
    """
    if not text.isascii():
        text = repair(text)
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
        text = text.replace("\u00d7", "x").replace("\u00df", "ss")
    text = text.translate(_OPENING).casefold().replace("`", "'")
    text = _DOT.sub(" ", text) if "." in text else text
    text = _SPACE.sub(" ", text)
    text = _LOOSE.sub(lambda found: found.group(1) or "", text)
    return text.strip(_EDGES)


_CUT = re.compile(r"(?<=\d)[\s,-]+(?=\d)")
_JOINTS = re.compile(r"[\s\-'.]+")


def squashed(key: str) -> str:
    """A key without blanks and hyphens, except between digits: `ethylhexyl glycerin`, `PEG 40`."""
    return _JOINTS.sub("", _CUT.sub("~", key))
