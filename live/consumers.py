"""The Channels consumer: one socket, from its handshake to its end.

Unlike AsyncConsumer, it has no channel on the layer (the process has one, see
relay.py), and it does not use the shared database thread for each message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from channels.consumer import AsyncConsumer  # type: ignore[import-untyped]
from django.conf import settings

from accounts import user_agent
from live import runtime
from live.connections import handshake, identity, probes, state_machine, stored_visits
from live.connections.connection import Connection, UnreadBytes
from live.connections.handshake import ForeignOriginError, Handshake
from live.connections.identity import Identity
from live.connections.received import received_of
from live.connections.socket_writer import WriteNow
from live.connections.state_machine import Effect, StartSubscription
from live.db_threads import run_in_db_thread
from live.delivery.readings import Position
from live.models import Visit
from live.noop import noop
from live.protocol import frames
from live.protocol.frames import CloseCode
from live.protocol.received import Outcome, ProbedHandshake
from rest.client_address import scope_network
from rest.database_errors import database_trouble
from rest.known_credentials import credential_of, known_credentials
from rest.limited_log import LimitedLog
from shopping_list.rows import Person

logger = logging.getLogger(__name__)
foreign_origins = LimitedLog(logger)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Work = Coroutine[Any, Any, None]

WAITING_EFFECTS = (
    state_machine.StartSubscription,
    state_machine.Authenticate,
    state_machine.SetTripPresence,
)
"""Effects that may wait for the database."""
DISCONNECT = "websocket.disconnect"
ABNORMAL_CLOSURE = 1006
"""The code of a connection that ended without a close frame."""


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]
    """Applies the effects of the state machine. It decides nothing itself."""

    connection: Connection
    initial_subscription: StartSubscription | None
    network: str
    credential: bytes | None
    user_agent: str
    unread_bytes: UnreadBytes
    write_now: WriteNow
    is_bare = False
    """Whether the socket counts as one without a credential (admission.py)."""
    client_code = ABNORMAL_CLOSURE
    """The code with which the client closed."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # websocket.connect
        try:
            parsed_handshake = handshake.parse(scope)
        except ForeignOriginError as error:
            foreign_origins.write(
                scope_network(scope), "handshake from a foreign origin refused: %r", error.args[0]
            )
            runtime.get_runtime().meter.handshake_refused("foreign_origin")
            _remember_probe(scope, "foreign_origin")
            await send({"type": "websocket.close"})
            return
        # Before it is accepted: then the headers are dropped (serving/websocket_protocol.py).
        self.network = scope_network(scope)
        self.credential = credential_of(scope["headers"])
        self.user_agent = _user_agent_of(scope["headers"])
        extensions = scope.get("extensions", {})
        self.unread_bytes = extensions.get("trolley.unread_bytes", noop)
        self.write_now = extensions.get("trolley.write_now", noop)
        _remember_probe(scope, "accepted")
        await send({"type": "websocket.accept", "subprotocol": parsed_handshake.subprotocol})
        await self._serve(parsed_handshake, receive, send)

    async def dispatch(self, message: Message) -> None:
        """Handle one message (a method of AsyncConsumer)."""
        work = self._handle_message(message)
        if work is not None:
            await work

    async def _serve(self, parsed_handshake: Handshake, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.runtime = runtime.get_runtime()
        self.connection = Connection(
            send,
            finish=task.cancel,
            device=user_agent.describe(self.user_agent),
            device_kind=user_agent.device_kind(self.user_agent),
            unread_bytes=self.unread_bytes,
            write_now=self.write_now,
            meter=self.runtime.meter,
        )
        self.runtime.add_connection(self.connection)
        try:
            await self._receive_loop(self._open(parsed_handshake), receive)
        except asyncio.CancelledError:
            if self.connection.close_code is None:
                raise  # the server cancels this task, not our own `finish`
            task.uncancel()
            if not self.connection.writer.is_closed:
                await self._force_close(send, self.connection.close_code)
        finally:
            self._leave_bare()
            self.runtime.remove_connection(self.connection, self.client_code)

    async def _force_close(self, send: Send, code: CloseCode) -> None:
        # Nothing could be written before, so this may fail or block too. But if only the
        # last message failed, the server would keep a socket that sends nothing.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self.runtime.intervals.retry_delay):
                await send({"type": "websocket.close", "code": int(code)})

    async def _receive_loop(self, work: Work | None, receive: Receive) -> None:
        """Handle messages one after another, until the client disconnects.

        The next message is received during the work on the current one, so that a
        disconnect is noticed at once. Further messages wait: this is the back
        pressure.
        """
        receiving: asyncio.Future[Message] | None = None
        while True:
            if work is not None:
                receiving = receiving or asyncio.ensure_future(receive())
                if not await self._run_until_disconnect(work, receiving):
                    return
            if receiving is None:
                message = await receive()
            else:
                message, receiving = await receiving, None
            if message["type"] == DISCONNECT:
                self.client_code = message.get("code", ABNORMAL_CLOSURE)
                return
            work = self._handle_message(message)

    async def _run_until_disconnect(self, work: Work, receiving: asyncio.Future[Message]) -> bool:
        """Finish the work; return False if the client disconnects first."""
        working = asyncio.ensure_future(work)
        futures: tuple[asyncio.Future[Any], ...] = (working, receiving)
        try:
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done() and receiving.result()["type"] == DISCONNECT:
                self.client_code = receiving.result().get("code", ABNORMAL_CLOSURE)
                return False
            await working
        except asyncio.CancelledError:
            receiving.cancel()
            raise
        finally:
            working.cancel()
        return True

    # Opening.

    async def _open(self, parsed_handshake: Handshake) -> None:
        connection = self.connection
        if self.runtime.is_draining:
            connection.close(CloseCode.RESTARTING, "restarting", retry_in=1.0)
        elif (retry_in := self._admit(parsed_handshake)) is not None:
            connection.close(CloseCode.OVERLOADED, "too many new connections", retry_in=retry_in)
        elif not parsed_handshake.is_version_supported:
            connection.close(CloseCode.VERSION_UNKNOWN, "only trolley.v1 is supported")
        elif parsed_handshake.token is not None:
            await self._authenticate(identity.identity_from_token, parsed_handshake.token)
        elif parsed_handshake.session is not None:
            find = partial(identity.identity_from_session, proxy_user=parsed_handshake.proxy_user)
            await self._authenticate(find, parsed_handshake.session)
        if parsed_handshake.has_invalid_query:
            connection.send_error("bad_frame", "since must be a whole number, 0 or more")
        self.initial_subscription = parsed_handshake.initial_subscription
        await self._subscribe_initial()

    def _admit(self, parsed_handshake: Handshake) -> float | None:
        """Count a new socket; return the seconds after which a refused client may retry."""
        has_credential = bool(parsed_handshake.token or parsed_handshake.session)
        admission = self.runtime.admission
        retry_in = admission.admit(
            self.connection.opened_at,
            self.network,
            has_credential=has_credential,
            is_known=has_credential and known_credentials.user_of(self.credential) is not None,
        )
        if retry_in is None and not has_credential:
            self.is_bare = True
            admission.add_bare_socket(self.network)
        return retry_in

    def _leave_bare(self) -> None:
        if self.is_bare:
            self.is_bare = False
            self.runtime.admission.remove_bare_socket(self.network)

    async def _subscribe_initial(self) -> None:
        """Subscribe to the list of the URL, once the user is authenticated."""
        request, connection = self.initial_subscription, self.connection
        if request is None or connection.identity is None or connection.close_code is not None:
            return
        self.initial_subscription = None
        connection.state.topics[request.topic] = None
        if not await self._subscribe(request):
            # Its client has sent no frame that it could repeat, so it comes back.
            delay = self.runtime.intervals.retry_delay
            connection.close(CloseCode.OVERLOADED, "not now", retry_in=delay)

    async def _authenticate(self, find: Callable[[str], Identity | None], secret: str) -> None:
        connection = self.connection
        read_at = time.monotonic()
        connection.is_authenticating = True
        try:
            user = await run_in_db_thread(find, secret)
            lists, visits = (
                ({}, {}) if user is None else await run_in_db_thread(_read_lists, user.user_id)
            )
        except Exception as error:
            is_unknown = database_trouble(error) is None
            logger.warning("a user could not be authenticated: %r", error, exc_info=is_unknown)
            connection.close(CloseCode.OVERLOADED, "not now", retry_in=5.0)
            return
        finally:
            connection.is_authenticating = False
        if user is not None:
            # This reading shows what the other sockets of the user may not know yet.
            self.runtime.access.reconcile_user(user.user_id, lists, read_at=read_at)
        if user is None:
            self.runtime.admission.credential_was_wrong(time.monotonic(), self.network)
            message = "the session or token is not valid"
            connection.close(CloseCode.NOT_SIGNED_IN, "not signed in", message=message)
        elif not self.runtime.registry.authenticate(connection, user):
            message = "too many connections of this user"
            connection.close(
                CloseCode.TOO_MANY_CONNECTIONS, "too many connections", message=message
            )
        else:
            self._leave_bare()
            if self.credential is not None:
                known_credentials.remember(self.credential, user.user_id)
            self.runtime.access.update(user.user_id, lists, read_at=read_at, informed=connection)
            self._welcome(user, lists, visits)
            self.runtime.access.inform(connection, lists, read_at=read_at)

    def _welcome(
        self, user: Identity, lists: Mapping[UUID, Position], visits: Mapping[UUID, Visit]
    ) -> None:
        known_lists = (
            _known_list(list_id, position, visits.get(list_id))
            for list_id, position in lists.items()
            if self.connection.token_allows(list_id)
        )
        self.connection.send(
            frames.Welcome(
                protocol=frames.VERSION,
                server=settings.VERSION,
                at=datetime.now(UTC),
                connection=self.connection.id,
                user=Person(user.user_id, user.name),
                lists=tuple(known_lists),
                heartbeat=frames.HEARTBEAT_INTERVAL,
                limits=frames.Limits(presence=self.runtime.intervals.presence_lease),
            )
        )

    # Messages.

    def _handle_message(self, message: Message) -> Work | None:
        """Apply the effects that do not wait; return the rest as work, if there is any."""
        content = message.get("text")
        if content is None:
            content = message.get("bytes") or b""
        effects = self.connection.state.receive(content, time.monotonic())
        for effect in effects:
            if isinstance(effect, WAITING_EFFECTS):
                return self._run_effects(effect, effects)
            self._apply_effect(effect)
        return None

    async def _run_effects(self, effect: Effect | None, remaining: Iterator[Effect]) -> None:
        while effect is not None and self.connection.close_code is None:
            if isinstance(effect, state_machine.StartSubscription):
                await self._subscribe(effect)
            elif isinstance(effect, state_machine.Authenticate):
                await self._authenticate(identity.identity_from_token, effect.token)
                await self._subscribe_initial()
            elif isinstance(effect, state_machine.SetTripPresence):
                await self.runtime.trip_access.announce(self.connection, effect.announced)
            else:
                self._apply_effect(effect)
            effect = next(remaining, None)

    def _apply_effect(self, effect: Effect) -> None:
        connection = self.connection
        match effect:
            case state_machine.Reply(frame):
                connection.send(frame)
            case state_machine.StopSubscription(topic, frame_id):
                connection.unsubscribe(topic)
                connection.send(frames.Unsubscribed(topic=topic, id=frame_id))
            case state_machine.RecordSeen(seen):
                self.runtime.screens.record(connection, seen)
                self.runtime.visits.note(connection, seen.topic)
            case state_machine.SetPresence(announced):
                self.runtime.presence.set_state(connection, announced)
            case state_machine.Close(code, reason, retry_in):
                connection.close(code, reason, retry_in=retry_in)

    async def _subscribe(self, request: StartSubscription) -> bool:
        is_answered = await self.runtime.subscriptions.subscribe(self.connection, request)
        # A replay is not counted against the limits of the send queue. So it is
        # written before the next one starts.
        await self.connection.writer.drain()
        return is_answered


def _read_lists(user_id: int) -> tuple[dict[UUID, Position], dict[UUID, Visit]]:
    """Return the positions of the lists of a user, and the user's last visits."""
    return identity.visible_lists(user_id), stored_visits.visits_of(user_id)


def _known_list(list_id: UUID, position: Position, visit: Visit | None) -> frames.KnownList:
    known_list = frames.KnownList(id=list_id, **position._asdict())
    if visit is not None and visit.epoch == position.epoch:
        known_list.visited = frames.Visit(version=visit.version, at=visit.at)
    return known_list


def _remember_probe(scope: Mapping[str, Any], outcome: Outcome) -> None:
    """Remember what became of a handshake, if it is a probe."""
    probe = probes.probe_of(scope.get("query_string", b""))
    if probe is not None:
        probes.remember(probe, ProbedHandshake(outcome, received_of(scope)))


def _user_agent_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    values = (value for name, value in headers if name == b"user-agent")
    return next(values, b"").decode("latin-1")
