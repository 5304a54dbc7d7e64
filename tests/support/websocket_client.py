"""A client with a real WebSocket connection, for tests against real servers."""

from __future__ import annotations

import time
from collections import deque
from contextlib import ExitStack
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.frame_history import new_history
from tests.support.frame_schema import encode_client_frame, server_frames

Frame = dict[str, Any]
TIMEOUT = 30.0  # s


class WebSocketClient:
    """A real WebSocket connection. Every frame, in both directions, is in the AsyncAPI document."""

    def __init__(
        self, url: str, token: str | None = None, path: str = "/ws/", *, session: str | None = None
    ) -> None:
        """Connect with a token, or with the session cookie of a page of this server."""
        address = url.replace("http://", "ws://") + path
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if session is not None:
            headers |= {"Cookie": f"trolley_sessionid={session}", "Origin": url}
        self._exit_stack = ExitStack()
        self.socket = self._exit_stack.enter_context(
            connect(
                address,
                additional_headers=headers,
                compression=None,
                max_size=None,
                max_queue=None,
            )
        )
        self._frames: deque[Frame] = deque()
        self._history = new_history("socket")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exit_stack.close()

    def send(self, **frame: Any) -> None:
        """Send a frame."""
        self._history.sent([frame])
        self.socket.send(encode_client_frame(frame))

    def next(self, timeout: float = TIMEOUT) -> Frame:
        """Return the next frame."""
        while not self._frames:
            frames = server_frames(self.socket.recv(timeout))
            self._history.received(frames)
            self._frames += frames
        return self._frames.popleft()

    def until(self, kind: str, timeout: float = TIMEOUT) -> Frame:
        """Skip frames up to the first one of this type, and return it."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.next(max(0.01, deadline - time.monotonic()))
            if frame["type"] == kind:
                return frame

    def frames_until(self, kind: str) -> list[Frame]:
        """Return the frames up to and including the first one of this type."""
        frames = [self.next()]
        while frames[-1]["type"] != kind:
            frames.append(self.next())
        return frames

    def until_note(self, note: str) -> Frame:
        """Read changes up to the one that wrote this note; they must be contiguous."""
        version = None
        while True:
            change = self.until("change")
            assert version is None or change["version"] == version + 1
            version = change["version"]
            if any(item["note"] == note for item in change["items"]):
                return change

    def drain(self) -> list[Frame]:
        """Return every frame that was sent before this moment, without heartbeats."""
        number = time.monotonic_ns()
        self.send(type="ping", id=number)
        frames = []
        while (frame := self.next()) != {"type": "pong", "id": number}:
            frames.append(frame)
        return [frame for frame in frames if frame["type"] != "beat"]

    def wait_closed(self, timeout: float = TIMEOUT) -> int:
        """Read to the end and return the close code."""
        try:
            while True:
                self.next(timeout)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
