"""Whatever a name says, it is text; and the policy of the pages is never violated."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
IMAGE = "<img src=x onerror=\"globalThis.run='it'\">"
MORE = ("<script>run=1</script>", "{@html '<b>'}", "javascript:run=1", "</title><svg onload=run=1>")


def nothing_ran(phone):
    """Look for what the text would have made."""
    assert phone.page.locator("img, script:not([src]), [onerror], [onload]").count() == 0
    assert phone.page.evaluate("typeof globalThis.run") == "undefined"


def test_hostile_names_are_text_on_every_page(phone, home):
    groceries = home.groceries("Milk", *MORE)
    ana = phone("ana").open(groceries.path)
    groceries.add(IMAGE, note=IMAGE)
    ana.sees(IMAGE)
    groceries.rename(f"{IMAGE} list")
    expect(ana.page.get_by_role("heading", name=f"{IMAGE} list")).to_be_visible()
    ana.remove(IMAGE)
    expect(ana.page.get_by_label("Just now")).to_contain_text(f"Removed {IMAGE}")
    nothing_ran(ana)
    ana.page.goto("/")
    expect(ana.page.get_by_text(f"{IMAGE} list")).to_be_visible()
    nothing_ran(ana)
    ana.page.goto("/dashboard/")
    expect(ana.page.get_by_text(f"removed {IMAGE}")).to_be_visible()
    nothing_ran(ana)
