"""The topics `requests:5m` to `requests:7d`: the request counters of a longer time."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from live.connections.connection import Connection
from live.db_threads import run_in_db_thread
from live.delivery.hub import Hub
from live.delivery.send_queue import Batch
from live.history.window_reading import WindowReading, read_window
from live.history.windows import HEAT_BOUNDS_MS, WINDOWS, columns_of, newest, totals_of
from live.protocol import frames
from live.protocol.topics import REQUESTS, parse_window_topic
from shopping_list.rows import encode

logger = logging.getLogger(__name__)

UPDATED_POINTS = 4
"""Points of an update: a rollup may be 22 seconds late, and then it has the gauges too."""


class WindowTopics:
    """Sends a new subscriber the whole window, and all subscribers the last points.

    A window without a subscriber is not read. `subscribe` reads the window for each new
    subscriber, because a window of a moment ago has no current point.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._topics: Mapping[str, str] = {f"{REQUESTS}:{length}": length for length in WINDOWS}

    async def subscribe(self, connection: Connection, topic: str, frame_id: int | None) -> None:
        """Subscribe a socket, and send it the whole window."""
        text = await self._read(topic, update=False)
        if connection.close_code is not None:
            return
        # No await from here on: the next update must come after the whole window.
        connection.send(frames.Subscribed(topic=topic, id=frame_id))
        self._attach(connection, topic, text)
        connection.subscriptions[topic] = 0

    async def resend(self, connection: Connection, topic: str) -> None:
        """Send the whole window again to a socket that missed an update."""
        text = await self._read(topic, update=False)
        if topic in connection.subscriptions:
            connection.writer.send_queue.missed.pop(topic, None)
            self._attach(connection, topic, text)

    async def publish(self) -> None:
        """Send the last points of each window that has a subscriber."""
        for topic in self._topics:
            if self._hub.subscribers(topic):
                self._hub.publish(topic, await self._read(topic, update=True))

    def _attach(self, connection: Connection, topic: str, text: str) -> None:
        self._hub.attach(topic, connection.writer.send_queue)
        connection.writer.send_queue.put(Batch(text, topic=topic, is_replay=True))

    async def _read(self, topic: str, *, update: bool) -> str:
        return await run_in_db_thread(window_text, topic, update=update)


def window_text(topic: str, *, update: bool) -> str:
    """Return the frame of a window, with all points or with the last ones. Uses the database."""
    length = parse_window_topic(topic)
    assert length is not None
    reading = read_window(WINDOWS[length])
    return encode(frame_of(topic, reading, step=WINDOWS[length].step, update=update)).decode()


def frame_of(
    topic: str, reading: WindowReading, *, step: int, update: bool
) -> frames.RequestWindow:
    """Return the frame of a reading."""
    points = newest(reading.points, UPDATED_POINTS) if update else reading.points
    return frames.RequestWindow(
        topic=topic,
        start=reading.start,
        end=reading.end,
        step=step,
        update=update,
        heat_bounds_ms=HEAT_BOUNDS_MS,
        columns=columns_of(points),
        totals=totals_of(reading.points),
        marks=reading.marks,
    )
