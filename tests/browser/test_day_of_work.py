"""A day of work as the README tells it, in the real shop and a real browser, in this order."""

import csv
import io
import json
import re
import urllib.request
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.config.processes import ROOT

pytestmark = pytest.mark.browser

SAMPLES = ROOT / "samples"
DELIVERY = "LS-2026-117"
SUN_FLUID = "COS-SUNFLUID-50"
SUN_FLUID_GTIN = "04099992000101"
LEDGER = "/admin/inventory/stockmovement/"
BOARD = "/admin/inventory/expiringlot/"
ALERTS = "/admin/kernel/alert/"


def choose(select: Locator, text: str) -> None:
    """The option of a select that holds this text."""
    value = select.locator("option", has_text=text).first.get_attribute("value")
    select.select_option(value)


def upload(page: Page, file_name: str, **choices: str) -> None:
    """From the sidebar to the upload of a file of LUMEN."""
    page.get_by_role("link", name="Supplier files").click()
    page.get_by_role("link", name="Upload a file").click()
    choose(page.locator("#id_supplier"), "Lumen")
    page.locator("#id_file").set_input_files(SAMPLES / file_name)
    for field, text in choices.items():
        choose(page.locator(f"#id_{field}"), text)


def counts(page: Page) -> dict[str, int]:
    """How many rows are new, changed, unchanged and rejected, as the tabs say."""
    tabs = page.locator("[data-count]")
    expect(tabs).to_have_count(4)
    return {str(tab.get_attribute("data-count")): int(tab.inner_text()) for tab in tabs.all()}


def scan(page: Page, code: str) -> None:
    """Into the box in the header of every page."""
    page.locator("#scan-box").fill(code)
    page.locator("#scan-box").press("Enter")


def row_of(page: Page, text: str) -> Locator:
    """The row of a list that holds this text."""
    return page.locator("#result_list tr", has_text=text)


def begin_action(page: Page, row_text: str, action: str) -> Locator:
    """Tick a row, choose an action and run it: the page that says what it will do and asks why."""
    row_of(page, row_text).locator("input.action-select").check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()
    form = page.locator(".reason-action form", has=page.locator("#id_reason"))
    expect(form).to_be_visible()
    return form


def storefront(shop, token: str, path: str, body: dict | None = None) -> dict:
    """What the API answers to a shop; a body makes it a POST."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if body is not None:
        headers["Idempotency-Key"] = f"day-of-work-{path}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{shop.url}/api/v1{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_a_dirty_supplier_file_is_mapped_mended_applied_and_its_rejects_sent_back(as_user):
    page = as_user("merchandiser")

    upload(page, "product_list_dirty.csv")
    page.get_by_role("button", name="Upload and check").click()
    unknown = page.get_by_role("row", name="not recognised")
    expect(unknown).to_have_count(2)
    choose(unknown.filter(has_text="Lieferanten-Nr.").locator("select"), "supplier_code")
    choose(unknown.filter(has_text="Anwendung").locator("select"), "product_type")
    page.get_by_role("button", name="Save and check the rows").click()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    before = counts(page)
    page.locator(".imp-tab-rejected").click()
    mended = page.locator("[data-row]", has_text="LUM-7070")
    mended.locator("[name=cell-name]").fill("Handcreme für unterwegs")
    mended.get_by_role("button", name="Save and check this row").click()
    # The answer replaces the row: what it was found by stands in it no longer.
    expect(page.get_by_text("The row is right now.")).to_be_visible()
    after = counts(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied.", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Rejected rows (CSV)").click()
    rejects = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))

    assert sum(before.values()) == 16
    assert before["created"] >= 5
    assert after == {
        **before,
        "created": before["created"] + 1,
        "rejected": before["rejected"] - 1,
    }
    assert download.value.suggested_filename == "product_list_dirty-rejected.csv"
    assert len(rejects) == 1 + after["rejected"]
    scan(page, "LUM-7070")
    expect(page.get_by_text("Handcreme für unterwegs").first).to_be_visible()
    page.get_by_role("link", name="In the catalogue").click()
    page.get_by_role("link", name="History").click()
    entries = page.locator("#content tr", has_text="merchandiser")
    expect(entries.filter(has_text=re.compile("import|product_list_dirty")).first).to_be_visible()


def test_a_delivery_note_is_received_by_scan_and_everybody_sees_who_did_it(as_user):
    merchandiser = as_user("merchandiser")
    upload(merchandiser, "delivery_note_clean.csv", kind="Delivery note", warehouse="BER")
    merchandiser.locator("#id_reference").fill(DELIVERY)
    merchandiser.get_by_role("button", name="Upload and check").click()
    expect(merchandiser.get_by_text(f"Announce 8 lines of delivery {DELIVERY}")).to_be_visible()
    merchandiser.get_by_role("button", name="Apply").click()
    merchandiser.get_by_role("link", name=f"Open delivery {DELIVERY}").click()
    announced = merchandiser.get_by_role("row", name="SF2609 ").filter(has_text=SUN_FLUID)
    expect(announced).to_contain_text("144 each")
    expect(merchandiser.get_by_text("0 of 8")).to_be_visible()

    page = as_user("warehouse")
    page.get_by_role("link", name="Receive by scan").click()
    choose(page.locator("select[name=notice]"), DELIVERY)
    expect(page.get_by_text("0 of 8 lines complete")).to_be_visible()
    page.locator("#goods-in-scan input[name=code]").fill(
        f"(01){SUN_FLUID_GTIN}(17)290202(10)SF2609"
    )
    page.locator("#goods-in-scan input[name=code]").press("Enter")
    form = page.locator("#goods-in-receive")
    expect(form.locator("[name=lot_code]")).to_have_value("SF2609")
    expect(form.locator("[name=expiry_date]")).to_have_value("2029-02-02")
    form.locator("[name=quantity]").fill("144")
    form.get_by_role("button", name="Receive").click()

    expect(page.get_by_text(f"Received 144 each of {SUN_FLUID}")).to_be_visible()
    expect(page.get_by_text("1 of 8 lines complete")).to_be_visible()
    merchandiser.goto(merchandiser.url.split("/admin/")[0] + f"{LEDGER}?q={DELIVERY}")
    expect(row_of(merchandiser, "SF2609")).to_contain_text("+144 each")
    expect(row_of(merchandiser, "SF2609")).to_contain_text("warehouse")
    scan(merchandiser, SUN_FLUID)
    movement = merchandiser.locator(".backroom-entry", has_text=DELIVERY)
    expect(movement).to_contain_text("Receipt")
    expect(movement).to_contain_text("SF2609")
    expect(movement).to_contain_text("warehouse")


def test_the_scan_box_opens_the_page_of_whatever_is_scanned(as_user):
    page = as_user("merchandiser")
    title = page.locator("h1")

    page.keyboard.press("/")
    expect(page.locator("#scan-box")).to_be_focused()
    scan(page, SUN_FLUID)
    expect(page).to_have_url(re.compile("/stockedvariant/"))
    expect(title).to_contain_text(SUN_FLUID)
    scan(page, "SF2407")
    expect(page).to_have_url(re.compile("/lot/"))
    expect(title).to_contain_text("SF2407")
    scan(page, f"(01){SUN_FLUID_GTIN}")
    expect(title).to_contain_text(SUN_FLUID)
    scan(page, "NOBODY-KNOWS-THIS")

    expect(page.get_by_text("Nothing of ours is called this.")).to_be_visible()
    expect(page.get_by_text("NOBODY-KNOWS-THIS")).to_be_visible()


def test_what_is_about_to_expire_is_held_released_and_written_off(as_user):
    page = as_user("merchandiser")
    page.get_by_role("link", name="Expiry board").click()
    expect(row_of(page, "RT5502")).to_contain_text("days left")

    form = begin_action(page, "RT5502", "Put on hold")
    expect(page.locator(".reason-action table")).to_contain_text("RT5502")
    expect(page.locator(".reason-action table")).to_contain_text("24 each")
    form.locator("#id_reason").fill("The label smears.")
    form.get_by_role("button", name="Put on hold").click()
    expect(row_of(page, "RT5502")).to_contain_text("On hold")

    form = begin_action(page, "RT5502", "Release from hold")
    form.locator("#id_reason").fill("Labels checked, they are fine.")
    form.get_by_role("button", name="Release from hold").click()
    expect(row_of(page, "RT5502")).not_to_contain_text("On hold")

    form = begin_action(page, "MW4419", "Write off")
    expect(page.get_by_text("This is final")).to_be_visible()
    form.locator("#id_reason").fill("Past its last day of sale.")
    form.get_by_role("button", name="Write off").click()
    expect(row_of(page, "RT5502")).to_be_visible()
    expect(row_of(page, "MW4419")).to_have_count(0)

    scan(page, "MW4419")
    movement = page.locator(".backroom-entry", has_text="Past its last day of sale.")
    expect(movement).to_contain_text("17 each")
    expect(movement).to_contain_text("merchandiser")
    scan(page, "RT5502")
    expect(page.get_by_text("The label smears.")).to_be_visible()


def test_the_storefront_reserves_what_expires_first_and_the_ledger_has_the_sale(as_user, shop):
    token = shop.manage(
        *("create_api_client", "storefront"),
        *("--scope", "stock:read", "--scope", "reservations:write"),
    ).strip()
    query = urlencode({"sku": SUN_FLUID, "market": "DE", "detail": "lots"})
    (item,) = storefront(shop, token, f"/availability?{query}")["items"]
    first = min(item["lots"], key=lambda lot: lot["expires_on"])

    line = {"sku": SUN_FLUID, "quantity": "2", "unit": "each"}
    wanted = {"reference": "cart-123", "market": "DE", "lines": [line]}
    reservation = storefront(shop, token, "/reservations", wanted)
    (left,) = storefront(shop, token, f"/availability?{query}&ask=again")["items"]
    order = {"order_reference": "order-4711"}
    sold = storefront(shop, token, f"/reservations/{reservation['id']}/commit", order)

    ((allocation,),) = (line["allocations"] for line in reservation["lines"])
    assert (allocation["lot"], allocation["quantity"]) == (first["lot"], "2")
    assert int(left["available"]) == int(item["available"]) - 2
    assert sold["status"] == "committed"
    page = as_user("merchandiser")
    page.goto(f"{shop.url}{LEDGER}?q=order-4711")
    expect(row_of(page, SUN_FLUID)).to_contain_text("Sale")
    expect(row_of(page, SUN_FLUID)).to_contain_text("\N{MINUS SIGN}2 each")
    expect(row_of(page, SUN_FLUID)).to_contain_text(first["lot"])


def test_today_names_what_to_act_on_until_somebody_has_acted(as_user):
    page = as_user("merchandiser")
    expect(page.get_by_text("To act on").first).to_be_visible()
    expect(page.get_by_role("link", name="lot MB6104")).to_be_visible()

    page.get_by_role("link", name="All alerts").click()
    form = begin_action(page, "MB6104", "Resolve")
    form.locator("#id_reason").fill("Goes into the outlet box.")
    form.get_by_role("button", name="Resolve").click()

    expect(row_of(page, "VC0907")).to_be_visible()
    expect(row_of(page, "MB6104")).to_have_count(0)
    page.locator("nav a[href='/admin/']", has_text="Today").click()
    expect(page.get_by_text("To act on").first).to_be_visible()
    expect(page.get_by_role("link", name="lot MB6104")).to_have_count(0)


def test_the_auditor_sees_everything_and_finds_nothing_to_press(as_user, shop):
    merchandiser = as_user("merchandiser")
    merchandiser.goto(f"{shop.url}/admin/catalog/importrun/")
    assert changing_controls(merchandiser) == [f"{shop.url}/admin/catalog/importrun/upload/"]
    page = as_user("auditor")
    expect(page.get_by_role("link", name="Receive by scan")).to_have_count(0)

    for path in (
        BOARD,
        LEDGER,
        ALERTS,
        "/admin/inventory/lot/",
        "/admin/inventory/stocklevel/",
        "/admin/inventory/shipmentnotice/",
        "/admin/inventory/reservation/",
        "/admin/catalog/product/",
        "/admin/catalog/price/",
        "/admin/catalog/importrun/",
    ):
        page.goto(f"{shop.url}{path}")
        expect(page.locator("#result_list")).to_be_visible()
        assert changing_controls(page) == [], path
        page.locator("#result_list tbody tr:first-child a").first.click()
        page.wait_for_load_state()
        assert changing_controls(page) == [], page.url

    assert page.request.get(f"{shop.url}/admin/inventory/shipmentnotice/goods-in/").status == 403
    assert page.request.get(f"{shop.url}/admin/catalog/importrun/upload/").status == 403


def changing_controls(page: Page) -> list[str]:
    """What one sees on a page that would change something: fields of POST forms, links to forms."""
    return page.evaluate(
        """() => {
            const fields = [...document.querySelectorAll("form")]
                .filter((form) => form.method === "post" && !form.action.endsWith("/logout/"))
                .flatMap((form) => [...form.querySelectorAll("button, input, select, textarea")])
                .filter((field) => field.type !== "hidden" && field.checkVisibility())
                .map((field) => field.outerHTML.slice(0, 200));
            const links = [...document.querySelectorAll("a[href]")]
                .filter((link) => /[/](add|upload|delete|undo|goods-in)[/]/.test(link.pathname))
                .filter((link) => link.checkVisibility())
                .map((link) => link.href);
            return [...fields, ...links];
        }"""
    )
