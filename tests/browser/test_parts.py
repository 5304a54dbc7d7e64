"""Parts of the page that are loaded on demand, and one that fails."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
BREAK_THE_LIST = """
globalThis.isBroken = true;
const match = matchMedia;
globalThis.matchMedia = (query) => {
  if (query === '(min-width: 1200px)' && globalThis.isBroken) throw new Error('broken on purpose');
  return match(query);
};
"""

ARE_LOADED = """(files) => {
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  return files.every((file) => loaded.some((name) => name.endsWith(file)));
}"""


def files_of(dist, *parts: str) -> list[str]:
    """Return all files that the parts consist of."""
    manifest = json.loads((dist / ".vite" / "manifest.en.json").read_text())
    files, names = set(), list(parts)
    while names:
        chunk = manifest[names.pop()]
        if chunk["file"] not in files:
            files |= {chunk["file"], *chunk.get("css", ())}
            names += chunk.get("imports", ())
    return sorted(files)


def test_part_that_fails_leaves_the_rest_of_the_page(open_session, installation, groceries):
    """PAG-22, PAG-40"""
    ana = open_session("ana", viewport={"width": 1440, "height": 900})
    page = ana.page
    page.add_init_script(BREAK_THE_LIST)
    with page.expect_response("**/api/page-failures/") as report:
        page.goto(groceries.path)
    assert report.value.status == 204
    log = installation.first_server.output().splitlines()
    (line,) = [line for line in log if "page_failed" in line]
    assert "broken on purpose" in line
    assert "page=/lists/:id/ part=ListPage" in line
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("This part failed.")
    lists = page.get_by_role("navigation", name="My lists")
    expect(lists.get_by_role("link", name="Groceries").first).to_be_visible()
    page.evaluate("isBroken = false")
    failure.get_by_role("button", name="Reload it").click()
    ana.expect_item("Milk")
    assert [error for error in ana.errors if "broken on purpose" in error] == ana.errors
    assert len(ana.errors) == 1
    ana.errors.clear()


def test_parts_open_when_the_server_does_not_answer(open_session, groceries, dist):
    """PAG-23"""
    ana = open_session("ana").open(groceries.path)
    parts = ("src/ui/lists/UserSheet.svelte", "src/ui/account/AccountPage.svelte")
    ana.page.wait_for_function(ARE_LOADED, arg=files_of(dist, *parts))
    ana.context.set_offline(True)
    ana.page.get_by_role("button", name="Account of ana").click()
    dialog = ana.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Sign out")).to_be_visible()
    dialog.get_by_role("link", name="Account").click()
    expect(ana.page.get_by_role("heading", level=1, name="Account")).to_be_visible()
