"""The topics `verdict` and `ops:verdict`: what is wrong, with names only for staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from live.db_threads import run_in_db_thread
from shopping_list.models import Activity
from shopping_list.rows import topic_of
from tests.support.failing_database import read_only
from tests.support.positions import position_in
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def until_verdict(client, **fields):
    """Return the next verdict with these fields."""
    return await client.until("verdict", **fields)


async def show(client, shopping_list):
    """Open a list, and report that it is shown as it is."""
    position = position_in(await client.subscribe(shopping_list))
    await client.send(
        type="seen",
        topic=topic_of(shopping_list.pk),
        version=position["since"],
        digest=position["digest"],
    )


async def test_verdict_says_that_all_is_well(open_client, ana, groceries):
    """VER-1"""
    client = await open_client(ana)
    assert (await client.subscribe("verdict"))["type"] == "subscribed"
    verdict = await until_verdict(client)
    while "Last edit" not in verdict["sentence"]:  # the database is read every few seconds
        verdict = await until_verdict(client)
    assert verdict["sentence"] == "All well. No list is open. Last edit just now."
    assert (verdict["state"], verdict["conditions"]) == ("ok", [])
    assert verdict["health"] == {"database": True, "layer": True}
    await show(client, groceries)
    sentence = "All well. 1 screen has everything, nothing is slow."
    assert (await until_verdict(client, sentence=sentence))["started_at"] <= verdict["at"]


async def test_only_staff_read_whose_screen_is_behind(open_client, ana, bob, olga, groceries):
    """VER-2"""
    slow, member, staff = [await open_client(user) for user in (ana, bob, olga)]
    await show(slow, groceries)
    assert (await member.subscribe("ops:verdict"))["code"] == "not_found"
    await member.subscribe("verdict")
    await staff.subscribe("ops:verdict")
    await run_in_db_thread(groceries.items.create, name="Milk")
    texts = {}
    for name, client in (("member", member), ("staff", staff)):
        verdict = await until_verdict(client, state="warning")
        (condition,) = verdict["conditions"]
        assert (condition["key"], condition["section"]) == ("lagging", "delivery")
        texts[name] = condition["text"]
    assert texts["member"].startswith("A screen is ")
    assert texts["staff"].startswith("Ana's screen is ")
    assert "Milk" not in str(texts)


async def test_only_staff_read_how_long_the_disk_lasts(live_runtime):
    """VER-2, MCH-8"""
    verdict = live_runtime.verdict
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    verdict.facts = replace(verdict.facts, days_left=42.5)
    now = datetime.now(UTC)
    assert verdict.frame("ops:verdict", now).days_left == 42.5
    assert verdict.frame("verdict", now).days_left is None


async def test_screen_that_catches_up_ends_the_condition(open_client, ana, groceries):
    """VER-3"""
    slow, reader = await open_client(ana), await open_client(ana)
    await show(slow, groceries)
    await reader.subscribe("verdict")
    await run_in_db_thread(groceries.items.create, name="Milk")
    began = await until_verdict(reader, state="warning")
    change = await slow.until("change")
    seen = {name: change[name] for name in ("topic", "version", "digest")}
    await slow.send(type="seen", **seen)
    ended = await until_verdict(reader, state="ok")
    (condition,) = ended["recent"]
    assert condition["since"] == began["conditions"][0]["since"] < condition["until"]
    assert condition["text"] == "A screen was behind"


async def test_database_that_cannot_be_written_is_critical(open_client, live_runtime, ana):
    """VER-5: also while nobody edits, because the verdict is read."""
    client = await open_client(ana)
    await client.subscribe("verdict")
    await until_verdict(client)
    monitor = live_runtime.health_monitor
    await eventually(lambda: monitor.last_edit is None and monitor._reading is not None)

    def read_only_reading():
        from live.metrics import health_monitor

        with read_only():
            return health_monitor.read(0.0)

    monitor._reading = await run_in_db_thread(read_only_reading)
    verdict = await until_verdict(client, state="critical")
    assert verdict["sentence"].startswith("The database cannot be written since ")
    assert verdict["health"]["database"] is False
    await until_verdict(client, state="ok")


async def test_database_that_is_late_is_down_until_it_answers(
    open_client, live_runtime, ana, monkeypatch
):
    """VER-5: no event loop waits for it."""
    import threading

    from live.metrics import health_monitor

    answers = threading.Event()
    read = health_monitor.read

    def late_read(max_age):
        answers.wait(30)
        return read(max_age)

    client = await open_client(ana)
    await client.subscribe("verdict")
    monkeypatch.setattr(health_monitor, "read", late_read)
    try:
        verdict = await until_verdict(client, state="critical")
        assert verdict["sentence"].startswith("The database does not answer since ")
    finally:
        answers.set()
    await until_verdict(client, state="ok")


async def test_database_is_written_only_while_the_verdict_is_read(open_client, live_runtime, ana):
    """VER-5"""
    monitor = live_runtime.health_monitor
    assert not monitor._is_needed()
    client = await open_client(ana)
    await client.subscribe("verdict")
    await eventually(monitor._is_needed)
    await client.disconnect()
    await eventually(lambda: not monitor._is_needed())


async def test_token_for_one_list_gets_no_verdict(open_client, create_token, ana, groceries):
    """VER-2"""
    token = await run_in_db_thread(
        lambda: create_token(ana, name="one", scope="read", list_id=groceries.pk)
    )
    client = await open_client(token=token, origin=None)
    assert (await client.subscribe("verdict"))["code"] == "not_found"


async def test_last_edit_has_the_name_of_its_user_for_staff_only(open_client, ana, olga, groceries):
    """VER-2"""
    await run_in_db_thread(
        lambda: Activity.objects.filter(list_id=groceries.pk).update(actor_name="Ana Moreno")
    )
    staff, member = await open_client(olga), await open_client(ana)
    await staff.subscribe("ops:verdict")
    await member.subscribe("verdict")
    sentence = "All well. No list is open. Last edit just now"
    await until_verdict(staff, sentence=f"{sentence} by Ana Moreno.")
    await until_verdict(member, sentence=f"{sentence}.")
