"""Passes a committed change to the relay of this process, or directly to the channel layer.

This runs after the COMMIT: an error is logged and counted, never raised. The log
contains the change, and every relay finds it there within its reconcile interval.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from time import perf_counter
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer  # type: ignore[import-untyped]
from django.conf import settings
from django.db import transaction

from live.counters import counters, request_started_at
from live.delivery import local_bus
from live.delivery.access_changes import AccessChanges, access_changes_of
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage, deliver_locally, group_name
from shopping_list.models import Activity
from shopping_list.recording.context import current

logger = logging.getLogger(__name__)

LAYER_TIMEOUT = 0.5
"""Seconds that a process without a relay waits for the channel layer: enough for a busy machine."""
RETRY_DELAY = 5.0
"""Seconds after a failure in which such a process does not call the channel layer."""


def publish(activity: Activity) -> None:
    """Broadcast a recorded change once its transaction has committed."""
    recorded_at = perf_counter()
    recording = current()
    started_at = recorded_at if recording is None else recording.started_at
    request_at = request_started_at.get()
    frame = bytes(activity.frame)
    access_changes = access_changes_of(activity.changes, frame)
    message = {
        "type": "live.change",
        "list": str(activity.list_id),
        "epoch": activity.epoch,
        "version": activity.version,
        "base": activity.base,
        "digest": activity.digest,
        "frame": frame,
        "members_changed": activity.summary["members"] > 0,
    }
    if access_changes:
        message["access_changes"] = msgspec.to_builtins(access_changes)
    seconds = {"recording": recorded_at - started_at}
    if request_at is not None:
        seconds["request"] = started_at - request_at

    def publish_committed() -> None:
        seconds["commit"] = perf_counter() - recorded_at
        _publish_committed({**message, "seconds": seconds}, access_changes)

    _on_commit(publish_committed)


def publish_control(message: dict[str, Any]) -> None:
    """Send a message to all processes now. It is not about a change of a list."""
    _send(GroupMessage(CONTROL_GROUP, message))


def publish_control_on_commit(message: dict[str, Any]) -> None:
    """Send a message to all processes after the commit of the transaction, if there is one."""
    _on_commit(lambda: publish_control(message))


def _on_commit(hook: Callable[[], None]) -> None:
    # A function, not a partial: Django logs a failed hook by its __qualname__.
    transaction.on_commit(hook, robust=True)


def _publish_committed(message: dict[str, Any], access_changes: AccessChanges) -> None:
    _exit_at_failpoint("after_commit")
    counters.change_recorded()
    group = group_name(message["list"])
    _send(GroupMessage(group, {**message, "committed_at": time.time()}))
    if access_changes:
        # Users are notified also in processes without a subscriber of the list.
        left_out = {"frame", "seconds"}
        without_frame = {key: value for key, value in message.items() if key not in left_out}
        _send(GroupMessage(CONTROL_GROUP, {**without_frame, "type": "live.access_changed"}))
    if not local_bus.is_connected():
        # A relay would collect the changes of a moment and tell all processes of them.
        lists = {message["list"]: message["members_changed"]}
        hint = {"type": "live.lists_changed", "process": "", "lists": lists}
        _send(GroupMessage(CONTROL_GROUP, hint))


def _send(group_message: GroupMessage) -> None:
    if not deliver_locally(group_message):
        _direct_publisher.send(group_message)


def _exit_at_failpoint(name: str) -> None:
    """Exit like a killed process if a test asks for it."""
    if settings.DEBUG and name == settings.FAILPOINT:
        os._exit(137)


class DirectPublisher:
    """Sends to the channel layer from a process without a relay: a shell, a command.

    A call takes at most LAYER_TIMEOUT. After a failed one, calls in the next
    RETRY_DELAY seconds do nothing.
    """

    def __init__(self) -> None:
        self._retry_at = 0.0

    def send(self, group_message: GroupMessage) -> None:
        """Send a message to its group, unless the channel layer failed a moment ago."""
        layer = get_channel_layer()
        if layer is None or isinstance(layer, InMemoryChannelLayer):
            return  # it does not reach other processes
        if time.monotonic() < self._retry_at:
            return
        try:
            async_to_sync(self._group_send)(layer, group_message)
        except Exception as error:
            self._retry_at = time.monotonic() + RETRY_DELAY * settings.LIVE_TIME_SCALE
            counters.layer_call_failed()
            logger.warning("the channel layer did not accept a message: %r", error)

    async def _group_send(self, layer: Any, group_message: GroupMessage) -> None:
        async with asyncio.timeout(LAYER_TIMEOUT):
            await layer.group_send(group_message.group, group_message.message)


_direct_publisher = DirectPublisher()
