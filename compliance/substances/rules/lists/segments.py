"""Cutting a text into sentences and sections: headings, lists, `may contain`, closing remarks."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from compliance.substances.rules.lists import words

HEADING_LENGTH_MAX = 80


class Kind(Enum):
    """What a section is, by the words it begins with."""

    PLAIN = "plain"
    INTRO = "intro"
    MAY_CONTAIN = "may contain"
    TITLED = "titled"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Segment:
    """A section of the text: what it is, what its heading says, and the rest of it."""

    kind: Kind
    body: str
    heading: str = ""


_BLANKS = re.compile(r"[ \t\f\v]+")
_LINES = re.compile(r" ?(?:\r\n?|\n) ?")
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_SEPARATOR = re.compile(r"[,;|\u2022\u00b7\u25cf\u25aa]")
_HEADED_LINE = re.compile(r"[-*\u2022 ]*[^\s:,;][^:,;\n]{0,79}:(?:\s|$)")
_SENTENCE = re.compile(
    r"\n|(?<=[a-zA-Z0-9)\]*%'\"])[.!?]+[\"')\]]*(?: +|(?=-[A-Z]))(?=[A-Z0-9*\-\u2022(\[+\u00b1])"
)
_ABBREVIATED = "no nr ext denat sp spp var st ssp subsp fil approx max min inc ltd vit dr mr ca"
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_LAST_WORD = re.compile(r"([A-Za-z]+)$")
_PRODUCT = re.compile(
    r"\b(?:shampoo|conditioner|mask|masque|serum|cream|cr[eè]me|lotion|toner"
    r"|cleanser|gel|balm|scrub|moisturi[sz]er|foundation|concealer|primer|mascara|lipstick"
    r"|lip gloss|powder|eyeshadow|blush|oil|essence|mist|spray|peel|soap|bath|pads?|step \d"
    r"|part [a-z\d]|phase \d|\w+ (?:shade|palette))$",
    re.IGNORECASE,
)


def cleaned_lines(text: str) -> str:
    """One blank between words; line breaks are kept only where they part something."""
    text = _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
    if "\n" not in text:
        return text
    lines = _HYPHENATED.sub("", text).split("\n")
    filled = [line for line in lines if line]
    parting = len(_SEPARATOR.findall(text)) < len(filled) - 1
    out: list[str] = []
    for line in lines:
        if not line:
            if out:
                out.append("\n")
        elif out and (_HEADED_LINE.match(line) or out[-1] == "\n"):
            out.append("\n" + line)
        else:
            out.append((", " if parting else " ") * bool(out) + line)
    return "".join(out)


def unpacked(text: str) -> str:
    """A list written as Python or JSON writes lists, as plain text."""
    bare = text.strip()
    if not (bare.startswith(("['", '["')) and bare.endswith(("']", '"]'))):
        return text
    try:
        items = ast.literal_eval(bare)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return ", ".join(str(item).strip() for item in items)


def segments(text: str) -> Iterator[Segment]:
    """The sections of a text, in order."""
    for sentence in _sentences(text):
        yield from _headed(sentence)


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for found in _SENTENCE.finditer(text):
        if found.group() != "\n" and _is_abbreviation(text, found.start()):
            continue
        if piece := text[start : found.start()].strip():
            yield piece
        start = found.end()
    if piece := text[start:].strip():
        yield piece


def _is_abbreviation(text: str, dot: int) -> bool:
    word = _LAST_WORD.search(text[max(0, dot - 12) : dot])
    return word is not None and (
        len(word.group()) == 1 or word.group().casefold() in _ABBREVIATIONS
    )


def _headed(sentence: str) -> Iterator[Segment]:
    """A sentence taken apart at its headings, its `may contain` and its closing remark."""
    sentence, closing = _without_closing(sentence)
    start, kind, heading = 0, Kind.PLAIN, ""
    for where, end, next_kind, next_heading in _turns(sentence):
        if where < start:
            continue
        body = sentence[start:where].strip(" -:/")
        if body or kind is not Kind.PLAIN:
            yield Segment(kind, body, heading)
        start, kind, heading = end, next_kind, next_heading
    body = sentence[start:].strip(" :/")
    if body or kind is not Kind.PLAIN:
        yield Segment(kind, body, heading)
    if closing:
        yield Segment(Kind.REMARK, closing)


def _without_closing(sentence: str) -> tuple[str, str]:
    for found in words.CLOSING.finditer(sentence):
        rest = sentence[found.start() :]
        if rest[0].isalnum() or rest.count(",") < 3:
            return sentence[: found.start()], rest
    return sentence, ""


def _turns(sentence: str) -> list[tuple[int, int, Kind, str]]:
    """Where a section begins, where its body does, what it is and what its heading says."""
    turns = [
        (found.start(), found.end(), Kind.MAY_CONTAIN, "")
        for found in words.MAY_CONTAIN.finditer(sentence)
    ]
    if ":" in sentence:
        taken = {turn[1] for turn in turns}
        turns += [
            turn
            for colon in _colons(sentence)
            if colon + 1 not in taken and (turn := _heading(sentence, colon))
        ]
        turns.sort(key=lambda turn: turn[:2])
    return turns


def _colons(sentence: str) -> Iterator[int]:
    at = sentence.find(":")
    while at >= 0:
        if not sentence[at + 1 : at + 2].isdigit():
            yield at
        at = sentence.find(":", at + 1)


def _heading(sentence: str, colon: int) -> tuple[int, int, Kind, str] | None:
    """The heading that ends at this colon, unless it stands in parentheses or is too long."""
    before = sentence[max(0, colon - HEADING_LENGTH_MAX) : colon]
    since = max(before.rfind(sign) for sign in ",;|:\u2022\u00b7")
    candidate = before[since + 1 :]
    if candidate.count("(") > candidate.count(")") or candidate.count("[") > candidate.count("]"):
        return None
    begin = colon - len(candidate)
    if words.MAY_CONTAIN.search(candidate):
        return None
    at_start = not sentence[:begin].strip(" -*\u2022,;")
    if since < 0 and begin > 0:
        return None
    if not at_start:
        late = words.late_intro(candidate) or _product_name(candidate)
        begin, candidate = (colon - len(late), late) if late else (begin, candidate)
    candidate = candidate.strip(" -*\u2022")
    return begin, colon + 1, _kind_of(candidate), candidate


def _product_name(text: str) -> str:
    found = _PRODUCT.search(text)
    return found.group() if found else ""


def _kind_of(heading: str) -> Kind:
    if words.is_remark(heading) or words.is_key_list(heading):
        return Kind.REMARK
    return Kind.INTRO if words.is_intro(heading) or words.is_active(heading) else Kind.TITLED
