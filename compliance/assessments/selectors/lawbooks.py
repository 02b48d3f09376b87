"""The law of a jurisdiction, compiled once for each state of rules and names."""

import hashlib
from collections.abc import Mapping

from compliance.assessments.rules.compiled import CompiledRules, compile_rules
from compliance.rulebooks.selectors import rules_for, stamp
from compliance.substances.selectors import names_stamp, vocabulary

_kept: dict[tuple[str, int | None], tuple[str, CompiledRules]] = {}


def law_stamp() -> str:
    """Changes whenever rules or names do: what was judged before is to be judged again."""
    state = f"{stamp()}:{names_stamp()}"  # as long as there are rulebooks
    return hashlib.sha256(state.encode()).hexdigest()


def lawbook(
    jurisdictions: tuple[str, ...], *, versions: Mapping[str, int] | None = None
) -> dict[str, CompiledRules]:
    """The rules in force of each of these jurisdictions; those without any entry are missing.

    `versions` puts a version that is not active yet in the place of the active one.
    """
    state = law_stamp()
    found: dict[str, CompiledRules] = {}
    for code in jurisdictions:
        version_id = (versions or {}).get(code)
        known = _kept.get((code, version_id))
        if known is None or known[0] != state:
            rules = rules_for(code, version_id)
            known = (state, compile_rules(rules, vocabulary()))
            _kept[code, version_id] = known
        if known[1].rules.entries:
            found[code] = known[1]
    return found
