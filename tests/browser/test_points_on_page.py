"""The points of the figures tell their values: to a mouse, to the keyboard, to a finger."""

import pytest
from planted_page import EVIL, head


def inside(page) -> bool:
    """Whether the tooltip is shown, whole and inside the window."""
    box, size = page.locator(".tooltip").bounding_box(), page.viewport_size
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
    )


@pytest.mark.parametrize("width", [360, 1440])
def test_a_point_tells_its_value_to_a_mouse(open_planted, width):
    page = open_planted(viewport={"width": width, "height": 700})
    tooltip, points = page.locator(".tooltip"), page.locator("#drawn .point")
    assert tooltip.is_hidden()
    for place, text in enumerate([f"{EVIL}, H = 1\n1.00 ms", "second\n2.00 ms", "third\n3.00 ms"]):
        points.nth(place).scroll_into_view_if_needed()
        points.nth(place).hover()
        assert tooltip.inner_text() == text
        assert inside(page)
    page.keyboard.press("Escape")
    assert tooltip.is_hidden()
    points.first.hover()
    assert tooltip.is_visible()
    page.mouse.move(2, 2)
    assert tooltip.is_hidden()
    assert page.locator(".point title").count() == 0, "the browser's own would come on top"


def test_a_point_tells_its_value_to_the_keyboard(open_planted):
    page = open_planted()
    points, tooltip = page.locator("#drawn .point"), page.locator(".tooltip")
    assert points.nth(1).get_attribute("aria-label") == "second: 2.00 ms"
    assert points.nth(1).get_attribute("role") == "img"
    head(page, "table-of-cells", "wall_s").get_by_role("button").focus()
    page.keyboard.press("Tab")
    assert points.first.evaluate("point => point === document.activeElement")
    for key, place in [("ArrowRight", 1), ("End", 2), ("ArrowDown", 2), ("ArrowUp", 1), ("Home", 0), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        assert points.nth(place).evaluate("point => point === document.activeElement"), key
        assert inside(page)
    page.keyboard.press("ArrowRight")
    assert tooltip.inner_text() == "second\n2.00 ms"
    page.keyboard.press("Escape")
    assert tooltip.is_hidden()
    page.keyboard.press("Tab")
    assert page.locator("#other .point").evaluate("point => point === document.activeElement"), (
        "one tab stop per figure"
    )
    page.keyboard.press("Shift+Tab")
    assert points.nth(1).evaluate("point => point === document.activeElement"), "where the reader left it"


def test_a_point_tells_its_value_to_a_finger(open_planted):
    page = open_planted(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    point, tooltip = page.locator("#drawn .point").nth(1), page.locator(".tooltip")
    point.tap()
    assert tooltip.inner_text() == "second\n2.00 ms"
    assert inside(page)
    page.locator("#traps-and-points h2").tap()
    assert tooltip.is_hidden()
