"""Which conditions are posted to the operator, and by which process. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from live.metrics.verdict import Condition

MIN_ALERT_AGE = 10.0
"""Seconds that a condition must last before it is posted: short ones are for the page only."""
MIN_UPTIME = 10.0
"""Seconds after its start, or after an outage of the layer, in which a process hears the others."""
QUIET_KEYS = frozenset({"lagging"})
"""Conditions that are never posted: a phone in a lift is no reason to wake an operator."""


class Alert(NamedTuple):
    """A condition that began or ended."""

    event: Literal["began", "ended"]
    condition: Condition


class Peer(NamedTuple):
    """Another process: its start in epoch seconds, and what it has posted."""

    started_at: float
    announced: Mapping[str, float]


class AlertPlan:
    """Decides what this process posts. Of all processes, only the oldest one posts.

    `announced` maps the key of each posted condition that has not ended to its beginning. The
    other processes repeat it, so that the next oldest process can continue.
    """

    def __init__(self, *, process: str, started_at: float, time_scale: float = 1.0) -> None:
        self._order = (started_at, process)
        self._time_scale = time_scale
        self._changed_at = started_at
        """When this process last could not know of the others."""
        self._is_first = True
        self._was_layer_up = True
        self._posted: dict[str, Condition] = {}
        self.announced: dict[str, float] = {}

    def update(
        self,
        conditions: Sequence[Condition],
        at: float,
        *,
        peers: Mapping[str, Peer],
        is_layer_up: bool,
    ) -> list[Alert]:
        """Take the conditions of now; return what this process has to post."""
        self._elect(at, peers, is_layer_up=is_layer_up)
        if not self._is_first:
            self._follow(conditions, peers)
            return []
        if at - self._changed_at < MIN_UPTIME * self._time_scale and is_layer_up:
            return []
        return [*self._ended(conditions, at), *self._began(conditions, at)]

    def _elect(self, at: float, peers: Mapping[str, Peer], *, is_layer_up: bool) -> None:
        """Without the layer, all processes seem to be gone: then the last election counts."""
        if is_layer_up != self._was_layer_up:
            self._was_layer_up, self._changed_at = is_layer_up, at
        is_settled = at - self._changed_at >= MIN_UPTIME * self._time_scale
        if is_layer_up and (peers or is_settled):
            self._is_first = all(
                self._order < (peer.started_at, process) for process, peer in peers.items()
            )

    def _follow(self, conditions: Sequence[Condition], peers: Mapping[str, Peer]) -> None:
        """Repeat what the oldest process has posted, to be able to continue without it."""
        if peers:
            oldest = min(peers.items(), key=lambda item: (item[1].started_at, item[0]))
            self.announced = dict(oldest[1].announced)
        for condition in conditions:
            if condition.problem.key in self.announced:
                self._posted[condition.problem.key] = condition

    def _began(self, conditions: Sequence[Condition], at: float) -> list[Alert]:
        alerts = []
        for condition in conditions:
            key = condition.problem.key
            is_old = at - condition.since >= MIN_ALERT_AGE * self._time_scale
            if key not in self.announced and key not in QUIET_KEYS and is_old:
                self.announced[key] = condition.since
                alerts.append(Alert("began", condition))
            if key in self.announced:
                self._posted[key] = condition
        return alerts

    def _ended(self, conditions: Sequence[Condition], at: float) -> list[Alert]:
        open_keys = {condition.problem.key for condition in conditions}
        alerts = []
        for key in [key for key in self.announced if key not in open_keys]:
            del self.announced[key]
            condition = self._posted.pop(key, None)
            if condition is not None:
                alerts.append(Alert("ended", condition._replace(until=at)))
        return alerts
