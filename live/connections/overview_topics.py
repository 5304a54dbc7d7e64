"""The topics `lists` and `activity`: all lists of a user and their changes, without rows of items.

A message only says which list changed; what changed is read from the database, at most once
in an interval for all changes and all subscribers of this process. So a lost message costs
time and nothing else: the periodic check of all positions finds the list.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.identity import UserAndList
from live.connections.registry import ConnectionRegistry
from live.db_threads import run_in_db_thread
from live.delivery import overview_batches
from live.delivery.hub import DELIVERIES_PER_SLICE
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage
from live.delivery.published_lists import News, PublishedLists
from live.delivery.readings import Position
from live.delivery.send_queue import Batch
from live.intervals import Intervals
from live.protocol import frames
from live.protocol.topics import ACTIVITY, LISTS, NEWEST_ACTIVITY, OVERVIEW_TOPICS
from shopping_list import overview
from shopping_list.overview_values import LoggedEntry
from shopping_list.rows import ActivityEntry, OverviewRow

logger = logging.getLogger(__name__)

ACTIVITY_TOPICS = (ACTIVITY, NEWEST_ACTIVITY)
MAX_REQUESTS_PER_READING = 100
"""Subscribers that one reading answers; the others wait for the next one."""

_ListNews = tuple[OverviewRow, Sequence[ActivityEntry]]


@dataclass(eq=False)
class _Request:
    """A socket that waits for all of a topic; `reply` is sent before it."""

    connection: Connection
    topic: str
    reply: frames.Subscribed | None
    answered: asyncio.Future[None]

    @property
    def is_open(self) -> bool:
        """Whether the socket still waits. A resend is for subscribed sockets only."""
        if self.connection.close_code is not None or self.answered.done():
            return False
        return self.reply is not None or self.topic in self.connection.subscriptions


class OverviewTopics:
    """Sends each subscriber its own lists and their changes, and nothing of other lists.

    One task reads and sends, so what is sent is never older than what was sent before. Who
    may view a list is asked when a frame is sent, not when a socket subscribes.
    `send_to_others` sends a message to the other processes.
    """

    def __init__(
        self,
        *,
        process: str,
        registry: ConnectionRegistry,
        access: AccessTracker,
        send_to_others: Callable[[GroupMessage], None],
        intervals: Intervals,
    ) -> None:
        self._process = process
        self._registry = registry
        self._access = access
        self._send_to_others = send_to_others
        self._intervals = intervals
        self._published = PublishedLists()
        self._subscriber_counts: Counter[str] = Counter()
        self._requests: list[_Request] = []
        self._changed_here: dict[str, bool] = {}
        """Lists that this process changed; the value tells whether members changed too."""
        self._outdated: dict[UUID, bool] = {}
        """Lists to read; the value tells whether their members must be read too."""
        self._granted: dict[UUID, set[int]] = {}
        """Users who must get the row of a list even if it is the same."""
        self._should_forget = False
        """Whether to forget the lists that no subscriber may view any more."""
        self._work_added = asyncio.Event()
        self._request_added = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to read and send."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Stop. Waiting subscribers get no answer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # Subscribers.

    async def subscribe(self, connection: Connection, topic: str, frame_id: int | None) -> None:
        """Subscribe a socket, and return when it was sent all of the topic."""
        await self._request(connection, topic, frames.Subscribed(topic=topic, id=frame_id))

    async def resend(self, connection: Connection, topic: str) -> None:
        """Send all of the topic again to a subscribed socket that missed something."""
        await self._request(connection, topic, None)

    def on_unsubscribe(self, topic: str) -> None:
        """Count a socket that was subscribed to a topic and is not any more."""
        self._subscriber_counts[topic] -= 1
        if not self._subscriber_counts.total():
            self._should_forget = True
            self._work_added.set()

    async def _request(
        self, connection: Connection, topic: str, reply: frames.Subscribed | None
    ) -> None:
        answered = asyncio.get_running_loop().create_future()
        self._requests.append(_Request(connection, topic, reply, answered))
        self._request_added.set()
        self._work_added.set()
        await answered

    # News.

    def note_change(self, message: dict[str, Any]) -> None:
        """Note a change that this process has recorded."""
        list_id = message["list"]
        members_changed = message["members_changed"]
        self._changed_here[list_id] = self._changed_here.get(list_id, False) or members_changed
        self._work_added.set()
        self._note_outdated(UUID(list_id), members_changed=members_changed)

    def receive_remote(self, message: dict[str, Any]) -> None:
        """Note changes that another process has recorded."""
        if message["process"] != self._process:
            for list_id, members_changed in message["lists"].items():
                self._note_outdated(UUID(list_id), members_changed=members_changed)

    def on_granted(self, user_id: int, list_id: UUID) -> None:
        """Send a list to a user who became a member (AccessTracker.on_granted)."""
        if not self._is_interested(user_id):
            return
        self._granted.setdefault(list_id, set()).add(user_id)
        self._outdated[list_id] = True
        self._work_added.set()
        for connection in self._registry.connections_of(user_id):
            for topic in ACTIVITY_TOPICS:
                if topic in connection.subscriptions and connection.token_allows(list_id):
                    connection.writer.send_queue.mark_missed(topic)

    def reconcile(self, positions: Mapping[UserAndList, Position]) -> None:
        """Find lists that changed without a message, in a reading of all memberships."""
        self._should_forget = True
        self._work_added.set()
        if not self._subscriber_counts.total():
            return
        for (user_id, list_id), position in positions.items():
            published = self._published.position(list_id)
            if published is None:
                self.on_granted(user_id, list_id)
            elif published != position:
                self._note_outdated(list_id, members_changed=True)

    def _note_outdated(self, list_id: UUID, *, members_changed: bool) -> None:
        if list_id in self._published or list_id in self._granted:
            self._mark_outdated(list_id, members_changed=members_changed)
            self._work_added.set()

    def _mark_outdated(self, list_id: UUID, *, members_changed: bool) -> None:
        self._outdated[list_id] = self._outdated.get(list_id, False) or members_changed

    def _is_interested(self, user_id: int) -> bool:
        """Tell whether any socket of a user is subscribed, or waits to be."""
        return any(
            not connection.subscriptions.keys().isdisjoint(OVERVIEW_TOPICS)
            for connection in self._registry.connections_of(user_id)
        ) or any(request.connection.user.user_id == user_id for request in self._requests)

    # The task.

    async def _run(self) -> None:
        while True:
            await self._work_added.wait()
            self._work_added.clear()
            try:
                await self._work()
            except Exception as error:
                logger.warning("the overview topics could not be read: %r", error)
                self._fail_requests(error)
                self._work_added.set()
                await asyncio.sleep(self._intervals.retry_delay)
            else:
                await self._pause()

    async def _pause(self) -> None:
        """Collect changes for an interval. A new subscriber does not wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._intervals.overview_interval):
                await self._request_added.wait()

    def _fail_requests(self, error: Exception) -> None:
        for request in self._requests:
            if not request.answered.done():
                request.answered.set_exception(error)
        self._requests.clear()

    async def _work(self) -> None:
        """Tell the other processes what changed, read what is outdated, and send it.

        1. Now and then, forget the lists that no subscriber may view.
        2. Read the rows of outdated lists, and of lists that a waiting subscriber may view and
           that were not sent yet or are not at the position that the process knows.
        3. Read the changes between the rows that were sent before and the new ones.
        4. Send both to the subscribers who may view the list now.
        5. Send all of the topic to the waiting subscribers.
        """
        self._announce()
        self._request_added.clear()
        self._forget_lists()
        requests = self._requests[:MAX_REQUESTS_PER_READING]
        outdated = {**self._outdated, **dict.fromkeys(self._missing_lists(requests), True)}
        rows, entries = await self._read(outdated)
        news = [
            await self._publish(list_id, rows.get(list_id), entries.get(list_id, []))
            for list_id in outdated
        ]
        await self._send_newest([each for each in news if each is not None])
        await self._answer(requests)

    def _announce(self) -> None:
        changed, self._changed_here = self._changed_here, {}
        if changed:
            message = {
                "type": "live.lists_changed",
                "process": self._process,
                "lists": changed,
            }
            self._send_to_others(GroupMessage(CONTROL_GROUP, message))

    def _forget_lists(self) -> None:
        if self._should_forget:
            self._should_forget = False
            users = self._registry.users
            interested = [user_id for user_id in users if self._is_interested(user_id)]
            self._published.retain({pk for user_id in interested for pk in users[user_id].lists})

    def _missing_lists(self, requests: Iterable[_Request]) -> Iterator[UUID]:
        for request in requests:
            user = self._registry.users.get(request.connection.user.user_id)
            for list_id, access in user.lists.items() if user else ():
                if access.is_member and self._published.position(list_id) != access.position:
                    yield list_id

    async def _read(
        self, outdated: Mapping[UUID, bool]
    ) -> tuple[dict[UUID, OverviewRow], dict[UUID, list[LoggedEntry]]]:
        """Read the rows and the unsent changes, and mark the lists as read.

        A list may change again meanwhile. After an error all of them must be read again.
        """
        if not outdated:
            return {}, {}
        self._outdated = {}
        try:
            rows = await self._read_rows(outdated)
            has_readers = any(self._subscriber_counts[topic] for topic in ACTIVITY_TOPICS)
            unsent = self._published.unsent_versions(rows) if has_readers else {}
            entries = await run_in_db_thread(overview.entries_between, unsent) if unsent else {}
        except Exception:
            for list_id, members_changed in outdated.items():
                self._mark_outdated(list_id, members_changed=members_changed)
            raise
        return rows, entries

    async def _read_rows(self, outdated: Mapping[UUID, bool]) -> dict[UUID, OverviewRow]:
        known_members = {
            list_id: members
            for list_id, members_changed in outdated.items()
            if not members_changed and (members := self._published.members(list_id)) is not None
        }
        return await run_in_db_thread(overview.overview_rows, tuple(outdated), known_members)

    # Sending.

    async def _publish(
        self, list_id: UUID, row: OverviewRow | None, entries: Sequence[LoggedEntry]
    ) -> _ListNews | None:
        """Send a row and its changes. Return them if `activity:newest` has to send them too."""
        granted = self._granted.pop(list_id, set())
        if row is None:
            self._published.remove(list_id)  # `left` tells the subscribers
            return None
        news = self._published.apply(row, entries)
        await self._send_row(row, news, granted)
        if news.is_rewritten:
            for topic in ACTIVITY_TOPICS:
                for connection in self._viewers(row, topic):
                    connection.writer.send_queue.mark_missed(topic)
            return None
        if not news.entries:
            return None
        batch = overview_batches.entries(news.entries)
        await self._send_batch(batch, self._viewers(row, ACTIVITY))
        return row, news.entries

    async def _send_newest(self, news: Sequence[_ListNews]) -> None:
        """Send each subscriber one frame, whatever the number of changes and lists."""
        if not self._subscriber_counts[NEWEST_ACTIVITY]:
            return
        entries = {row.id: of_list for row, of_list in news}
        lists: dict[Connection, list[UUID]] = {}
        for row, _ in news:
            for connection in self._viewers(row, NEWEST_ACTIVITY):
                lists.setdefault(connection, []).append(row.id)
        same: dict[tuple[UUID, ...], list[Connection]] = {}
        for connection, list_ids in lists.items():
            same.setdefault(tuple(list_ids), []).append(connection)
        for visible, connections in same.items():
            batch = overview_batches.newest(
                entry for list_id in visible for entry in entries[list_id]
            )
            await self._send_batch(batch, connections)

    async def _send_row(self, row: OverviewRow, news: News, granted: set[int]) -> None:
        published = news.row or next(iter(self._published.newest_first([row.id])))
        viewers = self._viewers(row, LISTS)
        if news.row is None:
            viewers = (each for each in viewers if each.user.user_id in granted)
        await self._send_batch(overview_batches.row(published), viewers)

    def _viewers(self, row: OverviewRow, topic: str) -> Iterator[Connection]:
        """Yield the subscribers of a topic who may view a list."""
        for member in row.members:
            for connection in self._registry.connections_of(member.id):
                if topic in connection.subscriptions and self._can_view(connection, row.id):
                    yield connection

    def _can_view(self, connection: Connection, list_id: UUID) -> bool:
        is_member = self._access.can_view(connection.user.user_id, list_id)
        return is_member and connection.token_allows(list_id)

    async def _send_batch(self, batch: Batch, connections: Iterable[Connection]) -> None:
        for number, connection in enumerate(connections, 1):
            connection.writer.send_queue.put(batch)
            if number % DELIVERIES_PER_SLICE == 0:
                await asyncio.sleep(0)

    async def _answer(self, requests: Sequence[_Request]) -> None:
        histories: dict[frozenset[UUID], tuple[ActivityEntry, ...]] = {}
        for request in requests:
            visible = self._visible_lists(request.connection)
            if request.topic in ACTIVITY_TOPICS and visible not in histories:
                histories[visible] = await self._read_history(visible)
            if request.is_open:
                self._send_all(request, histories.get(visible, ()))
            if not request.answered.done():
                request.answered.set_result(None)
            self._requests.remove(request)
        if self._requests:
            self._work_added.set()
            self._request_added.set()

    def _visible_lists(self, connection: Connection) -> frozenset[UUID]:
        user = self._registry.users.get(connection.user.user_id)
        lists = user.lists if user else ()
        return frozenset(list_id for list_id in lists if self._can_view(connection, list_id))

    async def _read_history(self, visible: frozenset[UUID]) -> tuple[ActivityEntry, ...]:
        """Read the newest changes, up to the version of each list that was sent to all."""
        lists = {each.row.id: each.list_version for each in self._published.newest_first(visible)}
        return await run_in_db_thread(overview.newest_entries, lists, frames.MAX_ACTIVITY_ENTRIES)

    def _send_all(self, request: _Request, history: Sequence[ActivityEntry]) -> None:
        connection, topic = request.connection, request.topic
        send_queue = connection.writer.send_queue
        send_queue.drop_topic(topic)
        if request.reply is not None:
            connection.send(request.reply)
            self._subscriber_counts[topic] += 1
            connection.subscriptions[topic] = 0
        visible = self._visible_lists(connection)
        if topic == LISTS:
            batches = overview_batches.overview(self._published.newest_first(visible))
        else:
            batches = [
                overview_batches.history(
                    topic, [entry for entry in history if entry.list in visible]
                )
            ]
        for batch in batches:
            send_queue.put(batch)
