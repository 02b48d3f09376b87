"""What an entry of annex II says beside the substance: where it is prohibited, and unless what."""

import re
from dataclasses import dataclass

from compliance.rulebooks.rules.shapes import EVERYTHING, Purpose, Scope

_HAIR_DYE = frozenset({Purpose.HAIR_DYE, Purpose.HAIR_DYE_OXIDATIVE})
_DYE = re.compile(
    r",?\s*when used as (?:a )?substance in hair (?:(?P<lashes>and eyelash )?dye|dye) products"
    r"(?P<more>, including eyebrow dye products, and eyelash dye products)?\.?\s*$",
    re.IGNORECASE,
)
# Clauses at the end of the substance that only a person can settle, in whole words of the source.
_SETTLED_BY_PEOPLE = re.compile(
    r",?\s*\(?\b(?P<clause>"
    r"when used as a fragrance ingredient"
    r"|if (?:it|they) contains?\b.*"
    r"|if the maximum theoretical concentration of releasable formaldehyde.*"
    r"|except if the full refining history is known.*"
    r"|except (?:for )?(?:the )?(?:normal content|uses of|those special cases).*"
    r"|except as impurity in .*"
    r"|unless regulated elsewhere.*"
    r"|with (?:the )?exceptions? of .*)$",
    re.IGNORECASE | re.DOTALL,
)
_NANO = re.compile(r"\(nano\)", re.IGNORECASE)
_OTHER_WORDS = re.compile(
    r"\b(?:if|except|unless|when used|intended|provided|exempt|excluding|massive)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualified:
    """A prohibition as far as its words narrow it."""

    scope: Scope = EVERYTHING
    unless: str = ""
    is_nano: bool | None = None
    doubts: tuple[str, ...] = ()


def qualify(substance: str) -> Qualified:
    """Read what narrows a prohibition; words that are not known are a doubt."""
    text = " ".join(substance.replace("\xad", "").split())
    rest, scope = _dye(text)
    clause = _SETTLED_BY_PEOPLE.search(rest)
    unless = clause["clause"].strip().rstrip(").") if clause else ""
    if clause:
        rest = rest[: clause.start()]
    is_nano, doubts = _nano(rest)
    if _OTHER_WORDS.search(rest):
        doubts = (*doubts, f"Words that narrow it were not read: {rest}")
    return Qualified(scope=scope, unless=unless, is_nano=is_nano, doubts=doubts)


def _dye(text: str) -> tuple[str, Scope]:
    found = _DYE.search(text)
    if not found:
        return text, EVERYTHING
    with_lashes = found["lashes"] or found["more"]
    purposes = _HAIR_DYE | {Purpose.EYELASH_DYE} if with_lashes else _HAIR_DYE
    return text[: found.start()], Scope(purposes=frozenset(purposes))


def _nano(text: str) -> tuple[bool | None, tuple[str, ...]]:
    if not _NANO.search(text):
        return None, ()
    names = [part for part in re.split(r"\[INCI\](?:\s*\[\d\])?,?|;", text) if part.strip()]
    if all(_NANO.search(name) for name in names) and "massive" not in text:
        return True, ()
    return None, ("Not all of the substances named are nanomaterials.",)
