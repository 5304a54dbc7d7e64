"""Changes are delivered in order, exactly once, in whatever order they arrive."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from live.delivery import change_sequence as module
from live.delivery.change_sequence import RING_CHANGES, ChangeSequence, IncomingChange


def change(version: int, size: int = 1) -> IncomingChange:
    return IncomingChange(version, "x" * size)


def versions(changes) -> list[int]:
    return [one.version for one in changes]


def test_next_change_is_delivered_at_once():
    assert versions(ChangeSequence("e", 5).accept(change(6))) == [6]


def test_early_change_waits_until_gap_is_filled():
    one = ChangeSequence("e", 5)
    assert one.accept(change(7)) == []
    assert one.gap
    assert versions(one.accept(change(6))) == [6, 7]
    assert not one.gap


def test_delivered_change_is_not_delivered_again():
    one = ChangeSequence("e", 5)
    one.accept(change(6))
    assert one.accept(change(6)) == []
    assert one.accept(change(5)) == []
    assert not one.gap


def test_newest_changes_are_kept_for_replay():
    one = ChangeSequence("e", 5)
    for version in range(6, 10):
        one.accept(change(version))
    assert versions(one.after(7)) == [8, 9]
    assert one.after(9) == []
    assert versions(one.after(5)) == [6, 7, 8, 9]
    assert one.after(4) is None
    assert one.after(10) is None


def test_kept_changes_are_bounded_in_number_and_bytes():
    one = ChangeSequence("e", 0)
    for version in range(1, RING_CHANGES + 50):
        one.accept(change(version))
    assert one.version - one.oldest_kept == RING_CHANGES
    one.accept(change(one.version + 1, size=module.RING_BYTES + 1))
    assert one.oldest_kept == one.version


def test_early_changes_are_bounded_in_number(monkeypatch):
    monkeypatch.setattr(module, "MAX_EARLY", 3)
    one = ChangeSequence("e", 0)
    for version in range(2, 10):
        one.accept(change(version))
    assert versions(one.accept(change(1))) == [1, 2, 3, 4]


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_changes_are_delivered_in_order_when_they_arrive_in_any_order(seed, total):
    random = Random(seed)
    arriving = [change(random.randint(1, total)) for _ in range(total * 2)]
    arriving += [change(version) for version in random.sample(range(1, total + 1), total)]
    one = ChangeSequence("e", 0)
    due = [version for arrived in arriving for version in versions(one.accept(arrived))]
    assert due == list(range(1, total + 1))
