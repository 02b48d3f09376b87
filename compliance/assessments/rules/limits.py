"""What limits mean for one ingredient of one product."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from compliance.assessments.rules.compiled import Plan
from compliance.assessments.rules.findings import Severity
from compliance.assessments.rules.shares import Share, ShareSource, plain
from compliance.rulebooks.rules.shapes import EntryKind, Limit

# A positive list names the use: keeping to its limit is what the safety assessor answers for.
POSITIVE_LISTS = frozenset({EntryKind.COLORANT, EntryKind.PRESERVATIVE, EntryKind.UV_FILTER})
USE_WORDS = {
    EntryKind.COLORANT: "a colorant",
    EntryKind.PRESERVATIVE: "a preservative",
    EntryKind.UV_FILTER: "a UV filter",
}


# The order of a list bounds a share from above, most often by far too much: only where it leaves
# room for four times what is lawful is it worth a question to the supplier.
ROOM = 4


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said of one limit or use, before dates are looked at."""

    severity: Severity
    code: str
    words: str
    asks: str = ""
    is_unsettled: bool = False  # a safety report on file would settle it


def judge_limits(plan: Plan, share: Share, kind: EntryKind, *, is_checked: bool) -> Said:
    """The heaviest thing that an entry's rows say of a share."""
    if not plan.has_limits:
        return Said(Severity.INFO, "listed", "no limit in figures")
    if not plan.limits and not plan.doubtful:
        return _not_for_this_product(kind, is_certain=is_checked and not plan.is_for_dyes)
    sure = [_by_row(row, share, kind) for row in plan.limits]
    if sure and not plan.doubtful:
        return _heaviest(sure)
    perhaps = [_softened(_by_row(row, share, kind)) for row in plan.doubtful]
    return _heaviest([*sure, *perhaps])


def _heaviest(said: Iterable[Said]) -> Said:
    order = (Severity.NOTHING, Severity.INFO, Severity.WARN, Severity.BLOCK)
    return max(said, key=lambda own: order.index(own.severity))


def _softened(said: Said) -> Said:
    if said.severity == Severity.INFO:
        return said
    return Said(
        Severity.WARN,
        "depends-on-use",
        f"if the product is of the kind that this limit is about: {said.words}",
        "what exactly the product is for: the facts of the product do not tell",
        is_unsettled=True,
    )


def _not_for_this_product(kind: EntryKind, *, is_certain: bool) -> Said:
    words = "allowed in other products only"
    if kind in POSITIVE_LISTS:
        words = f"as {USE_WORDS[kind]} allowed in other products only"
    if is_certain:
        return Said(Severity.BLOCK, "not-in-this-product", words)
    asks = "for what use it is there, and by which rule"
    return Said(Severity.WARN, "not-in-this-product", words, asks, is_unsettled=True)


def _by_row(row: Limit, share: Share, kind: EntryKind) -> Said:
    if not row.is_allowed:
        return _not_allowed(row)
    if row.max_percent is None:
        if row.is_certain or kind in POSITIVE_LISTS:
            return Said(Severity.INFO, "allowed", row.text or "allowed without a figure")
        return _unread(row)
    return _by_figure(row, row.max_percent, share, kind)


def _not_allowed(row: Limit) -> Said:
    if row.is_certain:
        return Said(Severity.BLOCK, "not-in-this-product", "not allowed in this product")
    return Said(
        Severity.WARN,
        "needs-reading",
        f"perhaps not allowed here: {row.text}",
        "a person to read the entry",
        is_unsettled=True,
    )


def _by_figure(row: Limit, max_percent: Decimal, share: Share, kind: EntryKind) -> Said:
    basis = f" ({row.basis})" if row.basis else ""
    limit = f"{plain(max_percent)} %{basis}"
    if share.at_most <= max_percent:
        return Said(Severity.INFO, "within-limit", f"allowed up to {limit}")
    if share.at_least > max_percent:
        if row.is_certain and not row.basis:
            return Said(Severity.BLOCK, "over-limit", f"allowed up to {limit} only")
        return Said(
            Severity.WARN,
            "over-limit",
            f"allowed up to {limit} only",
            f"the share{basis}" if row.basis else "a person to read the entry",
        )
    is_likely = share.source == ShareSource.ORDER and share.at_most <= ROOM * max_percent
    if kind in POSITIVE_LISTS or is_likely:
        return Said(Severity.INFO, "limit-not-shown", f"allowed up to {limit}", "the formula")
    return Said(
        Severity.WARN,
        "limit-not-shown",
        f"lawful only up to {limit}",
        "the formula, or the safety report",
        is_unsettled=True,
    )


def _unread(row: Limit) -> Said:
    return Said(
        Severity.WARN,
        "needs-reading",
        f"a condition that only a person can read: {row.text}",
        "a person to read the entry, or the safety report",
        is_unsettled=True,
    )
