"""The report of the tiny twin held to the rules of axe-core."""

import pytest
from chromium import from_npm, unfold

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1440, "dark")])
def test_no_rule_of_accessibility_is_broken(opened, width, theme):
    axe = from_npm("axe-core/axe.min.js").read_text(encoding="utf-8")
    page = opened(viewport={"width": width, "height": 800}, color_scheme=theme)
    unfold(page)
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    broken = [
        f"{rule['id']} ({rule['impact']}), {len(rule['nodes'])} times, first {rule['nodes'][0]['html'][:200]}: "
        f"{rule['nodes'][0]['failureSummary']}"
        for rule in found["violations"]
    ]
    assert not broken, "\n".join(broken)
    tried = {rule["id"] for rule in found["passes"]}
    assert {"color-contrast", "document-title", "svg-img-alt", "heading-order", "region"} <= tried
