"""The pictures of the README, taken of the real shop; `bin/screenshots` runs this."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.shop import (
    WAIT_MILLISECONDS,
    WINDOW,
    Shop,
    chromium_path,
    log_in,
    running_browser,
    running_shop,
)
from tests.config.processes import ROOT

IMAGES = ROOT / "docs" / "images"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MAPPING = {"Lieferanten-Nr.": "supplier_code", "Anwendung": "product_type"}
EXPECTED_GOODS = "(01)04099992000101(10)SF2506"


def take_all(shop: Shop, browser: Browser) -> None:
    """Each page of the README in each theme."""
    import_path = ""
    for theme in THEMES:
        context = browser.new_context(viewport=WINDOW, color_scheme=theme, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.add_init_script(f"localStorage.setItem('adminTheme', '\"{theme}\"')")
        page = context.new_page()
        log_in(page, shop=shop, name="demo")
        import_path = import_path or _upload(page)
        for name, path in {
            "today": "/admin/",
            "expiry": "/admin/inventory/expiringlot/",
            "import": import_path,
            "goods-in": "/admin/inventory/shipmentnotice/goods-in/",
            "stock": "/admin/scan/?code=COS-SUNFLUID-50",
        }.items():
            page.goto(shop.url + path)
            if name == "goods-in":
                _scan_expected_goods(page)
            page.wait_for_load_state("networkidle")
            page.evaluate("document.fonts.ready")
            page.screenshot(path=IMAGES / f"{name}-{theme}.png", animations="disabled")
        context.close()


def _upload(page: Page) -> str:
    """A dirty file, mapped and checked: the path of what it would do."""
    page.get_by_role("link", name="Supplier files").click()
    page.get_by_role("link", name="Upload a file").click()
    _choose(page, "#id_supplier", "Lumen")
    page.locator("#id_file").set_input_files(ROOT / "samples" / "product_list_dirty.csv")
    page.get_by_role("button", name="Upload and check").click()
    for heading, column in MAPPING.items():
        select = page.get_by_role("row", name=heading).locator("select")
        select.select_option(column)
    page.get_by_role("button", name="Save and check the rows").click()
    page.get_by_text("Nothing is changed yet.").wait_for()
    page.locator(".imp-tab-rejected").click()
    return page.evaluate("location.pathname + location.search")


def _scan_expected_goods(page: Page) -> None:
    _choose(page, "select[name=notice]", "LUM-DN-20417")
    page.get_by_text("0 of 4 lines complete").wait_for()
    page.locator("#goods-in-scan input[name=code]").fill(EXPECTED_GOODS)
    page.locator("#goods-in-scan input[name=code]").press("Enter")
    page.locator("#goods-in-receive").wait_for()


def _choose(page: Page, selector: str, text: str) -> None:
    option = page.locator(selector).locator("option", has_text=text).first
    page.locator(selector).select_option(option.get_attribute("value"))


def main() -> None:
    """Start a shop on fresh demo data, take the pictures, stop it."""
    executable = chromium_path()
    if executable is None:
        sys.exit("This needs Chromium on the PATH.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_shop(Path(folder)) as shop,
        running_browser(executable) as browser,
    ):
        take_all(shop, browser)


if __name__ == "__main__":
    main()
