"""What holds between processes that share a Redis, and through its outages."""

from __future__ import annotations

import time

import httpx
import pytest

from live.protocol import CloseCode
from shopping_list.rows import topic_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture
def second(scaled):
    """Another process of the same installation."""
    place = scaled.serve(f"second-{time.monotonic_ns()}")
    yield place
    place.__exit__()


def test_an_edit_in_one_process_reaches_the_sockets_of_the_other(scaled, second):
    with scaled.watch() as one, scaled.watch(place=second) as other:
        for number in range(3):
            began = time.monotonic()
            scaled.edit(f"across {number}")
            assert one.until_note(f"across {number}") == other.until_note(f"across {number}")
            assert time.monotonic() - began < 1.0
            time.sleep(0.5)  # so that reconciling, every 2 s, cannot be what did it each time


def test_a_member_removed_in_one_process_loses_sight_in_the_other(scaled, second):
    """LIV-14."""
    with scaled.watch("bob", place=second) as one, scaled.api() as api:
        began = time.monotonic()
        path = f"shopping-lists/{scaled.list}/remove-members/"
        assert api.put(path, json={"members": [scaled.made["bob_id"]]}).status_code < 300
        assert one.until("ended")["reason"] == "revoked"
        one.until("left")
        assert time.monotonic() - began < 2.0
        scaled.shell(
            "from shopping_list.models import Membership\n"
            f"Membership.objects.create(shopping_list_id='{scaled.list}', "
            f"user_id={scaled.made['bob_id']}, role='editor')"
        )
        assert one.until("joined")["list"]["id"] == scaled.list


def test_a_token_deleted_by_a_command_closes_its_socket(scaled):
    """PPL-3"""
    made = scaled.shell(
        "from accounts.models import ApiToken, User\n"
        "print('TOKEN', ApiToken.objects.create("
        "user=User.objects.get(username='bob'), name='short')[1])"
    )
    token = next(line.split()[1] for line in made.splitlines() if line.startswith("TOKEN"))
    scaled.made["short"] = token
    with scaled.watch("short") as one:
        scaled.shell(
            "from accounts.models import ApiToken\nApiToken.objects.get(name='short').delete()"
        )
        assert one.closed(patience=3.0) == CloseCode.REVOKED


def test_presence_is_told_across_processes(scaled, second):
    topic = topic_of(scaled.list)
    with scaled.watch() as one:
        with scaled.watch("bob", place=second) as other:
            other.send(type="presence", topic=topic, state="shopping")
            assert one.until("presence")["people"][0]["name"] == "bob"
        assert one.until("presence")["people"] == []


def test_a_crash_between_commit_and_publish_is_repaired(scaled):
    """LIV-4."""
    fragile = scaled.serve(
        f"fragile-{time.monotonic_ns()}", TROLLEY_DEBUG="1", TROLLEY_FAILPOINT="after_commit"
    )
    with scaled.watch() as one:
        began = time.monotonic()
        with pytest.raises(httpx.HTTPError):
            scaled.edit("committed, then killed", place=fragile)
        one.until_note("committed, then killed")
        assert time.monotonic() - began < 3.0
    assert fragile.process.wait(10) == 137


def test_a_killed_process_keeps_its_totals(scaled):
    second = scaled.serve(f"killed-{time.monotonic_ns()}")
    with scaled.watch() as one:
        one.send(type="subscribe", topic="requests")
        while (sample := one.until("sample"))["processes"] != 2:
            pass
        for number in range(5):
            scaled.edit(f"in the second {number}", place=second)
        while (counted := one.until("sample"))["finished"] < sample["finished"] + 5:
            pass
        second.process.kill()
        while (after := one.until("sample", 10))["processes"] != 1:
            assert after["finished"] >= counted["finished"]
        assert after["finished"] >= counted["finished"]


def test_redis_may_be_killed_and_come_back(scaled, second):
    """LIV-5: Three times: no socket is dropped, no edit fails or waits, no change is lost."""
    slowest = 0.0
    with scaled.watch() as one, scaled.watch(place=second) as other:
        for number in range(3):
            scaled.redis.kill()
            for step in range(5):
                note = f"down {number} {step}"
                slowest = max(slowest, scaled.edit(note))
                one.until_note(note)  # by this process itself
            other.until_note(note, 4.0)  # by reconciling
            scaled.redis.start()
            note = f"back {number}"
            scaled.edit(note)
            one.until_note(note)
            other.until_note(note, 4.0)
            _until_quick(scaled, one, other, number)
    assert slowest < 1.0


def _until_quick(scaled, one, other, number) -> None:
    """Wait until changes come over the layer again, not by reconciling."""
    for step in range(30):
        note = f"again {number} {step}"
        scaled.edit(note)
        began = time.monotonic()
        other.until_note(note)
        one.until_note(note)
        if time.monotonic() - began < 0.1 and step > 2:
            return
    raise AssertionError("the layer is back, but changes do not come over it")


def test_a_command_is_not_held_up_by_a_dead_redis(scaled):
    code = (
        "import time\n"
        "from shopping_list.models import ShoppingList\n"
        f"groceries = ShoppingList.objects.get(pk='{scaled.list}')\n"
        "groceries.items.create(name=f'warm {time.time()}')\n"
        "began = time.monotonic()\n"
        "for number in range(10): groceries.items.create(name=f'{number} {time.time()}')\n"
        "print('TOOK', time.monotonic() - began)\n"
    )
    with scaled.watch() as one:
        scaled.redis.kill()
        try:
            said = scaled.shell(code)
        finally:
            scaled.redis.start()
        took = float(next(x.split()[1] for x in said.splitlines() if x.startswith("TOOK")))
        assert took < 1.0
        for _ in range(11):
            one.until("change", 4.0)
