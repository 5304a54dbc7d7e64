"""The topics `ops:delivery` and `ops:screens`, and the end of a socket by staff."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken
from live import runtime
from live.db_threads import run_in_db_thread
from live.delivery.change_tracer import MAX_TRACES
from live.delivery_meter import HOPS
from shopping_list.rows import topic_of
from tests.support.positions import position_in
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = (
    b"user-agent",
    b"Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605 Version/17.4 Safari/604.1",
)
WRITTEN_HERE = ("recording", "commit", "publisher", "layer", "relay", "order", "hub", "socket")
"""The parts of the path of a change that no request and no browser made."""


async def watch(open_client, olga, topic):
    """Open a socket of staff that follows a topic."""
    staff = await open_client(olga)
    assert (await staff.subscribe(topic))["type"] == "subscribed"
    return staff


async def frame_where(client, kind, condition):
    """Return the first frame for which a condition holds."""
    while True:
        frame = await client.until(kind)
        if condition(frame):
            return frame


def row_of(frame, client_id):
    """Return the row of one socket."""
    return next((row for row in frame["rows"] if row["connection"] == client_id), None)


async def row_in(client, connection):
    """Return the row of one socket in the next frame that has it."""
    frame = await frame_where(client, "screens", lambda frame: row_of(frame, connection))
    return row_of(frame, connection)


async def open_screen(open_client, user, shopping_list):
    """Open a socket that follows a list; return it, its id and the position of the list."""
    client = await open_client(user)
    newest = runtime.get_runtime().registry.connections_of(user.pk)[-1]
    reply = await client.subscribe(shopping_list)
    await client.until("snapshot")
    return client, newest.id, position_in(reply)


def seen(shopping_list, change, **fields):
    """Return the report of a screen that shows a change."""
    position = {"version": change["version"], "digest": change["digest"]}
    return {"type": "seen", "topic": topic_of(shopping_list.pk), **position, **fields}


@pytest.mark.parametrize("topic", ["ops:delivery", "ops:screens", "ops:traces"])
async def test_topics_of_delivery_are_for_staff(open_client, ana, olga, topic):
    """DEL-1"""
    client = await open_client(ana)
    assert (await client.subscribe(topic))["code"] == "not_found"
    await watch(open_client, olga, topic)


async def test_every_change_is_promised_and_delivered_to_each_screen(
    open_client, ana, bob, olga, groceries
):
    """DEL-1, DEL-2"""
    screens = [await open_screen(open_client, user, groceries) for user in (ana, ana, bob)]
    staff = await watch(open_client, olga, "ops:delivery")
    await staff.until("delivery")  # from now on it is watched
    for name in "abcd":
        await run_in_db_thread(groceries.items.create, name=name)
    for client, _, _ in screens:
        for _ in range(4):
            await client.until("change")
    frame = await frame_where(staff, "delivery", lambda frame: frame["budget"]["live"] == 12)
    budget = frame["budget"]
    assert (budget["promised"], budget["lost"], budget["waiting"]) == (12, 0, 0)
    assert 0 < budget["longest_ms"] < 60_000


async def test_each_part_of_the_path_is_timed(open_client, ana, olga, groceries):
    """DEL-1"""
    client, _, _ = await open_screen(open_client, ana, groceries)
    staff = await watch(open_client, olga, "ops:delivery")

    async def edit():
        while True:
            await run_in_db_thread(groceries.items.create, name=uuid4().hex)
            await client.until("change")

    editing = asyncio.ensure_future(edit())
    frame = await frame_where(
        staff,
        "delivery",
        lambda frame: all(hops_of(frame)[name]["last_minute"] for name in WRITTEN_HERE),
    )
    editing.cancel()
    assert [hop["name"] for hop in frame["hops"]] == list(HOPS)
    for name in WRITTEN_HERE:
        hop = hops_of(frame)[name]
        assert 0 < hop["p50_ms"] <= hop["p99_ms"] < 60_000, hop
    (relay,) = frame["relays"]
    assert relay["last_minute"] == hops_of(frame)["relay"]["last_minute"]


def hops_of(frame):
    """Return the hops of a frame by name."""
    return {hop["name"]: hop for hop in frame["hops"]}


async def test_missed_changes_are_resumed_or_replaced_by_a_snapshot(
    open_client, ana, olga, groceries
):
    """DEL-2"""
    staff = await watch(open_client, olga, "ops:delivery")
    client, _, position = await open_screen(open_client, ana, groceries)
    await client.disconnect()
    for name in "abc":
        await run_in_db_thread(groceries.items.create, name=name)
    returned = await open_client(ana)
    assert (await returned.subscribe(groceries, **position))["recovered"] is True
    frame = await frame_where(staff, "delivery", lambda frame: frame["budget"]["resumed"])
    assert frame["budget"]["resumed"] == 3
    other = {**position, "digest": "0123456789abcdef"}
    other_client = await open_client(ana)
    assert (await other_client.subscribe(groceries, **other))["recovered"] is False
    frame = await frame_where(staff, "delivery", lambda frame: frame["budget"]["copied"])
    budget = frame["budget"]
    assert (budget["promised"], budget["resumed"], budget["copied"]) == (6, 3, 3)
    assert (budget["live"], budget["lost"]) == (0, 0)
    assert (frame["resumes"], frame["snapshots"]) == (1, 2)
    assert frame["close_codes"] == {"1000": 1}


async def test_screen_reports_its_paint_and_the_server_derives_the_round_trip(
    open_client, ana, olga, groceries
):
    """DEL-3"""
    client, connection, _ = await open_screen(open_client, ana, groceries)
    delivery = await watch(open_client, olga, "ops:delivery")
    screens = await watch(open_client, olga, "ops:screens")
    await run_in_db_thread(groceries.items.create, name="Milk")
    change = await client.until("change")
    await asyncio.sleep(0.05)
    await client.send(**seen(groceries, change, paint_ms=20, held_ms=10))
    frame = await frame_where(delivery, "delivery", lambda frame: frame["reporting"])
    assert (frame["reporting"], frame["screens"]) == (1, 1)
    hops = await frame_where(
        delivery, "delivery", lambda frame: hops_of(frame)["network"]["last_minute"]
    )
    paint, network = hops_of(hops)["paint"], hops_of(hops)["network"]
    assert 19 < paint["p50_ms"] < 21
    assert 20 <= network["p50_ms"] < 20_000
    while (row := await row_in(screens, connection))["round_trip_ms"] is None:
        pass
    assert row["round_trip_ms"] >= 20


async def test_paint_times_that_cannot_be_true_are_not_counted(open_client, ana, olga, groceries):
    """DEL-3"""
    client, _, _ = await open_screen(open_client, ana, groceries)
    delivery = await watch(open_client, olga, "ops:delivery")
    await run_in_db_thread(groceries.items.create, name="Milk")
    change = await client.until("change")
    for paint_ms in (-1, 1e12, 7):
        await client.send(**seen(groceries, change, paint_ms=paint_ms, held_ms=1e9))
    frame = await frame_where(
        delivery, "delivery", lambda frame: hops_of(frame)["paint"]["last_minute"]
    )
    assert hops_of(frame)["paint"]["last_minute"] == 1
    assert hops_of(frame)["network"]["last_minute"] == 0


async def test_screen_is_different_within_a_report_and_identical_after_the_next(
    open_client, ana, olga, groceries
):
    """DEL-4"""
    client, connection, position = await open_screen(open_client, ana, groceries)
    staff = await watch(open_client, olga, "ops:screens")
    now = {"version": position["since"], "digest": position["digest"]}

    assert (await row_in(staff, connection))["state"] is None
    for digest, expected in ((now["digest"], "identical"), ("0" * 16, "different")):
        await client.send(**seen(groceries, {**now, "digest": digest}))
        while (row := await row_in(staff, connection))["state"] != expected:
            pass
    frame = await frame_where(staff, "screens", lambda frame: row_of(frame, connection))
    assert frame["rows"][0]["connection"] == connection
    await client.send(**seen(groceries, now))
    while (row := await row_in(staff, connection))["state"] != "identical":
        pass
    assert (row["user"]["name"], row["lists"]) == ("Ana", [str(groceries.pk)])
    await run_in_db_thread(groceries.items.create, name="Milk")
    while (row := await row_in(staff, connection))["state"] != "behind":
        pass
    assert row["changes_behind"] == 1
    assert row["oldest_ms"] > 0


async def test_row_of_a_socket_names_its_device(open_client, create_session, ana, olga, groceries):
    """DEL-4"""
    session = await run_in_db_thread(create_session, ana)
    client = await open_client(session=session, headers=[BROWSER])
    await client.until("welcome")
    staff = await watch(open_client, olga, "ops:screens")
    frame = await frame_where(staff, "screens", lambda frame: frame["rows"])
    devices = {row["user"]["name"]: row["device"] for row in frame["rows"]}
    assert devices == {"Ana": "Safari on iPad", "Olga": ""}
    assert frame["total"] == 2


async def test_sockets_are_examined_only_while_the_topic_is_watched(
    open_client, live_runtime, ana, olga, monkeypatch
):
    """DEL-5"""
    from live.metrics.screens_topic import ScreensTopic

    rows = []
    make_row = ScreensTopic._row
    monkeypatch.setattr(ScreensTopic, "_row", lambda *args: rows.append(args[1]) or make_row(*args))
    client = await open_client(ana)
    await client.subscribe("requests")
    for _ in range(4):
        await client.until("sample")
    assert rows == []
    staff = await watch(open_client, olga, "ops:screens")
    await frame_where(staff, "screens", lambda frame: frame["rows"])
    assert len(rows) >= 2


async def test_refused_handshakes_are_counted_by_reason(open_client, olga):
    """DEL-6"""
    wrong = await open_client(token="trl_wrong", origin=None)
    assert await wrong.wait_closed() == 4501
    foreign = await open_client(origin="https://evil.example")
    assert not foreign.accepted
    staff = await watch(open_client, olga, "ops:delivery")
    frame = await staff.until("delivery")
    assert frame["refusals"] == {"foreign_origin": 1, "not_signed_in": 1}
    assert frame["close_codes"] == {"4501": 1}


async def test_staff_disconnects_one_socket_which_comes_back_and_resumes(
    open_client, create_token, ana, olga, groceries
):
    """DEL-7"""
    client, connection, position = await open_screen(open_client, ana, groceries)
    other, _, _ = await open_screen(open_client, ana, groceries)
    url = f"/api/live/sockets/{connection}/"

    def delete(user, **token):
        api = APIClient()
        if token:
            api.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, **token)}")
        else:
            api.force_login(user)
        return api.delete(url)

    refused = [
        await run_in_db_thread(delete, ana),
        await run_in_db_thread(lambda: delete(olga, name="r", scope=ApiToken.Scope.READ)),
    ]
    assert [response.status_code for response in refused] == [403, 403]
    assert (await run_in_db_thread(delete, olga)).status_code == 202
    assert await client.wait_closed() == 4002
    await run_in_db_thread(groceries.items.create, name="Milk")
    await other.until("change")
    returned = await open_client(ana)
    assert (await returned.subscribe(groceries, **position))["recovered"] is True
    staff = await watch(open_client, olga, "ops:delivery")
    frame = await staff.until("delivery")
    assert frame["close_codes"] == {"4002": 1}


async def test_meter_settles_when_every_socket_is_closed(open_client, live_runtime, ana, groceries):
    """DEL-2"""
    client, _, _ = await open_screen(open_client, ana, groceries)
    await run_in_db_thread(groceries.items.create, name="Milk")
    await client.until("change")
    await client.disconnect()
    meter = live_runtime.meter
    await eventually(lambda: live_runtime.registry.connection_count == 0)
    assert (meter.promised, meter.live + meter.withdrawn) == (1, 1)


def trace_of(frame, version):
    """Return the trace of one change, if the frame has it."""
    return next((each for each in frame["traces"] if each["version"] == version), None)


async def trace_where(client, version, condition):
    """Return the first trace of a change for which a condition holds."""
    while True:
        trace = trace_of(await client.until("traces"), version)
        if trace is not None and condition(trace):
            return trace


async def test_change_is_followed_to_each_screen(open_client, ana, bob, olga, groceries):
    """DEL-9"""
    shown, own, _ = await open_screen(open_client, ana, groceries)
    silent, other, _ = await open_screen(open_client, bob, groceries)
    staff = await watch(open_client, olga, "ops:traces")
    await frame_where(staff, "traces", lambda _: runtime.get_runtime().meter.tracer is not None)
    client = APIClient()
    client.force_authenticate(ana)
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/"
    await run_in_db_thread(client.post, url, {"name": "Milk"})
    change = await shown.until("change")
    await silent.until("change")
    await silent.send(**seen(groceries, change))  # how long it was held is not known
    await shown.send(**seen(groceries, change, paint_ms=3, held_ms=0))

    trace = await trace_where(
        staff, change["version"], lambda trace: any(row["shown_ms"] for row in trace["screens"])
    )
    assert (trace["verb"], trace["actor"]["name"]) == ("item.added", "Ana")
    assert trace["list"] == str(groceries.pk)
    assert all(trace["hops"][name] >= 0 for name in ("recording", "commit", "publisher"))
    [process] = trace["processes"]
    rows = {row["connection"]: row for row in trace["screens"]}
    assert (rows.keys(), trace["screen_count"]) == ({own, other}, 2)
    assert rows[other]["shown_ms"] is None
    for row in rows.values():
        assert 0 <= process["received_ms"] <= process["handed_ms"] <= row["written_ms"]
        assert row["is_open"]
    assert rows[own]["written_ms"] <= rows[own]["shown_ms"]
    assert trace["screens"][0]["connection"] == other  # who has not shown it is first


async def test_socket_that_ended_stays_in_the_trace(open_client, ana, bob, olga, groceries):
    """DEL-9"""
    screen, own, _ = await open_screen(open_client, ana, groceries)
    staff = await watch(open_client, olga, "ops:traces")
    await frame_where(staff, "traces", lambda _: runtime.get_runtime().meter.tracer is not None)
    await run_in_db_thread(groceries.items.create, name="Milk")
    change = await screen.until("change")
    await trace_where(staff, change["version"], lambda trace: trace["screens"])
    await screen.disconnect()
    other, *_ = await open_screen(open_client, bob, groceries)
    tracer = runtime.get_runtime().meter.tracer
    next(iter(tracer._traces.values())).is_changed = True
    trace = await trace_where(
        staff, change["version"], lambda trace: not trace["screens"][0]["is_open"]
    )
    assert [row["connection"] for row in trace["screens"]] == [own]
    await other.disconnect()


async def test_changes_are_followed_only_while_they_are_watched(open_client, ana, olga, groceries):
    """DEL-9"""
    screen, *_ = await open_screen(open_client, ana, groceries)
    meter = runtime.get_runtime().meter
    await run_in_db_thread(groceries.items.create, name="Milk")
    await screen.until("change")
    assert meter.tracer is None
    staff = await watch(open_client, olga, "ops:traces")
    await eventually(lambda: meter.tracer is not None)
    for number in range(MAX_TRACES + 5):
        await run_in_db_thread(groceries.items.create, name=f"Item {number}")
        await screen.until("change")
    assert len(meter.tracer._traces) == MAX_TRACES
    await staff.disconnect()
    await eventually(lambda: meter.tracer is None)
