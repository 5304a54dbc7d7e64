"""Connects the writers of a process with its relay, if one runs.

The write side must not import the read side: a management command records
changes without opening a socket.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

CONTROL_GROUP = "live.control"
"""The group of all processes."""


class GroupMessage(NamedTuple):
    """A message for a group of the channel layer. This process gets it too."""

    group: str
    message: dict[str, Any]


Handler = Callable[[GroupMessage], None]
_handlers: list[Handler] = []


def group_name(list_id: object) -> str:
    """Return the channel layer group of a list."""
    return f"live.list.{list_id}"


def register(handler: Handler) -> None:
    """Pass every message to `handler` from now on, from any thread."""
    _handlers.append(handler)


def unregister(handler: Handler) -> None:
    """Pass no more messages to `handler`. Does nothing if it is not registered."""
    if handler in _handlers:
        _handlers.remove(handler)


def is_connected() -> bool:
    """Tell whether a relay runs in this process."""
    return bool(_handlers)


def deliver_locally(group_message: GroupMessage) -> bool:
    """Pass a message to the relays of this process; return False if there is none."""
    is_delivered = False
    for handler in tuple(_handlers):
        try:
            handler(group_message)
            is_delivered = True
        except RuntimeError:  # its event loop is closed
            logger.info("a relay of this process ended without unregistering")
            unregister(handler)
    return is_delivered
