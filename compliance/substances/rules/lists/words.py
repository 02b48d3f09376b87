"""Telling ingredients from sentences, and the words by which the parts of a label begin."""

import re
from functools import lru_cache

# Words of sentences that no ingredient's name holds, in the languages that labels are sent in.
_FUNCTION = """
the is are was were be been being to for with your you this that these those which who whose
it its our we us they their them and or but if as by on at into than then while when will
can could may might should must not no any all more most very also only so such each every has
have had do does an a in up out over after before without within between during through both
deine ihre sind wird oder mit für von dem den der die das ist votre vos est sont avec pour dans
"""
_TALKED = """
helps help helping improves improve improving reduces reduce reducing hydrates hydrate soothes
soothe soothing protects protect provides provide supports support brightens brighten firms
boosts boost promotes promote smooths nourishes nourish visibly leaves leave delivers deliver
strengthens strengthen restores restore minimizes minimize calms calm moisturizes moisturize
please consult refer visit contact click website packaging package ingredients ingredient
formula formulated formulation product products contains containing known clinically
dermatologist tested cruelty vegan sulfates parabens phthalates skin complexion texture
wrinkles appearance pores formulations brand customers shipping update updated changes
percentage certified organically farming harvested obtained tones exfoliates balances
"""
_FUNCTION_WORDS = frozenset(_FUNCTION.split())
_TALK = frozenset(_TALKED.split())
_LIKENESS = re.compile(
    r"(?:ate|ates|[rn]al|ide|ides|one|ine|ol|yl|ol\b|eth-\d+|ium|anine|cin|rin|lin|tin|min|ose|ene|ane"
    r"|acid|extract|oil|butter|wax|gum|water|aqua|eau|parfum|fragrance|alcohol|silica|mica|talc"
    r"|kaolin"
    r"|starch|juice|powder|protein|glycol|betaine|copolymer|crosspolymer|filtrate|ferment|lecithin"
    r"|oxides?|urea|cera|honey|lanolin|clay|carbomer|retinol|bht|edta|pca|petrolatum|squalane"
    r"|(?:peg|ppg)-?\d+|polysorbate[ -]?\d+|polyquaternium-\d+)$",
    re.IGNORECASE,
)
_COLOUR = re.compile(
    r"\bc\.?i\.? ?\d{5}\b|\b(?:red|blue|yellow|green|orange|violet|black|brown) (?:no\.? ?)?\d",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[^\s,;()\[\]*]+")
WORDS_OF_A_NAME_MAX = 14


@lru_cache(maxsize=100_000)
def is_prose(token: str) -> bool:
    """Whether this reads as a sentence, or as a piece of one, rather than as a name."""
    words = _WORD.findall(_PARENTHESES.sub(" ", token).casefold())
    bare = [word.strip(".!?:'\"-") for word in words]
    function = sum(word in _FUNCTION_WORDS for word in bare)
    talk = sum(word in _TALK for word in bare)
    if len(bare) > WORDS_OF_A_NAME_MAX and "/" not in token:
        return True
    if talk and (function or talk > 1 or len(bare) > 6):
        return True
    return function >= 3 or (function >= 2 and len(bare) >= 5)


@lru_cache(maxsize=100_000)
def is_like_ingredient(token: str) -> bool:
    """Whether a word of it ends as names of ingredients do."""
    return _COLOUR.search(token) is not None or any(
        _LIKENESS.search(word.strip(".*")) is not None
        for word in _WORD.findall(token.replace("/", " "))
    )


_INTRO = re.compile(
    r"\b(?:ingr[eé]dien\w*|inhaltsstoffe|bestandteile|inci|composition|composici[oó]n|sk[lł]ad"
    r"|zutaten|contains|contient|enth[aä]lt|full list)\b",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    r"\b(?:in)?(?:active|actives|medicinal|other|non-medicinal|aktive|weitere|drug facts)\b",
    re.IGNORECASE,
)
_NOT_TITLE = re.compile(
    r"\b(?:key|list|full|of|the|in|and|complete|all|our|product|no|liste|der|des)\b", re.IGNORECASE
)
_KEY = re.compile(
    r"\b(?:key|hero|star|highlight\w*|main|notable|signature)\b.{0,20}\b(?:ingredients?|actives?)\b"
    r"|what it does|benefits?|good to know|what else",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"free (?:from|of)\b|does not contain|without\b|formulated without|no added|"
    r"directions?\b|how to|usage|use\b|warnings?\b|cautions?\b|storage|shelf life|allergy|"
    r"made in|manufactured|distributed|net w|store\b|note\b|disclaimer|key notes|fragrance family|"
    r"gratuit|frei von|ohne\b|sans\b|clean at|clinical results|research results|suitable for",
    re.IGNORECASE,
)


_LATE_INTRO = re.compile(
    r"(?:(?:(?:in)?active|other|full|all|medicinal|inaktive|aktive) )?"
    r"(?:ingr[eé]dien\w*|inhaltsstoffe)[^:]*$",
    re.IGNORECASE,
)


def late_intro(text: str) -> str:
    """The heading `Inactive ingredients` where it stands behind something else."""
    found = _LATE_INTRO.search(text)
    return found.group() if found else ""


def is_intro(heading: str) -> bool:
    """`Ingredients (INCI)`, `Composition`: what follows is the list."""
    return _INTRO.search(heading) is not None


def is_active(heading: str) -> bool:
    """`Active ingredients`, `Other ingredients`: parts of one and the same list."""
    return _ACTIVE.search(heading) is not None


def is_key_list(heading: str) -> bool:
    """`Key ingredients`: a choice out of the list for advertising, not the list."""
    return _KEY.search(heading) is not None


def is_remark(heading: str) -> bool:
    """`Free from`, `Directions`: what follows is none of the product's ingredients."""
    return _REMARK.match(heading) is not None


def title_of(heading: str) -> str:
    """What a heading calls the product, without the words for `ingredients`."""
    bare = _NOT_TITLE.sub(" ", _ACTIVE.sub(" ", _INTRO.sub(" ", heading)))
    return " ".join(bare.replace("(", " ").replace(")", " ").split()).strip(" -*•.:&/")


MAY_CONTAIN = re.compile(
    r"[\[(]?\s*(?:\(?\+\s*/\s*-\)?|\u00b1|-\s*/\s*\+)\s*(?:\(?may contain\)?|peut contenir)?"
    r"\s*[:/,]?"
    r"|[\[(]?\s*\b(?:may also contain|may ?contain|peut contenir|kann enthalten|puede contener|"
    r"pu[oò] contenere|pode conter|mo[zż]e zawiera[cć]|kan bevatten)\b"
    r"(?:\s*/?\s*(?:peut contenir|may contain))?\s*[:/,]?\s*(?:\(?\+\s*/\s*-\)?)?\s*[:,]?",
    re.IGNORECASE,
)

# From here to the end of the sentence nothing is an ingredient.
CLOSING = re.compile(
    r"please (?:be aware|note|refer|check|see|consult|read|keep)"
    r"|ingredients? (?:lists? )?(?:are|is|may|can) (?:subject|change|vary|updated)"
    r"|this (?:ingredients?|product|list|formula) |the (?:ingredients?|list|product) "
    r"|product ingredients? may|for (?:the )?(?:most )?(?:up|further)"
    r"|[*\u2020\u2021\u00b0\u00b9\u00b2\u00b3]+\s*(?:certified|organic|ingredients? from"
    r"|from|natural|issu|aus kontr|plant|essential oil|of natural|occurring|denotes"
    r"|indicates|component|usda|bio\b|ecocert"
    r"|fair trade|wild|vegan|derived)"
    r"|free (?:from|of)\b|formulated without|does not contain|clean at sephora"
    r"|\d{1,3}(?:[.,]\d+)?\s?% (?:of the )?(?:total|natural|organic|vegan|of )"
    r"|ecocert|cosmos (?:organic|natural)",
    re.IGNORECASE,
)
