"""Hands a committed change to the relay of this process, or straight to the layer.

Right of COMMIT: whatever fails here is logged and counted, never raised. The
log has the change, and every relay finds it there within its reconcile time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any

import msgspec
from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer  # type: ignore[import-untyped]
from django.conf import settings
from django.db import transaction

from live.counters import counters
from live.delivery.access_changes import AccessChanges, access_changes_of
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage, deliver_locally, group_name
from shopping_list.models import Activity

logger = logging.getLogger(__name__)

LAYER_TIMEOUT = 0.5
"""Seconds that a process without a relay waits for the layer; a busy machine needs some."""
RETRY_DELAY = 5.0
"""Seconds for which such a process leaves a failed layer alone."""


def publish(activity: Activity) -> None:
    """Broadcast a recorded change once its transaction has committed."""
    frame = bytes(activity.frame)
    effects = access_changes_of(activity.changes, frame)
    message = {
        "type": "live.change",
        "list": str(activity.list_id),
        "epoch": activity.epoch,
        "version": activity.version,
        "frame": frame,
    }
    if effects:
        message["effects"] = msgspec.to_builtins(effects)
    _after_commit(lambda: _committed(message, effects))


def publish_control(message: dict[str, Any]) -> None:
    """Tell every process, now: this is not about a change of a list."""
    _send(GroupMessage(CONTROL_GROUP, message))


def control_on_commit(message: dict[str, Any]) -> None:
    """Tell every process once the transaction, if there is one, has committed."""
    _after_commit(lambda: publish_control(message))


def _after_commit(work: Callable[[], None]) -> None:
    # A function, not a partial: Django logs a failed hook by its __qualname__.
    transaction.on_commit(work, robust=True)


def _committed(message: dict[str, Any], effects: AccessChanges) -> None:
    _failpoint("after_commit")
    counters.change_recorded()
    _send(GroupMessage(group_name(message["list"]), {**message, "committed": time.time()}))
    if effects:
        # People hear of their lists where nobody watches the list itself, too.
        about = {key: value for key, value in message.items() if key != "frame"}
        _send(GroupMessage(CONTROL_GROUP, {**about, "type": "live.people"}))


def _send(outgoing: GroupMessage) -> None:
    if not deliver_locally(outgoing):
        _straight.send(outgoing)


def _failpoint(name: str) -> None:
    """Die here if a test asks for it, the way a killed process does."""
    if settings.DEBUG and os.environ.get("TROLLEY_FAILPOINT") == name:
        os._exit(137)


class DirectPublisher:
    """To the layer from a process without a relay: a shell, a command.

    A call may cost PATIENCE; after one that failed, PAUSE seconds cost nothing.
    """

    def __init__(self) -> None:
        self._again_at = 0.0

    def send(self, outgoing: GroupMessage) -> None:
        """Send a message to its group, unless the layer failed a moment ago."""
        layer = get_channel_layer()
        if layer is None or isinstance(layer, InMemoryChannelLayer):
            return  # nobody outside this process could hear it
        if time.monotonic() < self._again_at:
            return
        try:
            async_to_sync(self._group_send)(layer, outgoing)
        except Exception as error:
            self._again_at = time.monotonic() + RETRY_DELAY * settings.LIVE_TIME_SCALE
            counters.layer_call_failed()
            logger.warning("the channel layer did not take a message: %r", error)

    async def _group_send(self, layer: Any, outgoing: GroupMessage) -> None:
        async with asyncio.timeout(LAYER_TIMEOUT):
            await layer.group_send(outgoing.group, outgoing.message)


_straight = DirectPublisher()
