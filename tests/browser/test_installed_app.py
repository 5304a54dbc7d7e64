"""The app without a server: its service worker, a new version, and texts of other apps."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_unsent_edits import expect_edits_stored
from tests.support.browser.installation import BrowserInstallation

pytestmark = pytest.mark.browser
USE_DIST = """
from pathlib import Path
import asgi_project.settings as settings
settings.FRONTEND_DIST = Path({path!r})
settings.STATICFILES_DIRS = [settings.FRONTEND_DIST]
"""


class ReleasedInstallation(BrowserInstallation):
    """An installation whose frontend is a copy, so that another version can replace it."""

    def __init__(self, data: Path, dist: Path) -> None:
        self.dist = dist
        super().__init__(data)

    def start_server(self, name, *, before="", **environment):
        use = USE_DIST.format(path=str(self.dist))
        return super().start_server(name, before=use + before, **environment)

    def release(self) -> None:
        """Restart the server with a frontend that differs by a comment in its service worker."""
        worker = self.dist / "sw.js"
        worker.write_text(worker.read_text() + "// the next version\n")
        for compressed in self.dist.glob("sw.js.*"):
            compressed.unlink()
        self.kill()
        self.ensure_running()


@pytest.fixture
def released(dist, tmp_path) -> Iterator[ReleasedInstallation]:
    copy = tmp_path / "dist"
    shutil.copytree(dist, copy)
    installation = ReleasedInstallation(tmp_path / "data", copy)
    yield installation
    installation.close()


def test_app_opens_without_its_server(open_session, released):
    """INS-1"""
    shared = released.create_list("Milk")
    ana = open_session("ana", of=released, service_workers="allow").open(shared.path)
    ana.wait_until_installed()
    released.kill()
    ana.page.goto(shared.path)
    ana.expect_item("Milk")
    ana.page.goto("/")
    expect(ana.page.get_by_role("link", name="Groceries").first).to_be_visible()
    ana.page.goto("/account/")
    expect(ana.page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    statuses = ana.page.evaluate(
        """async () => {
          const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
          const parts = (await (await caches.open((await caches.keys())[0])).keys())
            .map(({ url }) => url).filter((url) => url.endsWith('.js'));
          const answers = await Promise.all(parts.map((url) => fetch(url)));
          return [loaded.length > 0, parts.length > 20, answers.every(({ ok }) => ok)];
        }"""
    )
    assert statuses == [True, True, True]
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        ana.page.goto("/dashboard/")


def test_list_is_created_and_used_without_its_server(open_session, released):
    """OFF-8: in a page that is closed, and in one that is opened without the server."""
    shared = released.create_list("Milk")
    ana = open_session("ana", of=released, service_workers="allow").open(shared.path)
    ana.wait_until_installed()
    ana.page.goto("/")
    expect(ana.page.get_by_role("link", name="Groceries").first).to_be_visible()
    released.kill()
    new_list = ana.page.get_by_role("textbox", name="New list")
    new_list.fill("Camping")
    new_list.press("Enter")
    expect(ana.main.get_by_role("heading", name="Camping")).to_be_visible()
    ana.add("Tent")
    expect_edits_stored(ana, 2)
    path = ana.page.url
    ana.page.goto("/")
    expect(ana.page.get_by_role("link", name="Camping")).to_contain_text("1 to buy")
    ana.page.goto(path)
    ana.expect_item("Tent")
    ana.tick("Tent")
    expect_edits_stored(ana, 3)
    expect(ana.main.locator(".badge")).to_contain_text("3 changes wait")
    released.ensure_running()
    ana.wait_until_live()
    with released.api("ana") as api:
        [camping] = [
            row for row in api.get("shopping-lists/").json()["results"] if row["name"] == "Camping"
        ]
        [tent] = api.get(f"shopping-lists/{camping['id']}/shopping-items/").json()["results"]
    assert path.endswith(f"/lists/{camping['id']}/")
    assert (tent["name"], tent["purchased"]) == ("Tent", True)
    assert (camping["role"], camping["version"]) == ("owner", 3)


def test_new_version_is_offered_and_shown_on_request(open_session, released):
    """INS-4"""
    shared = released.create_list("Milk")
    ana = open_session("ana", of=released, service_workers="allow").open(shared.path)
    ana.wait_until_installed()
    ana.page.goto("/")
    menu = ana.page.get_by_role("button", name="Account of ana")
    expect(menu).to_be_visible()
    loads = ana.loads
    released.release()
    ana.page.evaluate("navigator.serviceWorker.getRegistration().then((each) => each.update())")
    ana.page.wait_for_function(
        "() => navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting !== null)"
    )
    menu.click()
    update = ana.page.get_by_role("button", name="Update ready")
    expect(update).to_be_visible()
    assert ana.loads == loads
    with ana.page.expect_event("load"):
        update.click()
    expect(ana.page.get_by_role("link", name="Groceries").first).to_be_visible()
    assert ana.page.evaluate(
        "navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting === null)"
    )


def test_shared_text_becomes_lines_of_a_list(open_session, installation):
    """INS-3"""
    shared = installation.create_list("Milk")
    ana = open_session("ana")
    ana.page.goto("/share/?title=Soup&text=2%20onions%0A1%20l%20stock&url=https://soup.example/")
    expect(ana.page.get_by_role("heading", name="Add to a list")).to_be_visible()
    ana.page.get_by_role("button", name=f"Groceries {shared.id[:4]}").click()
    dialog = ana.page.get_by_role("dialog")
    for line in ("Soup new", "onions 2 new", "stock 1 l new", "https://soup.example/ new"):
        expect(dialog.get_by_role("checkbox", name=line, exact=True)).to_be_checked()
    dialog.get_by_role("button", name="Add 4 items").click()
    ana.expect_item("onions")
    ana.wait_until_live()
    assert shared.items["onions"]["quantity"] == "2"
    ana.page.reload()
    ana.wait_until_live()
    expect(ana.page.get_by_role("dialog")).to_have_count(0)


def test_plain_http_is_explained_once(open_session, installation):
    """INS-5"""
    ana = open_session("ana")
    insecure = "Object.defineProperty(window, 'isSecureContext', { get: () => false });"
    ana.context.add_init_script(insecure)
    ana.page.goto("/")
    notice = ana.page.get_by_role("region", name="This address works only with a connection")
    expect(notice).to_be_visible()
    notice.get_by_role("button").click()
    expect(notice).to_have_count(0)
    ana.page.reload()
    expect(ana.page.get_by_role("heading", name="Lists")).to_be_visible()
    expect(notice).to_have_count(0)
