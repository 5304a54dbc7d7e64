"""The topics `lists` and `activity`: all lists of a user, and nothing of other lists."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from live.db_threads import run_in_db_thread
from live.delivery import publisher
from live.delivery.send_queue import Batch
from live.protocol import frames
from shopping_list import overview
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.recording.context import recording
from tests.live.conftest import INTERVALS
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)
UNREPAIRED = pytest.mark.parametrize("intervals", [replace(INTERVALS, reconcile_interval=3600)])


@pytest.fixture
def lost_messages(monkeypatch):
    """Drop every message about a recorded change, as a failing layer would."""
    monkeypatch.setattr(publisher, "_send", lambda outgoing: None)


async def subscribe_lists(client):
    """Subscribe to `lists` and return the overview by name."""
    reply = await client.subscribe("lists")
    assert reply["type"] == "subscribed", reply
    frame = await client.next()
    assert (frame["type"], frame["part"], frame["parts"]) == ("lists", 1, 1)
    return {row["name"]: row for row in frame["lists"]}


async def subscribe_activity(client):
    """Subscribe to `activity` and return the newest entries."""
    assert (await client.subscribe("activity"))["type"] == "subscribed"
    frame = await client.next()
    assert frame["type"] == "activities"
    return frame["entries"]


async def row_of(client, shopping_list):
    """Return the row of the next `list` frame, which is that of this list."""
    row = (await client.until("list"))["list"]
    assert row["id"] == str(shopping_list.pk)
    return row


def add(shopping_list, *names):
    with recording(shopping_list.pk):
        for name in names:
            shopping_list.items.create(name=name)


async def test_overview_has_own_lists_and_no_others(
    open_client, signed_in_client, ana, mallory, groceries, hardware
):
    """LIV-41, ITM-126: without the settings of the lists, which may be long."""
    await run_in_db_thread(add, groceries, "Milk", "Bread")
    url, settings = f"/api/shopping-lists/{groceries.pk}/", {"staples": {"Milk": {}}}
    await run_in_db_thread(lambda: signed_in_client(ana).patch(url, settings))
    await run_in_db_thread(lambda: groceries.items.filter(name="Milk").update(purchased=True))
    lists = await subscribe_lists(await open_client(ana))
    rest = await run_in_db_thread(
        lambda: signed_in_client(ana).get("/api/shopping-lists/").json()["results"]
    )
    not_shared = {"role", "deleted_at", "aisles", "shops", "staples"}
    assert lists == {
        row["name"]: {name: row[name] for name in row.keys() - not_shared} for row in rest
    }
    assert (lists["Groceries"]["items_open"], lists["Groceries"]["items_total"]) == (1, 2)
    assert await subscribe_lists(await open_client(mallory)) == {}


async def test_change_sends_one_row_to_members_and_nothing_to_others(
    open_client, ana, bob, mallory, groceries, hardware
):
    """LIV-42"""
    clients = [await open_client(user) for user in (ana, bob, mallory)]
    for client in clients:
        await subscribe_lists(client)
    await run_in_db_thread(add, groceries, "Milk")
    await run_in_db_thread(groceries.refresh_from_db)
    for client in clients[:2]:
        row = await row_of(client, groceries)
        assert (row["version"], row["digest"]) == (groceries.version, groceries.digest)
        assert (row["items_open"], row["items_total"]) == (1, 1)
        assert "items" not in row
        assert await client.drain() == []
    assert await clients[2].drain() == []


async def test_row_of_a_list_has_none_of_its_settings_when_they_change(
    open_client, signed_in_client, ana, bob, groceries
):
    """LIV-42, ITM-126: of shops, aisles, staples and marks it has the version and the counts."""
    client = await open_client(bob)
    row = (await subscribe_lists(client))["Groceries"]
    url = f"/api/shopping-lists/{groceries.pk}/"
    item = {"name": "Milk", "category": "Dairy", "shops": ["Lidl"]}
    pk = await run_in_db_thread(
        lambda: signed_in_client(ana).post(f"{url}shopping-items/", item).json()["id"]
    )
    fields = (await row_of(client, groceries)).keys()
    assert fields == row.keys()
    for method, path, body in (
        ("patch", url, {"aisles": ["Dairy"], "shops": {"Lidl": {}}, "staples": {"Milk": {}}}),
        ("post", f"{url}shops/rename/", {"from": "Lidl", "to": "Market"}),
        ("patch", f"{url}shopping-items/{pk}/", {"not_found": True}),
        ("patch", f"{url}shopping-items/{pk}/", {"shops": []}),
    ):
        response = await run_in_db_thread(
            lambda method=method, path=path, body=body: getattr(signed_in_client(ana), method)(
                path, body
            )
        )
        assert response.status_code == 200
        await run_in_db_thread(groceries.refresh_from_db)
        row = await row_of(client, groceries)
        assert row.keys() == fields
        assert (row["version"], row["digest"]) == (groceries.version, groceries.digest)
        assert (row["items_open"], row["items_total"]) == (1, 1)


@UNREPAIRED
async def test_changes_in_a_short_time_are_read_together(
    open_client, live_runtime, monkeypatch, ana, bob, groceries
):
    """LIV-43"""
    clients = [await open_client(user) for user in (ana, bob, ana, bob)]
    for client in clients:
        await subscribe_lists(client)
    readings = []
    read = overview.overview_rows
    is_read, may_continue = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow_read(*args):
        readings.append(args[0])
        rows = read(*args)
        loop.call_soon_threadsafe(is_read.set)
        may_continue.wait(30)
        return rows

    monkeypatch.setattr(overview, "overview_rows", slow_read)
    await run_in_db_thread(add, groceries, "first")
    await is_read.wait()
    for number in range(20):
        await run_in_db_thread(add, groceries, f"{number}")
    may_continue.set()
    for client in clients:
        while (await row_of(client, groceries))["items_total"] != 21:
            pass
    assert readings == [(groceries.pk,)] * 2


@UNREPAIRED
async def test_edit_of_an_item_is_read_by_one_statement(open_client, monkeypatch, ana, groceries):
    """LIV-43"""
    client = await open_client(ana)
    await subscribe_lists(client)
    counts = []
    read = overview.overview_rows

    def counting_read(*args):
        with CaptureQueriesContext(connection) as queries:
            rows = read(*args)
        counts.append(len(queries))
        return rows

    monkeypatch.setattr(overview, "overview_rows", counting_read)
    await run_in_db_thread(add, groceries, "Milk")
    assert len((await row_of(client, groceries))["members"]) == 2
    await run_in_db_thread(lambda: groceries.memberships.get(user__username="bob").delete())
    assert len((await row_of(client, groceries))["members"]) == 1
    assert counts == [1, 2]


async def test_lists_and_activity_are_right_when_every_message_is_lost(
    open_client, ana, groceries, lost_messages
):
    """LIV-44"""
    client = await open_client(ana)
    await subscribe_lists(client)
    await subscribe_activity(client)
    await run_in_db_thread(add, groceries, "Milk")
    assert (await row_of(client, groceries))["items_open"] == 1
    entry = (await client.until("activity"))["entry"]
    assert (entry["verb"], entry["summary"]["names"]) == ("item.added", ["Milk"])


def go_back(shopping_list, *, names):
    """Restore an older copy of a list, and make other edits of it."""
    stored = {
        model: list(QuerySet(model).filter(**where).values())
        for model, where in (
            (ShoppingList, {"pk": shopping_list.pk}),
            (ShoppingItem, {"shopping_list_id": shopping_list.pk}),
            (Activity, {"list_id": shopping_list.pk}),
        )
    }
    yield
    QuerySet(Activity).filter(list_id=shopping_list.pk).delete()
    QuerySet(ShoppingItem).filter(shopping_list_id=shopping_list.pk)._raw_delete("default")
    for model in (ShoppingItem, Activity):
        QuerySet(model).bulk_create(model(**values) for values in stored[model])
    values = stored[ShoppingList][0]
    QuerySet(ShoppingList).filter(pk=values.pop("id")).update(**values)
    for name in names:
        add(shopping_list, name)


@pytest.mark.parametrize("edits_after", [0, 1, 2, 3])
async def test_lists_and_activity_are_right_when_the_database_went_back(
    open_client, ana, groceries, lost_messages, edits_after
):
    """LIV-44"""
    restore = go_back(groceries, names=[f"after {number}" for number in range(edits_after)])
    await run_in_db_thread(next, restore)
    for name in ("before 0", "before 1"):
        await run_in_db_thread(add, groceries, name)
    client = await open_client(ana)
    assert (await subscribe_lists(client))["Groceries"]["items_open"] == 2
    assert (await subscribe_activity(client))[0]["summary"]["names"] == ["before 1"]
    await run_in_db_thread(next, restore, None)
    await run_in_db_thread(groceries.refresh_from_db)
    # A reading in the middle of the edits sends the rewritten history before the last row.
    row, history = None, None
    while row is None or row["digest"] != groceries.digest or history is None:
        frame = await client.next()
        row = frame.get("list", row)
        history = frame.get("entries", history)
    assert row["items_open"] == edits_after
    names = [name for entry in history for name in entry["summary"]["names"]]
    assert not [name for name in names if name.startswith("before")]


async def test_gained_list_comes_with_its_row_and_lost_list_with_left(
    open_client, bob, hardware, groceries
):
    """LIV-45"""
    client = await open_client(bob)
    assert set(await subscribe_lists(client)) == {"Groceries"}
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    assert (await client.next())["type"] == "joined"
    assert {member["id"] for member in (await row_of(client, hardware))["members"]} > {bob.pk}
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    assert await client.until("left") == {"type": "left", "list": str(hardware.pk)}
    await run_in_db_thread(add, hardware, "Nails")
    await run_in_db_thread(add, groceries, "Milk")
    await row_of(client, groceries)
    assert await client.drain() == []


async def test_gained_list_has_its_row_when_every_message_is_lost(
    open_client, ana, bob, hardware, lost_messages
):
    """LIV-45: also if another user has the row already."""
    other = await open_client(ana)
    await subscribe_lists(other)
    client = await open_client(bob)
    await subscribe_lists(client)
    await subscribe_activity(client)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    kinds = set()
    while not kinds >= {"joined", "list", "activities"}:
        kinds.add((await client.next())["type"])
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    await client.until("left")
    await run_in_db_thread(add, hardware, "Nails")
    while (await row_of(other, hardware))["items_open"] != 1:
        pass
    assert await client.drain() == []


@UNREPAIRED
async def test_gained_list_comes_when_the_reading_of_another_list_fails(
    open_client, live_runtime, monkeypatch, ana, bob, groceries, hardware, lost_messages
):
    """LIV-45: both lists are read together, and only the other one differs from what was sent."""
    other, client = await open_client(ana), await open_client(bob)
    for subscriber in (other, client):
        await subscribe_lists(subscriber)
    await subscribe_activity(other)
    read, errors = overview.entries_between, [OSError()]

    def fail_once(*args):
        if errors:
            raise errors.pop()
        return read(*args)

    monkeypatch.setattr(overview, "entries_between", fail_once)
    await run_in_db_thread(add, hardware, "Nails")
    live_runtime.overview_topics.on_granted(bob.pk, groceries.pk)
    message = {"list": str(hardware.pk), "members_changed": False}
    live_runtime.overview_topics.note_change(message)
    await row_of(client, groceries)
    assert not errors


async def test_lost_list_is_not_in_a_new_subscription(open_client, ana, bob, groceries, hardware):
    """LIV-45: although the process has its row for another user."""
    other, client = await open_client(ana), await open_client(bob)
    assert set(await subscribe_lists(other)) == {"Groceries", "Hardware"}
    assert set(await subscribe_lists(client)) == {"Groceries"}
    await run_in_db_thread(lambda: groceries.memberships.get(user=bob).delete())
    await client.until("left")
    assert await subscribe_lists(client) == {}
    assert await subscribe_activity(client) == []


async def test_list_is_sent_when_it_was_in_the_trash_for_a_moment(
    open_client, live_runtime, ana, groceries, lost_messages
):
    """LIV-44: its row was missing in one reading, and no message reports that it is back."""
    client = await open_client(ana)
    await subscribe_lists(client)
    live_runtime.overview_topics._published.remove(groceries.pk)
    await row_of(client, groceries)


@UNREPAIRED
async def test_reading_without_a_difference_sends_nothing(
    open_client, live_runtime, monkeypatch, ana, groceries
):
    """LIV-42"""
    client = await open_client(ana)
    await subscribe_lists(client)
    await subscribe_activity(client)
    readings = []
    read = overview.overview_rows
    monkeypatch.setattr(
        overview, "overview_rows", lambda *args: [readings.append(1), read(*args)][1]
    )
    message = {"list": str(groceries.pk), "members_changed": True}
    live_runtime.overview_topics.note_change(message)
    await eventually(lambda: readings)
    await run_in_db_thread(add, groceries, "Milk")
    assert sorted([(await client.next())["type"] for _ in range(2)]) == ["activity", "list"]
    assert await client.drain() == []


async def test_deleted_list_is_left_and_restored_list_comes_back(open_client, ana, hardware):
    """LIV-45"""
    client = await open_client(ana)
    await subscribe_lists(client)

    def set_deleted(at):
        hardware.deleted_at = at
        hardware.save()

    await run_in_db_thread(set_deleted, hardware.created_at)
    await client.until("left")
    await run_in_db_thread(set_deleted, None)
    await client.until("joined")
    await row_of(client, hardware)


async def test_token_for_one_list_sees_that_list_only(
    open_client, create_token, ana, groceries, hardware
):
    """LIV-41"""
    token = await run_in_db_thread(
        lambda: create_token(ana, name="one", scope="read", list_id=groceries.pk)
    )
    client = await open_client(token=token, origin=None)
    await client.until("welcome")
    assert set(await subscribe_lists(client)) == {"Groceries"}
    entries = await subscribe_activity(client)
    assert {entry["list"] for entry in entries} == {str(groceries.pk)}
    await run_in_db_thread(add, hardware, "Nails")
    await run_in_db_thread(add, groceries, "Milk")
    await client.until("activity")
    assert {frame["type"] for frame in await client.drain()} <= {"list"}


async def test_activity_has_the_newest_entries_of_all_own_lists(
    open_client, ana, bob, groceries, hardware
):
    """LIV-46"""
    for number in range(30):
        await run_in_db_thread(add, groceries, f"food {number}")
        await run_in_db_thread(add, hardware, f"tool {number}")
    entries = await subscribe_activity(await open_client(ana))
    assert len(entries) == frames.MAX_ACTIVITY_ENTRIES
    names = [entry["summary"]["names"][0] for entry in entries]
    assert names[:4] == ["tool 29", "food 29", "tool 28", "food 28"]
    assert {entry["list"] for entry in entries} == {str(groceries.pk), str(hardware.pk)}
    entries = await subscribe_activity(await open_client(bob))
    assert {entry["list"] for entry in entries} == {str(groceries.pk)}


async def test_activity_sends_each_change_once_in_order(open_client, ana, bob, groceries, hardware):
    """LIV-46: to a subscriber who was there before, and to one who comes while others edit."""
    first = await open_client(ana)
    seen = [
        entry["version"]
        for entry in reversed(await subscribe_activity(first))
        if entry["list"] == str(groceries.pk)
    ]
    late, late_seen = await open_client(bob), []
    for number in range(30):
        await run_in_db_thread(add, groceries, f"{number}")
        if number == 10:
            late_seen = [entry["version"] for entry in reversed(await subscribe_activity(late))]
    for client, versions in ((first, seen), (late, late_seen)):
        while versions[-1] < 33:
            versions.append((await client.until("activity"))["entry"]["version"])
        assert versions == list(range(1, 34))
        assert await client.drain() == []


async def subscribe_newest(client):
    """Subscribe to `activity:newest` and return the newest entries."""
    assert (await client.subscribe("activity:newest"))["type"] == "subscribed"
    frame = await client.next()
    assert (frame["type"], frame["topic"]) == ("activities", "activity:newest")
    return frame["entries"]


@UNREPAIRED
async def test_newest_activity_has_few_entries_and_counts_the_others(
    open_client, ana, bob, mallory, groceries, hardware
):
    """LIV-56: in one frame for all lists, and nothing of lists of others."""
    clients = [await open_client(user) for user in (ana, bob, mallory)]
    for client in clients:
        await subscribe_newest(client)

    def edit():
        for number in range(6):
            add(groceries, f"food {number}")
        add(hardware, "hammer")

    await run_in_db_thread(edit)
    names, more = [[], []], [0, 0]
    for number, last in ((0, "hammer"), (1, "food 5")):
        while last not in names[number]:
            frame = await clients[number].until("newest", topic="activity:newest")
            texts = [entry["summary"]["names"][0] for entry in frame["entries"]]
            assert len(texts) <= frames.MAX_NEWEST_ENTRIES
            assert texts == sorted(texts, reverse=True)
            names[number] += texts
            assert frame["more"].keys() <= {str(groceries.pk)}
            more[number] += sum(frame["more"].values())
        assert await clients[number].drain() == []
    assert [len(texts) + count for texts, count in zip(names, more, strict=True)] == [7, 6]
    assert "hammer" not in names[1]
    assert await clients[2].drain() == []


async def test_newest_activity_begins_again_when_a_list_is_gained(
    open_client, bob, groceries, hardware
):
    """LIV-56"""
    client = await open_client(bob)
    await subscribe_newest(client)
    await run_in_db_thread(
        lambda: Membership.objects.create(shopping_list=hardware, user=bob, role="editor")
    )
    entries = []
    while str(hardware.pk) not in {entry["list"] for entry in entries}:
        entries = (await client.until("activities", topic="activity:newest"))["entries"]


async def test_change_during_the_reading_of_the_history_is_sent_once(
    open_client, monkeypatch, ana, groceries
):
    """LIV-46"""
    read = overview.newest_entries

    def edit_then_read(*args):
        add(groceries, "late")
        return read(*args)

    monkeypatch.setattr(overview, "newest_entries", edit_then_read)
    client = await open_client(ana)
    names = [entry["summary"]["names"] for entry in await subscribe_activity(client)]
    assert ["late"] not in names
    assert (await client.until("activity"))["entry"]["summary"]["names"] == ["late"]
    assert await client.drain() == []


async def test_activity_entry_has_fields_and_actor_but_no_rows(open_client, ana, groceries):
    """LIV-46"""
    await run_in_db_thread(add, groceries, "Milk")
    client = await open_client(ana)
    await subscribe_activity(client)

    def rename():
        milk = groceries.items.get(name="Milk")
        milk.name = "Oat milk"
        milk.save()

    await run_in_db_thread(rename)
    entry = (await client.until("activity"))["entry"]
    assert entry["summary"] == {
        "items": 1,
        "members": 0,
        "list_changed": False,
        "names": ["Oat milk"],
        "fields": {"name": {"before": "Milk", "after": "Oat milk"}},
    }
    assert entry["actor"] is None


async def test_slow_reader_gets_everything_again_when_it_reads(
    open_client, live_runtime, ana, groceries
):
    """LIV-47"""
    client = await open_client(ana)
    await subscribe_lists(client)
    await subscribe_activity(client)
    (connection_,) = live_runtime.registry.connections_of(ana.pk)
    queue = connection_.writer.send_queue
    connection_.writer._is_busy = True  # as if a send waited for the client
    for _ in range(frames.MAX_OUTBOUND_FRAMES + 10):
        queue.put(Batch("{}", topic="lists"))
    await run_in_db_thread(add, groceries, "Milk")
    await eventually(lambda: queue.missed.keys() >= {"lists"})
    assert queue.queued[0] <= frames.MAX_OUTBOUND_FRAMES
    connection_.writer._is_busy = False
    connection_.writer.wake()
    overview_frame = await client.until("lists")
    assert [row["items_total"] for row in overview_frame["lists"]] == [1]


async def test_unavailable_database_is_reported_and_later_read_again(
    open_client, monkeypatch, ana, bob, groceries
):
    """LIV-44"""
    client = await open_client(ana)
    await subscribe_lists(client)
    read, failures = overview.overview_rows, iter(range(3))

    def fail(*args):
        if next(failures, None) is not None:
            raise OSError("no database")
        return read(*args)

    monkeypatch.setattr(overview, "overview_rows", fail)
    await run_in_db_thread(add, groceries, "Milk")
    other = await open_client(bob)
    reply = await other.subscribe("lists")
    assert reply["type"] in {"error", "subscribed"}
    assert (await row_of(client, groceries))["items_total"] == 1


async def test_unsubscribed_client_gets_nothing_and_may_subscribe_again(
    open_client, live_runtime, ana, groceries
):
    client = await open_client(ana)
    await subscribe_lists(client)
    await client.send(type="unsubscribe", topic="lists", id=1)
    await client.until("unsubscribed")
    await run_in_db_thread(add, groceries, "Milk")
    assert await client.drain() == []
    assert (await subscribe_lists(client))["Groceries"]["items_total"] == 1
    await client.disconnect()
    await eventually(lambda: groceries.pk not in live_runtime.overview_topics._published)


async def test_long_overview_comes_in_parts(open_client, monkeypatch, ana, groceries, hardware):
    """LIV-41"""
    monkeypatch.setattr(frames, "MAX_PART_BYTES", 10)
    client = await open_client(ana)
    await client.subscribe("lists")
    parts = [await client.next() for _ in range(2)]
    assert [(part["part"], part["parts"], len(part["lists"])) for part in parts] == [
        (1, 2, 1),
        (2, 2, 1),
    ]


@UNREPAIRED
async def test_change_of_another_process_is_read_when_it_announces_the_list(
    open_client, live_runtime, ana, groceries, lost_messages
):
    """LIV-42"""
    client = await open_client(ana)
    await subscribe_lists(client)
    await run_in_db_thread(add, groceries, "Milk")
    assert await client.drain() == []
    lists = {str(groceries.pk): False}
    hint = {"type": "live.lists_changed", "process": "another", "lists": lists}
    live_runtime.relay.receive(hint)
    assert (await row_of(client, groceries))["items_total"] == 1


async def test_changes_of_an_interval_are_announced_together(
    open_client, live_runtime, monkeypatch, ana, groceries, hardware
):
    """LIV-43"""
    await eventually(lambda: not live_runtime.overview_topics._changed_here)
    sent = []
    monkeypatch.setattr(live_runtime.overview_topics, "_send_to_others", sent.append)
    for shopping_list in (groceries, hardware, groceries):
        live_runtime.overview_topics.note_change(
            {"list": str(shopping_list.pk), "members_changed": shopping_list is hardware}
        )
    await eventually(lambda: sent)
    assert [outgoing.message["lists"] for outgoing in sent] == [
        {str(groceries.pk): False, str(hardware.pk): True}
    ]
