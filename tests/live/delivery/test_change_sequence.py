"""Changes are delivered in order, exactly once, in whatever order they arrive."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from live.delivery import change_sequence as module
from live.delivery.change_sequence import MAX_KEPT_CHANGES, ChangeSequence, IncomingChange
from live.delivery.readings import Position


def position(version: int) -> Position:
    return Position("e", version, str(version))


def change(version: int, size: int = 1) -> IncomingChange:
    """Return a change of the history in which each digest is the version as text."""
    return IncomingChange(version, str(version - 1), str(version), "x" * size)


def versions(changes) -> list[int]:
    return [incoming.version for incoming in changes]


def test_next_change_is_delivered_at_once():
    assert versions(ChangeSequence(position(5)).accept(change(6))) == [6]


def test_early_change_waits_until_gap_is_filled():
    sequence = ChangeSequence(position(5))
    assert sequence.accept(change(7)) == []
    assert sequence.has_gap
    assert versions(sequence.accept(change(6))) == [6, 7]
    assert not sequence.has_gap


def test_delivered_change_is_not_delivered_again():
    sequence = ChangeSequence(position(5))
    sequence.accept(change(6))
    assert sequence.accept(change(6)) == []
    assert sequence.accept(change(5)) == []
    assert not sequence.has_gap


def test_newest_changes_are_kept_for_replay():
    sequence = ChangeSequence(position(5))
    for version in range(6, 10):
        sequence.accept(change(version))
    assert versions(sequence.after(7)) == [8, 9]
    assert sequence.after(9) == []
    assert versions(sequence.after(5)) == [6, 7, 8, 9]
    assert sequence.after(4) is None
    assert sequence.after(10) is None


def test_kept_changes_are_bounded_in_number_and_bytes():
    sequence = ChangeSequence(position(0))
    for version in range(1, MAX_KEPT_CHANGES + 50):
        sequence.accept(change(version))
    assert sequence.version - sequence.oldest_kept == MAX_KEPT_CHANGES
    sequence.accept(change(sequence.version + 1, size=module.MAX_KEPT_BYTES + 1))
    assert sequence.oldest_kept == sequence.version


def test_early_changes_are_bounded_in_number(monkeypatch):
    monkeypatch.setattr(module, "MAX_EARLY", 3)
    sequence = ChangeSequence(position(0))
    for version in range(2, 10):
        sequence.accept(change(version))
    assert versions(sequence.accept(change(1))) == [1, 2, 3, 4]


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_changes_are_delivered_in_order_when_they_arrive_in_any_order(seed, total):
    random = Random(seed)
    arrivals = [change(random.randint(1, total)) for _ in range(total * 2)]
    arrivals += [change(version) for version in random.sample(range(1, total + 1), total)]
    sequence = ChangeSequence(position(0))
    delivered = [version for arrival in arrivals for version in versions(sequence.accept(arrival))]
    assert delivered == list(range(1, total + 1))


def test_change_of_another_history_is_dropped_and_reported():
    sequence = ChangeSequence(position(5))
    assert sequence.accept(change(6)._replace(base="other")) == []
    assert sequence.is_contradicted
    assert sequence.position == position(5)


def test_changes_after_one_of_another_history_are_dropped():
    sequence = ChangeSequence(position(5))
    sequence.accept(change(8))
    sequence.accept(change(7)._replace(base="other"))
    assert versions(sequence.accept(change(6))) == [6]
    assert sequence.is_contradicted
    assert not sequence.has_gap


def test_repeated_change_is_reported_when_its_digest_differs():
    sequence = ChangeSequence(position(5))
    sequence.accept(change(6))
    sequence.accept(change(6))
    assert not sequence.is_contradicted
    sequence.accept(change(6)._replace(digest="other"))
    assert sequence.is_contradicted


def test_digest_is_known_while_changes_are_kept():
    sequence = ChangeSequence(position(0))
    for version in range(1, MAX_KEPT_CHANGES + 50):
        sequence.accept(change(version))
    known = range(sequence.oldest_kept, sequence.version + 1)
    assert [sequence.digest_at(version) for version in known] == list(map(str, known))
    assert sequence.digest_at(known.start - 1) is sequence.digest_at(known.stop) is None
    sequence.clear_kept()
    assert sequence.digest_at(sequence.version) == str(sequence.version)
    assert sequence.digest_at(sequence.version - 1) is None
