"""The real shop as `bin/run` starts it, and a real browser that looks at it."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

from tests.config.processes import ROOT, clean_environment

# The demo's year of sales takes minutes on a machine that is busy with other tests.
START_SECONDS = 300
STOP_SECONDS = 60
WAIT_MILLISECONDS = 60_000
WINDOW: ViewportSize = {"width": 1440, "height": 900}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",  # containers and CI run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """Where this machine has Chromium; None: it has none."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A running shop with its demo data, in a folder of its own."""

    url: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """What a management command prints when it is run beside the shop."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_shop(folder: Path) -> Iterator[Shop]:
    """Start web server, worker and beat on demo data in `folder`; stop all of them afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = clean_environment(PORT=str(port), BACKROOM_DATA=str(folder))
    log = folder / "printed.log"
    with log.open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while f"{url}/admin/" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield Shop(url=url, environment=environment)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_browser(executable: str) -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[*CHROMIUM_FLAGS], timeout=WAIT_MILLISECONDS
        )
        yield browser
        browser.close()


def log_in(page: Page, *, shop: Shop, name: str) -> None:
    """Through the form, as a person does; every demo user's password is the same."""
    page.goto(f"{shop.url}/admin/")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill("demo")
    page.locator("#login-form button[type=submit]").click()
    page.wait_for_url(f"{shop.url}/admin/")


class Watch:
    """Whatever a page does that no page should: script errors, failed answers, calls elsewhere."""

    def __init__(self, shop: Shop) -> None:
        self.problems: list[str] = []
        self._host = urlsplit(shop.url).netloc

    def over(self, page: Page) -> None:
        """Watch this page from now on."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("request", self._on_request)
        page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.problems.append(f"call to another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} of {response.url}")
