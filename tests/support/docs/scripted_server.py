"""A WebSocket server that follows a script, to test how a client reacts."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from types import TracebackType
from typing import Any, Self

from websockets.sync.server import ServerConnection, serve

Part = Callable[[ServerConnection], None]
LIST = "list:x"


class ScriptedServer:
    """Runs one part of the script for each connection; `queries` has the query strings."""

    def __init__(self, *parts: Part) -> None:
        self.parts = list(parts)
        self.queries: list[str] = []
        self.server = serve(self._run_part, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()

    def _run_part(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.queries.append(socket.request.path.partition("?")[2])
        self.parts.pop(0)(socket)


def send_frames(socket: ServerConnection, *frames: dict[str, Any]) -> None:
    """Send frames as one message."""
    socket.send("\n".join(json.dumps(frame) for frame in frames))


def welcome() -> dict[str, Any]:
    return {"type": "welcome", "heartbeat": 20}


def snapshot(version: int, *, epoch: str = "one", part: int = 1, parts: int = 1) -> dict[str, Any]:
    position = {"topic": LIST, "epoch": epoch, "version": version, "digest": f"d{version}"}
    return {"type": "snapshot", **position, "part": part, "parts": parts, "items": []}


def change(version: int, *, epoch: str = "one", base: str | None = None) -> dict[str, Any]:
    """Return a change of the history in which the digest of each version is "d<version>"."""
    position = {
        "topic": LIST,
        "epoch": epoch,
        "version": version,
        "base": base or f"d{version - 1}",
        "digest": f"d{version}",
    }
    return {"type": "change", **position, "items": []}
