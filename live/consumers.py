"""The Channels consumer: one socket from its handshake to its end.

It has no layer channel of its own (the process has one, relay.py), and no hop
onto the shared database thread for each message, both of which AsyncConsumer
would bring.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

from channels.consumer import AsyncConsumer  # type: ignore[import-untyped]
from django.conf import settings

from live import runtime
from live.connections import handshake, identity, state_machine
from live.connections.connection import Connection
from live.connections.handshake import ForeignOriginError, Handshake
from live.connections.identity import Identity
from live.db_threads import run_in_db_thread
from live.protocol import frames
from live.protocol.frames import CloseCode
from shopping_list.rows import Person

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Work = Coroutine[Any, Any, None]

DISCONNECT = "websocket.disconnect"


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]
    """Carries out what the session decides. It decides nothing itself."""

    connection: Connection

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()  # websocket.connect
        try:
            parsed_handshake = handshake.read(scope)
        except ForeignOriginError as error:
            logger.warning("handshake from a foreign origin refused: %r", error.args[0])
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept", "subprotocol": parsed_handshake.subprotocol})
        await self._serve(parsed_handshake, receive, send)

    async def dispatch(self, message: Message) -> None:
        """Carry out what one message calls for (Channels' name for it)."""
        work = self._handle_message(message)
        if work is not None:
            await work

    async def _serve(self, shaken: Handshake, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.runtime = runtime.get_runtime()
        self.connection = Connection(send, finish=task.cancel)
        self.runtime.add_connection(self.connection)
        try:
            await self._receive_loop(self._open(shaken), receive)
        except asyncio.CancelledError:
            if self.connection.closing is None:
                raise  # the server cancels us, not our own `finish`
            task.uncancel()
            if not self.connection.writer.closed:
                await self._force_close(send, self.connection.closing)
        finally:
            self.runtime.remove_connection(self.connection)

    async def _force_close(self, send: Send, code: CloseCode) -> None:
        # Nothing could be written, so this may fail or block as well. But a
        # server on which only the last message failed would keep a mute socket.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self.runtime.intervals.retry):
                await send({"type": "websocket.close", "code": int(code)})

    async def _receive_loop(self, work: Work | None, receive: Receive) -> None:
        """Take messages one after another, until the peer is gone.

        One message is taken in while the one before it is being worked on, so
        that a disconnect is noticed then too. No more than one: that is the
        back pressure.
        """
        listening: asyncio.Future[Message] | None = None
        while True:
            if work is not None:
                listening = listening or asyncio.ensure_future(receive())
                if not await self._run_until_disconnect(work, listening):
                    return
            if listening is None:
                message = await receive()
            else:
                message, listening = await listening, None
            if message["type"] == DISCONNECT:
                return
            work = self._handle_message(message)

    async def _run_until_disconnect(self, work: Work, listening: asyncio.Future[Message]) -> bool:
        """Do some work; False if the peer left before it was done."""
        working = asyncio.ensure_future(work)
        either: tuple[asyncio.Future[Any], ...] = (working, listening)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and listening.result()["type"] == DISCONNECT:
                return False
            await working
        except asyncio.CancelledError:
            listening.cancel()
            raise
        finally:
            working.cancel()
        return True

    # Opening.

    async def _open(self, shaken: Handshake) -> None:
        connection = self.connection
        if self.runtime.draining:
            connection.close(CloseCode.RESTARTING, "restarting", retry_in=1.0)
        elif (wait := self.runtime.admission.admit(connection.opened)) is not None:
            connection.close(CloseCode.OVERLOADED, "too many newcomers", retry_in=wait)
        elif not shaken.version_supported:
            connection.close(CloseCode.VERSION_UNKNOWN, "only trolley.v1 is spoken here")
        elif shaken.token is not None:
            await self._sign_in(identity.identity_from_token, shaken.token)
        elif shaken.session is not None:
            await self._sign_in(identity.identity_from_session, shaken.session)
        if shaken.invalid_query:
            connection.refuse("bad_frame", "since must be a number, and epoch given with it")
        self.wants = shaken.initial_subscription
        await self._subscribe_initial()

    async def _subscribe_initial(self) -> None:
        initial_subscription, connection = self.wants, self.connection
        if (
            initial_subscription is None
            or connection.identity is None
            or connection.closing is not None
        ):
            return
        self.wants = None
        connection.session.topics[initial_subscription.topic] = None
        await self._follow(initial_subscription)

    async def _sign_in(self, find: Callable[[str], Identity | None], secret: str) -> None:
        began = time.monotonic()
        self.connection.authenticating = True
        try:
            who = await run_in_db_thread(find, secret)
            lists = (
                {} if who is None else await run_in_db_thread(identity.visible_lists, who.user_id)
            )
        except Exception:
            logger.warning("nobody can sign in now", exc_info=True)
            self.connection.close(CloseCode.OVERLOADED, "not now", retry_in=5.0)
            return
        finally:
            self.connection.authenticating = False
        if who is None:
            self.connection.refuse("not_signed_in", "the session or token is not valid")
            self.connection.close(CloseCode.NOT_SIGNED_IN, "not signed in")
        elif not self.runtime.registry.authenticate(self.connection, who):
            self.connection.refuse("overloaded", "too many connections of this person")
            self.connection.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections")
        else:
            self.runtime.registry.update_access(
                who.user_id, lists, at=began, knowing=self.connection
            )
            self._welcome(who, lists)

    def _welcome(self, who: Identity, lists: dict[Any, identity.Position]) -> None:
        positions = (
            frames.ListPosition(id=list_id, epoch=epoch, version=version)
            for list_id, (epoch, version) in lists.items()
            if self.connection.token_allows(list_id)
        )
        self.connection.send(
            frames.Welcome(
                protocol=frames.VERSION,
                server=settings.VERSION,
                connection=self.connection.id,
                user=Person(who.user_id, who.name),
                lists=tuple(positions),
                heartbeat=frames.HEARTBEAT_INTERVAL,
                limits=frames.Limits(),
            )
        )

    # Messages.

    def _handle_message(self, message: Message) -> Work | None:
        """Carry out what needs no waiting; return the rest, if there is any."""
        content = message.get("text")
        if content is None:
            content = message.get("bytes") or b""
        effects = self.connection.session.receive(content, time.monotonic())
        for effect in effects:
            if isinstance(effect, state_machine.StartSubscription | state_machine.Authenticate):
                return self._run_effects(effect, effects)
            self._apply_effect(effect)
        return None

    async def _run_effects(
        self, effect: state_machine.Effect | None, rest: Iterator[state_machine.Effect]
    ) -> None:
        while effect is not None and self.connection.closing is None:
            if isinstance(effect, state_machine.StartSubscription):
                await self._follow(effect)
            elif isinstance(effect, state_machine.Authenticate):
                await self._sign_in(identity.identity_from_token, effect.token)
                await self._subscribe_initial()
            else:
                self._apply_effect(effect)
            effect = next(rest, None)

    def _apply_effect(self, effect: state_machine.Effect) -> None:
        connection = self.connection
        match effect:
            case state_machine.Reply(frame):
                connection.send(frame)
            case state_machine.StopSubscription(topic, frame_id):
                connection.unsubscribe(topic)
                connection.send(frames.Unsubscribed(topic=topic, id=frame_id))
            case state_machine.SetPresenceState(topic, state):
                self.runtime.presence.set_state(connection, topic, state)
            case state_machine.Close(code, reason, retry_in):
                connection.close(code, reason, retry_in=retry_in)

    async def _follow(self, wanted: state_machine.StartSubscription) -> None:
        await self.runtime.subscriptions.subscribe(self.connection, wanted)
        # What a subscriber is given is not counted against its mailbox. So it
        # is written before the next one is begun.
        await self.connection.writer.drain()
