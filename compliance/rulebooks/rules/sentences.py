"""The sentences of the annexes that come again and again, and what each of them does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from compliance.rulebooks.rules.products import read_products
from compliance.rulebooks.rules.shapes import Form, Purpose, Scope


class Meaning(StrEnum):
    """What a sentence does."""

    CONDITION = "condition"  # for the maker; nothing that a product's facts tell
    PROHIBITION = "prohibition"
    MIXTURE = "mixture"  # a figure for what is applied, after mixing
    GENERAL = "general"
    PROFESSIONAL = "professional"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and what it does. `maybe`: of these products only some are meant."""

    meaning: Meaning
    text: str
    sure: tuple[Scope, ...] = ()
    maybe: tuple[Scope, ...] = ()
    figure: Decimal | None = None
    basis: str = ""
    doubts: tuple[str, ...] = field(default=())


_DECLARE = re.compile(
    r"(?:\(a\)\s*(?:\(b\))?\s*)?The presence of the substances?\b.{0,40}?"
    r"\b(?:must|shall) be indicated(?: as)?(?: \u2018(?P<as>[^\u2019]+)\u2019)?.*?"
    r"(?P<leave>\d+[.,]\d+)\s*%\s*in leave-on products"
    r"[\s\u2014-]*(?P<rinse>\d+[.,]\d+)\s*%\s*in rinse-off products\.?",
    re.DOTALL,
)
# What only the maker can meet or show: purity, manufacture, pH, purpose.
_CONDITIONS = re.compile(
    r"(?:maximum |max\. )?(?:nitrosamines?|notrosamine)\b|do\s+not\s+use(?:\s+with)?\s+nitr|"
    r"do not use with notr|kee?p\s+in\s+nitr|avoid formation of nitros"
    r"|not to be used with secondary"
    r"|(?:- ?)?maximum (?:secondary amine|residual acrylamide|concentration of peanut"
    r"|molecular weight|nitrosamines?|notrosamine)|minimum purity|(?:the )?peroxide value"
    r"|\(?this limit applies to the substance|level of free allyl|purity\b|impurity\b|impurities\b"
    r"|for purposes other than inhibiting|th(?:is|e) purpose has to be apparent"
    r"|(?:ready for use )?ph\b"
    r"|up to ph\b|\(?for use as\b|these levels are inclusive|only in the pigmentary form"
    r"|hydroquinone levels shall|stabilised with|alpha terthienyl|the silver content in"
    r"|di-n-hexyl phthalate|20% agcl|the level of ethylene glycol|all products must meet"
    r"|methanesulfonates impur|only nanomaterials having|free from |not to be used on eyebrows"
    r"|\d, ?\d', ?\d, ?\d'-tetrachloroazo|footnote \(\*3\): benzophenone as an impurity"
    r"|not more than \d|maximum 3,3'-dimethylbenzidine|only in free acid form",
    re.IGNORECASE,
)
_TO_THE_END = re.compile(
    r"Only nanomaterials\s+having|O\s*\n?\s*nly nanomaterials|Purity criteria|Purity\s*>",
    re.IGNORECASE,
)
_MIXTURE = re.compile(
    r"(?:after|afther) mixing (?:under )?o?xidative conditions,?\s?(?:the ?)?maximum ?(?:use )?"
    r"concentra(?:tion|tio|ion) "
    r"(?:applied )?to (?:hair|eyelashes)(?: or eye-?s?lashes)? must not exceed "
    r"(?P<figure>\d+(?:[.,]\d+)?)\s*%\s*(?P<basis>\(?(?:calculated )?as .{3,80})?[.;]?",
    re.IGNORECASE,
)
_PROFESSIONAL = re.compile(r"(?:for )?professs?ional use(?: only)?\.?", re.IGNORECASE)
_GENERAL = re.compile(r"general use\.?", re.IGNORECASE)
_NOT_IN = re.compile(
    r"(?:not to be used|no use|do not use) in (?P<what>.+?)\.?", re.IGNORECASE | re.DOTALL
)
_SPLIT = re.compile(
    r"\n|(?<=[a-z\d)%\u2019])\.\s+(?=[A-Z(\u2014-])"
    r"|(?<=[a-z%])\s(?=\u2014\s)|(?<=\))\s(?=Not to be used)"
)
_NUMBERED = re.compile(r"^\d\.?(?: |$)")
_UNDER = re.compile(
    r"(?:products|preparations) for children under (?P<years>\d+|three) years of age"
)
_PASTE_UNDER = re.compile(r"toothpaste intended for children under (?P<years>\d+) years of age")
_LUNGS = re.compile(
    r"applications that may lead to exposure of the end[- ]user.s lungs by inhalation"
)
_AEROSOLS = re.compile(r"aerosols?(?: dispensers?)?(?: \(sprays\))?")
_MUCOUS = re.compile(r"products applied on (?:the )?mucous membranes")
_SUN = re.compile(
    r"sunscreen products and products marketed for exposure to natural.{1,4}artificial uv light"
    r"|sunscreen products and products marketed for exposure to natural or artificial uv light"
)
_SPRAY = Scope(forms=frozenset({Form.SPRAY}))
_DUST = Scope(forms=frozenset({Form.SPRAY, Form.POWDER}))
_UNDER_THREE = Scope(is_for_under_threes=True)


@dataclass(frozen=True, slots=True)
class Declared:
    """A text without the duty to name the substance, and the shares above which it holds."""

    text: str
    leave_on: Decimal | None = None
    rinse_off: Decimal | None = None
    named_as: str = ""


def read_declaration(text: str) -> Declared:
    """Take out the sentence that makes a fragrance allergen be named on the label."""
    found = _DECLARE.search(text)
    if not found:
        return Declared(text)
    rest = f"{text[: found.start()]}\n{text[found.end() :]}".strip()
    named = f"To be named on the label as \u2018{found['as']}\u2019." if found["as"] else ""
    return Declared(rest, number(found["leave"]), number(found["rinse"]), named)


def sentences(text: str) -> Iterator[Sentence]:
    """Every sentence of a part, with what it does."""
    words, tail = _without_tail(text)
    for piece in _SPLIT.split(words):
        bare = _NUMBERED.sub("", piece.strip(" ,-\u2014\u2022\u2019\u2018'\t;")).strip()
        if any(letter.isalnum() for letter in bare):
            yield read_sentence(bare)
    if tail:
        yield Sentence(Meaning.CONDITION, tail)


def read_sentence(text: str) -> Sentence:
    """What one sentence does."""
    for pattern, meaning in ((_PROFESSIONAL, Meaning.PROFESSIONAL), (_GENERAL, Meaning.GENERAL)):
        if pattern.fullmatch(text):
            return Sentence(meaning, text)
    if found := _MIXTURE.fullmatch(text):
        basis = without_brackets((found["basis"] or "").strip(" .;"))
        words = f"after mixing, {basis}" if basis else "after mixing"
        return Sentence(Meaning.MIXTURE, text, figure=number(found["figure"]), basis=words)
    if found := _NOT_IN.fullmatch(text):
        return _prohibition(found["what"], text)
    if _CONDITIONS.match(text):
        return Sentence(Meaning.CONDITION, text)
    return Sentence(Meaning.UNREAD, text)


def number(text: str) -> Decimal:
    """A figure with a comma or a point."""
    return Decimal(text.replace(",", "."))


def without_brackets(words: str) -> str:
    """`(as acid)` without its brackets, or without the one that was never closed."""
    if words.startswith("("):
        words = words[1:]
        if words.count(")") > words.count("("):
            words = words[: words.rindex(")")] + words[words.rindex(")") + 1 :]
    elif words.count(")") > words.count("("):
        words = words.removesuffix(")")
    return " ".join(words.split())


def _without_tail(text: str) -> tuple[str, str]:
    """A list of characteristics belongs to the sentence that opens it, to the end."""
    found = _TO_THE_END.search(text)
    if not found:
        return text, ""
    words, tail = text[: found.start()], text[found.start() :]
    for line in tail.splitlines()[1:]:
        if line.startswith("Not to be used"):
            tail = tail.replace(line, "").strip()
            words = f"{words}\n{line}"
    return words, tail


def _prohibition(what: str, text: str) -> Sentence:
    plain = " ".join(what.lower().replace("producrs", "products").split())
    plain = re.sub(r"\s*\(\d+\)$", "", plain)
    if known := _known(plain, text):
        return known
    sure: list[Scope] = []
    maybe: list[Scope] = []
    for piece in re.split(r",? and in |, in |,(?= products)", plain):
        own = _known(piece, text) or _products(piece, text)
        if own.meaning is Meaning.UNREAD:
            return Sentence(Meaning.UNREAD, text)
        sure += own.sure
        maybe += own.maybe
    return Sentence(Meaning.PROHIBITION, text, tuple(sure), tuple(maybe))


def _known(plain: str, text: str) -> Sentence | None:
    if found := _UNDER.fullmatch(plain):
        doubts = () if found["years"] in ("3", "three") else _older(found["years"])
        return Sentence(Meaning.PROHIBITION, text, (_UNDER_THREE,), doubts=doubts)
    if found := _PASTE_UNDER.fullmatch(plain):
        scope = Scope(purposes=frozenset({Purpose.TOOTHPASTE}), is_for_under_threes=True)
        doubts = () if found["years"] == "3" else _older(found["years"])
        return Sentence(Meaning.PROHIBITION, text, (scope,), doubts=doubts)
    if _LUNGS.fullmatch(plain):
        return Sentence(Meaning.PROHIBITION, text, maybe=(_DUST,))
    if _AEROSOLS.fullmatch(plain):
        return Sentence(Meaning.PROHIBITION, text, maybe=(_SPRAY,))
    if _MUCOUS.fullmatch(plain):
        return _mucous(text)
    if _SUN.fullmatch(plain):
        return Sentence(Meaning.PROHIBITION, text, (Scope(purposes=frozenset({Purpose.SUN_CARE})),))
    return None


def _mucous(text: str) -> Sentence:
    """By the preamble: mouth, rim of the eyes, genital organs; lips touch the first."""
    return Sentence(
        Meaning.PROHIBITION,
        text,
        (Scope(body_areas=frozenset({"mouth", "intimate"})),),
        (Scope(body_areas=frozenset({"eyes", "lips"})),),
    )


def _products(plain: str, text: str) -> Sentence:
    read = read_products(plain)
    if not read.sure and any(scope == Scope() for scope in read.maybe):
        return Sentence(Meaning.UNREAD, text)
    return Sentence(Meaning.PROHIBITION, text, read.sure, read.maybe)


def _older(years: str) -> tuple[str, ...]:
    return (f"Children up to {years} years: only those under three are told apart.",)
