"""The topic `signals`: what Django's signals do in all processes, once a second."""

from __future__ import annotations

import pytest

from live.db_threads import run_in_db_thread
from shopping_list.models import Activity

pytestmark = pytest.mark.django_db(transaction=True)


async def rows_of(client):
    """Return the rows of the next `signals` frame by signal and sender."""
    frame = await client.until("signals")
    return {(row["signal"], row["sender"]): row for row in frame["rows"]}


async def test_signals_count_what_an_edit_sends(open_client, ana, groceries):
    """MET-1"""
    client = await open_client(ana)
    assert (await client.subscribe("signals"))["type"] == "subscribed"
    before = await rows_of(client)
    await run_in_db_thread(lambda: [groceries.items.create(name=name) for name in "abc"])
    assert await run_in_db_thread(Activity.objects.count) >= 3
    sends = {}
    names = [
        ("pre_save", "ShoppingItem"),
        ("post_save", "ShoppingItem"),
        ("post_save", "Activity"),
    ]
    while sends != dict.fromkeys(names, 3):
        rows = await rows_of(client)
        sends = {
            name: rows[name]["sends"] - before.get(name, {"sends": 0})["sends"]
            for name in names
            if name in rows
        }
        assert all(count <= 3 for count in sends.values()), sends
    (receiver,) = rows["post_save", "Activity"]["receivers"]
    assert receiver["name"] == "live.receivers.publish_change"
    assert rows["post_save", "Activity"]["receiver_us"]["p50"] > 0


async def test_bulk_writes_send_no_signal_of_rows(open_client, ana, groceries):
    """MET-1: the managers record them, and only the row of the log sends `post_save`."""
    client = await open_client(ana)
    await client.subscribe("signals")
    before = await rows_of(client)
    await run_in_db_thread(lambda: groceries.items.create(name="Milk"))
    await run_in_db_thread(lambda: groceries.items.update(note="fresh"))
    activity, item = ("post_save", "Activity"), ("post_save", "ShoppingItem")
    while True:
        rows = await rows_of(client)
        started = {name: before.get(name, {"sends": 0})["sends"] for name in (activity, item)}
        if rows.get(activity, {"sends": 0})["sends"] == started[activity] + 2:
            break
    assert rows[item]["sends"] == started[item] + 1


async def test_token_for_one_list_gets_no_signals(open_client, create_token, ana, groceries):
    """MET-2"""
    token = await run_in_db_thread(
        lambda: create_token(ana, name="one", scope="read", list_id=groceries.pk)
    )
    client = await open_client(token=token, origin=None)
    assert (await client.subscribe("signals"))["code"] == "not_found"
