"""Simulated users who shop together, so that the demo shows changes all the time.

Each user has one WebSocket that is subscribed to the lists, and edits them over REST.
Only the public API is used.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

log = structlog.get_logger(__name__)

GROCERIES = (
    ("Milk", "2 l", "Dairy"),
    ("Oat milk", "1 l", "Dairy"),
    ("Butter", "", "Dairy"),
    ("Eggs", "12", "Dairy"),
    ("Bread", "1", "Bakery"),
    ("Rolls", "6", "Bakery"),
    ("Apples", "1 kg", "Fruit"),
    ("Bananas", "", "Fruit"),
    ("Tomatoes", "500 g", "Vegetables"),
    ("Carrots", "", "Vegetables"),
    ("Onions", "1 kg", "Vegetables"),
    ("Pasta", "500 g", "Pantry"),
    ("Rice", "1 kg", "Pantry"),
    ("Coffee", "", "Pantry"),
    ("Chocolate", "2", "Pantry"),
    ("Washing powder", "", "Household"),
)
QUANTITIES = ("1", "2", "3", "500 g", "1 kg", "2 l")

Item = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """One request of a simulated user."""

    method: str
    path: str
    body: dict[str, Any] | None


def next_edit(list_id: str, items: list[Item], rng: random.Random) -> Edit:
    """Choose the next edit of a list that has these items.

    Items are added to short lists, ticked on long lists, and removed in batches once
    many are ticked, so the lists keep their size and the demo can run for days.
    """
    base = f"/api/shopping-lists/{list_id}/shopping-items/"
    open_items = [item for item in items if not item["purchased"]]
    purchased_count = len(items) - len(open_items)
    if purchased_count > 8 and rng.random() < 0.2:
        return Edit("POST", f"{base}remove/", {"purchased": True})
    if len(open_items) < 4 or (len(open_items) < 12 and rng.random() < 0.35):
        name, quantity, category = rng.choice(GROCERIES)
        return Edit("POST", base, {"name": name, "quantity": quantity, "category": category})
    url = f"{base}{rng.choice(open_items)['id']}/"
    if rng.random() < 0.7:
        return Edit("PATCH", url, {"purchased": True})
    if rng.random() < 0.5:
        return Edit("PATCH", url, {"after": None})
    return Edit("PATCH", url, {"quantity": rng.choice(QUANTITIES)})


class Shopper:
    """Simulated demo client: subscribes to lists and makes random edits until `stopped` is set."""

    def __init__(self, token: str, host: str, port: int, lists: list[str]) -> None:
        self.host, self.port, self.lists = host, port, lists
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.rng = random.Random()  # noqa: S311  (a demo, not a secret)
        self.stopped = threading.Event()

    def start(self) -> None:
        """Start one thread that listens and one that edits."""
        for task in (self._listen, self._edit):
            threading.Thread(target=self._retry_forever, args=(task,), daemon=True).start()

    def _retry_forever(self, task: Callable[[], None]) -> None:
        while not self.stopped.is_set():
            with contextlib.suppress(OSError, HTTPException, WebSocketException, TimeoutError):
                task()
            self.stopped.wait(2)

    def _listen(self) -> None:
        url = f"ws://{self.host}:{self.port}/ws/"
        authorization = {"Authorization": self.headers["Authorization"]}
        with connect(url, additional_headers=authorization) as socket:
            for list_id in self.lists:
                topic = f"list:{list_id}"
                socket.send(json.dumps({"type": "subscribe", "topic": topic}))
                state = self.rng.choice(["viewing", "shopping"])
                socket.send(json.dumps({"type": "presence", "topic": topic, "state": state}))
            while not self.stopped.is_set():
                socket.recv()

    def _edit(self) -> None:
        while not self.stopped.wait(self.rng.uniform(0.4, 3.0)):
            list_id = self.rng.choice(self.lists)
            path = f"/api/shopping-lists/{list_id}/shopping-items/?page_size=200"
            items = self._request(Edit("GET", path, None))["results"]
            self._request(next_edit(list_id, items, self.rng))

    def _request(self, edit: Edit) -> Any:
        connection = HTTPConnection(self.host, self.port, timeout=10)
        try:
            body = None if edit.body is None else json.dumps(edit.body)
            headers = {**self.headers, "Idempotency-Key": str(uuid4())}
            connection.request(edit.method, edit.path, body, headers)
            text = connection.getresponse().read()
            return json.loads(text) if text else None
        finally:
            connection.close()
