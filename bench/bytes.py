"""What travels: the bytes of each screen's first load: `python -m bench.bytes`.

`before` are the calls that a screen made when it followed every list and read whole rows, and
nothing was compressed; `after` are today's. The bytes are those of bodies and messages,
without the headers of HTTP (about 0.9 KB a response) and WebSocket (2 to 10 bytes a message).
The items have names, times and ids that differ, as if they were typed one by one.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import uuid
from datetime import timedelta
from typing import Any

SIZES = (10_000, 1_000, 100, *[5] * 14)
"""The items of each of the 17 lists."""
BULK = 500
EDITS = 40
PRELOADED_LISTS = 5
"""Lists of which the dashboard read the newest activities."""
WORDS = (
    *("Milk", "Bread", "Eggs", "Butter", "Rice", "Onions", "Garlic", "Cheese", "Tea", "Coffee"),
    *("Salt", "Sugar", "Flour", "Apples", "Pears", "Tomatoes", "Beans", "Pasta", "Oil", "Soap"),
    *("Honey", "Lemons", "Yoghurt", "Oats", "Cocoa", "Basil", "Leeks", "Carrots"),
)
ORIGIN = [(b"host", b"testserver"), (b"origin", b"http://testserver")]


def seed() -> tuple[str, list[Any]]:
    """Create a user with 17 lists; return the user's session and the lists."""
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User
    from shopping_list.models import Membership, ShoppingList

    call_command("migrate", verbosity=0)
    users = [
        User.objects.create_user(name.lower(), password="bench", name=name)
        for name in ("Ana", "Bob", "Cleo")
    ]
    lists = []
    for number, size in enumerate(SIZES):
        shopping_list = ShoppingList.objects.create(name=f"List {number}", created_by=users[0])
        for user, role in zip(users, ("owner", "editor", "viewer"), strict=True):
            Membership.objects.create(shopping_list=shopping_list, user=user, role=role)
        fill(shopping_list, size, users[0])
        lists.append(shopping_list)
    client = Client()
    client.force_login(users[0])
    return client.cookies["trolley_sessionid"].value, lists


def fill(shopping_list: Any, size: int, user: Any) -> None:
    """Add items in bulk, then give them different times, then edit some one by one."""
    from django.db.models import QuerySet

    from shopping_list.models import ShoppingItem

    names = [f"{random.choice(WORDS)} {number}" for number in range(size)]
    for start in range(0, size, BULK):
        ShoppingItem.objects.bulk_create(
            ShoppingItem(
                id=uuid.UUID(int=random.getrandbits(128), version=4),
                shopping_list=shopping_list,
                name=name,
                quantity=random.choice(("", "2 l", "500 g", "3")),
                created_by=user,
            )
            for name in names[start : start + BULK]
        )
    items = list(QuerySet(ShoppingItem).filter(shopping_list=shopping_list))
    for item in items:
        item.created_at -= timedelta(seconds=random.random() * 1e6)
        item.updated_at = item.created_at
        item.purchased = random.random() < 0.3
        if item.purchased:
            item.purchased_at = item.updated_at = item.created_at + timedelta(
                seconds=random.random() * 1e5
            )
            item.purchased_by = user
    columns = ("created_at", "updated_at", "purchased", "purchased_at", "purchased_by")
    QuerySet(ShoppingItem).bulk_update(items, columns, batch_size=BULK)
    shopping_list.refresh_from_db()
    for number in range(EDITS):
        item = ShoppingItem.objects.get(pk=items[number % len(items)].pk)
        item.note = f"note {number}"
        item.save()


class Bytes:
    """Counts what a signed-in client receives."""

    def __init__(self, session: str) -> None:
        self.session = session

    def http(self, path: str, *, gzip: bool) -> int:
        """Return the bytes of the body of a response, as they travel."""
        from django.test import Client

        client = Client(headers={"accept-encoding": "gzip" if gzip else "identity"})
        client.cookies["trolley_sessionid"] = self.session
        response = client.get(f"/api/{path}")
        assert response.status_code == 200, response.content
        return len(response.content)

    def socket(self, *topics: str) -> int:
        """Return the bytes of everything that a socket gets for these topics."""
        return asyncio.run(self._socket(topics))

    async def _socket(self, topics: tuple[str, ...]) -> int:
        from channels.testing import WebsocketCommunicator

        from live import runtime
        from live.routing import websocket_application

        headers = [*ORIGIN, (b"cookie", f"trolley_sessionid={self.session}".encode())]
        socket = WebsocketCommunicator(websocket_application, "/ws/", headers)
        assert (await socket.connect())[0]
        await socket.receive_from(60)  # welcome
        size = 0
        for topic in topics:
            await socket.send_to(f'{{"type":"subscribe","topic":"{topic}","id":1}}')
            await socket.send_to('{"type":"ping","id":2}')
            while "pong" not in (text := await socket.receive_from(60)):
                size += len(text.encode())
        await socket.disconnect()
        await runtime.stop()
        return size


def rows(session: str, lists: list[Any]) -> list[tuple[str, int, str, int, str]]:
    """Return what each screen costs before and after, with the calls."""
    count = Bytes(session)
    topics = [f"list:{each.pk}" for each in lists]
    paths = [f"shopping-lists/{each.pk}/" for each in lists]
    rest_lists, snapshots = count.http("shopping-lists/", gzip=False), count.socket(*topics)
    compressed_lists = count.http("shopping-lists/", gzip=True)
    feeds = sum(
        count.http(f"{path}activities/?rows=true", gzip=False) for path in paths[:PRELOADED_LISTS]
    )
    table = [
        (
            "overview of 17 lists",
            rest_lists + snapshots,
            "REST lists, 17 snapshots",
            compressed_lists + count.socket("lists"),
            "REST lists with gzip, `lists`",
        ),
        (
            "dashboard",
            2 * rest_lists + snapshots + feeds,
            "REST lists twice, 17 snapshots, activities of 5 lists",
            compressed_lists + count.socket("lists", "activity"),
            "REST lists with gzip, `lists`, `activity`",
        ),
    ]
    for size in (100, 1_000, 10_000):
        number = SIZES.index(size)
        table.append(
            (
                f"a list of {size:,} items",
                count.socket(topics[number]),
                "snapshot on the socket",
                count.http(f"{paths[number]}snapshot/", gzip=True),
                "`snapshot/`, gzip",
            )
        )
    table.append(
        (
            "50 activities of the longest list",
            count.http(f"{paths[0]}activities/?rows=true", gzip=False),
            "whole rows",
            count.http(f"{paths[0]}activities/", gzip=True),
            "summaries, gzip",
        )
    )
    return table


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TROLLEY_DATA"] = directory
        os.environ["TROLLEY_LOG_LEVEL"] = "ERROR"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        import django

        django.setup()
        random.seed(1)
        print("| screen | before | | after | | ratio |\n| --- | --- | --- | --- | --- | --- |")
        for name, before, calls, after, new_calls in rows(*seed()):
            ratio = f"{before / after:,.0f}"
            print(f"| {name} | {before:,} | {calls} | **{after:,}** | {new_calls} | {ratio} |")


if __name__ == "__main__":
    sys.exit(main())
