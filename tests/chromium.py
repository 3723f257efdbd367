"""The distribution's Chromium, and the report of the tiny twin opened in it from its file."""

import os
import shutil
from pathlib import Path

import pytest
from twin import RESULTS

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NPM = Path(__file__).with_name("npm") / "node_modules"


def needed(what: str) -> None:
    """Skip the test that lacks this tool; where PAYOFF_REQUIRE_BROWSER is set, as in CI, fail it."""
    (pytest.fail if os.environ.get("PAYOFF_REQUIRE_BROWSER") else pytest.skip)(what)


def from_npm(file: str) -> Path:
    """A file of the packages that tests/npm/package-lock.json pins."""
    if not (NPM / file).exists():
        needed(f"no {file}: `make test` installs it where npm is on the path")
    return NPM / file


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        needed(f"no browser: none of {', '.join(PROGRAMS)} is on the path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


class Opened:
    """A file opened in a browser that is offline: the page, what it asked for, and all that it said."""

    def __init__(self, context, file: Path):
        self.requests, self.words = [], []
        context.set_offline(True)
        context.route("**", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.words.append(message.text))
        self.page.on("pageerror", lambda error: self.words.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(file.as_uri())

    def _dismiss(self, dialog) -> None:
        self.words.append(f"a dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def open_file(browser):
    """Open a file in a fresh context with these options: Opened."""
    contexts = []

    def open_(file: Path, **options) -> Opened:
        contexts.append(browser.new_context(**options))
        return Opened(contexts[-1], file)

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def report_file(tiny) -> Path:
    """The report of the tiny twin."""
    return tiny / RESULTS / "report.html"


@pytest.fixture
def opened(open_file, report_file):
    """Open the report of the tiny twin: its page."""
    return lambda **options: open_file(report_file, **options).page


def unfold(page) -> None:
    """Open every <details> of a page."""
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
