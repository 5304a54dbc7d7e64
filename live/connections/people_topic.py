"""The topic `people`: who has lists open, for each subscriber only on the subscriber's lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.presence import MAX_PEOPLE, Presence, PresenceEntry
from live.connections.registry import ConnectionRegistry
from live.connections.screens import ScreenCounts
from live.delivery.send_queue import Batch
from live.protocol import frames
from live.protocol.topics import PEOPLE
from shopping_list.rows import encode, topic_of


class PeopleTopic:
    """Compares once a second what each subscriber may see with what it was sent.

    Who may view a list is asked each time, so a user who loses a list loses the users on it.
    """

    def __init__(
        self, *, registry: ConnectionRegistry, access: AccessTracker, presence: Presence
    ) -> None:
        self._registry = registry
        self._access = access
        self._presence = presence
        self._sent: dict[Connection, str] = {}
        """The last frame of each subscriber."""
        self.list_screens: Callable[[UUID], ScreenCounts] = lambda list_id: ScreenCounts()
        """Returns the screens of a list in all processes. The owner sets it."""

    def has_subscribers(self) -> bool:
        """Tell whether a socket of this process is subscribed."""
        return bool(self._sent)

    def subscribe(self, connection: Connection, frame_id: int | None) -> None:
        """Subscribe a socket, and send it who is there now."""
        connection.send(frames.Subscribed(topic=PEOPLE, id=frame_id))
        connection.subscriptions[PEOPLE] = 0
        self._sent[connection] = ""
        self._send(connection)

    def resend(self, connection: Connection) -> None:
        """Send the newest frame to a subscribed socket that missed one."""
        self._sent[connection] = ""
        self._send(connection)

    def on_unsubscribe(self, connection: Connection) -> None:
        """Forget a socket that is not subscribed any more."""
        self._sent.pop(connection, None)

    def tick(self) -> None:
        """Send each subscriber what changed. It is called once a second."""
        for connection in tuple(self._sent):
            self._send(connection)

    def _send(self, connection: Connection) -> None:
        send_queue = connection.writer.send_queue
        if PEOPLE in send_queue.missed:
            return  # `resend` is called when the client reads again
        text = encode(self._frame(connection)).decode()
        if text != self._sent[connection]:
            self._sent[connection] = text
            send_queue.put(Batch(text, topic=PEOPLE))

    def _frame(self, connection: Connection) -> frames.People:
        names: dict[int, str] = {}
        lists: dict[int, list[frames.ListPresence]] = {}
        for list_id, entry in self._visible(connection):
            names[entry.id] = entry.name
            since = datetime.fromtimestamp(entry.since, UTC)
            lists.setdefault(entry.id, []).append(
                frames.ListPresence(list=list_id, state=entry.state, since=since)
            )
        people = tuple(
            frames.ActivePerson(id=user_id, name=name, lists=tuple(lists[user_id]))
            for user_id, name in sorted(names.items(), key=lambda item: (item[1], item[0]))
        )
        screens = tuple(
            frames.ListScreens(list=list_id, **counts._asdict())
            for list_id in self._visible_lists(connection)
            if sum(counts := self.list_screens(list_id))
        )
        return frames.People(topic=PEOPLE, people=people[:MAX_PEOPLE], screens=screens)

    def _visible(self, connection: Connection) -> Iterator[tuple[UUID, PresenceEntry]]:
        for list_id in self._visible_lists(connection):
            for entry in self._presence.entries(topic_of(list_id)):
                yield list_id, entry

    def _visible_lists(self, connection: Connection) -> Iterator[UUID]:
        user_id = connection.user.user_id
        user = self._registry.users.get(user_id)
        for list_id in sorted(user.lists) if user else ():
            if self._access.can_view(user_id, list_id) and connection.token_allows(list_id):
                yield list_id
