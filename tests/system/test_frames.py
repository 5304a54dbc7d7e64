"""What a script gets over a real socket for each way to write: exactly these frames.

A watcher sits at each door, `/ws/` and `/ws/lists/<uuid>/`, and bob has a socket
that follows the list as well. tests/live/contract has the layers and the servers.
"""

from __future__ import annotations

import time
from html.parser import HTMLParser
from threading import Thread
from uuid import uuid4

import httpx
import pytest

from tests.support.installation import PASSWORD, Place, Watcher, World

pytestmark = [pytest.mark.system, pytest.mark.timeout(180), pytest.mark.xdist_group("household")]
OLGA = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
# What every change of a scene has, and the watchers know beforehand.
KNOWN = ("type", "topic", "epoch", "version")
BY_ANOTHER_PROCESS = """
from accounts.models import User
from shopping_list.models import ShoppingItem, ShoppingList
one = ShoppingList.objects.get(pk="{list}")
carol = User.objects.create_user("carol", name="carol")
item = one.items.create(name="Salt")
item.note = "saved"
item.save()
ShoppingItem.objects.filter(pk=item.pk).update(purchased=True)
two = [ShoppingItem(shopping_list=one, name=name) for name in ("Pepper", "Rice")]
ShoppingItem.objects.bulk_create(two)
one.members.add(carol)
one.members.remove(carol)
"""


class Household(World):
    """A server whose owner is olga."""

    def serve(self, name: str, **environment: str) -> Place:
        """Name the owner to the server."""
        return super().serve(name, **OLGA, **environment)


@pytest.fixture(scope="module")
def household(tmp_path_factory):
    """One process on SQLite: other processes are heard of by reconciling."""
    data = tmp_path_factory.mktemp("household") / "data"
    made = Household(data, server="uvicorn", layer="memory", redis=None)
    yield made
    made.close()


class Door(Watcher):
    """A socket that can tell what came so far."""

    def rest(self):
        """Return the frames that came before this moment."""
        number = time.monotonic_ns()
        self.send(type="ping", id=number)
        frames = []
        while (frame := self.next()) != {"type": "pong", "id": number}:
            frames.append(frame)
        return frames


class Scene:
    """A fresh list of ana's and bob's, and whoever looks at it."""

    def __init__(self, household) -> None:
        self.household = household
        self.id = str(uuid4())
        self.topic = f"list:{self.id}"
        self.path = f"shopping-lists/{self.id}/"
        self.ask("POST", "shopping-lists/", id=self.id, name="Groceries")
        self.ask("PUT", f"{self.path}add-members/", members=[household.made["bob_id"]])
        self.milk = self.ask("POST", f"{self.path}shopping-items/", name="Milk")
        url, made = household.first.url, household.made
        self.all = Door(url, made["ana"], "/ws/")
        self.one = Door(url, made["ana"], f"/ws/lists/{self.id}/")
        self.bob = Door(url, made["bob"], "/ws/")
        self.doors = [self.all, self.one, self.bob]
        for door in self.doors:
            self.welcome = door.until("welcome")
        for door in (self.all, self.bob):
            door.send(type="subscribe", topic=self.topic, id=1)
        self.subscribed = self.all.until("subscribed")
        self.snapshot = self.all.until("snapshot")
        assert self.one.until("snapshot") == self.snapshot
        self.bob.until("snapshot")
        self.version = self.snapshot["version"]

    def ask(self, method, path, *, key=None, **body):
        """Ask the REST API, as ana."""
        headers = {} if key is None else {"Idempotency-Key": key}
        with self.household.api() as api:
            answer = api.request(method, path, json=body or None, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    @property
    def item(self):
        """Milk, as the REST API has it now."""
        return self.ask("GET", f"{self.path}shopping-items/{self.milk['id']}/")

    def change(self, verb, **expected):
        """Return the next change, which is the same at each door, and the next version."""
        frames = [door.until("change") for door in self.doors]
        assert frames[0] == frames[1] == frames[2]
        frame = frames[0]
        self.version += 1
        assert {name: value for name, value in frame.items() if name in KNOWN} == {
            "type": "change",
            "topic": self.topic,
            "epoch": self.snapshot["epoch"],
            "version": self.version,
        }
        assert (frame["verb"], {name: frame[name] for name in expected}) == (verb, expected)
        assert all(item["version"] == self.version for item in frame["items"])
        return frame

    def quiet(self):
        """See that nothing else came."""
        assert [frame for door in self.doors for frame in door.rest()] == []


@pytest.fixture
def scene(household):
    """See Scene."""
    made = Scene(household)
    made.quiet()
    yield made
    for door in made.doors:
        door.__exit__()


def row(item):
    """Return the row that a frame has of what the REST API answered."""
    return {name: value for name, value in item.items() if name != "outcome"}


def test_subscribing_is_answered_and_then_there_is_a_snapshot(scene):
    assert scene.subscribed == {
        "type": "subscribed",
        "id": 1,
        "topic": scene.topic,
        "epoch": scene.snapshot["epoch"],
        "version": scene.version,
        "recovered": False,
    }
    listed = scene.ask("GET", scene.path)
    assert scene.snapshot == {
        "type": "snapshot",
        "topic": scene.topic,
        "epoch": listed["epoch"],
        "version": listed["version"],
        "part": 1,
        "parts": 1,
        "list": {name: listed[name] for name in scene.snapshot["list"]},
        "items": [row(scene.milk)],
    }


def test_rest_edits_of_items_are_told_with_their_key(scene):
    ana = {"id": scene.household.made["ana_id"], "name": "ana"}
    items = f"{scene.path}shopping-items/"
    milk = f"{items}{scene.milk['id']}/"

    key = str(uuid4())
    bread = scene.ask("POST", items, key=key, name="Bread", quantity="2")
    frame = scene.change("item.added", actor=ana, op=key, items=[row(bread)], gone=[])
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
        answer = scene.ask("PATCH", milk, key=key.upper(), **body)
        scene.change(verb, actor=ana, op=key, items=[row(answer)], gone=[])
        assert answer == scene.item

    key = str(uuid4())
    scene.ask("DELETE", milk, key=key)
    scene.change("item.removed", actor=ana, op=key, items=[], gone=[scene.milk["id"]])
    scene.quiet()


def test_rest_edits_of_many_items_are_one_change(scene):
    items = f"{scene.path}shopping-items/"
    scene.ask("POST", f"{items}bulk/", items=[{"name": "Salt"}, {"name": "Rice"}])
    added = scene.change("items.added")
    assert [item["name"] for item in added["items"]] == ["Salt", "Rice"]
    ids = [item["id"] for item in added["items"]]
    scene.ask("POST", f"{items}tick/", items=ids)
    ticked = scene.change("items.ticked")
    assert [item["purchased"] for item in ticked["items"]] == [True, True]
    scene.ask("POST", f"{scene.path}activities/{scene.version}/undo/")
    scene.change("undo", undoes=scene.version, gone=[])
    scene.ask("POST", f"{items}remove/", items=ids)
    removed = scene.change("items.removed", items=[])
    assert set(removed["gone"]) == set(ids)
    scene.quiet()


def test_a_renamed_list_is_told_with_its_row(scene):
    listed = scene.ask("PATCH", scene.path, name="Party")
    frame = scene.change("list.renamed", items=[], gone=[])
    assert frame["list"] == {name: listed[name] for name in frame["list"]}
    assert frame["list"]["name"] == "Party"
    assert frame["list"]["last_interaction"] == frame["at"]
    scene.quiet()


def test_another_process_is_heard(scene):
    other = Thread(target=scene.household.shell, args=(BY_ANOTHER_PROCESS.format(list=scene.id),))
    other.start()
    nobody = {"actor": None, "op": None}
    added = scene.change("item.added", **nobody, gone=[])
    saved = scene.change("item.edited", **nobody, gone=[])
    assert [item["note"] for item in saved["items"]] == ["saved"]
    ticked = scene.change("item.ticked", **nobody, gone=[])
    assert [item["id"] for item in ticked["items"]] == [added["items"][0]["id"]]
    bulk = scene.change("items.added", **nobody, gone=[])
    assert [item["name"] for item in bulk["items"]] == ["Pepper", "Rice"]
    joined = scene.change("member.joined", **nobody, items=[], gone=[])
    assert {member["name"] for member in joined["list"]["members"]} == {"ana", "bob", "carol"}
    left = scene.change("member.removed", **nobody, items=[], gone=[])
    assert {member["name"] for member in left["list"]["members"]} == {"ana", "bob"}
    other.join()
    scene.quiet()


class Form(HTMLParser):
    """The fields of the page's form, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        name = found.get("name") or ""
        sent = found.get("type") not in {"submit", "checkbox"} or "checked" in found
        if tag == "input" and name and sent:
            self.fields[name] = found.get("value") or "on"
        elif tag in {"select", "textarea"}:
            self._select, self._area = (name, "") if tag == "select" else ("", name)
        elif tag == "option" and "selected" in found and self._select:
            self.fields[self._select] = found["value"]

    def handle_data(self, data):
        if self._area:
            self.fields[self._area] = data.strip()

    def handle_endtag(self, tag):
        if tag in {"select", "textarea"}:
            self._select = self._area = ""


def test_what_the_admin_saves_is_told_with_who_sits_there(scene):
    with httpx.Client(base_url=scene.household.first.url, timeout=30) as browser:
        login = Form(browser.get("/admin/login/").text).fields
        login |= {"username": "olga", "password": PASSWORD}
        assert browser.post("/admin/login/?next=/admin/", data=login).status_code == 302
        address = f"/admin/shopping_list/shoppingitem/{scene.milk['id']}/change/"
        form = Form(browser.get(address).text).fields
        assert form["name"] == "Milk"
        answer = browser.post(address, data=form | {"name": "Oat milk", "quantity": "3 l"})
        assert answer.status_code == 302, answer.text
    frame = scene.change("item.edited", op=None, items=[row(scene.item)], gone=[])
    assert frame["items"][0]["quantity"] == "3 l"
    assert frame["actor"]["name"] == "olga"
    scene.quiet()


def test_a_removed_member_gets_no_frame_more(scene):
    bob = scene.household.made["bob_id"]
    scene.ask("PUT", f"{scene.path}remove-members/", members=[bob])
    assert (
        scene.all.until("change")["verb"] == scene.one.until("change")["verb"] == "member.removed"
    )
    assert scene.bob.next() == {"type": "ended", "topic": scene.topic, "reason": "revoked"}
    assert scene.bob.next() == {"type": "left", "list": scene.id}
    scene.ask("POST", f"{scene.path}shopping-items/", name="Not for bob")
    scene.all.until("change")
    assert scene.bob.rest() == []
    scene.ask("PUT", f"{scene.path}add-members/", members=[bob])
    listed = scene.ask("GET", scene.path)
    where = {name: listed[name] for name in ("id", "epoch", "version")}
    assert scene.bob.next() == {"type": "joined", "list": where}
    scene.bob.send(type="subscribe", topic=scene.topic)
    reached = scene.bob.until("subscribed")["version"]
    assert scene.bob.next()["version"] == reached
    while reached < listed["version"]:
        reached += 1
        assert scene.bob.until("change")["version"] == reached


def test_a_deleted_list_is_one_change_and_then_over(scene):
    scene.ask("DELETE", scene.path)
    scene.change("list.deleted", items=[], gone=[])
    for door in scene.doors:
        assert door.next() == {"type": "ended", "topic": scene.topic, "reason": "deleted"}
        assert door.next() == {"type": "left", "list": scene.id}
    scene.quiet()
