"""The label sheet as a PDF, in any language written in Latin, Greek or Cyrillic letters."""

from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from compliance.assessments.rules.labels import LabelSheet, Part

_FONT = "Roboto"
_INK, _GREY, _RED = (20, 20, 20), (105, 105, 105), (180, 25, 25)
_LINE_MM = 5.2
_HEADING_MM = 22  # a heading with some lines below it


@cache
def _font_file(name: str) -> Path:
    """A file of the free font that comes with the package `font-roboto`."""
    return Path(str(files("font_roboto") / "files" / f"Roboto-{name}.ttf"))


class _Page(FPDF):
    """A4 with a line at its foot that says what it is."""

    foot = ""

    def footer(self) -> None:
        """What, for where, of when, and which page."""
        self.set_y(-14)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 6, f"{self.foot} · {self.page_no()}/{{nb}}", align="L")


def draw(sheet: LabelSheet) -> bytes:
    """Draw a sheet; the same sheet gives the same bytes."""
    page = _Page(format="A4")
    page.add_font(_FONT, fname=_font_file("Regular"))
    page.add_font(_FONT, style="B", fname=_font_file("Bold"))
    page.set_creation_date(datetime.combine(sheet.on, time(), UTC))
    page.set_title(f"Label sheet: {sheet.product}, {sheet.market}")
    page.foot = f"Label sheet · {sheet.product} · {sheet.market} · {sheet.on:%d %b %Y}"
    page.set_auto_page_break(True, margin=18)
    page.set_margins(18, 16, 18)
    page.add_page()
    _write(page, sheet.product, size=18, style="B")
    _write(page, f"Label sheet for {sheet.market}, as of {sheet.on:%d %b %Y}", colour=_GREY)
    if sheet.missing:
        _write(
            page, f"{len(sheet.missing)} to be completed before printing", colour=_RED, style="B"
        )
    page.ln(3)
    for part in sheet.parts:
        _part(page, part)
    return bytes(page.output())


def _part(page: FPDF, part: Part) -> None:
    if page.will_page_break(_HEADING_MM):
        page.add_page()  # no heading alone at the foot
    _heading(page, part)
    for line in part.lines:
        _write(page, line)
    for text in part.missing:
        _write(page, f"Missing: {text}", colour=_RED, style="B")
    page.ln(2.5)


def _heading(page: FPDF, part: Part) -> None:
    remarks = [part.reference, "in the languages of the country" if part.is_translated else ""]
    said = " · ".join(remark for remark in remarks if remark)
    page.set_draw_color(*_GREY)
    page.line(page.l_margin, page.get_y(), page.w - page.r_margin, page.get_y())
    page.ln(1)
    page.set_font(_FONT, style="B", size=11)
    page.set_text_color(*_INK)
    page.cell(70, _LINE_MM, part.title)
    page.set_font(_FONT, size=8)
    page.set_text_color(*_GREY)
    page.cell(0, _LINE_MM, said, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _write(
    page: FPDF,
    text: str,
    *,
    size: float = 10,
    style: str = "",
    colour: tuple[int, int, int] = _INK,
) -> None:
    page.set_font(_FONT, style=style, size=size)
    page.set_text_color(*colour)
    height = max(_LINE_MM, size * 0.45)
    page.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
