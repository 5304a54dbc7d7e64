"""When the database went back, subscribers get what it has now, and nothing of what it lost."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from live.db_threads import run_in_db_thread
from shopping_list.models import Activity, ShoppingItem
from shopping_list.recording import bookkeeping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unrecorded_writes]


def go_back(shopping_list, *, version: int) -> None:
    """Undo all changes after a version by SQL, as a restored copy would."""
    position = Activity.objects.get(list_id=shopping_list.pk, version=version)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shopping_list_shoppinglist SET version = %s, digest = %s",
            [version, position.digest],
        )
    bookkeeping._unrecorded(ShoppingItem).all()._raw_delete("default")
    Activity.objects.filter(list_id=shopping_list.pk, version__gt=version).delete()


def go_back_and_add(shopping_list, *names: str, version: int) -> None:
    """Undo all changes after a version and add other items, as one commit."""
    with transaction.atomic():
        go_back(shopping_list, version=version)
        for name in names:
            shopping_list.items.create(name=name)


async def open_at(open_client, user, shopping_list):
    """Open a socket that shows the list; return it with its version."""
    client = await open_client(user)
    reply = await client.subscribe(shopping_list)
    await client.until("snapshot")
    return client, reply["version"]


async def test_subscribers_get_snapshot_when_database_went_back(open_client, ana, groceries):
    """POS-2: although no other change follows."""
    client, version = await open_at(open_client, ana, groceries)
    await run_in_db_thread(groceries.items.create, name="Lost")
    await client.until("change")
    await run_in_db_thread(go_back, groceries, version=version)
    snapshot = await client.until("snapshot")
    assert (snapshot["version"], snapshot["items"]) == (version, [])


@pytest.mark.parametrize("names", [[], ["Bread"], ["Bread", "Salt"]])
async def test_verdict_says_that_database_went_back(
    open_client, live_runtime, ana, groceries, names
):
    """VER-6: for no, as many and more edits than were lost."""
    client, version = await open_at(open_client, ana, groceries)
    await client.subscribe("verdict")
    assert live_runtime.meter.went_back_at is None
    await run_in_db_thread(groceries.items.create, name="Lost")
    await client.until("change")
    await run_in_db_thread(lambda: go_back_and_add(groceries, *names, version=version))
    verdict = await client.until("verdict", state="critical")
    assert [condition["key"] for condition in verdict["conditions"]] == ["history"]
    assert verdict["sentence"].startswith("The database is an older copy of itself since ")


async def test_subscribers_get_snapshot_at_once_when_change_has_another_base(
    open_client, live_runtime, ana, groceries
):
    """POS-2: without the periodic comparison, for a version that was not used before."""
    client, version = await open_at(open_client, ana, groceries)
    live_runtime.relay._log_repair._reconcile_task.cancel()
    await run_in_db_thread(groceries.items.create, name="Lost")
    await client.until("change")

    await run_in_db_thread(go_back_and_add, groceries, "Bread", "Salt", version=version)
    snapshot = await client.until("snapshot")
    assert snapshot["version"] == version + 2
    assert {item["name"] for item in snapshot["items"]} == {"Bread", "Salt"}
    await run_in_db_thread(groceries.items.create, name="Rice")
    assert (await client.until("change"))["base"] == snapshot["digest"]


async def test_repeated_version_is_noticed_when_its_digest_differs(
    open_client, live_runtime, ana, groceries
):
    """POS-2: without the periodic comparison, for a version that was used before."""
    client, version = await open_at(open_client, ana, groceries)
    live_runtime.relay._log_repair._reconcile_task.cancel()
    await run_in_db_thread(groceries.items.create, name="Lost")
    await client.until("change")

    await run_in_db_thread(go_back_and_add, groceries, "Bread", version=version)
    snapshot = await client.until("snapshot")
    assert (snapshot["version"], snapshot["items"][0]["name"]) == (version + 1, "Bread")


async def test_member_of_the_lost_history_gets_no_snapshot(open_client, ana, mallory, groceries):
    """POS-2: who joined after the copy was made is no member any more."""
    version = await run_in_db_thread(lambda: Activity.objects.latest("version").version)
    await run_in_db_thread(groceries.members.add, mallory)
    client, _ = await open_at(open_client, mallory, groceries)

    def go_back_without_mallory() -> None:
        with transaction.atomic():
            groceries.memberships.filter(user=mallory)._raw_delete("default")
            go_back_and_add(groceries, "Bread", "Salt", version=version)

    await run_in_db_thread(go_back_without_mallory)
    assert await client.next() == {
        "type": "ended",
        "topic": f"list:{groceries.pk}",
        "reason": "revoked",
    }
    assert await client.next() == {"type": "left", "list": str(groceries.pk)}
    assert await client.drain() == []
