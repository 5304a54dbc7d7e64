"""What a view of the terminal must tell the client that feeds it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

Frame = dict[str, Any]


class FollowingEndedError(Exception):
    """There is nothing more to follow. The text of the error says why."""


class Follower(Protocol):
    """Decides what is sent to a server and what is done with its frames. It does no I/O."""

    def on_welcome(self, welcome: Frame) -> Iterable[Frame]:
        """Return the frames to send on a new connection."""

    def on_frame(self, frame: Frame, text: str) -> Iterable[Frame]:
        """Handle a frame, which came as `text`; return the frames to send.

        Raises FollowingEndedError.
        """

    def on_disconnect(self, reason: str) -> None:
        """Note that the connection was lost. The client tries to connect again."""
