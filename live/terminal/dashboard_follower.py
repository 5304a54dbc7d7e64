"""Keeps the newest figures of a server for `live top`. It does no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from live.protocol.topics import REQUESTS, SIGNALS
from live.terminal.follower import FollowingEndedError, Frame

VERDICTS = ("ops:verdict", "verdict")
"""Topics with a sentence about the state, the best one first. A server may have neither."""
MAX_HISTORY = 300
NO_FIGURES = "this token gets no figures: it is for one list, or of a guest"


class DashboardFollower:
    """Subscribes to the figures and replaces them with each frame (Follower).

    `clock` returns monotonic seconds. `on_complete` is called when there is something to show
    in every part of the screen.
    """

    def __init__(self, clock: Callable[[], float], on_complete: Callable[[], object]) -> None:
        self._clock = clock
        self._on_complete = on_complete
        self.version = ""
        self.sample: Frame | None = None
        self.signals: Frame | None = None
        self.per_second: deque[float] = deque(maxlen=MAX_HISTORY)
        self.lost_because: str | None = None
        """Why there is no connection now, None if there is one."""
        self._verdicts: dict[str, Frame] = {}
        self._received_at = 0.0
        self._topic_of_id: dict[int, str] = {}

    def on_welcome(self, welcome: Frame) -> Iterable[Frame]:
        """Subscribe to everything that is shown."""
        self.version, self.lost_because = welcome["server"], None
        self._verdicts.clear()
        topics = (REQUESTS, SIGNALS, *VERDICTS)
        self._topic_of_id = dict(enumerate(topics, 1))
        return [
            {"type": "subscribe", "topic": topic, "id": number}
            for number, topic in self._topic_of_id.items()
        ]

    def on_frame(self, frame: Frame, text: str) -> Iterable[Frame]:
        """Store the figures of a frame."""
        match frame:
            case {"type": "subscribed", "topic": "requests", "history": {"per_second": history}}:
                self.per_second = deque(history, maxlen=MAX_HISTORY)
            case {"type": "sample", "topic": "requests"}:
                self.sample, self._received_at = frame, self._clock()
                self.per_second.append(frame["per_second"])
            case {"type": "signals"}:
                self.signals = frame
            case {"type": "verdict", "topic": topic}:
                self._verdicts[topic] = frame
            case {"type": "error", "code": "not_found", "id": number}:
                if self._topic_of_id.get(number) == REQUESTS:
                    raise FollowingEndedError(NO_FIGURES)
        if self.sample is not None and self.signals is not None:
            self._on_complete()
        return ()

    def on_disconnect(self, reason: str) -> None:
        """Keep the figures, which are shown with their age."""
        self.lost_because = reason

    @property
    def verdict(self) -> Frame | None:
        """The frame that says how the installation is, if the server has that topic."""
        return next((self._verdicts[topic] for topic in VERDICTS if topic in self._verdicts), None)

    @property
    def age(self) -> float:
        """Seconds since the last sample."""
        return self._clock() - self._received_at
