"""Who may announce a trip through a shop: a user who may tick the items of the list."""

from __future__ import annotations

import logging

from live.connections import identity
from live.connections.connection import Connection
from live.connections.presence import Presence
from live.db_threads import run_in_db_thread
from live.intervals import Intervals
from live.protocol import frames
from live.protocol.topics import parse_list_topic
from rest.database_errors import database_trouble

logger = logging.getLogger(__name__)


class TripAccess:
    """Sets the presence of users who shop, if their role and token allow it."""

    def __init__(self, *, presence: Presence, intervals: Intervals) -> None:
        self._presence = presence
        self._intervals = intervals

    async def announce(self, connection: Connection, announced: frames.SetPresence) -> None:
        """Set what a socket's user does, or reply with an error."""
        topic, frame_id = announced.topic, announced.id
        try:
            may_shop = topic in connection.may_shop or await self._read_may_shop(connection, topic)
        except Exception as error:
            is_unknown = database_trouble(error) is None
            logger.warning("the role on %s is not known: %r", topic, error, exc_info=is_unknown)
            retry_in = self._intervals.retry_delay
            connection.send_error("unavailable", "not now", frame_id=frame_id, retry_in=retry_in)
            return
        if topic not in connection.subscriptions:
            connection.send_error("not_found", "no such topic", frame_id=frame_id)
        elif not may_shop:
            message = "trip and aisles: only with the role ticker or more, and a token to match"
            connection.send_error("forbidden", message, frame_id=frame_id)
        else:
            # A lower role ends the subscription, and with it this permission.
            connection.may_shop.add(topic)
            self._presence.set_state(connection, announced)

    async def _read_may_shop(self, connection: Connection, topic: str) -> bool:
        user, list_id = connection.user, parse_list_topic(topic)
        if list_id is None or not user.may_tick:
            return False
        return await run_in_db_thread(identity.may_tick, user.user_id, list_id)
