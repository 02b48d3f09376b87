"""A count entered as in a warehouse: a scanner, a keyboard, and no mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

COUNTS = "/admin/inventory/cyclecount/"
SUN_FLUID_GTIN = "04099992000101"


@pytest.fixture
def entry(shop, as_user) -> Iterator[Page]:
    """The entry page of a count of all sun fluid and balls in Berlin."""
    page = as_user("warehouse")
    page.goto(f"{shop.url}{COUNTS}plan/")
    page.locator("#id_warehouse").select_option(index=0)
    page.locator("#id_way").select_option("items")
    page.locator("#id_items").fill(f"SE-BALL-5\n{SUN_FLUID_GTIN}")
    page.locator("#count-plan button[type=submit]").click()
    page.get_by_text("is planned").wait_for()
    page.goto(page.url.replace("/change/", "/start/"))
    page.locator("form button[type=submit]").last.click()
    page.get_by_text("is being counted.").wait_for()
    page.locator("a[href$='/enter/']").click()
    expect(page.locator("#count-scan input[name=code]")).to_be_focused()
    yield page
    page.goto(re.sub(r"/enter/.*", "/cancel/", page.url))
    page.locator("#id_reason").fill("test")
    page.locator("form button[type=submit]").last.click()
    page.get_by_text("is cancelled.").wait_for()


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.name")


def scan(page: Page, code: str) -> None:
    """As a scanner does: into whatever has the focus, with Enter behind."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def row(page: Page, text: str, number: int = 0):
    return page.locator(".backroom-count-line", has_text=text).nth(number)


def test_a_scan_leads_to_its_line_and_enter_to_the_next_scan(entry):
    assert focused(entry) == "code"

    scan(entry, "SE-BALL-5")
    expect(row(entry, "SE-BALL-5").locator("input")).to_be_focused()
    scan(entry, "117")

    expect(entry.locator("#count-scan input[name=code]")).to_be_focused()
    expect(entry.locator("#count-done")).to_have_text("1")
    expect(row(entry, "SE-BALL-5")).to_have_class(re.compile("is-counted"))


def test_enter_without_a_scan_goes_from_line_to_line(entry):
    first, second = (entry.locator(".backroom-count-figure input").nth(n) for n in (0, 1))

    first.focus()
    scan(entry, "3")

    expect(second).to_be_focused()
    expect(entry.locator("#count-done")).to_have_text("1")


def test_what_is_wrong_stays_typed_with_the_reason_beside_it(entry):
    scan(entry, "SE-BALL-5")
    field = row(entry, "SE-BALL-5").locator("input")
    expect(field).to_be_focused()
    scan(entry, "1,5")

    expect(row(entry, "SE-BALL-5")).to_contain_text("is not whole")
    expect(field).to_have_value("1,5")
    expect(field).to_be_focused()
    assert entry.locator("#count-done").inner_text() == "0"


def test_a_scan_into_a_quantity_is_still_a_scan(entry):
    scan(entry, "SE-BALL-5")
    ball = row(entry, "SE-BALL-5").locator("input")
    expect(ball).to_be_focused()

    scan(entry, SUN_FLUID_GTIN)

    expect(row(entry, "COS-SUNFLUID-50").locator("input")).to_be_focused()
    expect(ball).to_have_value("")
    expect(entry.locator("#count-hint")).to_contain_text("lines fit")


def test_an_emptied_field_keeps_its_figure(entry):
    scan(entry, "SE-BALL-5")
    field = row(entry, "SE-BALL-5").locator("input")
    expect(field).to_be_focused()
    scan(entry, "7")
    expect(entry.locator("#count-done")).to_have_text("1")

    field.focus()
    field.fill("")
    entry.keyboard.press("Enter")

    expect(row(entry, "SE-BALL-5")).to_contain_text("Empty is not zero: 7 stays.")
    expect(field).to_have_value("7")


def test_figures_survive_a_reload_and_a_phone_shows_them_whole(entry):
    scan(entry, "SE-BALL-5")
    expect(row(entry, "SE-BALL-5").locator("input")).to_be_focused()
    scan(entry, "9")
    expect(entry.locator("#count-done")).to_have_text("1")

    entry.set_viewport_size({"width": 390, "height": 800})
    entry.reload()

    expect(row(entry, "SE-BALL-5").locator("input")).to_have_value("9")
    assert entry.evaluate("document.documentElement.scrollWidth <= innerWidth")
