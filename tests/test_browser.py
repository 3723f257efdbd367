"""The report of the tiny twin, opened from its file in a real browser."""

import os
import shutil

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        message = f"no browser: none of {', '.join(PROGRAMS)} is on the path"
        (pytest.fail if os.environ.get("PAYOFF_REQUIRE_BROWSER") else pytest.skip)(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tiny):
    """Open the report: (page, what it asked for, what its console said)."""
    contexts = []

    def open_(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page, requests, words = context.new_page(), [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: words.append(message.text))
        page.on("pageerror", lambda error: words.append(str(error)))
        page.goto((tiny / "tests/tiny/results/tiny/report.html").as_uri())
        return page, requests, words

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_asks_for_nothing_and_fits_the_screen(opened, width, theme):
    page, requests, words = opened(viewport={"width": width, "height": 800}, color_scheme=theme)
    assert len(requests) == 1
    assert words == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (theme == "light")


def test_paper_is_light(opened):
    page, _, _ = opened(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    assert page.evaluate(f"{style}('--paper')") == "#ffffff"
    assert page.evaluate(f"{style}('--numpy-mlp')") == "#d55e00"


def test_it_is_whole_without_scripts(opened):
    page, _, _ = opened(java_script_enabled=False)
    assert page.locator("h1").inner_text() == "A tiny study of <digits> & friends"
    assert page.locator("figure svg").count() == 14
    assert page.locator("#cells tbody tr").count() == 6
    page.locator("summary").first.click()
    assert page.locator("figure details table").first.is_visible()


def test_text_in_a_figure_is_text_in_the_page_s_type(opened):
    page, _, _ = opened()
    label = page.locator("figure svg text", has_text="Hidden size H").first
    assert label.is_visible()
    family = "e => getComputedStyle(e).fontFamily"
    assert label.evaluate(family) == page.locator("body").evaluate(family)


def test_the_table_of_contents_leads_to_every_section(opened):
    page, _, _ = opened()
    for link in page.locator("nav a").all():
        link.click()
        target = page.locator(link.get_attribute("href"))
        assert abs(target.bounding_box()["y"]) < 800
