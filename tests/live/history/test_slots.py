"""Each count gets into exactly one slot of the rollups, whenever these are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from live.history.counts import (
    Counts,
    PendingSlot,
    decode_counts,
    decode_pending,
    decode_topics,
    encode,
    merge_topics,
)
from live.history.slots import MAX_PENDING_SLOTS, SLOT_SECONDS, slot_of, unrolled, with_ended


def counts(started: int, *, durations: int | None = None) -> Counts:
    buckets = {100: started if durations is None else durations}
    return Counts(numbers={"started": started}, histograms={"latency": buckets})


def test_counts_add_up_and_have_a_difference() -> None:
    first = Counts(numbers={"a": 1}, histograms={"latency": {1: 2}})
    second = Counts(numbers={"a": 2, "b": 3}, histograms={"latency": {1: 1, 7: 4}})
    total = first + second
    assert total.numbers == {"a": 3, "b": 3}
    assert total.histograms == {"latency": {1: 3, 7: 4}}
    assert total - first == second
    assert total.size == first.size + second.size == 13
    assert (first - total).numbers == {"a": 0}


def test_stored_counts_are_read_as_they_were() -> None:
    states = [PendingSlot(10, counts(3)), PendingSlot(20, counts(5))]
    topics = {"signals": {"post_save Activity": {"sends": 3, "errors": 0}}}
    assert decode_counts(encode(counts(3))) == counts(3)
    assert decode_pending(encode(states)) == states
    assert decode_topics(encode(topics)) == topics
    assert merge_topics(topics, topics)["signals"]["post_save Activity"]["sends"] == 6


def test_slots_have_the_differences_of_their_ends() -> None:
    """MET-22"""
    states = [PendingSlot(10, counts(3)), PendingSlot(20, counts(3)), PendingSlot(30, counts(8))]
    slots, rolled_up = unrolled(states, counts(1))
    assert [(each.slot, each.counts.numbers["started"]) for each in slots] == [(10, 2), (30, 5)]
    assert rolled_up == counts(8)
    assert unrolled(states, rolled_up).slots == []


def test_slots_that_nobody_rolls_up_have_a_limit_and_lose_nothing() -> None:
    """MET-22"""
    pending: list[PendingSlot] = []
    for number in range(1, MAX_PENDING_SLOTS * 2):
        pending = with_ended(pending, PendingSlot(number * 10, counts(number)), Counts())
    assert len(pending) == MAX_PENDING_SLOTS
    slots = unrolled(pending, Counts()).slots
    assert sum(each.counts.numbers["started"] for each in slots) == MAX_PENDING_SLOTS * 2 - 1


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("count"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(-30, 40)),
        st.tuples(st.just("save"), st.just(0)),
        st.tuples(st.just("roll up"), st.just(0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_rollups_add_up_to_the_total_whenever_they_are_written(steps) -> None:
    """MET-22: the clock may jump, and a write of rollups may come at any moment."""
    now, counted, stored, slot = 1000, 0, counts(0), 0
    pending: list[PendingSlot] = []
    rolled_up, in_rollups = Counts(), 0
    for step, value in [*steps, ("save", 0), ("wait", 1000), ("roll up", 0)]:
        if step == "count":
            counted += value
        elif step == "wait":
            now += value
        elif step == "save":
            if slot_of(now) != slot:
                pending = with_ended(pending, PendingSlot(slot, stored), rolled_up)
                slot = slot_of(now)
            stored = counts(counted)
        else:
            is_ended = slot + SLOT_SECONDS <= now
            states = [*pending, PendingSlot(slot, stored)] if is_ended else pending
            slots, rolled_up = unrolled(states, rolled_up)
            in_rollups += sum(each.counts.numbers["started"] for each in slots)
            assert rolled_up.numbers.get("started", 0) == in_rollups
    assert in_rollups == counted
