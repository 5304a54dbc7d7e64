"""Up to which version each user has seen each list, on any device.

A list is seen while a client shows it (`seen`) and says that the user looks at it
(`presence`, not `away`). What was seen is stored a few seconds later, for all users at
once, and told to the other devices of the user.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from live.connections import stored_visits
from live.connections.connection import Connection
from live.connections.identity import UserAndList
from live.connections.presence import Presence
from live.connections.registry import ConnectionRegistry
from live.connections.screens import Screens
from live.connections.stored_visits import REFRESH, SeenVersion
from live.db_threads import run_in_db_thread
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery.readings import Position
from live.protocol import frames
from live.protocol.topics import parse_list_topic


class Visits:
    """Collects what users have seen until it is stored, and sends what was stored."""

    def __init__(
        self,
        *,
        process: str,
        registry: ConnectionRegistry,
        presence: Presence,
        screens: Screens,
        position: Callable[[UUID], Position | None],
        publish: Callable[[GroupMessage], None],
    ) -> None:
        self._process = process
        self._registry = registry
        self._presence = presence
        self._screens = screens
        self._position = position
        self._publish = publish
        self._unsaved: dict[UserAndList, SeenVersion] = {}
        self._saved: dict[UserAndList, tuple[SeenVersion, datetime]] = {}
        """What need not be stored again, of the connected users."""
        self._saving: asyncio.Task[None] | None = None

    def note(self, connection: Connection, topic: str) -> None:
        """Remember what a socket's user sees now, if the user looks at the list."""
        list_id = parse_list_topic(topic)
        position = None if list_id is None else self._position(list_id)
        version = self._screens.shown_version(connection, topic)
        is_seen = self._presence.is_active(connection, topic)
        if list_id is None or position is None or version is None or not is_seen:
            return
        seen = SeenVersion(position.epoch, min(version, position.version))
        key = (connection.user.user_id, list_id)
        unsaved = self._unsaved.get(key)
        if unsaved is not None:
            if seen.is_news_after(*unsaved):
                self._unsaved[key] = seen
        elif not self._is_saved(key, seen):
            self._unsaved[key] = seen

    def _is_saved(self, key: UserAndList, seen: SeenVersion) -> bool:
        if key not in self._saved:
            return False
        saved, at = self._saved[key]
        return not seen.is_news_after(*saved) and timezone.now() - at <= REFRESH

    def save_soon(self) -> None:
        """Store what was seen without waiting: a page that is loaded again asks for it next."""
        if self._unsaved and (self._saving is None or self._saving.done()):
            self._saving = asyncio.ensure_future(self._save_quietly())

    async def _save_quietly(self) -> None:
        with contextlib.suppress(Exception):  # the next periodic call reports it
            await self.save()

    async def save(self) -> None:
        """Store what was seen since the last call, and tell the devices of the users."""
        unsaved, self._unsaved = self._unsaved, {}
        if not unsaved:
            return
        now, users = timezone.now(), self._registry.users
        try:
            visits = await run_in_db_thread(stored_visits.store, unsaved, now)
        except Exception:
            self._unsaved = {**unsaved, **self._unsaved}
            raise
        saved = self._saved | {key: (seen, now) for key, seen in unsaved.items()}
        self._saved = {key: each for key, each in saved.items() if key[0] in users}
        for visit in visits:
            message = {
                "type": "live.visited",
                "process": self._process,
                "user": visit.user_id,
                "list": str(visit.shopping_list_id),
                "epoch": visit.epoch,
                "version": visit.version,
                "at": visit.at.timestamp(),
            }
            self._send(message)
            self._publish(GroupMessage(CONTROL_GROUP, message))

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Tell the devices of a user in this process what another process has stored."""
        if message["process"] != self._process:
            self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        list_id = UUID(message["list"])
        frame = frames.Visited(
            list=list_id,
            epoch=message["epoch"],
            version=message["version"],
            at=datetime.fromtimestamp(message["at"], UTC),
        )
        for connection in self._registry.connections_of(message["user"]):
            if connection.token_allows(list_id):
                connection.send(frame)
