"""One socket, as the other parts of the process use it: its user, its subscriptions, sending."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from uuid import UUID

import msgspec

from live.connections.identity import Identity
from live.connections.socket_writer import Send, SocketWriter, WriteNow
from live.connections.state_machine import ConnectionState
from live.delivery.send_queue import Batch, close_message
from live.delivery_meter import DeliveryMeter
from live.noop import noop
from live.protocol import frames
from live.protocol.frames import CloseCode
from shopping_list.rows import encode

UnreadBytes = Callable[[], tuple[int, int] | None]
"""Returns the bytes that wait for the client, and how many it has taken. None: not known."""


class Connection:
    """Holds the parts of one socket. It decides nothing about lists.

    `is_authenticating` is true during the lookup of a session or token: a slow
    database must not use up the time in which the client must authenticate.
    `subscriptions` maps each topic to the version at which the socket subscribed
    (0 for topics without versions). `snapshot_times` has the time of the newest
    snapshot of a topic. `device` names the client's program, as on the account page.
    `device_kind` is what the other users of a list see of it. `may_shop` has the topics of lists
    where the user is known to be allowed to tick items. `on_unsubscribe` is called with each
    topic that is removed from it, `on_lagging` when the client reads again and has missed
    something.
    """

    __slots__ = (
        "_finish",
        "close_code",
        "device",
        "device_kind",
        "expires_at",
        "id",
        "identity",
        "is_authenticating",
        "may_shop",
        "on_lagging",
        "on_unsubscribe",
        "opened_at",
        "resync_task",
        "snapshot_times",
        "state",
        "subscriptions",
        "unlisted",
        "unread_bytes",
        "writer",
    )

    def __init__(
        self,
        send: Send,
        *,
        finish: Callable[[], object],
        device: str = "",
        device_kind: frames.Device | None = None,
        unread_bytes: UnreadBytes = noop,
        write_now: WriteNow = noop,
        meter: DeliveryMeter | None = None,
    ) -> None:
        self.id = f"c_{secrets.token_urlsafe(9)}"
        self.identity: Identity | None = None
        self.opened_at = time.monotonic()
        self.is_authenticating = False
        self.state = ConnectionState(is_authenticated=False)
        self.subscriptions: dict[str, int] = {}
        self.snapshot_times: dict[str, float] = {}
        self.expires_at: float | None = None
        self.on_unsubscribe: Callable[[Connection, str], None] = noop
        self.on_lagging: Callable[[Connection], None] = noop
        self.resync_task: asyncio.Task[None] | None = None
        self.close_code: CloseCode | None = None
        self.device = device
        self.device_kind = device_kind
        self.may_shop: set[str] = set()
        self.unlisted: dict[UUID, float] = {}
        """Lists of the user that its `welcome` did not have, and when that was read."""
        self.unread_bytes = unread_bytes
        self.writer = SocketWriter(send, write_now=write_now, meter=meter)
        self.writer.on_finished = self._on_writer_finished
        self.writer.on_drained = self._on_writer_drained
        self._finish = finish

    @property
    def user(self) -> Identity:
        """The authenticated user. Use it only after authentication."""
        assert self.identity is not None
        return self.identity

    def token_allows(self, list_id: UUID) -> bool:
        """Tell whether the token of this socket, if it has one, allows a list."""
        return self.user.restricted_to_list is None or self.user.restricted_to_list == list_id

    def send(self, frame: msgspec.Struct) -> None:
        """Queue a reply to this socket."""
        self.writer.send_queue.put(Batch(encode(frame).decode()))

    def send_error(
        self,
        code: frames.ErrorCode,
        message: str,
        *,
        frame_id: int | None = None,
        retry_in: float | None = None,
    ) -> None:
        """Reply to a frame with an error. The socket stays open."""
        self.send(frames.Error(id=frame_id, code=code, message=message, retry_in=retry_in))

    def detach(self, topic: str) -> None:
        """Remove a subscription and its queued frames. The client may subscribe again next."""
        self.may_shop.discard(topic)
        if self.subscriptions.pop(topic, None) is not None:
            self.on_unsubscribe(self, topic)
        self.writer.send_queue.drop_topic(topic)

    def unsubscribe(self, topic: str) -> None:
        """End a subscription without a frame."""
        self.state.remove_topic(topic)
        self.detach(topic)

    def end_subscription(self, topic: str, reason: frames.EndReason) -> None:
        """End a subscription and send the reason."""
        if topic in self.subscriptions:
            self.unsubscribe(topic)
            self.send(frames.Ended(topic=topic, reason=reason))

    def unsubscribe_all(self) -> None:
        """End all subscriptions without a frame."""
        for topic in list(self.subscriptions):
            self.unsubscribe(topic)

    def close(
        self,
        code: CloseCode,
        reason: str,
        *,
        message: str = "",
        retry_in: float | None = None,
    ) -> None:
        """Send `bye` after the queued replies, then close.

        A client that is not authenticated is refused: it gets an `error` first, whose
        `message` may say more than the reason.
        """
        if self.close_code is not None:
            return
        self.close_code = code
        self.unsubscribe_all()
        if self.identity is None:
            error = frames.REFUSAL_ERRORS[code]
            self.send_error(error, message or reason, retry_in=retry_in)
        bye = frames.Bye(code=code, reason=reason, retry_in=retry_in)
        bye_batch = Batch(encode(bye).decode())
        self.writer.send_queue.close(bye_batch, close_message(int(code), reason))

    def abort(self) -> None:
        """Disconnect a client that does not read. It cannot be told why."""
        self.discard()
        self._end()

    def discard(self) -> None:
        """Release everything: the client is disconnected."""
        self.close_code = self.close_code or CloseCode.TOO_SLOW
        self.unsubscribe_all()
        if self.resync_task is not None:
            self.resync_task.cancel()
        self.writer.abort()

    def _on_writer_finished(self) -> None:
        self.close_code = self.close_code or CloseCode.TOO_SLOW
        self.unsubscribe_all()
        self._end()

    def _on_writer_drained(self) -> None:
        self.on_lagging(self)

    def _end(self) -> None:
        # Only once: a second cancel would hit the cleanup after the first one.
        finish, self._finish = self._finish, noop
        finish()
