"""One shop and one browser for the tests of this folder; each test gets clean windows."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.shop import (
    CHROMIUM_NAMES,
    WAIT_MILLISECONDS,
    WINDOW,
    Shop,
    Watch,
    chromium_path,
    log_in,
    running_browser,
    running_shop,
)

expect.set_options(timeout=WAIT_MILLISECONDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it the tests are skipped visibly."""
    executable = chromium_path()
    if executable is None:
        pytest.skip(f"no Chromium: none of {', '.join(CHROMIUM_NAMES)} is on the PATH")
    with running_browser(executable) as running:
        yield running


@pytest.fixture(scope="module")
def shop(browser, tmp_path_factory) -> Iterator[Shop]:
    """The product itself, with demo data."""
    with running_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture(scope="module")
def logins() -> dict[str, StorageState]:
    """Sessions of those who logged in already."""
    return {}


@pytest.fixture
def as_user(shop, browser, logins) -> Iterator[Callable[[str], Page]]:
    """Today, as this demo user sees it. After the test no page may have done anything odd."""
    watch, contexts = Watch(shop), []

    def open_today(name: str) -> Page:
        context = browser.new_context(viewport=WINDOW, storage_state=logins.get(name))
        context.set_default_timeout(WAIT_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        watch.over(page)
        if name in logins:
            page.goto(f"{shop.url}/admin/")
        else:
            log_in(page, shop=shop, name=name)
            logins[name] = context.storage_state()
        return page

    yield open_today
    for context in contexts:
        context.close()
    assert watch.problems == []
