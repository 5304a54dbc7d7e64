"""The channel layer of an installation with one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull  # type: ignore[import-untyped]
from channels.layers import InMemoryChannelLayer  # type: ignore[import-untyped]

CLEANING_INTERVAL = 1.0
"""Seconds between two searches for expired messages and memberships: they live for a minute."""


class MemoryChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]
    """The layer in memory of Channels, whose cost does not grow with the number of groups.

    Channels looks at all channels and all groups for each message that is sent and for each that
    is received. Here it looks at most once a second, so a message may live a second longer.
    """

    def __init__(
        self, *args: Any, clock: Callable[[], float] = time.monotonic, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock
        self._clean_at = float("-inf")

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to all channels of a group, except those that are full.

        Sending never waits here, so it needs no task for each channel as in Channels.
        """
        self.require_valid_group_name(group)
        self._clean_expired()
        for channel in tuple(self.groups.get(group, ())):
            with suppress(ChannelFull):
                await self.send(channel, message)

    def _clean_expired(self) -> None:
        if self._clock() >= self._clean_at:
            self._clean_at = self._clock() + CLEANING_INTERVAL
            super()._clean_expired()
