"""Entries that no pattern reads for sure, read by hand, word for word.

A reading holds for the very words it was made of: when the source changes them, the entry is read
by its patterns again and waits for a person. Source: Regulation (EC) No 1223/2009 as consolidated
2026-08-28.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from compliance.rulebooks.rules.drafts import Draft, SourceRow
from compliance.rulebooks.rules.shapes import Form, Limit, Purpose, Scope

Reading = Callable[[Draft], tuple[Draft, ...]]


def words_digest(row: SourceRow) -> str:
    """A digest of the words of an entry, whatever the spaces between them."""
    cells = (row.substance, row.product_type, row.concentration, row.other, row.wording)
    text = "\n".join(" ".join(cell.split()) for cell in cells)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def by_hand(draft: Draft) -> tuple[Draft, ...]:
    """The entry as it was read by hand, in one part or more, if its words are still the same."""
    row = draft.source
    known = _READINGS.get((row.section, row.number))
    if known is None or known[0] != words_digest(row):
        return (draft,)
    return tuple(replace(part, doubts=()) for part in known[1](draft))


def _purposes(*purposes: Purpose, is_professional: bool | None = None) -> Scope:
    return Scope(purposes=frozenset(purposes), is_professional=is_professional)


def _alkali(draft: Draft) -> tuple[Draft, ...]:
    """III/15a: a pH adjuster up to pH 11 in all that is not named; 1.5 % removes callus (15d)."""
    named = frozenset(
        {
            Purpose.CUTICLE_REMOVER,
            Purpose.HAIR_WAVING,
            Purpose.DEPILATORY,
            Purpose.CALLUS_REMOVER,
        }
    )
    return _limited(
        draft,
        Limit(scope=_purposes(Purpose.CUTICLE_REMOVER), max_percent=Decimal(5), text="(a) 5%"),
        Limit(
            scope=_purposes(Purpose.HAIR_WAVING, is_professional=False),
            max_percent=Decimal(2),
            text="(b) 2% (General use)",
        ),
        Limit(
            scope=_purposes(Purpose.HAIR_WAVING, is_professional=True),
            max_percent=Decimal("4.5"),
            text="(b) 4.5% (Professional use)",
        ),
        Limit(scope=_purposes(Purpose.DEPILATORY), text="(c) pH adjuster up to pH 12.7"),
        Limit(
            scope=_purposes(Purpose.CALLUS_REMOVER),
            max_percent=Decimal("1.5"),
            text="Entry 15d: 1,5%",
        ),
        Limit(scope=Scope(but_purposes=named), text="(d) pH adjuster up to pH 11"),
    )


def _solvent(draft: Draft) -> tuple[Draft, ...]:
    """III/45: solvent and fragrance without a figure; it is declared as an allergen."""
    return _limited(draft, Limit(text="(a) Solvent (b) Fragrance: no figure"))


def _furocoumarins(draft: Draft) -> tuple[Draft, ...]:
    """II/358: furocoumarins themselves, by their numbers, and the essences that hold some.

    What a natural essence holds is lawful, in products for the sun below 1 mg/kg: only those are
    asked about.
    """
    themselves = draft.names[-1:]  # the words of the entry; the others are essences
    return (
        replace(draft, names=themselves, unless=""),
        replace(
            draft,
            names=draft.names[:-1],
            cas_numbers=(),
            ec_numbers=(),
            scope=_purposes(Purpose.SUN_CARE, Purpose.SELF_TANNING),
        ),
    )


def _diethylene_glycol(draft: Draft) -> tuple[Draft, ...]:
    """III/186: diethylene glycol as a trace, and the polymers that may hold some.

    The figure is about the trace, not about how much of a polymer there is.
    """
    is_own = {name: name.lower() == "diethylene glycol" or "(DEG)" in name for name in draft.names}
    themselves = Limit(
        max_percent=Decimal("0.1"),
        basis="as traces in ingredients",
        text="As traces in ingredients: 0.1%",
    )
    return (
        replace(draft, names=tuple(n for n in draft.names if is_own[n]), limits=(themselves,)),
        replace(
            draft,
            names=tuple(n for n in draft.names if not is_own[n]),
            cas_numbers=(),
            ec_numbers=(),
            limits=(),
            conditions="At most 0.1% diethylene glycol as traces in ingredients",
        ),
    )


def _limited(draft: Draft, *limits: Limit) -> tuple[Draft, ...]:
    return (replace(draft, limits=limits),)


def _inhalable_titanium(draft: Draft) -> tuple[Draft, ...]:
    """III/321: about fine powder that can be breathed in; nothing else is limited."""
    breathed = frozenset({Form.SPRAY, Form.POWDER})
    return _limited(
        draft,
        Limit(
            scope=Scope(body_areas=frozenset({"face", "eyes"}), forms=frozenset({Form.POWDER})),
            max_percent=Decimal(25),
            text="(a) face products in loose powder form: 25 %",
        ),
        Limit(
            scope=Scope(
                body_areas=frozenset({"hair"}),
                forms=frozenset({Form.SPRAY}),
                is_professional=False,
            ),
            max_percent=Decimal("1.4"),
            text="(b) hair aerosol spray: 1,4 % for general consumers",
        ),
        Limit(
            scope=Scope(
                body_areas=frozenset({"hair"}),
                forms=frozenset({Form.SPRAY}),
                is_professional=True,
            ),
            max_percent=Decimal("1.1"),
            text="(b) hair aerosol spray: 1.1 % for professional use",
        ),
        Limit(
            scope=Scope(forms=breathed, but_body_areas=frozenset({"face", "eyes", "hair"})),
            is_allowed=False,
            text="(c) not where the lungs may be exposed by inhalation",
            is_certain=False,
        ),
        Limit(scope=Scope(but_forms=breathed), text="(c) other products"),
    )


_READINGS: Mapping[tuple[str, str], tuple[str, Reading]] = {
    ("III", "15a"): ("a5cf7640251ed220", _alkali),
    ("III", "45"): ("41fe4c71fc7d6290", _solvent),
    ("III", "186"): ("4627e650ba6119ca", _diethylene_glycol),
    ("II", "358"): ("1368a26616ccb9ad", _furocoumarins),
    ("III", "321"): ("a7d74c026ccc4b90", _inhalable_titanium),
}
