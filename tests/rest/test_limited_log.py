"""Strangers cause a few lines of the log, and the others are counted."""

from __future__ import annotations

import logging

import pytest

from rest import limited_log
from rest.limited_log import LimitedLog


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the limits, in seconds."""
    now = [1000.0]
    monkeypatch.setattr(limited_log, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def log() -> LimitedLog:
    return LimitedLog(logging.getLogger("strangers"))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return messages


def test_network_writes_ten_lines_and_then_one_a_minute(
    log: LimitedLog, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-18"""
    for number in range(1000):
        log.write("192.0.2.1", "line %d", number)
    assert lines(caplog) == [f"line {number}" for number in range(10)]
    clock[0] += 61
    log.write("192.0.2.1", "line %s", "later")
    assert lines(caplog) == [
        "line later",
        "990 lines like the one before were left out since the last of them",
    ]
    log.write("192.0.2.1", "one more")
    assert lines(caplog) == []


def test_other_network_still_writes_lines(
    log: LimitedLog, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-18"""
    for _ in range(12):
        log.write("192.0.2.1", "line")
    lines(caplog)
    log.write("192.0.2.2", "another")
    assert lines(caplog) == [
        "another",
        "2 lines like the one before were left out since the last of them",
    ]


def test_many_networks_together_write_a_hundred_lines(
    log: LimitedLog, clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-18: a client with many networks cannot fill the log either, nor the memory."""
    for number in range(5000):
        log.write(f"2001:db8:{number:x}::/64", "line")
    assert len(lines(caplog)) == 100
    assert len(log._limit._causes) == 100
