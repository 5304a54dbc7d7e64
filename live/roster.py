"""Who is connected to this process, and which lists they may see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from live import protocol
from live.connection import Connection
from live.effects import Effects
from live.identity import Identity, Pair, Place
from live.protocol import CloseCode, ListPosition
from shopping_list.rows import topic_of


@dataclass(slots=True)
class Known:
    """What is known of one person and one list: from where in its history, and since when.

    `at` is in monotonic seconds, to compare with the beginning of a reading.
    """

    member: bool
    place: Place
    at: float


@dataclass(slots=True)
class Somebody:
    """A person, the sockets they have here, and the lists they may see."""

    connections: dict[Connection, None] = field(default_factory=dict)
    lists: dict[UUID, Known] = field(default_factory=dict)

    def follows(self, list_id: UUID) -> bool:
        """Tell whether any of the sockets follows a list."""
        topic = topic_of(list_id)
        return any(topic in connection.following for connection in self.connections)


class Roster:
    """Everybody who is connected here. It neither reads the database nor the layer."""

    def __init__(self) -> None:
        self._people: dict[int, Somebody] = {}
        # With each, what was revoked since it came: what it shows may have been read before.
        self._strangers: dict[Connection, set[int | str | None]] = {}

    # Coming and going.

    def arrive(self, connection: Connection) -> None:
        """Take in a socket whose person is not known yet."""
        self._strangers[connection] = set()

    def recognise(self, connection: Connection, identity: Identity) -> bool:
        """Learn whose socket it is; False if that person has too many.

        It is closed at once if what it showed was revoked while it was looked up.
        """
        somebody = self._people.setdefault(identity.user_id, Somebody())
        if len(somebody.connections) >= protocol.CONNECTIONS:
            return False
        revoked = self._strangers.pop(connection, set())
        connection.identity = identity
        connection.expires = identity.expires
        connection.session.signed_in()
        somebody.connections[connection] = None
        if not revoked.isdisjoint({identity.user_id, identity.session, identity.token} - {None}):
            connection.close(CloseCode.REVOKED, "signed out or revoked")
        return True

    def depart(self, connection: Connection) -> None:
        """Forget a socket, and a person with their last one."""
        self._strangers.pop(connection, None)
        if connection.identity is None:
            return
        somebody = self._people.get(connection.identity.user_id)
        if somebody is not None:
            somebody.connections.pop(connection, None)
            if not somebody.connections:
                del self._people[connection.identity.user_id]

    def everyone(self) -> Iterator[Connection]:
        """Return all sockets, those of strangers too."""
        yield from tuple(self._strangers)
        for somebody in tuple(self._people.values()):
            yield from tuple(somebody.connections)

    @property
    def people(self) -> list[int]:
        """The ids of everybody who is connected."""
        return list(self._people)

    @property
    def sockets(self) -> int:
        """How many sockets there are."""
        known = sum(len(somebody.connections) for somebody in self._people.values())
        return known + len(self._strangers)

    # Who may see what.

    def may_see(self, user_id: int, list_id: UUID) -> bool:
        """Tell whether a person is known to be a member of a list."""
        somebody = self._people.get(user_id)
        known = somebody and somebody.lists.get(list_id)
        return bool(known and known.member)

    def learn(
        self,
        user_id: int,
        lists: Mapping[UUID, Place],
        *,
        at: float,
        knowing: Connection | None = None,
    ) -> None:
        """Learn from a reading begun at `at` what a person may see, where nothing is newer.

        It is told to all their sockets but the one that has it from the reading.
        """
        for list_id, place in lists.items():
            if self._older(user_id, list_id, at):
                self._give(user_id, list_id, place, at=at, knowing=knowing)

    def compare(self, found: Mapping[Pair, Place], *, at: float, thorough: bool) -> None:
        """Give and take what a reading of everybody's lists, begun at `at`, shows otherwise.

        A list that somebody follows ends after its last change, which the relay
        finds in the log; only a thorough comparison takes it, whatever the log has.
        """
        for (user_id, list_id), place in found.items():
            if self._older(user_id, list_id, at):
                self._give(user_id, list_id, place, at=at)
        for user_id, somebody in tuple(self._people.items()):
            for list_id, known in tuple(somebody.lists.items()):
                lost = known.member and known.at < at and (user_id, list_id) not in found
                if lost and (thorough or not somebody.follows(list_id)):
                    self._take(user_id, list_id, known.place)

    # What changes do to people (relay.People).

    def changed(self, list_id: UUID, epoch: str, version: int, effects: Effects) -> None:
        """Tell people what a change did to them. Hearing of it twice does nothing more."""
        place = (epoch, version)
        for user_id in effects.left:
            if self._newer(user_id, list_id, place):
                self._take(user_id, list_id, place)
        for user_id in effects.lowered:
            self._lower(user_id, list_id, version)
        for user_id in effects.joined:
            if self._newer(user_id, list_id, place):
                self._give(user_id, list_id, place, at=time.monotonic())

    def gone(self, list_id: UUID) -> None:
        """End a list for everybody."""
        topic = topic_of(list_id)
        for user_id, somebody in tuple(self._people.items()):
            for connection in tuple(somebody.connections):
                connection.end(topic, "deleted")
            known = somebody.lists.get(list_id)
            if known is not None and known.member:
                self._take(user_id, list_id, known.place)

    def _older(self, user_id: int, list_id: UUID, at: float) -> bool:
        """Tell whether what is known of somebody who is here is older than `at`, or nothing."""
        somebody = self._people.get(user_id)
        if somebody is None:
            return False
        known = somebody.lists.get(list_id)
        return known is None or known.at < at

    def _newer(self, user_id: int, list_id: UUID, place: Place) -> bool:
        somebody = self._people.get(user_id)
        if somebody is None:
            return False
        known = somebody.lists.get(list_id)
        if known is None or known.place[0] != place[0]:
            return True
        return place[1] > known.place[1]

    def _take(self, user_id: int, list_id: UUID, place: Place) -> None:
        somebody = self._people[user_id]
        known = somebody.lists.get(list_id)
        somebody.lists[list_id] = Known(member=False, place=place, at=time.monotonic())
        for connection in tuple(somebody.connections):
            connection.end(topic_of(list_id), "revoked")
            if known is not None and known.member and connection.may_open(list_id):
                connection.send(protocol.Left(list=list_id))

    def _give(
        self,
        user_id: int,
        list_id: UUID,
        place: Place,
        *,
        at: float,
        knowing: Connection | None = None,
    ) -> None:
        somebody = self._people[user_id]
        known = somebody.lists.get(list_id)
        somebody.lists[list_id] = Known(member=True, place=place, at=at)
        if known is not None and known.member:
            return
        joined = protocol.Joined(list=ListPosition(id=list_id, epoch=place[0], version=place[1]))
        for connection in tuple(somebody.connections):
            if connection is not knowing and connection.may_open(list_id):
                connection.send(joined)

    def _lower(self, user_id: int, list_id: UUID, version: int) -> None:
        topic = topic_of(list_id)
        somebody = self._people.get(user_id, Somebody())
        for connection in tuple(somebody.connections):
            if connection.following.get(topic, version) < version:
                connection.end(topic, "revoked")

    # Revocation.

    @property
    def staff(self) -> set[int]:
        """The ids of everybody with a socket that may follow what is the operator's."""
        return {
            who.user_id
            for connection in self.everyone()
            if (who := connection.identity) is not None and who.staff
        }

    def demote(self, user_id: int) -> None:
        """Take from a person's sockets what is the operator's, and nothing else."""
        for connection in tuple(self._people.get(user_id, Somebody()).connections):
            connection.identity = replace(connection.person, staff=False)
            connection.end("ops", "revoked")

    def revoke(
        self, *, user: int | None = None, session: str | None = None, token: str | None = None
    ) -> None:
        """Close every socket of a person, of one of their sessions, or of a token."""
        for since in self._strangers.values():
            since |= {user, session, token}
        for connection in self.everyone():
            who = connection.identity
            if who is None:
                continue
            if (
                user == who.user_id
                or (session and session == who.session)
                or (token and token == who.token)
            ):
                connection.close(CloseCode.REVOKED, "signed out or revoked")
