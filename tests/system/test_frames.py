"""The exact frames that clients receive over real sockets, for each way to write.

Ana has a socket at each endpoint, `/ws/` and `/ws/lists/<uuid>/`, and bob has one that
subscribes to the list too. tests/live/contract covers the layers and the servers.
"""

from __future__ import annotations

from html.parser import HTMLParser
from threading import Thread
from uuid import uuid4

import httpx
import pytest

from tests.support.installation import PASSWORD, Installation
from tests.support.processes import ServerProcess
from tests.support.websocket_client import TIMEOUT, WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
OLGA = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
# Fields that every change of a test list has, with values that are known beforehand.
KNOWN = ("type", "topic", "epoch", "version")
BY_ANOTHER_PROCESS = """
from accounts.models import User
from shopping_list.models import ShoppingItem, ShoppingList
groceries = ShoppingList.objects.get(pk="{list}")
carol = User.objects.create_user("carol", name="carol")
item = groceries.items.create(name="Salt")
item.note = "saved"
item.save()
ShoppingItem.objects.filter(pk=item.pk).update(purchased=True)
pair = [ShoppingItem(shopping_list=groceries, name=name) for name in ("Pepper", "Rice")]
ShoppingItem.objects.bulk_create(pair)
groceries.members.add(carol)
groceries.members.remove(carol)
"""


class OwnedInstallation(Installation):
    """A server whose owner is olga."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        """Start a server that creates the owner."""
        return super().start_server(name, **OLGA, **options)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """One process on SQLite: it finds the writes of other processes by reconciling."""
    data = tmp_path_factory.mktemp("frames") / "data"
    installation = OwnedInstallation(data, server="uvicorn", layer="memory", redis=None)
    yield installation
    installation.close()


class EndpointClient(WebSocketClient):
    """A socket without its heartbeats, which are sent whenever nothing else is."""

    def next(self, timeout=TIMEOUT):
        """Return the next frame that is not a heartbeat."""
        while (frame := super().next(timeout))["type"] == "beat":
            pass
        return frame


class ListScenario:
    """A new list of ana and bob, and the sockets that are subscribed to it."""

    def __init__(self, installation) -> None:
        self.installation = installation
        self.id = str(uuid4())
        self.topic = f"list:{self.id}"
        self.path = f"shopping-lists/{self.id}/"
        self.request("POST", "shopping-lists/", id=self.id, name="Groceries")
        self.request("PUT", f"{self.path}add-members/", members=[installation.fixtures["bob_id"]])
        self.milk = self.request("POST", f"{self.path}shopping-items/", name="Milk")
        url, fixtures = installation.first_server.url, installation.fixtures
        self.ana = EndpointClient(url, fixtures["ana"], "/ws/")
        self.list_socket = EndpointClient(url, fixtures["ana"], f"/ws/lists/{self.id}/")
        self.bob = EndpointClient(url, fixtures["bob"], "/ws/")
        self.clients = [self.ana, self.list_socket, self.bob]
        for client in self.clients:
            self.welcome = client.until("welcome")
        for client in (self.ana, self.bob):
            client.send(type="subscribe", topic=self.topic, id=1)
        self.subscribed = self.ana.until("subscribed")
        self.snapshot = self.ana.until("snapshot")
        assert self.list_socket.until("snapshot") == self.snapshot
        self.bob.until("snapshot")
        self.version = self.snapshot["version"]
        self.digest = self.snapshot["digest"]

    def request(self, method, path, *, key=None, **body):
        """Send a request to the REST API, as ana."""
        headers = {} if key is None else {"Idempotency-Key": key}
        with self.installation.api() as api:
            response = api.request(method, path, json=body or None, headers=headers)
        assert response.is_success, response.text
        return response.json() if response.content else None

    @property
    def item(self):
        """Milk, as the REST API returns it now."""
        return self.request("GET", f"{self.path}shopping-items/{self.milk['id']}/")

    def change(self, verb, **expected):
        """Return the next change: it is the same for each client, and has the next version."""
        frames = [client.until("change") for client in self.clients]
        assert frames[0] == frames[1] == frames[2]
        frame = frames[0]
        self.version += 1
        assert {name: value for name, value in frame.items() if name in KNOWN} == {
            "type": "change",
            "topic": self.topic,
            "epoch": self.snapshot["epoch"],
            "version": self.version,
        }
        assert frame["base"] == self.digest
        self.digest = frame["digest"]
        assert (frame["verb"], {name: frame[name] for name in expected}) == (verb, expected)
        assert all(item["version"] == self.version for item in frame["items"])
        return frame

    def assert_no_more_frames(self):
        """Check that no client received anything else."""
        assert [frame for client in self.clients for frame in client.drain()] == []


@pytest.fixture
def scenario(installation):
    """See ListScenario."""
    scenario = ListScenario(installation)
    scenario.assert_no_more_frames()
    yield scenario
    for client in scenario.clients:
        client.__exit__()


def row(item):
    """Return the row of a frame for an item of the REST API."""
    about_adding = {"outcome", "changed", "not_taken"}
    return {name: value for name, value in item.items() if name not in about_adding}


def test_subscribe_is_answered_before_the_snapshot(scenario):
    assert scenario.subscribed == {
        "type": "subscribed",
        "id": 1,
        "topic": scenario.topic,
        "epoch": scenario.snapshot["epoch"],
        "version": scenario.version,
        "digest": scenario.digest,
        "recovered": False,
    }
    listed = scenario.request("GET", scenario.path)
    assert scenario.snapshot == {
        "type": "snapshot",
        "topic": scenario.topic,
        "epoch": listed["epoch"],
        "version": listed["version"],
        "digest": listed["digest"],
        "part": 1,
        "parts": 1,
        "list": {name: listed[name] for name in scenario.snapshot["list"]},
        "items": [row(scenario.milk)],
    }


def test_rest_edits_of_one_item_are_sent_with_their_idempotency_key(scenario):
    ana = {"id": scenario.installation.fixtures["ana_id"], "name": "ana"}
    items = f"{scenario.path}shopping-items/"
    milk = f"{items}{scenario.milk['id']}/"

    key = str(uuid4())
    bread = scenario.request("POST", items, key=key, name="Bread", quantity="2")
    frame = scenario.change("item.added", actor=ana, op=key, items=[row(bread)], gone=[])
    assert "list" not in frame
    assert "undoes" not in frame
    assert frame["at"] == bread["updated_at"]

    for verb, body in (
        ("item.ticked", {"purchased": True}),
        ("item.unticked", {"purchased": False}),
        ("item.edited", {"name": "Oat milk"}),
        ("item.moved", {"after": bread["id"]}),
    ):
        key = str(uuid4())
        item = scenario.request("PATCH", milk, key=key.upper(), **body)
        scenario.change(verb, actor=ana, op=key, items=[row(item)], gone=[])
        assert item == scenario.item

    key = str(uuid4())
    scenario.request("DELETE", milk, key=key)
    scenario.change("item.removed", actor=ana, op=key, items=[], gone=[scenario.milk["id"]])
    scenario.assert_no_more_frames()


def test_rest_edits_of_many_items_are_one_change(scenario):
    items = f"{scenario.path}shopping-items/"
    scenario.request("POST", f"{items}bulk/", items=[{"name": "Salt"}, {"name": "Rice"}])
    added = scenario.change("items.added")
    assert [item["name"] for item in added["items"]] == ["Salt", "Rice"]
    ids = [item["id"] for item in added["items"]]
    scenario.request("POST", f"{items}tick/", items=ids)
    ticked = scenario.change("items.ticked")
    assert [item["purchased"] for item in ticked["items"]] == [True, True]
    scenario.request("POST", f"{scenario.path}activities/{scenario.version}/undo/")
    scenario.change("undo", undoes=scenario.version, gone=[])
    scenario.request("POST", f"{items}remove/", items=ids)
    removed = scenario.change("items.removed", items=[])
    assert set(removed["gone"]) == set(ids)
    scenario.assert_no_more_frames()


def test_renamed_list_is_sent_with_its_row(scenario):
    listed = scenario.request("PATCH", scenario.path, name="Party")
    frame = scenario.change("list.renamed", items=[], gone=[])
    assert frame["list"] == {name: listed[name] for name in frame["list"]}
    assert frame["list"]["name"] == "Party"
    assert frame["list"]["last_interaction"] == frame["at"]
    scenario.assert_no_more_frames()


def test_writes_of_another_process_are_sent(scenario):
    writer = Thread(
        target=scenario.installation.shell, args=(BY_ANOTHER_PROCESS.format(list=scenario.id),)
    )
    writer.start()
    no_actor = {"actor": None, "op": None}
    added = scenario.change("item.added", **no_actor, gone=[])
    saved = scenario.change("item.edited", **no_actor, gone=[])
    assert [item["note"] for item in saved["items"]] == ["saved"]
    ticked = scenario.change("item.ticked", **no_actor, gone=[])
    assert [item["id"] for item in ticked["items"]] == [added["items"][0]["id"]]
    bulk = scenario.change("items.added", **no_actor, gone=[])
    assert [item["name"] for item in bulk["items"]] == ["Pepper", "Rice"]
    joined = scenario.change("member.joined", **no_actor, items=[], gone=[])
    assert {member["name"] for member in joined["list"]["members"]} == {"ana", "bob", "carol"}
    left = scenario.change("member.removed", **no_actor, items=[], gone=[])
    assert {member["name"] for member in left["list"]["members"]} == {"ana", "bob"}
    writer.join()
    scenario.assert_no_more_frames()


class Form(HTMLParser):
    """The fields of the form of a page, as a browser sends them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        name = values.get("name") or ""
        is_sent = values.get("type") not in {"submit", "checkbox"} or "checked" in values
        if tag == "input" and name and is_sent:
            self.fields[name] = values.get("value") or "on"
        elif tag in {"select", "textarea"}:
            self._select, self._area = (name, "") if tag == "select" else ("", name)
        elif tag == "option" and "selected" in values and self._select:
            self.fields[self._select] = values["value"]

    def handle_data(self, data):
        if self._area:
            self.fields[self._area] = data.strip()

    def handle_endtag(self, tag):
        if tag in {"select", "textarea"}:
            self._select = self._area = ""


def test_admin_edit_is_sent_with_the_administrator_as_actor(scenario):
    with httpx.Client(base_url=scenario.installation.first_server.url, timeout=30) as browser:
        login = Form(browser.get("/admin/login/").text).fields
        login |= {"username": "olga", "password": PASSWORD}
        assert browser.post("/admin/login/?next=/admin/", data=login).status_code == 302
        path = f"/admin/shopping_list/shoppingitem/{scenario.milk['id']}/change/"
        form = Form(browser.get(path).text).fields
        assert form["name"] == "Milk"
        response = browser.post(path, data=form | {"name": "Oat milk", "quantity": "3 l"})
        assert response.status_code == 302, response.text
    frame = scenario.change("item.edited", op=None, items=[row(scenario.item)], gone=[])
    assert frame["items"][0]["quantity"] == "3 l"
    assert frame["actor"]["name"] == "olga"
    scenario.assert_no_more_frames()


def test_removed_member_gets_no_more_frames(scenario):
    bob = scenario.installation.fixtures["bob_id"]
    scenario.request("PUT", f"{scenario.path}remove-members/", members=[bob])
    assert (
        scenario.ana.until("change")["verb"]
        == scenario.list_socket.until("change")["verb"]
        == "member.removed"
    )
    assert scenario.bob.next() == {"type": "ended", "topic": scenario.topic, "reason": "revoked"}
    left = scenario.bob.next()
    assert (left["type"], left["list"], left["by"]["name"]) == ("left", scenario.id, "ana")
    scenario.request("POST", f"{scenario.path}shopping-items/", name="Not for bob")
    scenario.ana.until("change")
    assert scenario.bob.drain() == []
    scenario.request("PUT", f"{scenario.path}add-members/", members=[bob])
    listed = scenario.request("GET", scenario.path)
    position = {name: listed[name] for name in ("id", "epoch", "version", "digest")}
    assert scenario.bob.next() == {"type": "joined", "list": position}
    scenario.bob.send(type="subscribe", topic=scenario.topic)
    version = scenario.bob.until("subscribed")["version"]
    assert scenario.bob.next()["version"] == version
    while version < listed["version"]:
        version += 1
        assert scenario.bob.until("change")["version"] == version


def test_deleted_list_is_one_change_and_ends_every_subscription(scenario):
    scenario.request("DELETE", scenario.path)
    scenario.change("list.deleted", items=[], gone=[])
    for client in scenario.clients:
        assert client.next() == {"type": "ended", "topic": scenario.topic, "reason": "deleted"}
        assert client.next() == {"type": "left", "list": scenario.id}
    scenario.assert_no_more_frames()
