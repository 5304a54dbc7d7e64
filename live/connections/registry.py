"""Who is connected to this process, and which lists they may see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from live.connections.connection import Connection
from live.connections.identity import Identity, Position, UserAndList
from live.delivery.access_changes import AccessChanges
from live.protocol import frames
from live.protocol.frames import CloseCode, ListPosition
from shopping_list.rows import topic_of


@dataclass(slots=True)
class KnownAccess:
    """What is known of one person and one list: from where in its history, and since when.

    `at` is in monotonic seconds, to compare with the beginning of a reading.
    """

    member: bool
    place: Position
    at: float


@dataclass(slots=True)
class ConnectedUser:
    """A person, the sockets they have here, and the lists they may see."""

    connections: dict[Connection, None] = field(default_factory=dict)
    lists: dict[UUID, KnownAccess] = field(default_factory=dict)

    def follows(self, list_id: UUID) -> bool:
        """Tell whether any of the sockets follows a list."""
        topic = topic_of(list_id)
        return any(topic in connection.subscriptions for connection in self.connections)


class ConnectionRegistry:
    """Everybody who is connected here. It neither reads the database nor the layer."""

    def __init__(self) -> None:
        self._users: dict[int, ConnectedUser] = {}
        # With each, what was revoked since it came: what it shows may have been read before.
        self._anonymous: dict[Connection, set[int | str | None]] = {}

    # Coming and going.

    def add(self, connection: Connection) -> None:
        """Take in a socket whose person is not known yet."""
        self._anonymous[connection] = set()

    def authenticate(self, connection: Connection, identity: Identity) -> bool:
        """Learn whose socket it is; False if that person has too many.

        It is closed at once if what it showed was revoked while it was looked up.
        """
        somebody = self._users.setdefault(identity.user_id, ConnectedUser())
        if len(somebody.connections) >= frames.MAX_CONNECTIONS_PER_USER:
            return False
        revoked = self._anonymous.pop(connection, set())
        connection.identity = identity
        connection.expires = identity.expires
        connection.session.mark_authenticated()
        somebody.connections[connection] = None
        if not revoked.isdisjoint({identity.user_id, identity.session, identity.token} - {None}):
            connection.close(CloseCode.REVOKED, "signed out or revoked")
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a socket, and a person with their last one."""
        self._anonymous.pop(connection, None)
        if connection.identity is None:
            return
        somebody = self._users.get(connection.identity.user_id)
        if somebody is not None:
            somebody.connections.pop(connection, None)
            if not somebody.connections:
                del self._users[connection.identity.user_id]

    def all_connections(self) -> Iterator[Connection]:
        """Return all sockets, those of strangers too."""
        yield from tuple(self._anonymous)
        for somebody in tuple(self._users.values()):
            yield from tuple(somebody.connections)

    @property
    def people(self) -> list[int]:
        """The ids of everybody who is connected."""
        return list(self._users)

    @property
    def sockets(self) -> int:
        """How many sockets there are."""
        known = sum(len(somebody.connections) for somebody in self._users.values())
        return known + len(self._anonymous)

    # Who may see what.

    def can_view(self, user_id: int, list_id: UUID) -> bool:
        """Tell whether a person is known to be a member of a list."""
        somebody = self._users.get(user_id)
        known = somebody and somebody.lists.get(list_id)
        return bool(known and known.member)

    def update_access(
        self,
        user_id: int,
        lists: Mapping[UUID, Position],
        *,
        at: float,
        knowing: Connection | None = None,
    ) -> None:
        """Learn from a reading begun at `at` what a person may see, where nothing is newer.

        It is told to all their sockets but the one that has it from the reading.
        """
        for list_id, place in lists.items():
            if self._older(user_id, list_id, at):
                self._grant_access(user_id, list_id, place, at=at, knowing=knowing)

    def reconcile_access(
        self, found: Mapping[UserAndList, Position], *, at: float, thorough: bool
    ) -> None:
        """Give and take what a reading of everybody's lists, begun at `at`, shows otherwise.

        A list that somebody follows ends after its last change, which the relay
        finds in the log; only a thorough comparison takes it, whatever the log has.
        """
        for (user_id, list_id), place in found.items():
            if self._older(user_id, list_id, at):
                self._grant_access(user_id, list_id, place, at=at)
        for user_id, somebody in tuple(self._users.items()):
            for list_id, known in tuple(somebody.lists.items()):
                lost = known.member and known.at < at and (user_id, list_id) not in found
                if lost and (thorough or not somebody.follows(list_id)):
                    self._revoke_access(user_id, list_id, known.place)

    # What changes do to people (relay.People).

    def changed(self, list_id: UUID, epoch: str, version: int, effects: AccessChanges) -> None:
        """Tell people what a change did to them. Hearing of it twice does nothing more."""
        place = (epoch, version)
        for user_id in effects.removed:
            if self._newer(user_id, list_id, place):
                self._revoke_access(user_id, list_id, place)
        for user_id in effects.downgraded:
            self._downgrade(user_id, list_id, version)
        for user_id in effects.joined:
            if self._newer(user_id, list_id, place):
                self._grant_access(user_id, list_id, place, at=time.monotonic())

    def list_deleted(self, list_id: UUID) -> None:
        """End a list for everybody."""
        topic = topic_of(list_id)
        for user_id, somebody in tuple(self._users.items()):
            for connection in tuple(somebody.connections):
                connection.end_subscription(topic, "deleted")
            known = somebody.lists.get(list_id)
            if known is not None and known.member:
                self._revoke_access(user_id, list_id, known.place)

    def _older(self, user_id: int, list_id: UUID, at: float) -> bool:
        """Tell whether what is known of somebody who is here is older than `at`, or nothing."""
        somebody = self._users.get(user_id)
        if somebody is None:
            return False
        known = somebody.lists.get(list_id)
        return known is None or known.at < at

    def _newer(self, user_id: int, list_id: UUID, place: Position) -> bool:
        somebody = self._users.get(user_id)
        if somebody is None:
            return False
        known = somebody.lists.get(list_id)
        if known is None or known.place[0] != place[0]:
            return True
        return place[1] > known.place[1]

    def _revoke_access(self, user_id: int, list_id: UUID, place: Position) -> None:
        somebody = self._users[user_id]
        known = somebody.lists.get(list_id)
        somebody.lists[list_id] = KnownAccess(member=False, place=place, at=time.monotonic())
        for connection in tuple(somebody.connections):
            connection.end_subscription(topic_of(list_id), "revoked")
            if known is not None and known.member and connection.token_allows(list_id):
                connection.send(frames.AccessLost(list=list_id))

    def _grant_access(
        self,
        user_id: int,
        list_id: UUID,
        place: Position,
        *,
        at: float,
        knowing: Connection | None = None,
    ) -> None:
        somebody = self._users[user_id]
        known = somebody.lists.get(list_id)
        somebody.lists[list_id] = KnownAccess(member=True, place=place, at=at)
        if known is not None and known.member:
            return
        joined = frames.AccessGained(
            list=ListPosition(id=list_id, epoch=place[0], version=place[1])
        )
        for connection in tuple(somebody.connections):
            if connection is not knowing and connection.token_allows(list_id):
                connection.send(joined)

    def _downgrade(self, user_id: int, list_id: UUID, version: int) -> None:
        topic = topic_of(list_id)
        somebody = self._users.get(user_id, ConnectedUser())
        for connection in tuple(somebody.connections):
            if connection.subscriptions.get(topic, version) < version:
                connection.end_subscription(topic, "revoked")

    # Revocation.

    @property
    def staff(self) -> set[int]:
        """The ids of everybody with a socket that may follow what is the operator's."""
        return {
            who.user_id
            for connection in self.all_connections()
            if (who := connection.identity) is not None and who.staff
        }

    def revoke_staff(self, user_id: int) -> None:
        """Take from a person's sockets what is the operator's, and nothing else."""
        for connection in tuple(self._users.get(user_id, ConnectedUser()).connections):
            connection.identity = replace(connection.person, staff=False)
            connection.end_subscription("ops", "revoked")

    def revoke(
        self, *, user: int | None = None, session: str | None = None, token: str | None = None
    ) -> None:
        """Close every socket of a person, of one of their sessions, or of a token."""
        for since in self._anonymous.values():
            since |= {user, session, token}
        for connection in self.all_connections():
            who = connection.identity
            if who is None:
                continue
            if (
                user == who.user_id
                or (session and session == who.session)
                or (token and token == who.token)
            ):
                connection.close(CloseCode.REVOKED, "signed out or revoked")
