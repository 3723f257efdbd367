"""The report of the tiny twin on a phone, a tablet and a desk, in light and in dark: all of it fits and can be read."""

import pytest
from chromium import unfold

# Whatever reaches over the right edge of the page, unless it can be scrolled to in a container of its own.
TOO_WIDE = """() => {
  const scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  return [...document.body.querySelectorAll('*')]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(e.parentElement))
    .map(e => e.outerHTML.slice(0, 120));
}"""

# HTML whose own text does not fit into it, and is not shown elsewhere: cut off, or running over its neighbour.
CUT_OFF = """() => [...document.body.querySelectorAll('*')]
  .filter(e => !(e instanceof SVGElement) && e.checkVisibility() && getComputedStyle(e).display != 'inline')
  .filter(e => !/auto|scroll/.test(getComputedStyle(e).overflowX) && e.clientWidth > 1)
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .filter(e => [...e.childNodes].some(node => node.nodeType == Node.TEXT_NODE && node.textContent.trim()))
  .map(e => e.outerHTML.slice(0, 120))"""

# Texts of a drawing that leave it, and pairs of them that lie on each other by more than a quarter of the smaller's
# height and width; a box has the room of ascenders and descenders, too, which need not be free.
IN_DRAWINGS = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].filter(e => e.textContent.trim() && e.checkVisibility())
    .map(e => ({words: e.textContent.trim(), box: e.getBoundingClientRect()})).filter(t => t.box.width);
  const outside = texts.filter(({box}) => box.left < frame.left - 2 || box.right > frame.right + 2
    || box.top < frame.top - 2 || box.bottom > frame.bottom + 2).map(t => `${t.words} leaves the drawing`);
  const overlap = (a, b, from, to, size) =>
    Math.min(a[to], b[to]) - Math.max(a[from], b[from]) > Math.min(a[size], b[size]) / 4;
  const pairs = texts.flatMap((one, i) => texts.slice(i + 1)
    .filter(other => overlap(one.box, other.box, 'left', 'right', 'width')
      && overlap(one.box, other.box, 'top', 'bottom', 'height'))
    .map(other => `${one.words} lies on ${other.words}`));
  return [...outside, ...pairs].map(what => `${svg.closest('figure').id}: ${what}`);
})"""


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(opened, width, theme):
    page = opened(viewport={"width": width, "height": 800}, color_scheme=theme)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (theme == "light")
    for _ in ("as it opens", "unfolded"):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        for misplaced in (page.evaluate(TOO_WIDE), page.evaluate(CUT_OFF)):
            assert not misplaced, "\n".join(misplaced)
        unfold(page)


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_text_of_a_drawing_is_cut_off_or_lies_on_another(opened, width):
    found = opened(viewport={"width": width, "height": 800}).evaluate(IN_DRAWINGS)
    assert not found, "\n".join(found)
