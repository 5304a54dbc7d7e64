"""A client that edits one list over REST at random, and notes what it was answered."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from trolley_check.api import Api, Response
from trolley_check.history import History, Invoked, Read, Responded

BULK = 3
"""Items of one change of many items."""
REPEATED_SHARE = 0.1
"""The share of the edits that are sent twice, as after a lost response."""


@dataclass
class Writer:
    """Edits that always change something, so that each is one version of the list.

    It edits only items that it has added itself. So no other writer makes an edit empty.
    """

    api: Api
    list_id: str
    name: str
    history: History
    rng: random.Random
    response_seconds: list[float] = field(default_factory=list)
    sent_at: dict[str, float] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    @property
    def _path(self) -> str:
        return f"/api/shopping-lists/{self.list_id}"

    def edit(self) -> None:
        """Make one edit, and now and then read where the list is."""
        item = self.rng.choice(self._open) if len(self._open) > BULK else None
        kind = self.rng.choice(("add", "note", "tick", "bulk", "remove")) if item else "bulk"
        text = f"{self.name} {uuid.uuid4().hex[:12]}"
        items = f"{self._path}/shopping-items/"
        match kind:
            case "add":
                new = str(uuid.uuid4())
                if self._send("POST", items, {"id": new, "name": text}, items=1):
                    self._open.append(new)
            case "bulk":
                ids = [str(uuid.uuid4()) for _ in range(BULK)]
                rows = [{"id": new, "name": f"{text} {n}"} for n, new in enumerate(ids)]
                if self._send("POST", f"{items}bulk/", {"items": rows}, items=BULK):
                    self._open += ids
            case "note":
                self._send("PATCH", f"{items}{item}/", {"note": text}, items=1)
            case "tick":
                if self._send("PATCH", f"{items}{item}/", {"purchased": True}, items=1):
                    self._open.remove(str(item))
            case _:
                if self._send("DELETE", f"{items}{item}/", None, items=1):
                    self._open.remove(str(item))
        if self.rng.random() < REPEATED_SHARE:
            self.read()

    def read(self) -> Response:
        """Read the position of the list."""
        began = time.monotonic()
        response = self.api.send("GET", f"{self._path}/")
        if response.status == 200:
            body: dict[str, Any] = response.body
            self.history.add(
                Read(
                    client=self.name,
                    list=self.list_id,
                    began=began,
                    epoch=body["epoch"],
                    version=body["version"],
                    digest=body["digest"],
                )
            )
        return response

    def _send(self, method: str, path: str, body: object, *, items: int) -> bool:
        op = str(uuid.uuid4())
        self.history.add(Invoked(client=self.name, list=self.list_id, op=op, items=items))
        began = time.monotonic()
        response = self.api.send(method, path, body, op=op)
        is_saved = 200 <= response.status < 300
        if is_saved:
            self.response_seconds.append(time.monotonic() - began)
            self.sent_at[op] = began
        status = response.status if response.status < 500 else 0
        self.history.add(Responded(client=self.name, list=self.list_id, op=op, status=status))
        if is_saved and self.rng.random() < REPEATED_SHARE:
            self.api.send(method, path, body, op=op)
        return is_saved
