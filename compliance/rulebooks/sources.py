"""The law as two pinned packages bring it: the annexes of the Union, and what is to come."""

import json
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from compliance.rulebooks.rules.annexes import SECTIONS, Annex, read_annex

ANNEXES, NOTICES = "on-the-list", "on-notice"


def packaged_annexes() -> tuple[Annex, ...]:
    """Annexes II to VI of Regulation (EC) No 1223/2009."""
    folder = files("on_the_list") / "data"
    return tuple(
        read_annex((folder / f"annex_{section}.csv").read_text(encoding="utf-8-sig"))
        for section in SECTIONS
    )


def packaged_register() -> dict[str, Any]:
    """The amendments that are not yet in force, or not yet for what is on the shelf."""
    text = (files("on_notice") / "register.json").read_text(encoding="utf-8")
    register: dict[str, Any] = json.loads(text)
    return register


def source_words() -> str:
    """What the content was read from, with the versions that are installed."""
    named = " and ".join(f"{name} {version(name)}" for name in (ANNEXES, NOTICES))
    return f"CosIng export and register of amendments in the packages {named}"
