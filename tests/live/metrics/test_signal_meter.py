"""Signals are counted by sender, and what they do stays the same."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.dispatch import Signal

from live.metrics import signal_meter
from live.metrics.measured_signals import signal_meter as signal_meter_of_all
from live.metrics.signal_meter import OTHER_SENDERS, SignalMeter
from live.metrics.signal_table import SignalCounts
from live.protocol.frames import SignalReceiver


def receive(**_: Any) -> str:
    """Say that it was received.

    More about it.
    """
    return "received"


def receive_with_error(**_: Any) -> None:
    raise ValueError


def measured(signal: Signal, **options: Any) -> SignalMeter:
    meter = SignalMeter()
    meter.measure(signal, "saved", **options)
    return meter


def only(meter: SignalMeter) -> SignalCounts:
    (counts,) = meter.counts()
    return counts


def test_sends_are_counted_by_sender_with_the_names_of_the_receivers() -> None:
    """MET-1"""
    signal = Signal()
    signal.connect(receive, sender="milk")
    meter = measured(signal, label_of=str)
    assert [signal.send("milk") for _ in range(3)] == [[(receive, "received")]] * 3
    assert signal.send("bread") == []
    counts = {each.sender: each for each in meter.counts()}
    assert (counts["milk"].sends, counts["bread"].sends) == (3, 1)
    assert sum(count for _, count in counts["milk"].buckets) == 3
    name, does = f"{__name__}.receive", "Say that it was received."
    assert counts["milk"].receivers == (SignalReceiver(name=name, does=does),)
    assert counts["bread"].receivers == ()
    assert counts["milk"].newest is not None


def test_receivers_are_known_before_anything_is_sent() -> None:
    """MET-21: the totals of a signal are shown after a restart, with its receivers."""
    signal = Signal()
    signal.connect(receive, sender="milk")
    meter = measured(signal, label_of=str, senders=lambda: ("milk", "bread"))
    (receiver,) = meter.receivers("saved", "milk")
    assert receiver.name == f"{__name__}.receive"
    unknown = [("saved", "bread"), ("saved", OTHER_SENDERS), ("deleted", "milk")]
    assert [meter.receivers(*names) for names in unknown] == [()] * 3
    (published,) = signal_meter_of_all.receivers("post_save", "Activity")
    assert published.name == "live.receivers.publish_change"
    assert signal_meter_of_all.receivers("request_started", "")


def test_error_of_a_receiver_is_counted_and_raised() -> None:
    """MET-1"""
    signal = Signal()
    signal.connect(receive_with_error)
    meter = measured(signal)
    with pytest.raises(ValueError):
        signal.send(None)
    assert (only(meter).sends, only(meter).errors) == (1, 1)


def test_error_that_send_robust_returns_is_counted() -> None:
    """MET-1"""
    signal = Signal()
    signal.connect(receive_with_error)
    meter = measured(signal)
    ((_, error),) = signal.send_robust(None)
    assert isinstance(error, ValueError)
    signal.disconnect(receive_with_error)
    assert signal.send_robust(None) == []
    assert (only(meter).sends, only(meter).errors) == (2, 1)


async def test_asynchronous_send_is_counted() -> None:
    """MET-1"""
    signal = Signal()

    async def receive_async(**_: Any) -> str:
        return "received"

    signal.connect(receive_async)
    meter = measured(signal)
    assert await signal.asend(None) == [(receive_async, "received")]
    assert only(meter).sends == 1


def test_excluded_send_is_not_counted_and_arrives() -> None:
    signal = Signal()
    signal.connect(receive)
    meter = measured(signal, is_excluded=lambda: True)
    assert signal.send(None) == [(receive, "received")]
    assert meter.counts() == []


def test_signal_is_measured_once_and_other_signals_stay_as_they_are() -> None:
    signal = Signal()
    meter = measured(signal)
    meter.measure(signal, "saved")
    signal.send(None)
    assert only(meter).sends == 1
    assert "send" not in vars(Signal())


def test_counts_are_exact_when_threads_send_in_parallel() -> None:
    signal = Signal()
    meter = measured(signal)
    threads = [
        threading.Thread(target=lambda: [signal.send(None) for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert only(meter).sends == 4000
    assert sum(count for _, count in only(meter).buckets) == 4000


def test_memory_does_not_grow_with_the_number_of_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_meter, "MAX_SERIES", 3)
    signal = Signal()
    meter = measured(signal, label_of=str)
    for number in range(50):
        signal.send(number)
    counts = {each.sender: each.sends for each in meter.counts()}
    assert counts == {"0": 1, "1": 1, "2": 1, OTHER_SENDERS: 47}
