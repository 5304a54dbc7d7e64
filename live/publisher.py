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

from live.effects import Effects, effects_of
from live.metrics import counters
from live.outlet import CONTROL, Outgoing, group_of, hand_over
from shopping_list.models import Activity

logger = logging.getLogger(__name__)

PATIENCE = 0.5
"""Seconds that a process without a relay waits for the layer; a busy machine needs some."""
PAUSE = 5.0
"""Seconds for which such a process leaves a failed layer alone."""


def publish(activity: Activity) -> None:
    """Broadcast a recorded change once its transaction has committed."""
    frame = bytes(activity.frame)
    effects = effects_of(activity.changes, frame)
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


def control(message: dict[str, Any]) -> None:
    """Tell every process, now: this is not about a change of a list."""
    _send(Outgoing(CONTROL, message))


def control_on_commit(message: dict[str, Any]) -> None:
    """Tell every process once the transaction, if there is one, has committed."""
    _after_commit(lambda: control(message))


def _after_commit(work: Callable[[], None]) -> None:
    # A function, not a partial: Django logs a failed hook by its __qualname__.
    transaction.on_commit(work, robust=True)


def _committed(message: dict[str, Any], effects: Effects) -> None:
    _failpoint("after_commit")
    counters.changed()
    _send(Outgoing(group_of(message["list"]), {**message, "committed": time.time()}))
    if effects:
        # People hear of their lists where nobody watches the list itself, too.
        about = {key: value for key, value in message.items() if key != "frame"}
        _send(Outgoing(CONTROL, {**about, "type": "live.people"}))


def _send(outgoing: Outgoing) -> None:
    if not hand_over(outgoing):
        _straight.send(outgoing)


def _failpoint(name: str) -> None:
    """Die here if a test asks for it, the way a killed process does."""
    if settings.DEBUG and os.environ.get("TROLLEY_FAILPOINT") == name:
        os._exit(137)


class _Straight:
    """To the layer from a process without a relay: a shell, a command.

    A call may cost PATIENCE; after one that failed, PAUSE seconds cost nothing.
    """

    def __init__(self) -> None:
        self._again_at = 0.0

    def send(self, outgoing: Outgoing) -> None:
        layer = get_channel_layer()
        if layer is None or isinstance(layer, InMemoryChannelLayer):
            return  # nobody outside this process could hear it
        if time.monotonic() < self._again_at:
            return
        try:
            async_to_sync(self._group_send)(layer, outgoing)
        except Exception as error:
            self._again_at = time.monotonic() + PAUSE
            counters.layer_failed()
            logger.warning("the channel layer did not take a message: %r", error)

    async def _group_send(self, layer: Any, outgoing: Outgoing) -> None:
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(outgoing.group, outgoing.message)


_straight = _Straight()
