"""The report of the tiny twin without a mouse."""

import pytest
from chromium import unfold

# Keeps what can be reached in the document's order, each with its looks while it has no focus.
PREPARE = """() => {
  const can = 'a[href], button, select, input, textarea, summary, [tabindex]';
  window.looks = e => { const s = getComputedStyle(e); return {
    outline: s.outlineStyle == 'none' ? '' : s.outline, shadow: s.boxShadow,
    stroke: e instanceof SVGElement ? `${s.stroke} ${s.strokeWidth}` : '' } };
  window.reachable = [...document.querySelectorAll(can)]
    .filter(e => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({visibilityProperty: true}));
  window.before = reachable.map(looks);
  return reachable.map(e => e.outerHTML.slice(0, 120));
}"""
# Where the focus is: its place among them, whether one sees it there, and what it is.
FOCUSED = """() => {
  const e = document.activeElement, at = reachable.indexOf(e);
  const now = looks(e), box = e.getBoundingClientRect();
  return {at, what: e.outerHTML.slice(0, 120),
    marked: at >= 0 && Object.keys(now).some(look => now[look] != before[at][look]),
    in_view: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth};
}"""


@pytest.mark.parametrize("width", [360, 1440])
def test_tab_reaches_everything_in_order_and_shows_where_it_is(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    unfold(page)
    reachable = page.evaluate(PREPARE)
    assert len(reachable) > 20
    for place, what in enumerate(reachable):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["at"] == place, f"asked for {what}, found {focused['what']}"
        assert focused["marked"], f"no mark on {what}"
        assert focused["in_view"], f"out of view: {what}"


def test_a_table_behind_a_figure_opens_by_a_key(opened):
    page = opened()
    summary = page.locator("figure details summary").first
    table = page.locator("figure details table").first
    summary.focus()
    assert not table.is_visible()
    page.keyboard.press("Enter")
    assert table.is_visible()
    page.keyboard.press("Space")
    assert not table.is_visible()
