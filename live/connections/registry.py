"""Which sockets and users are connected to this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

from live.connections.connection import Connection
from live.connections.identity import Identity
from live.delivery.readings import Position
from live.protocol import frames
from live.protocol.frames import CloseCode
from live.protocol.topics import is_staff_topic
from shopping_list.rows import topic_of


@dataclass(slots=True)
class KnownAccess:
    """Whether a user is a member of a list, from which position of the list, and when it was read.

    `known_at` is in monotonic seconds, to compare it with the start of a reading.
    `doubted_at` is when the first of the last readings began that did not have this membership.
    """

    is_member: bool
    position: Position
    known_at: float
    doubted_at: float | None = None


@dataclass(slots=True)
class ConnectedUser:
    """The sockets of a user in this process, and the user's access to lists."""

    connections: dict[Connection, None] = field(default_factory=dict)
    lists: dict[UUID, KnownAccess] = field(default_factory=dict)

    def is_subscribed_to(self, list_id: UUID) -> bool:
        """Tell whether any socket of the user is subscribed to a list."""
        topic = topic_of(list_id)
        return any(topic in connection.subscriptions for connection in self.connections)


class ConnectionRegistry:
    """All connected sockets. It reads neither the database nor the channel layer."""

    def __init__(self) -> None:
        self.users: dict[int, ConnectedUser] = {}
        # Each with what was revoked since it connected: its credentials may be read before that.
        self._anonymous: dict[Connection, set[int | str | None]] = {}

    def add(self, connection: Connection) -> None:
        """Add a socket that is not authenticated yet."""
        self._anonymous[connection] = set()

    def authenticate(self, connection: Connection, identity: Identity) -> bool:
        """Set the user of a socket; return False if the user has too many sockets.

        The socket is closed at once if its session, token or user was revoked
        during the lookup.
        """
        user = self.users.setdefault(identity.user_id, ConnectedUser())
        if len(user.connections) >= frames.MAX_CONNECTIONS_PER_USER:
            return False
        revoked = self._anonymous.pop(connection, set())
        connection.identity = identity
        connection.expires_at = identity.expires_at
        connection.state.mark_authenticated()
        user.connections[connection] = None
        if not revoked.isdisjoint({identity.user_id, identity.session, identity.token} - {None}):
            connection.send_error("not_signed_in", "signed out or revoked")
            connection.close(CloseCode.REVOKED, "signed out or revoked")
        return True

    def remove(self, connection: Connection) -> None:
        """Remove a socket, and its user with the last socket."""
        self._anonymous.pop(connection, None)
        if connection.identity is None:
            return
        user = self.users.get(connection.identity.user_id)
        if user is not None:
            user.connections.pop(connection, None)
            if not user.connections:
                del self.users[connection.identity.user_id]

    def all_connections(self) -> Iterator[Connection]:
        """Return all sockets, including those that are not authenticated."""
        yield from tuple(self._anonymous)
        for user in tuple(self.users.values()):
            yield from tuple(user.connections)

    def connections_of(self, user_id: int) -> tuple[Connection, ...]:
        """Return the sockets of a user."""
        user = self.users.get(user_id)
        return () if user is None else tuple(user.connections)

    def find(self, connection_id: str) -> Connection | None:
        """Return the socket of a user by its id, if this process has it."""
        connections = (each for user in self.users.values() for each in user.connections)
        return next((each for each in connections if each.id == connection_id), None)

    @property
    def user_ids(self) -> list[int]:
        """The ids of all connected users."""
        return list(self.users)

    @property
    def connection_count(self) -> int:
        """The number of sockets."""
        return len(self._anonymous) + sum(len(user.connections) for user in self.users.values())

    @property
    def staff_ids(self) -> set[int]:
        """The ids of all users with a socket that may subscribe to the topics of staff."""
        return {
            identity.user_id
            for connection in self.all_connections()
            if (identity := connection.identity) is not None and identity.is_staff
        }

    def revoke_staff(self, user_id: int) -> None:
        """End the staff rights of a user's sockets. Their other subscriptions stay."""
        for connection in self.connections_of(user_id):
            connection.identity = replace(connection.user, is_staff=False)
            for topic in filter(is_staff_topic, list(connection.subscriptions)):
                connection.end_subscription(topic, "revoked")

    def revoke(
        self, *, user_id: int | None = None, session: str | None = None, token: str | None = None
    ) -> None:
        """Close all sockets of a user, of a session or of a token."""
        for revoked in self._anonymous.values():
            revoked |= {user_id, session, token}
        for connection in self.all_connections():
            identity = connection.identity
            if identity is not None and (
                user_id == identity.user_id
                or (session and session == identity.session)
                or (token and token == identity.token)
            ):
                connection.close(CloseCode.REVOKED, "signed out or revoked")
