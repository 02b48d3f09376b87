"""How the tests write down what was read of an entry."""

from compliance.rulebooks.rules.conditions import read_conditions
from compliance.rulebooks.rules.drafts import SourceRow
from compliance.rulebooks.rules.encoding import scope_to_json


def row(products="", concentration="", other="", wording="", section="III"):
    return SourceRow(
        line=1,
        section=section,
        number="1",
        substance="Something",
        product_type=products,
        concentration=concentration,
        other=other,
        wording=wording,
    )


def read(products="", concentration="", other="", wording="", section="III"):
    return read_conditions(row(products, concentration, other, wording, section))


def scope_text(scope):
    parts = []
    for name, value in scope_to_json(scope).items():
        shown = "+".join(value) if isinstance(value, list) else ("yes" if value else "no")
        parts.append(f"{name}={shown}")
    return " ".join(parts) or "all"


def said(limit):
    """`sure 0.5 all (as acid)`: certain or not, figure or not allowed, scope, basis."""
    sure = "sure" if limit.is_certain else "maybe"
    amount = f"{limit.max_percent}" if limit.max_percent is not None else "any"
    amount = amount if limit.is_allowed else "none"
    basis = f" ({limit.basis})" if limit.basis else ""
    return f"{sure} {amount} {scope_text(limit.scope)}{basis}"
