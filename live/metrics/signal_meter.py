"""Counts what is sent on Django's signals, by sender, and the time of the receivers.

A signal that is measured has a `send` of its own, as an attribute of that one object: the
class `Signal` and all other signals stay as they are. What a signal cannot tell: queryset
methods such as `update` and `bulk_create`, and raw SQL, send nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from django.dispatch import Signal

from live.histogram import BucketCounts, bucket_of
from live.metrics.signal_table import SignalCounts
from live.protocol.frames import SignalReceiver

MAX_SERIES = 200
"""Senders of one signal that are counted one by one: memory must not grow with their number."""
MAX_PENDING = 10_000
"""Durations of one sender that are kept until they are counted."""
OTHER_SENDERS = "other senders"
SHORTEST = 1e-9
"""Seconds."""

Responses = list[tuple[Callable[..., Any], Any]]
Send = Callable[..., Responses]


class _MeasuredSignal:
    """A measured signal, and how its senders are called on the dashboard."""

    def __init__(
        self,
        signal: Signal,
        name: str,
        label_of: Callable[[Any], str],
        senders: Callable[[], Iterable[Any]],
    ) -> None:
        self.signal = signal
        self.name = name
        self.series: dict[Any, _Series] = {}
        self._label_of = label_of
        self._senders = senders

    def add_series(self, sender: Any) -> _Series:
        """Return the series of a sender that has none, or the series of all other senders."""
        if len(self.series) >= MAX_SERIES:
            sender = OTHER_SENDERS
        return self.series.setdefault(sender, _Series())

    def receivers_of_label(self, label: str) -> tuple[SignalReceiver, ...]:
        """Return the receivers of a sender that may not have sent anything yet."""
        senders = (sender for sender in self._senders() if self._label_of(sender) == label)
        return next((receivers_of(self.signal, sender) for sender in senders), ())

    def counts(self) -> list[SignalCounts]:
        """Return what each sender sent until now."""
        return [self._counts(sender, series) for sender, series in list(self.series.items())]

    def _counts(self, sender: Any, series: _Series) -> SignalCounts:
        series.count_pending()
        return SignalCounts(
            signal=self.name,
            sender=sender if sender is OTHER_SENDERS else self._label_of(sender),
            receivers=receivers_of(self.signal, sender),
            sends=series.sends,
            errors=series.errors,
            buckets=list(series.buckets.items()),
            newest=series.newest,
        )


class _Series:
    """What one sender sent on one signal, since the start of this process.

    A send adds one number to a deque, which needs no lock. The numbers are counted later, by
    the thread that shows them (`python -m bench.signal_cost`).
    """

    __slots__ = ("_lock", "buckets", "errors", "last_ended_at", "pending", "sends")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pending: deque[float] = deque()
        """The seconds of each send; below 0 if a receiver raised an error."""
        self.last_ended_at = 0.0
        self.sends = 0
        self.errors = 0
        self.buckets: BucketCounts = {}

    def count_pending(self) -> None:
        """Count the sends since the last call."""
        with self._lock:
            for _ in range(len(self.pending)):
                seconds = self.pending.popleft()
                bucket = bucket_of(abs(seconds) * 1000)
                self.sends += 1
                self.errors += seconds < 0
                self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    @property
    def newest(self) -> datetime | None:
        """The time of the last send, by the wall clock."""
        if not self.last_ended_at:
            return None
        return datetime.fromtimestamp(time.time() - (perf_counter() - self.last_ended_at), UTC)


class SignalMeter:
    """Measures signals. It keeps numbers only: no instance, and nothing that was sent."""

    def __init__(self) -> None:
        self._signals: list[_MeasuredSignal] = []

    def measure(
        self,
        signal: Signal,
        name: str,
        *,
        label_of: Callable[[Any], str] = lambda _: "",
        senders: Callable[[], Iterable[Any]] = lambda: (None,),
        is_excluded: Callable[[], bool] | None = None,
    ) -> None:
        """Count what is sent on a signal from now on.

        `label_of` returns the name of a sender, `senders` those that may send, `is_excluded`
        tells whether the current send does not count. A second call for the same signal does
        nothing.
        """
        if "send" in vars(signal):
            return
        measured = _MeasuredSignal(signal, name, label_of, senders)
        self._signals.append(measured)
        send, send_robust, asend = signal.send, signal.send_robust, signal.asend
        # mypy allows no assignment to a method; it is an attribute of this object only.
        vars(signal).update(
            send=_excluding(is_excluded, send, _measured_send(send, measured)),
            send_robust=_measured_send_robust(send_robust, measured),
            asend=_measured_asend(asend, measured),
        )

    def receivers(self, signal: str, label: str) -> tuple[SignalReceiver, ...]:
        """Return the receivers of a signal and a sender, by their names."""
        named = (measured for measured in self._signals if measured.name == signal)
        return next((measured.receivers_of_label(label) for measured in named), ())

    def counts(self) -> list[SignalCounts]:
        """Return the counts of all senders that have sent something."""
        return [counts for measured in self._signals for counts in measured.counts()]


def _measured_send(send: Send, measured: _MeasuredSignal) -> Send:
    series_of = measured.series.get

    def measured_send(sender: Any, **named: Any) -> Responses:
        started_at = perf_counter()
        try:
            responses = send(sender, **named)
        except BaseException:
            _add(measured, sender, started_at, failed=True)
            raise
        # What `_add` does: the call would cost as much as the rest.
        series = series_of(sender)
        if series is None or len(series.pending) > MAX_PENDING:
            _add(measured, sender, started_at, failed=False)
            return responses
        series.last_ended_at = ended_at = perf_counter()
        series.pending.append(ended_at - started_at)
        return responses

    return measured_send


def _measured_send_robust(send_robust: Send, measured: _MeasuredSignal) -> Send:
    def measured_send_robust(sender: Any, **named: Any) -> Responses:
        started_at = perf_counter()
        responses = send_robust(sender, **named)
        failed = any(isinstance(response, Exception) for _, response in responses)
        _add(measured, sender, started_at, failed=failed)
        return responses

    return measured_send_robust


def _measured_asend(
    asend: Callable[..., Coroutine[Any, Any, Responses]], measured: _MeasuredSignal
) -> Callable[..., Coroutine[Any, Any, Responses]]:
    async def measured_asend(sender: Any, **named: Any) -> Responses:
        started_at = perf_counter()
        try:
            responses = await asend(sender, **named)
        except BaseException:
            _add(measured, sender, started_at, failed=True)
            raise
        _add(measured, sender, started_at, failed=False)
        return responses

    return measured_asend


def _excluding(is_excluded: Callable[[], bool] | None, send: Send, measured_send: Send) -> Send:
    if is_excluded is None:
        return measured_send

    def send_unless_excluded(sender: Any, **named: Any) -> Responses:
        return (send if is_excluded() else measured_send)(sender, **named)

    return send_unless_excluded


def _add(measured: _MeasuredSignal, sender: Any, started_at: float, *, failed: bool) -> None:
    ended_at = perf_counter()
    series = measured.series.get(sender) or measured.add_series(sender)
    # A duration of 0 has no sign.
    seconds = max(ended_at - started_at, SHORTEST)
    series.pending.append(-seconds if failed else seconds)
    series.last_ended_at = ended_at
    if len(series.pending) > MAX_PENDING:
        series.count_pending()


def receivers_of(signal: Signal, sender: Any) -> tuple[SignalReceiver, ...]:
    """Return the functions that receive what a sender sends."""
    return tuple(
        SignalReceiver(name=_dotted_name(receiver), does=_first_line(receiver))
        for receivers in signal._live_receivers(sender)
        for receiver in receivers
    )


def _dotted_name(receiver: Callable[..., Any]) -> str:
    return f"{receiver.__module__}.{receiver.__qualname__}"


def _first_line(receiver: Callable[..., Any]) -> str:
    return (receiver.__doc__ or "").strip().partition("\n")[0]
