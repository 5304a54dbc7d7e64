"""The seam between those who write and the relay of this process, if one runs.

The write side may not import the read side: a management command records
changes without ever opening a socket.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

CONTROL_GROUP = "live.control"
"""The group that every process is in."""


class GroupMessage(NamedTuple):
    """A message for a group of the channel layer, this process included."""

    group: str
    message: dict[str, Any]


Handler = Callable[[GroupMessage], None]
_takers: list[Handler] = []


def group_name(list_id: object) -> str:
    """Return the layer group of a list."""
    return f"live.list.{list_id}"


def register(taker: Handler) -> None:
    """Give every message to `taker` from now on; it is called from any thread."""
    _takers.append(taker)


def unregister(taker: Handler) -> None:
    """Undo `connect`."""
    if taker in _takers:
        _takers.remove(taker)


def deliver_locally(outgoing: GroupMessage) -> bool:
    """Give a message to the relays of this process; False if there is none."""
    taken = False
    for taker in tuple(_takers):
        try:
            taker(outgoing)
            taken = True
        except RuntimeError:  # its event loop is closed
            logger.info("a relay of this process has ended without saying so")
            unregister(taker)
    return taken
