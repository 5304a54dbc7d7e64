"""Which lists the connected users may view."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from live.connections.connection import Connection
from live.connections.identity import UserAndList
from live.connections.registry import ConnectedUser, ConnectionRegistry, KnownAccess
from live.delivery.access_changes import AccessChanges
from live.delivery.readings import Position
from live.intervals import Intervals
from live.noop import noop
from live.protocol import frames
from live.protocol.frames import ListPosition
from shopping_list.rows import topic_of


class AccessTracker:
    """Knows the lists of the connected users and notifies their sockets of changes.

    What it knows comes from readings and from messages, in any order; the newer
    one counts. It reads neither the database nor the channel layer.
    """

    def __init__(
        self, registry: ConnectionRegistry, *, doubt_timeout: float = Intervals.doubt_timeout
    ) -> None:
        """`doubt_timeout` is how long the log may take to end a lost subscription, in seconds."""
        self._registry = registry
        self._doubt_timeout = doubt_timeout
        self.on_granted: Callable[[int, UUID], None] = noop
        """Called with a user and a list that the user may view from now on."""

    def can_view(self, user_id: int, list_id: UUID) -> bool:
        """Tell whether a user is known to be a member of a list."""
        access = self._access(user_id, list_id)
        return access is not None and access.is_member

    def position(self, user_id: int, list_id: UUID) -> Position | None:
        """Return the position of a list at which a user was known to be a member of it."""
        access = self._access(user_id, list_id)
        return access.position if access is not None and access.is_member else None

    def update(
        self,
        user_id: int,
        lists: Mapping[UUID, Position],
        *,
        read_at: float,
        informed: Connection | None = None,
    ) -> None:
        """Store the lists of a user from a reading that started at `read_at`.

        Newer knowledge stays. All sockets of the user are notified, except
        `informed`, which gets the result of the reading itself.
        """
        for list_id, position in lists.items():
            if self._is_older(user_id, list_id, read_at):
                self._grant(user_id, list_id, position, known_at=read_at, informed=informed)

    def inform(self, connection: Connection, lists: Collection[UUID], *, read_at: float) -> None:
        """Tell a new socket what is newer than the reading of `lists` that it was sent.

        It started at `read_at`. Meanwhile other sockets of the user were told, and this was not.
        A list that it does not have, although the user still counts as its member, ends for the
        other sockets a little later. If the user is a member again by then, this one is told.
        """
        user_id = connection.user.user_id
        for list_id, access in tuple(self._registry.users[user_id].lists.items()):
            is_news = access.known_at >= read_at and access.is_member != (list_id in lists)
            if access.is_member and list_id not in lists and not is_news:
                connection.unlisted[list_id] = read_at
            if is_news and connection.token_allows(list_id):
                connection.send(
                    _gained(list_id, access.position)
                    if access.is_member
                    else frames.AccessLost(list=list_id)
                )

    def lose(self, user_id: int, list_id: UUID, *, read_at: float) -> None:
        """Store that a reading which started at `read_at` says that a user is no member.

        Newer knowledge stays. All sockets of the user are notified.
        """
        access = self._access(user_id, list_id)
        if access is not None and access.is_member and access.known_at < read_at:
            self._revoke(user_id, list_id, access.position)

    def reconcile(
        self,
        user_ids: Iterable[int],
        memberships: Mapping[UserAndList, Position],
        *,
        read_at: float,
        is_thorough: bool,
    ) -> None:
        """Grant and revoke what differs from a reading of all memberships of these users.

        It contains nothing about a user who connected after it started. A subscribed
        list ends after its last change, which the relay finds in the log. Only a
        thorough comparison, or differing for `doubt_timeout`, revokes it regardless of
        the log.
        """
        for (user_id, list_id), position in memberships.items():
            if self._is_older(user_id, list_id, read_at):
                self._grant(user_id, list_id, position, known_at=read_at)
        for user_id in user_ids:
            user = self._user(user_id)
            if user is None:
                continue
            for list_id, access in tuple(user.lists.items()):
                is_lost = (
                    access.is_member
                    and access.known_at < read_at
                    and (user_id, list_id) not in memberships
                )
                if not is_lost:
                    access.doubted_at = None
                elif is_thorough or not user.is_subscribed_to(list_id):
                    self._revoke(user_id, list_id, access.position)
                elif access.doubted_at is None:
                    access.doubted_at = read_at
                elif read_at - access.doubted_at >= self._doubt_timeout:
                    self._revoke(user_id, list_id, access.position)

    def reconcile_user(
        self, user_id: int, lists: Mapping[UUID, Position], *, read_at: float
    ) -> None:
        """Grant and revoke what differs from a reading of all lists of a user, if one is known."""
        memberships = {(user_id, list_id): position for list_id, position in lists.items()}
        self.reconcile((user_id,), memberships, read_at=read_at, is_thorough=False)

    # Called by the relay (ordered_delivery.AccessListener).

    def on_access_changed(
        self, list_id: UUID, position: Position, access_changes: AccessChanges
    ) -> None:
        """Notify users whose access a change affects. A second call does nothing more."""
        for user_id in access_changes.removed:
            if self._is_before(user_id, list_id, position):
                self._revoke(
                    user_id, list_id, position, _frame_of(list_id, user_id, access_changes)
                )
        for user_id in access_changes.downgraded:
            self._downgrade(user_id, list_id, position.version)
        for user_id in access_changes.joined:
            if self._is_before(user_id, list_id, position):
                self._grant(user_id, list_id, position, known_at=time.monotonic())

    def on_list_deleted(self, list_id: UUID) -> None:
        """End a list for all users."""
        topic = topic_of(list_id)
        for user_id, user in tuple(self._registry.users.items()):
            for connection in tuple(user.connections):
                connection.end_subscription(topic, "deleted")
            access = user.lists.get(list_id)
            if access is not None and access.is_member:
                self._revoke(user_id, list_id, access.position)

    def _user(self, user_id: int) -> ConnectedUser | None:
        return self._registry.users.get(user_id)

    def _access(self, user_id: int, list_id: UUID) -> KnownAccess | None:
        user = self._user(user_id)
        return None if user is None else user.lists.get(list_id)

    def _is_older(self, user_id: int, list_id: UUID, read_at: float) -> bool:
        """Tell whether a connected user's known access is older than a reading, or missing."""
        access = self._access(user_id, list_id)
        return self._user(user_id) is not None and (access is None or access.known_at < read_at)

    def _is_before(self, user_id: int, list_id: UUID, position: Position) -> bool:
        """Tell whether a connected user's known access is from before a position, or missing.

        Access from the same version of another history, which never happened, counts as before.
        """
        if self._user(user_id) is None:
            return False
        access = self._access(user_id, list_id)
        if access is None or access.position.epoch != position.epoch:
            return True
        if position.version == access.position.version:
            return position.digest != access.position.digest
        return position.version > access.position.version

    def _revoke(
        self,
        user_id: int,
        list_id: UUID,
        position: Position,
        frame: frames.AccessLost | None = None,
    ) -> None:
        user = self._registry.users[user_id]
        access = user.lists.get(list_id)
        user.lists[list_id] = KnownAccess(
            is_member=False, position=position, known_at=time.monotonic()
        )
        for connection in tuple(user.connections):
            connection.unlisted.pop(list_id, None)
            connection.end_subscription(topic_of(list_id), "revoked")
            if access is not None and access.is_member and connection.token_allows(list_id):
                connection.send(frame or frames.AccessLost(list=list_id))

    def _grant(
        self,
        user_id: int,
        list_id: UUID,
        position: Position,
        *,
        known_at: float,
        informed: Connection | None = None,
    ) -> None:
        user = self._registry.users[user_id]
        access = user.lists.get(list_id)
        user.lists[list_id] = KnownAccess(is_member=True, position=position, known_at=known_at)
        gained = _gained(list_id, position)
        was_member = access is not None and access.is_member
        for connection in tuple(user.connections):
            if was_member and connection.unlisted.get(list_id, float("inf")) >= known_at:
                continue
            connection.unlisted.pop(list_id, None)
            if connection is not informed and connection.token_allows(list_id):
                connection.send(gained)
        if not was_member:
            self.on_granted(user_id, list_id)

    def _downgrade(self, user_id: int, list_id: UUID, version: int) -> None:
        topic = topic_of(list_id)
        for connection in self._registry.connections_of(user_id):
            if connection.subscriptions.get(topic, version) < version:
                connection.end_subscription(topic, "revoked")


def _gained(list_id: UUID, position: Position) -> frames.AccessGained:
    return frames.AccessGained(list=ListPosition(id=list_id, **position._asdict()))


def _frame_of(list_id: UUID, user_id: int, changes: AccessChanges) -> frames.AccessLost:
    """Return what a removed user is told. A user who left needs no name."""
    if changes.by is None or changes.by.id == user_id or changes.at is None:
        return frames.AccessLost(list=list_id)
    return frames.AccessLost(list=list_id, by=changes.by, at=changes.at)
