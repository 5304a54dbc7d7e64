"""A process that stopped without a successor is missed, and no other."""

from __future__ import annotations

from live.metrics.process_count import MEMORY_SECONDS, ProcessCount


def missing(counts: list[int]) -> list[int]:
    """Return how many processes are missing after each second."""
    process_count = ProcessCount()
    return [process_count.observe(float(at), count) for at, count in enumerate(counts)]


def test_lost_process_is_missing_until_it_is_back():
    """VER-4"""
    assert missing([2] * 30 + [1] * 20 + [2] * 20) == [0] * 30 + [1] * 20 + [0] * 20


def test_replaced_process_is_not_missing():
    """VER-4: for five seconds the old and the new one are counted together."""
    assert set(missing([2] * 30 + [3] * 6 + [2] * 60)) == {0}


def test_starting_processes_are_not_missing():
    """VER-4"""
    assert set(missing([1, 2, 3, 4] + [4] * 30)) == {0}


def test_fewer_processes_are_accepted_after_some_minutes():
    """VER-4"""
    counts = missing([4] * 30 + [2] * (int(MEMORY_SECONDS) + 60))
    assert counts[31] == 2
    assert counts[-1] == 0
