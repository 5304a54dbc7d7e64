"""From the request to the paint, hop by hop: `python -m bench.edit_path [--screens 500]`.

It starts a server on SQLite, and one list that so many screens show: two pages of Chromium
(TROLLEY_CHROMIUM, or `chromium` of the PATH), which report when they have painted, and sockets of
25 users. A script ticks items over REST, 20 times a second. It prints the hops that the server
measured in the last minute, as the dashboard shows them, and what became of all deliveries.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.page import RestClient, running_browser, running_server, sign_in

PAGES, USERS = 2, 25
SETUP = """
from pathlib import Path
from accounts import tokens
from shopping_list.models import Membership, ShoppingItem, ShoppingList
groceries = ShoppingList.objects.create(name="Groceries", created_by=user)
Membership.objects.create(shopping_list=groceries, user=user, role="owner")
items = ShoppingItem.objects.bulk_create(
    ShoppingItem(shopping_list=groceries, name=f"Thing {{number}}", created_by=user)
    for number in range(40)
)
secrets = []
for number in range({users}):
    member = User.objects.create_user(f"u{{number}}")
    Membership.objects.create(shopping_list=groceries, user=member, role="editor")
    secrets.append(tokens.create(member, name="bench")[1])
ids = [str(item.pk) for item in items]
Path({path!r}).write_text(json.dumps([str(groceries.pk), ids, secrets]))
"""


class Screens:
    """Sockets that follow one list and read what they are sent, in a loop of their own thread."""

    def __init__(self, port: int, list_id: str, secrets: list[str], count: int) -> None:
        self._address = f"ws://127.0.0.1:{port}/ws/lists/{list_id}/"
        self._secrets, self._count = secrets, count
        self.is_open = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _run(self) -> None:
        self._stopped = asyncio.Event()
        sockets = [await self._open(number) for number in range(self._count)]
        readers = [asyncio.ensure_future(self._read(socket)) for socket in sockets]
        self.is_open.set()
        await self._stopped.wait()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)

    async def _open(self, number: int) -> ClientConnection:
        headers = {"Authorization": f"Bearer {self._secrets[number % len(self._secrets)]}"}
        return await connect(self._address, additional_headers=headers, proxy=None)

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass


class DeliveryReader:
    """Follows the topic `ops:delivery` as staff, and keeps its newest frame."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token
        self.frame: dict[str, Any] = {}
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)

    def start(self) -> None:
        self._thread.start()

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        address = f"ws://127.0.0.1:{self._port}/ws/"
        async with connect(address, additional_headers=headers, proxy=None) as socket:
            await socket.send(json.dumps({"type": "subscribe", "topic": "ops:delivery"}))
            with suppress(ConnectionClosed):
                async for message in socket:
                    for line in message.splitlines():
                        frame = json.loads(line)
                        if frame["type"] == "delivery":
                            self.frame = frame


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8343)
    parser.add_argument("--screens", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20, help="edits a second")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory()), "ids.json")
        setup = SETUP.format(users=USERS, path=str(path))
        token = stack.enter_context(running_server(options.port, setup))
        list_id, items, secrets = json.loads(path.read_text())
        browser = stack.enter_context(running_browser())
        for _ in range(PAGES):
            page = browser.new_page(
                base_url=f"http://127.0.0.1:{options.port}", viewport={"width": 390, "height": 844}
            )
            sign_in(page)
            page.goto(f"/lists/{list_id}/")
            page.get_by_role("main").get_by_text("Live", exact=True).wait_for()
        screens = Screens(options.port, list_id, secrets, options.screens - PAGES)
        screens.start()
        stack.callback(screens.stop)
        screens.is_open.wait()
        delivery = DeliveryReader(options.port, token)
        delivery.start()
        edit(RestClient(options.port, token), list_id, items, options.rate, options.seconds)
        report(delivery.frame)


def edit(client: RestClient, list_id: str, items: list[str], rate: float, seconds: float) -> None:
    """Tick and untick one item after the other, so many times a second."""
    started_at = time.monotonic()
    for number in range(round(rate * seconds)):
        time.sleep(max(0.0, started_at + number / rate - time.monotonic()))
        row, is_bought = items[number % len(items)], number // len(items) % 2 == 0
        path = f"shopping-lists/{list_id}/shopping-items/{row}/"
        client.send("PATCH", path, {"purchased": is_bought})


def report(frame: dict[str, Any]) -> None:
    """Print the hops and the budget of a frame."""
    for hop in frame["hops"]:
        p50, p99 = (hop[name] or 0.0 for name in ("p50_ms", "p99_ms"))
        print(f"{hop['name']:<10} {hop['last_minute']:7}  p50 {p50:.2f} ms, p99 {p99:.2f}")
    print(f"{frame['reporting']} of {frame['screens']} screens report; {frame['budget']}")


if __name__ == "__main__":
    main()
