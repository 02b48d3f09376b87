"""In which languages the texts of a cosmetic's label must be, country by country.

Article 19(5) of Regulation (EC) No 1223/2009 leaves them to the law of the member state: its
official language, every one of several, or any of those that it takes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

NAMES: Mapping[str, str] = {
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "hr": "Croatian",
    "hu": "Hungarian",
    "is": "Icelandic",
    "it": "Italian",
    "lb": "Luxembourgish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mt": "Maltese",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
}
# Norwegian is known by its two written forms as well.
_SAME = {"nb": "no", "nn": "no"}


@dataclass(frozen=True, slots=True)
class LanguagesNeeded:
    """Every language of `all_of`, and one of `any_of` where there are any."""

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """`French, Dutch and German`; `English or Maltese`; blank where we know of none."""
        every = _joined(self.all_of, "and")
        either = _joined(self.any_of, "or")
        return ", and ".join(text for text in (every, either) if text)

    def missing(self, languages: Collection[str]) -> tuple[str, ...]:
        """What is needed beside these languages, in words; `de-AT` counts as German."""
        bases = [code.lower().split("-")[0] for code in languages]
        there = {_SAME.get(base, base) for base in bases}
        lacks = [NAMES[code] for code in self.all_of if code not in there]
        if self.any_of and not there & set(self.any_of):
            lacks.append(_joined(self.any_of, "or"))
        return tuple(lacks)


def _joined(codes: tuple[str, ...], word: str) -> str:
    names = [NAMES[code] for code in codes]
    return (
        f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    )


def _every(*codes: str) -> LanguagesNeeded:
    return LanguagesNeeded(all_of=codes)


def _one_of(*codes: str) -> LanguagesNeeded:
    return LanguagesNeeded(any_of=codes)


LANGUAGES: Mapping[str, LanguagesNeeded] = {
    "AT": _every("de"),
    "BE": _every("fr", "nl", "de"),  # each in its region: all three for the whole country
    "BG": _every("bg"),
    "CY": _one_of("el", "en"),
    "CZ": _every("cs"),
    "DE": _every("de"),
    "DK": _every("da"),
    "EE": _every("et"),
    "ES": _every("es"),
    "FI": _every("fi", "sv"),
    "FR": _every("fr"),
    "GR": _every("el"),
    "HR": _every("hr"),
    "HU": _every("hu"),
    "IE": _one_of("en", "ga"),
    "IT": _every("it"),
    "LT": _every("lt"),
    "LU": _one_of("fr", "de", "lb"),
    "LV": _every("lv"),
    "MT": _one_of("en", "mt"),
    "NL": _every("nl"),
    "PL": _every("pl"),
    "PT": _every("pt"),
    "RO": _every("ro"),
    "SE": _every("sv"),
    "SI": _every("sl"),
    "SK": _every("sk"),
    "IS": _one_of("is", "en", "da", "sv", "no"),
    "LI": _every("de"),
    "NO": _every("no"),
    "GB": _every("en"),
    "US": _every("en"),  # 21 CFR 701.2(b)
    "CA": _every("en", "fr"),  # Cosmetic Regulations, section 18
}


def languages_needed(country: str) -> LanguagesNeeded:
    """The languages of a country's labels; none where we do not know them."""
    return LANGUAGES.get(country, LanguagesNeeded())
