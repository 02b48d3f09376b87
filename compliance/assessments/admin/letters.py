"""The letter to the supplier: what to ask, ready to be copied."""

from collections.abc import Mapping, Sequence
from typing import Any

OURS = ("a person", "an assessment", "which substance it is")
FOR_US_TO_READ = (
    "the safety report of the product, and what of the following is in it and how many percent"
)


def letter(
    *, product: str, skus: Sequence[str], market: str, findings: Sequence[Mapping[str, Any]]
) -> str:
    """What would settle these findings, as questions; empty where nothing is to be asked."""
    questions = _questions(findings)
    if not questions:
        return ""
    named = f"{product} ({', '.join(skus)})" if skus else product
    lines = [
        "Dear Sir or Madam,",
        "",
        f"before we can sell {named} in {market} we need the following from you:",
        "",
    ]
    for number, (asked, reasons) in enumerate(questions.items(), start=1):
        lines.append(f"{number}. {asked[:1].upper()}{asked[1:].rstrip('.')}.")
        lines += [f"   {reason}" for reason in reasons]
    lines += ["", "Please answer by naming the product. Thank you."]
    return "\n".join(lines)


def _question(asks: str) -> str:
    """What is for us to do is no question to a supplier: he can help with papers and figures."""
    return FOR_US_TO_READ if asks.startswith(OURS) else asks


def _questions(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Each question once, with everything that it is about."""
    found: dict[str, list[str]] = {}
    for own in findings:
        if own["asks"] and own["severity"] in ("block", "warn"):
            reference = f" ({own['reference']})" if own["reference"] else ""
            found.setdefault(_question(own["asks"]), []).append(
                f"About: {own['message']}{reference}"
            )
    return found
