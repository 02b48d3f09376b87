"""Whether a label says what it must, whatever stands between the words in marks."""

import re

_WORD = re.compile(r"[^\W_]+")
_NAME_BEFORE = re.compile(r"(?:^|(?<=\s))[A-Z][\w ,()-]{2,60}:\s")


def says(label_text: str, warning: str) -> bool:
    """Whether a label says a warning; `Salicylic acid: …` is to be said without the name."""
    label = f" {_plain(label_text)} "
    return all(
        f" {words} " in label for said in _NAME_BEFORE.split(warning) if (words := _plain(said))
    )


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
