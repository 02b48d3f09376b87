"""Texts and words: hygiene, codes, kinds, product types, materials."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import moneyed

from catalog.supplier_files.rules.numbers import SIGNS
from catalog.supplier_files.rules.problems import ValueProblem, shown

_SPREADSHEET_ERRORS: Final = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#NV", "#WERT!", "#BEZUG!")
)
# What people write for "nothing": it says as much as a blank cell.
NOTHING: Final = frozenset(("", "-", "--", "–", "—", "n/a", "N/A", "n.a.", "k.A."))  # noqa: RUF001
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\xad]")
_CONTINUATION: Final = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # noqa: RUF001
_MOJIBAKE: Final = re.compile(
    f"[ÂÃ][{_CONTINUATION}]|â€[{_CONTINUATION}]|ï»¿|(?:[ÐÑ][{_CONTINUATION}]){{2}}"
)
_EXPONENT: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_FLOAT_CODE: Final = re.compile(r"(\d{4,})\.0")
_TEXT_MARKERS: Final = "'\x1f\u200b\ufeff"


def clean_text(text: str, *, max_length: int) -> str:
    """Bring a text to one line of composed Unicode. Raises ValueProblem for what is damaged.

    Damage (letters of a wrong encoding, control characters, errors of a spreadsheet) is named and
    never repaired. A text that starts with = + - @ is a text like any other.
    """
    if not (text.isascii() and text.isprintable()):
        text = _composed(text)
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        text = " ".join(text.split())
    if len(text) > max_length:
        raise ValueProblem(
            "too-long", f"{shown(text)} has {len(text)} characters; {max_length} is the most."
        )
    if text[:1] == "#" and text in _SPREADSHEET_ERRORS:
        raise ValueProblem("spreadsheet-error", f"{shown(text)} is an error of the spreadsheet.")
    return text


def _composed(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueProblem("control-character", f"{shown(text)} holds control characters.")
    if "\ufffd" in text:
        raise ValueProblem(
            "damaged-characters", f"{shown(text)} lost letters when the file was made."
        )
    if not text.isascii():
        if _MOJIBAKE.search(text):
            raise ValueProblem(
                "wrong-encoding",
                f"{shown(text)} was saved in a wrong encoding: save the file as UTF-8 again.",
            )
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def clean_code(text: str, *, max_length: int) -> str:
    """Bring a code to its bare form: no text marker, no blanks around, no `.0` of a spreadsheet."""
    if not text.isalnum():
        text = text.strip().strip(_TEXT_MARKERS)
        if _EXPONENT.fullmatch(text):
            raise ValueProblem(
                "spreadsheet-number",
                f"{shown(text)} was shortened by a spreadsheet; its last digits are lost.",
            )
        if floated := _FLOAT_CODE.fullmatch(text):
            text = floated[1]
    return clean_text(text, max_length=max_length)


def _key(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


_KINDS: Final = {
    word: kind
    for kind, words in {
        "cosmetic": "cosmetic cosmetics kosmetik kosmetikum cosmetique cosmetiques beauty cos",
        "sports": "sports sport sportsequipment sportinggoods sportsgoods sportartikel sportgerat "
        "articledesport articlesdesport se",
    }.items()
    for word in words.split()
}
_PRODUCT_TYPES: Final = {
    word: product_type
    for product_type, words in {
        "leave-on": "leaveon leaveonproduct stayon lo nichtabspulen nichtabzuspulen "
        "nichtabwaschbar verbleibend sansrincage nonrince",
        "rinse-off": "rinseoff rinseoffproduct rinse washoff ro abzuspulen abspulen abwaschbar "
        "auszuspulen arincer rince avecrincage",
    }.items()
    for word in words.split()
}


@lru_cache(maxsize=1024)
def parse_kind(text: str) -> str:
    """Read the kind of a product, `cosmetic` or `sports`. Raises ValueProblem."""
    kind = _KINDS.get(_key(text))
    if kind is None:
        raise ValueProblem("unknown-kind", f'{shown(text)} is neither "cosmetic" nor "sports".')
    return kind


@lru_cache(maxsize=1024)
def parse_product_type(text: str) -> str:
    """Read whether a cosmetic is `leave-on` or `rinse-off`. Raises ValueProblem."""
    product_type = _PRODUCT_TYPES.get(_key(text))
    if product_type is None:
        raise ValueProblem(
            "unknown-product-type", f'{shown(text)} is neither "leave-on" nor "rinse-off".'
        )
    return product_type


@lru_cache(maxsize=1024)
def parse_currency(text: str) -> str:
    """Read a currency by its ISO 4217 code, or by a sign that only one has. Raises ValueProblem."""
    code = text.strip().upper()
    named = SIGNS.get(code, ())
    if len(named) == 1:
        return named[0]
    if code not in moneyed.CURRENCIES or code.startswith("X"):
        raise ValueProblem(
            "unknown-currency", f'{shown(text)} is no currency; write its code, like "EUR".'
        )
    return code


def minor_unit_digits(currency: str) -> int:
    """Say how many decimals a price in this currency has."""
    return len(str(moneyed.get_currency(currency).sub_unit)) - 1


@dataclass(frozen=True, slots=True)
class Material:
    """What a product is made of, and how much of it that is in percent where it is said."""

    name: str
    share: Decimal | None


_BETWEEN_MATERIALS: Final = re.compile(r"\s*(?:[;/|+&]|(?<!\d),|,(?!\d))\s*")
_NUMBER_PERCENT: Final = r"\d+(?:[.,]\d+)?\s*%"
_SHARE_FIRST: Final = re.compile(rf"\s+(?={_NUMBER_PERCENT})")
_SHARE_LAST: Final = re.compile(r"(?<=%)\s+(?=[^\W\d])")
_MATERIAL: Final = re.compile(
    rf"(?P<front>{_NUMBER_PERCENT})\s*(?P<name1>[^%]+)|"
    rf"(?P<name2>[^%]*[^%\s:(\d])\s*[:(]?\s*(?P<back>{_NUMBER_PERCENT})\)?|(?P<name3>[^%\d]+)"
)
_MATERIAL_NAME_MAX: Final = 60


@lru_cache(maxsize=16384)
def parse_materials(text: str) -> tuple[Material, ...]:
    """Read "cotton 80 %, elastane 20 %" or "80% cotton 20% elastane". Raises ValueProblem."""
    line = clean_text(text, max_length=500).rstrip(".")
    splitter = _SHARE_FIRST if line[:1].isdigit() else _SHARE_LAST
    materials = tuple(
        _material(part, text)
        for group in _BETWEEN_MATERIALS.split(line)
        for part in splitter.split(group)
    )
    total = sum((material.share for material in materials if material.share), Decimal(0))
    if total > 100:
        raise ValueProblem("materials-over-100", f"{shown(text)}: the shares add up to {total} %.")
    return materials


def _material(part: str, text: str) -> Material:
    found = _MATERIAL.fullmatch(part)
    name = (found["name1"] or found["name2"] or found["name3"]).strip() if found else ""
    if not found or not name or len(name) > _MATERIAL_NAME_MAX:
        raise ValueProblem(
            "materials-not-understood",
            f'{shown(text)} is no list of materials; write it like "cotton 80 %, elastane 20 %".',
        )
    share = found["front"] or found["back"]
    if share is None:
        return Material(name, None)
    number = Decimal(share.rstrip("% ").replace(",", "."))
    if not 0 < number <= 100:
        raise ValueProblem("materials-over-100", f"{shown(part)} is no share from 0 to 100 %.")
    return Material(name, number)
