"""The product types of the annexes as scopes: which words mean which products."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compliance.rulebooks.rules.algebra import both, union, without
from compliance.rulebooks.rules.shapes import EVERYTHING, Form, Purpose, Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """The products that words mean: those of `sure` for sure, some of those of `maybe`."""

    sure: tuple[Scope, ...] = ()
    maybe: tuple[Scope, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it is known of every product that a scope can tell."""
        return bool(self.sure) and not self.maybe

    @property
    def any(self) -> tuple[Scope, ...]:
        """Everything that may be meant."""
        return (*self.sure, *self.maybe)


# The cell of entry 15a holds the products of entry 15d too.
_CALLUS = Reading(maybe=(Scope(purposes=frozenset({Purpose.CALLUS_REMOVER})),))
ALL = Reading(sure=(EVERYTHING,))
UNREAD = Reading(maybe=(EVERYTHING,))


def _scope(*purposes: Purpose, areas: str = "", kind: str = "", form: Form | None = None) -> Scope:
    return Scope(
        purposes=frozenset(purposes),
        body_areas=frozenset(areas.split()),
        product_types=frozenset(kind.split()),
        forms=frozenset({form} if form else ()),
    )


_LEAVE, _RINSE = "leave-on", "rinse-off"
_DYES = (Purpose.HAIR_DYE, Purpose.HAIR_DYE_OXIDATIVE)
_FACE, _SKIN = "face eyes", "face eyes lips body hands feet intimate"
_P = Purpose
# Words that mean exactly what a scope says. By the definitions at the head of the annexes a face
# product is for the skin of the face, an oral one for teeth and mouth.
_EXACT: dict[str, Scope] = {
    r"leave-on(?: cosmetic)?(?: products?)?": _scope(kind=_LEAVE),
    r"(?:only for )?rinse-off(?: cosmetic)?(?: products?)?": _scope(kind=_RINSE),
    r"oral(?: care)? products?(?:, including mouth rinse, tooth paste and tooth whitening or "
    r"bleaching products)?": _scope(areas="mouth"),
    r"tooth ?pastes?": _scope(_P.TOOTHPASTE),
    r"mouth ?wash(?:es)?": _scope(_P.MOUTHWASH),
    r"tooth whitening or bleaching products?": _scope(_P.TOOTH_WHITENING),
    r"hair products?": _scope(areas="hair"),
    r"(?:hair rinse-off products?|rinse-off hair (?:\(head\) )?products?)": _scope(
        areas="hair", kind=_RINSE
    ),
    r"(?:hair leave[- ]on products?|leave[- ]on hair products?)": _scope(areas="hair", kind=_LEAVE),
    r"face products?": _scope(areas=_FACE),
    r"leave-on face products?|face leave-on products?": _scope(areas=_FACE, kind=_LEAVE),
    r"hand products?": _scope(areas="hands"),
    r"hand leave-on products?": _scope(areas="hands", kind=_LEAVE),
    r"face and hand products?": _scope(areas=f"{_FACE} hands"),
    r"eye products?": _scope(areas="eyes"),
    r"lip products?": _scope(areas="lips"),
    r"eye and lip products?": _scope(areas="eyes lips"),
    r"oral and lip products?": _scope(areas="mouth lips"),
    r"nail products?": _scope(areas="nails"),
    r"nail hardening products?": _scope(_P.NAIL_HARDENER),
    r"artificial nail systems?": _scope(_P.NAIL_SYSTEM),
    r"nail cuticle solvents?": _scope(_P.CUTICLE_REMOVER),
    r"depilatories": _scope(_P.DEPILATORY),
    r"hair waving or straightening products?": _scope(_P.HAIR_WAVING),
    r"products? intended for eyelash waving": _scope(_P.EYELASH_WAVING),
    r"products? inten[dt]ed for colou?ring eyelashes": _scope(_P.EYELASH_DYE),
    r"(?:hair d[yua][ey](?: substance)? (?:in )?|oxidi[sz]ing colouring agents for )?"
    r"oxidati[v]?e hair d[ya][ey] products?|hair d[yu][ey] (?:substance|subtance)(?: in)? "
    r"oxidati[v]?e hair d[ya][ey] products?|oxidising colouring agents for hair dyeing"
    r"|solvent in oxidative hair dye products": _scope(_P.HAIR_DYE_OXIDATIVE),
    r"(?:hair d[yua][ey] (?:substance|subtance)(?: in)? |solvent in )?non- ?oxidati[v]?e hair "
    r"d[ya][ey]s? products?|non-oxidising colouring agents for hair dyeing": _scope(_P.HAIR_DYE),
    r"(?:solvent in )?hair dye products?": _scope(*_DYES),
    r"rinse-off anti-dandruff shampoo": _scope(_P.ANTI_DANDRUFF, kind=_RINSE),
    r"deodorants?(?: products?)?": _scope(_P.DEODORANT),
    r"anti-?perspirants?": _scope(_P.ANTIPERSPIRANT),
    r"deodorants?(?: and |/)antiperspirants?": _scope(_P.DEODORANT, _P.ANTIPERSPIRANT),
    r"(?:aerosol )?deodorant sprays?": _scope(_P.DEODORANT, form=Form.SPRAY),
    r"fragrance products(?: \(hydroalcoholic and non-hydroalcoholic, "
    r"spray and non-spray\))?": _scope(_P.FRAGRANCE),
    r"self-tanning products?": _scope(_P.SELF_TANNING),
    r"self-tanning products? for the face": _scope(_P.SELF_TANNING, areas=_FACE),
    r"make-up products?": _scope(_P.MAKE_UP),
    r"lip make-up products?": _scope(_P.MAKE_UP, areas="lips"),
    r"powdery products intended to be used for children under 3 years of age": Scope(
        forms=frozenset({Form.POWDER}), is_for_under_threes=True
    ),
    r"body leave-on products?": _scope(areas="body hands feet", kind=_LEAVE),
    r"propellant and pump spray products|(?:all )?spray products|sprays": _scope(form=Form.SPRAY),
    r"spray/aerosol products": _scope(form=Form.SPRAY),
    r"deodorants? \(non-spray\)|deodorants, not in form of spray": Scope(
        purposes=frozenset({_P.DEODORANT}), but_forms=frozenset({Form.SPRAY})
    ),
    r"deodorant products \(spray/aerosol\)|deodorants? spray/aerosol": _scope(
        _P.DEODORANT, form=Form.SPRAY
    ),
    r"leave-on hair products \(spray/aerosol\)": _scope(areas="hair", kind=_LEAVE, form=Form.SPRAY),
    r"only for colouring eyelashes and eyebrows": _scope(_P.EYELASH_DYE),
    r"other non-spray cosmetic products": Scope(but_forms=frozenset({Form.SPRAY})),
    r"mouth sprays?": _scope(areas="mouth", form=Form.SPRAY),
    r"(?:all )?cosmetic products|all products": EVERYTHING,
}
# Words for some of the products of a scope.
_WIDER: Mapping[str, Scope] = {
    r"hair straighten(?:ers?|ing products?).*": _scope(_P.HAIR_WAVING),
    r"products? intended for eyelashes": _scope(
        _P.EYELASH_DYE, _P.EYELASH_WAVING, _P.MAKE_UP, areas="eyes"
    ),
    r"(?:rinse-off )?shampoos?": _scope(_P.HAIR_CARE, _P.ANTI_DANDRUFF, kind=_RINSE),
    r"anti-? ?dandruff shampoos?": _scope(_P.ANTI_DANDRUFF, kind=_RINSE),
    r"hair lotions?": _scope(_P.HAIR_CARE, _P.ANTI_DANDRUFF),
    r"hair lotions and shampoos": _scope(_P.HAIR_CARE, _P.ANTI_DANDRUFF),
    r"skin products?": _scope(areas=_SKIN),
    r"leave-on skin products?": _scope(areas=_SKIN, kind=_LEAVE),
    r"rinse-off skin products?": _scope(areas=_SKIN, kind=_RINSE),
    r"body and face rinse-off products?": _scope(areas=_SKIN, kind=_RINSE),
    r"body products?": _scope(areas="body hands feet"),
    r"body lotions?": _scope(_P.SKIN_CARE, areas="body hands feet", kind=_LEAVE),
    r"face creams?": _scope(_P.SKIN_CARE, _P.SUN_CARE, areas=_FACE, kind=_LEAVE),
    r"foot care products?": _scope(areas="feet"),
    r"soaps?|bar soaps?|hand soaps?|hand wash|shower gel/bath products?": _scope(_P.CLEANSING),
    r"(?:fine )?fragrances?|eau de toilette|fragrance creams?"
    r"|hydroalcoholic-based fragrances": _scope(_P.FRAGRANCE),
    r"roll-on deodorants?": _scope(_P.DEODORANT),
    r"hair conditioner": _scope(areas="hair"),
    r"hand creams?": _scope(areas="hands"),
    r"(?:rinse-off skin and hair|skin and hair rinse-off) products": _scope(
        areas=f"{_SKIN} hair", kind=_RINSE
    ),
    r"leave-on skin and hair products": _scope(areas=f"{_SKIN} hair", kind=_LEAVE),
    r"leave-on products for the anogenital area(?: \(.*\))?": _scope(areas="intimate body"),
    r"body lotions? spray/aerosol|spray/aerosol body lotions?": _scope(
        areas="body hands feet", form=Form.SPRAY
    ),
    r"spray/aerosol deodorants?": _scope(_P.DEODORANT, form=Form.SPRAY),
    r"face make-?up(?: products?)?": _scope(_P.MAKE_UP, areas="face"),
    r"eye make-?up(?: products?)?|eye ?shadow|eye ?liner(?: products)?|mascara": _scope(
        _P.MAKE_UP, areas="eyes"
    ),
    r"lipstick|lip salves|lipstick/lip balm": _scope(areas="lips"),
    r"make-?up remover(?: products?)?": _scope(_P.CLEANSING, areas="face eyes lips"),
    r"nail varnish": _scope(areas="nails"),
    r"(?:propell[ae]nt |aerosol )sprays?(?: products?)?": _scope(form=Form.SPRAY),
    r"hair aerosol spray products": _scope(areas="hair", form=Form.SPRAY),
    r"face products in loose powder form": _scope(areas=_FACE, form=Form.POWDER),
    r"powder foundation": _scope(_P.MAKE_UP, areas="face", form=Form.POWDER),
    r"talcum powder": _scope(form=Form.POWDER),
    r"bath products / shower gels": _scope(_P.CLEANSING),
    r"toothpaste intended for .*": _scope(_P.TOOTHPASTE),
    r"mouthwash intended for .*": _scope(_P.MOUTHWASH),
    r"non-aerosol antiperspirants or deodorants": Scope(
        purposes=frozenset({_P.DEODORANT, _P.ANTIPERSPIRANT})
    ),
    r"aerosol antiperspirants or deodorants": _scope(
        _P.DEODORANT, _P.ANTIPERSPIRANT, form=Form.SPRAY
    ),
}
# What a substance is there for, in which products. A figure of such a use is the most that may be
# in these products at all: for another use the substance is not allowed, or another entry says so.
_USES: dict[str, Scope] = {
    r"rust inhibitor": EVERYTHING,
    r"solvent": EVERYTHING,
    r"fragrance/ aromatic compositions/ their raw materials": EVERYTHING,
    r"denaturant for ethanol and isopropyl alcohol": EVERYTHING,
    r"ph[- ]ad?juster for depilatories": _scope(_P.DEPILATORY),
    r"stabilizer for hydrogen peroxide in rinse-off hair products": _scope(
        areas="hair", kind=_RINSE
    ),
    r"stabilizer for hydrogen peroxide in leave-on hair products": _scope(
        areas="hair", kind=_LEAVE
    ),
}
_TABLE = [(re.compile(p), s, True) for p, s in (_EXACT | _USES).items()] + [
    (re.compile(p), s, False) for p, s in _WIDER.items()
]
_OTHER = re.compile(
    r"(?:all )?others?(?: cosmetic)? (?:products?|produts|uses)"
    r"|(?:other )?leave-on and rinse-off products|other"
    r"|other uses as ph ad?juster(?: callosity softener/remover .*)?"
    r"|other uses \(e\.g\. ph ad?juster, processing aid\)"
)
_OTHER_OF = re.compile(r"(?:all )?other (?P<base>.+)")
_EXCEPT = re.compile(
    r"^(?P<base>.+?),?\s*\(?(?:with the exception of|except(?:ing)?|other than|excluding)\s+"
    r"(?P<out>.+?)\)?$"
)
_INCLUDING_SPRAYS = re.compile(r",? including propellant and pump spray products$")
_LETTERS = re.compile(r"\(?[a-z]\)(?:(?:, | and )\(?[a-z]\))*")
_LIST = re.compile(r"\s*[;,/]\s*(?:(?:and|or) )?|\s+(?:and|or)\s+")


def read_products(words: str, before: Sequence[Reading] = ()) -> Reading:
    """What these words of a product type mean; `before` is what `other products` leaves out."""
    text = _INCLUDING_SPRAYS.sub("", _plain(words))
    if not text:
        return ALL
    if _OTHER.fullmatch(text):
        return _rest((*before, _CALLUS) if "callosity" in text else before)
    if found := _known(text):
        return _apart(found, before) if text.startswith("other ") else found
    if (parted := _EXCEPT.match(text)) and (found := _excepted(parted, before)):
        return found
    if (other := _OTHER_OF.fullmatch(text)) and (found := _known(other["base"])):
        return _apart(found, before)
    return _listed(text) or UNREAD


def within(reading: Reading, other: Scope) -> Reading:
    """The products of a reading that are in a scope too."""
    return Reading(_inside(reading.sure, (other,)), _inside(reading.maybe, (other,)))


def _plain(words: str) -> str:
    text = " ".join(words.replace("\xad", "").lower().split())
    text = re.sub(r"\(\*+\d?\)|\*+$", "", text)
    text = re.sub(r"\brinse off\b", _RINSE, re.sub(r"\bleave on\b", _LEAVE, text))
    return " ".join(text.split()).strip(" .;:'\u2019")


def used_as(words: str) -> bool:
    """Whether the words say what the substance is there for, and not only in which products."""
    text = _plain(words)
    return any(re.fullmatch(pattern, text) for pattern in _USES)


def _known(text: str) -> Reading | None:
    for pattern, scope, is_exact in _TABLE:
        if pattern.fullmatch(text):
            return Reading(sure=(scope,)) if is_exact else Reading(maybe=(scope,))
    return None


def _rest(before: Sequence[Reading]) -> Reading:
    """What the words before leave: for sure what none of them may mean."""
    return _apart(ALL, before) if before else UNREAD


def _apart(base: Reading, taken: Sequence[Reading]) -> Reading:
    """The products of a reading that none of the others means."""
    sure = without(base.sure, (scope for reading in taken for scope in reading.any))
    outside = without(base.any, (scope for reading in taken for scope in reading.sure))
    return Reading(sure, without(outside, sure))


def _excepted(parted: re.Match[str], before: Sequence[Reading]) -> Reading | None:
    base = read_products(parted["base"], before)
    out = _taken_out(_plain(parted["out"]), before)
    if base == UNREAD or out is None:
        return None
    return _apart(base, out)


def _taken_out(text: str, before: Sequence[Reading]) -> Sequence[Reading] | None:
    """What an exception names: product types, or the letters of those before."""
    if _LETTERS.fullmatch(text):
        places = [ord(letter) - ord("a") for letter in re.findall(r"([a-z])\)", text)]
        return [before[p] for p in places] if max(places) < len(before) else None
    found = _known(text) or _listed(text)
    return None if found is None else [found]


def _listed(text: str) -> Reading | None:
    """A list of product types, each of which is known."""
    parts = [part for part in _LIST.split(text) if part]
    readings = [_known(part) for part in parts]
    known = [reading for reading in readings if reading is not None]
    if len(parts) < 2 or len(known) < len(parts):
        return None
    return Reading(
        union(scope for reading in known for scope in reading.sure),
        union(scope for reading in known for scope in reading.maybe),
    )


def _inside(scopes: Iterable[Scope], others: Iterable[Scope]) -> tuple[Scope, ...]:
    found = [both(one, other) for one in scopes for other in others]
    return tuple(scope for scope in found if scope is not None)
