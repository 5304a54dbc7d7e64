"""Simulated users who shop together, so that the demo shows changes all the time.

Each user has one WebSocket that is subscribed to the lists, and edits them over REST.
Only the public API is used.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from asgi_project.demo.screen import Frame, OutOfStepError, Screen, decode

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

SEEN_INTERVAL = 2.0
"""Seconds between two reports of what a screen shows."""
WRONG_PATHS = ("/api/shopping-lists/none/", "/api/nothing/", "/favicon.ico", "/dashboard")
"""What people and their programs ask for by mistake: answers that are no 2xx."""

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
            self._show(socket)

    def _show(self, socket: ClientConnection) -> None:
        """Apply what arrives, and say what is shown every SEEN_INTERVAL (protocol.md, rule 5)."""
        screens = {f"list:{list_id}": Screen() for list_id in self.lists}
        changed: set[str] = set()
        seen_at = time.monotonic()
        while not self.stopped.is_set():
            with contextlib.suppress(TimeoutError):
                for line in str(socket.recv(SEEN_INTERVAL)).splitlines():
                    frame = decode(line)
                    if frame is not None and self._apply(socket, screens[frame.topic], frame):
                        changed.add(frame.topic)
            if time.monotonic() - seen_at >= SEEN_INTERVAL:
                seen_at = time.monotonic()
                for topic in changed:
                    screen = screens[topic]
                    position = {"version": screen.version, "digest": screen.digest}
                    socket.send(json.dumps({"type": "seen", "topic": topic, **position}))
                changed.clear()

    def _apply(self, socket: ClientConnection, screen: Screen, frame: Frame) -> bool:
        try:
            return screen.apply(frame)
        except OutOfStepError:
            socket.send(json.dumps({"type": "subscribe", "topic": frame.topic}))
            return False

    def _edit(self) -> None:
        for path in WRONG_PATHS:
            self._request(Edit("GET", path, None))
        while not self.stopped.wait(self.rng.uniform(0.4, 3.0)):
            if self.rng.random() < 0.1:
                self._request(Edit("GET", self.rng.choice(WRONG_PATHS), None))
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
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in (response.headers["Content-Type"] or "")
            return json.loads(text) if text and is_json else None
        finally:
            connection.close()
