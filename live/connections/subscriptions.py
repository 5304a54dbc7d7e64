"""Attaches a socket to a topic exactly at the position of the relay, and detaches it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol
from uuid import UUID

from live.connections import identity
from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.overview_topics import OverviewTopics
from live.connections.people_topic import PeopleTopic
from live.connections.presence import Presence
from live.connections.screens import Screens
from live.connections.state_machine import StartSubscription
from live.counters import counters
from live.db_threads import run_in_db_thread
from live.delivery.hub import Hub
from live.delivery.readings import Position
from live.delivery.relay import ListTooBusyError, Relay
from live.delivery.replay import Replay
from live.delivery_meter import DeliveryMeter
from live.intervals import Intervals
from live.protocol import frames
from live.protocol.topics import (
    OPERATIONS,
    OVERVIEW_TOPICS,
    PEOPLE,
    REQUESTS,
    is_staff_topic,
    parse_list_topic,
    parse_window_topic,
)
from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)


class ReplayedTopics(Protocol):
    """Topics whose subscribers are sent all of them first, and then news."""

    async def subscribe(self, connection: Connection, topic: str, frame_id: int | None) -> None:
        """Subscribe a socket, and send it all of the topic."""

    async def resend(self, connection: Connection, topic: str) -> None:
        """Send all of the topic again to a subscribed socket that missed something."""


class Subscriptions:
    """Subscribes sockets to topics. It knows no frames but the replies to `subscribe`.

    `counter_history` returns the last samples of the request counters as columns,
    `dashboard_topics` are the names of the topics that only show counts, `window_topics` sends
    the counters of longer times.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        relay: Relay,
        access: AccessTracker,
        presence: Presence,
        screens: Screens,
        overview_topics: OverviewTopics,
        people_topic: PeopleTopic,
        counter_history: Callable[[], dict[str, list[Any]]],
        dashboard_topics: Collection[str],
        window_topics: ReplayedTopics,
        intervals: Intervals,
        meter: DeliveryMeter,
    ) -> None:
        self._meter = meter
        self._hub = hub
        self._relay = relay
        self._access = access
        self._presence = presence
        self._screens = screens
        self._overview_topics = overview_topics
        self._people_topic = people_topic
        self._counter_history = counter_history
        self._dashboard_topics = dashboard_topics
        self._window_topics = window_topics
        self._intervals = intervals

    async def subscribe(self, connection: Connection, request: StartSubscription) -> bool:
        """Subscribe a socket and reply; return False if the client must ask again later.

        Unknown and forbidden topics get the same error.
        """
        connection.detach(request.topic)
        list_id = parse_list_topic(request.topic)
        try:
            if request.topic in OVERVIEW_TOPICS:
                await self._overview_topics.subscribe(connection, request.topic, request.id)
                is_subscribed = True
            elif parse_window_topic(request.topic) is not None:
                is_subscribed = await self._subscribe_window(connection, request)
            elif request.topic == PEOPLE:
                self._people_topic.subscribe(connection, request.id)
                is_subscribed = True
            elif list_id is None:
                is_subscribed = self._subscribe_counters(connection, request)
            else:
                is_subscribed = await self._subscribe_list(connection, list_id, request)
        except Exception as error:
            is_busy = isinstance(error, ListTooBusyError)
            is_unknown = not is_busy and database_trouble(error) is None
            logger.warning(
                "subscribing to %s failed: %r", request.topic, error, exc_info=is_unknown
            )
            self._refuse(connection, request, "unavailable", retry_in=self._intervals.retry_delay)
            return False
        if not is_subscribed:
            self._refuse(connection, request, "not_found")
        return True

    def _refuse(
        self,
        connection: Connection,
        request: StartSubscription,
        code: frames.ErrorCode,
        *,
        retry_in: float | None = None,
    ) -> None:
        connection.unsubscribe(request.topic)
        message = "no such topic" if code == "not_found" else "not now"
        connection.send_error(code, message, frame_id=request.id, retry_in=retry_in)

    def on_unsubscribe(self, connection: Connection, topic: str) -> None:
        """Detach a socket from a topic (Connection.on_unsubscribe)."""
        if topic in OVERVIEW_TOPICS:
            self._overview_topics.on_unsubscribe(topic)
            return
        if topic == PEOPLE:
            self._people_topic.on_unsubscribe(connection)
            return
        self._hub.detach(topic, connection.writer.send_queue)
        list_id = parse_list_topic(topic)
        if list_id is not None:
            self._presence.remove(connection, topic)
            self._screens.remove(connection, topic)
            self._relay.unwatch(list_id)

    # Counters.

    def _subscribe_counters(self, connection: Connection, request: StartSubscription) -> bool:
        user = connection.user
        has_history = request.topic in (REQUESTS, OPERATIONS)
        is_known = has_history or request.topic in self._dashboard_topics
        if not is_known or not (
            user.is_staff if is_staff_topic(request.topic) else _is_wide(connection)
        ):
            return False
        history = self._counter_history() if has_history else None
        connection.send(frames.Subscribed(topic=request.topic, id=request.id, history=history))
        self._hub.attach(request.topic, connection.writer.send_queue)
        connection.subscriptions[request.topic] = 0
        return True

    async def _subscribe_window(self, connection: Connection, request: StartSubscription) -> bool:
        if not _is_wide(connection):
            return False
        await self._window_topics.subscribe(connection, request.topic, request.id)
        return True

    # Lists.

    async def _subscribe_list(
        self, connection: Connection, list_id: UUID, request: StartSubscription
    ) -> bool:
        if not await self._read_can_view(connection, list_id):
            return False
        position = None
        if request.since is not None and request.epoch and request.digest:
            position = Position(request.epoch, request.since, request.digest)
        # The relay delivers what happens to the access from its first reading on.
        self._relay.watch(list_id)
        try:
            return await self._subscribe_watched(connection, list_id, request, position)
        finally:
            self._relay.unwatch(list_id)

    async def _subscribe_watched(
        self,
        connection: Connection,
        list_id: UUID,
        request: StartSubscription,
        position: Position | None,
    ) -> bool:
        is_access_current = False
        while True:
            delay, read_at = 0.0, time.monotonic()
            async with self._relay.replay_from(list_id, position) as replay:
                # No await in this block (Relay.replay_from). The socket may have lost its
                # access or its connection during the reading.
                if replay is None:
                    # Without this, nobody would tell the user that the list is restored.
                    self._access.lose(connection.user.user_id, list_id, read_at=read_at)
                    if self._is_allowed(connection, list_id):
                        continue  # it was restored after this reading, and no `joined` follows
                    return False
                if not self._is_allowed(connection, list_id):
                    return False
                is_access_current = is_access_current or self._is_access_as_new_as(
                    replay, connection, list_id
                )
                if is_access_current and not replay.is_resume:
                    delay = self._snapshot_delay(connection, request.topic)
                if is_access_current and not delay:
                    self._relay.watch(list_id)
                    connection.subscriptions[request.topic] = replay.relay_version
                    reply = _subscribed(request, replay)
                    missed = _missed_changes(position, replay)
                    self._meter.promised += missed
                    owed = connection.writer.send_queue.owed
                    owed.add(request.topic, missed, time.perf_counter())
                    self._attach(connection, request.topic, replay, position, reply=reply)
                    return True
            if not is_access_current:
                # The access was read before the list, and the list is newer. Perhaps the
                # removal of the user is among the changes that this process has not seen.
                await self._read_access(connection, list_id)
                is_access_current = True
            elif delay:
                # The next frames of this socket wait too. Others do not.
                await asyncio.sleep(delay)

    def _snapshot_delay(self, connection: Connection, topic: str) -> float:
        """Return how long a socket must wait for another snapshot; if not at all, note the time.

        A long list has megabytes, so a client that subscribes again and again could keep
        the process busy with sending.
        """
        now, interval = time.monotonic(), self._intervals.snapshot_interval
        recent = {each: at for each, at in connection.snapshot_times.items() if now - at < interval}
        if topic in recent:
            return recent[topic] + interval - now
        connection.snapshot_times = {**recent, topic: now}
        return 0.0

    async def _read_can_view(self, connection: Connection, list_id: UUID) -> bool:
        """Tell whether a socket may view a list. If that is not known, read it."""
        user_id = connection.user.user_id
        if not connection.token_allows(list_id):
            return False
        if not self._access.can_view(user_id, list_id):
            await self._read_access(connection, list_id)
        return self._access.can_view(user_id, list_id)

    async def _read_access(self, connection: Connection, list_id: UUID) -> None:
        """Read whether a user may view a list, and store it unless something newer is known."""
        user_id, read_at = connection.user.user_id, time.monotonic()
        position = await run_in_db_thread(identity.list_position, user_id, list_id)
        if position is not None:
            self._access.update(user_id, {list_id: position}, read_at=read_at)
        else:
            self._access.lose(user_id, list_id, read_at=read_at)

    def _is_access_as_new_as(self, replay: Replay, connection: Connection, list_id: UUID) -> bool:
        """Tell whether the access of a socket is known from the position that a replay reaches."""
        known = self._access.position(connection.user.user_id, list_id)
        return known == replay.position and replay.position.version == replay.relay_version

    def _is_allowed(self, connection: Connection, list_id: UUID) -> bool:
        is_open = connection.close_code is None
        return is_open and self._access.can_view(connection.user.user_id, list_id)

    def _attach(
        self,
        connection: Connection,
        topic: str,
        replay: Replay,
        position: Position | None,
        *,
        reply: frames.Subscribed | None = None,
    ) -> None:
        send_queue = connection.writer.send_queue
        self._hub.attach(topic, send_queue)
        send_queue.missed.pop(topic, None)
        if reply is not None:
            connection.send(reply)
        send_queue.owed.start_replay(
            topic, batches=len(replay.batches), covered=_covered_changes(position, replay)
        )
        for batch in replay.batches:
            send_queue.put(batch)
        self._presence.send_to(connection, topic)

    # Lagging sockets.

    def on_lagging(self, connection: Connection) -> None:
        """Start to replay what a socket missed, now that the client reads again."""
        if connection.resync_task is None or connection.resync_task.done():
            connection.resync_task = asyncio.ensure_future(self._resync(connection))

    async def _resync(self, connection: Connection) -> None:
        missed = connection.writer.send_queue.missed
        while missed and connection.close_code is None:
            topic, position = next(iter(missed.items()))
            list_id = parse_list_topic(topic)
            is_overview = topic in OVERVIEW_TOPICS
            is_window = parse_window_topic(topic) is not None
            is_replayed = list_id is not None or is_overview or is_window
            if topic not in connection.subscriptions or not is_replayed:
                missed.pop(topic)  # counters: the next sample replaces a missed one
                if topic == PEOPLE and topic in connection.subscriptions:
                    self._people_topic.resend(connection)
                continue
            try:
                if is_window:
                    await self._window_topics.resend(connection, topic)
                elif list_id is None:
                    await self._overview_topics.resend(connection, topic)
                else:
                    await self._replay(connection, topic, list_id, position)
            except Exception as error:
                is_unknown = database_trouble(error) is None
                logger.warning("replaying %s failed: %r", topic, error, exc_info=is_unknown)
                await asyncio.sleep(self._intervals.retry_delay)
            await connection.writer.drain()

    async def _replay(
        self, connection: Connection, topic: str, list_id: UUID, position: Position | None
    ) -> None:
        async with self._relay.replay_from(list_id, position) as replay:
            # No await in this block (Relay.replay_from).
            if connection.writer.send_queue.missed.get(topic, ()) != position:
                return  # during the reading the client subscribed again, or missed more
            is_allowed = topic in connection.subscriptions and self._is_allowed(connection, list_id)
            if replay is not None and is_allowed:
                # The version may be lower than before: the database went back.
                connection.subscriptions[topic] = replay.relay_version
                self._attach(connection, topic, replay, position)
            else:
                connection.end_subscription(topic, "deleted")
                connection.writer.send_queue.drop_topic(topic)


def _is_wide(connection: Connection) -> bool:
    """Tell whether a socket may see what concerns the whole installation."""
    return connection.user.restricted_to_list is None and not connection.user.is_guest


def _covered_changes(position: Position | None, replay: Replay) -> int | None:
    """Return how many changes after `position` are in a replay, None for a snapshot."""
    if position is None or not replay.is_resume:
        return None
    return replay.relay_version - position.version


def _missed_changes(position: Position | None, replay: Replay) -> int:
    """Return how many changes a client at `position` has missed; one that has nothing, none."""
    if position is None:
        return 0
    is_same_history = position.epoch == replay.position.epoch
    missed = replay.relay_version - position.version if is_same_history else 0
    return missed if replay.is_resume else max(1, missed)


def _subscribed(request: StartSubscription, replay: Replay) -> frames.Subscribed:
    counters.resumed += replay.is_resume
    counters.snapshots += not replay.is_resume
    return frames.Subscribed(
        topic=request.topic,
        id=request.id,
        **replay.position._asdict(),
        recovered=replay.is_resume,
    )
