"""Cutting a text at its separators, without cutting names that hold commas or parentheses."""

import re
from collections.abc import Iterator

GROUP_LENGTH_MAX = 400

_SPECIAL = re.compile(r"[,;|()\[\]{}\u2022\u00b7\u25cf\u25aa\u25e6\u2023\u2219\u25a0\n]")
_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = frozenset(_OPEN.values())
_LOCANT_LEFT = re.compile(r"(?:^|[^\w.])([A-Za-z]*-)?(\d{1,2})[a-zA-Z']{0,2}$")
_LOCANT_RIGHT = re.compile(r"(\d{1,2})[a-zA-Z']{0,2}(?=[-,'\s(])")
_LETTER_LEFT = re.compile(r"(?:^|[^\w])[NOSPnosp]'?$")
_LETTER_RIGHT = re.compile(r"[NOSPnosp]?'?[-\d,(]|[NOSPnosp]'?-")
_DECIMAL_RIGHT = re.compile(r"\d{1,4}\s?%")
_AND = re.compile(r"\s*\(\s*(?:and|und|et|y|&)\s*\)\s*", re.IGNORECASE)
_CHAIN = frozenset({"peg", "ppg"})
_CUT_LOCANT = re.compile(r"(?:^|[\s-])\d{1,2}$")
_REST_OF_LOCANT = re.compile(r"\d{1,2}[a-z]?-\s?[a-z]", re.IGNORECASE)


def split_tokens(text: str) -> list[str]:
    """The pieces between separators that stand outside matched parentheses."""
    text = _AND.sub(", ", text)
    marks = list(_SPECIAL.finditer(text))
    grouping = _matched(marks)
    tokens: list[str] = []
    depth = start = 0
    for index, mark in enumerate(marks):
        sign = mark.group()
        if index in grouping:
            depth += 1 if sign in _OPEN else -1
        elif depth == 0 and sign not in _OPEN and sign not in _CLOSE:
            if sign == "," and _is_inside_name(text, mark.start()):
                continue
            tokens.append(text[start : mark.start()])
            start = mark.end()
    tokens.append(text[start:])
    return list(_rejoined(tokens))


def split_slashes(text: str) -> list[str]:
    """The pieces of a list that has ` / ` between its names and nothing else."""
    return text.split(" / ")


def _matched(marks: list[re.Match[str]]) -> set[int]:
    """Which of the marks are parentheses that belong together and lie near to each other."""
    found: set[int] = set()
    stack: list[int] = []
    for index, mark in enumerate(marks):
        sign = mark.group()
        if sign in _OPEN:
            stack.append(index)
        elif sign in _CLOSE and stack:
            opening = stack.pop()
            if mark.start() - marks[opening].start() <= GROUP_LENGTH_MAX:
                found.update((opening, index))
    return found


def _is_inside_name(text: str, comma: int) -> bool:
    """Whether this comma stands between locants (`1,2-`, `N,N-`) or in a decimal (`5,5 %`)."""
    before, after = text[max(0, comma - 16) : comma], text[comma + 1 : comma + 12]
    if not before or not after or after[0] == " ":
        return False
    if before[-1].isdigit() and _DECIMAL_RIGHT.match(after):
        return True
    right = _LOCANT_RIGHT.match(after)
    left = _LOCANT_LEFT.search(before)
    if left and right:
        chain = (left.group(1) or "").rstrip("-").casefold()
        return int(left.group(2)) <= int(right.group(1)) and chain not in _CHAIN
    return bool(_LETTER_LEFT.search(before) and _LETTER_RIGHT.match(after))


def _rejoined(tokens: list[str]) -> Iterator[str]:
    """`1` and `2-Hexanediol` were one name; so were `C12-15` and nothing else."""
    waiting = ""
    for token in tokens:
        bare = token.strip()
        if waiting and _REST_OF_LOCANT.match(bare):
            yield f"{waiting},{bare}"
            waiting = ""
            continue
        if waiting:
            yield waiting
            waiting = ""
        if bare.isdigit() and len(bare) <= 2:
            waiting = bare
        elif bare:
            yield bare
    if waiting:
        yield waiting
