"""A send queue is bounded, and knows from which position to replay what it dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.delivery import send_queue as module
from live.delivery.send_queue import Batch, SendQueue
from live.protocol.frames import MAX_OUTBOUND_BYTES, MAX_OUTBOUND_FRAMES


def make_queue() -> SendQueue:
    return SendQueue(lambda: None)


def texts(send_queue: SendQueue) -> list[str]:
    taken = []
    while (batch := send_queue.take()) is not None:
        taken.append(batch.message["text"])
    return taken


def test_batches_are_taken_in_order():
    send_queue = make_queue()
    for text in ("a", "b", "c"):
        send_queue.put(Batch(text, topic="t"))
    assert texts(send_queue) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "times"),
    [("x", MAX_OUTBOUND_FRAMES + 1), ("x" * 100_000, MAX_OUTBOUND_BYTES // 100_000 + 1)],
)
def test_overflow_drops_batches_and_keeps_replay_position(text, times):
    send_queue = make_queue()
    for version in range(times):
        send_queue.put(Batch(text, topic="t", before=version))
    assert len(send_queue) == 0
    assert send_queue.missed == {"t": 0}


def test_missed_topic_accepts_nothing_until_replayed():
    send_queue = make_queue()
    send_queue.mark_missed("t", 7)
    send_queue.put(Batch("live", topic="t", before=9))
    send_queue.put(Batch("other", topic="u", before=1))
    assert texts(send_queue) == ["other"]
    assert send_queue.missed == {"t": 7}


def test_replies_are_kept_when_queue_overflows():
    send_queue = make_queue()
    send_queue.put(Batch("answer"))
    for version in range(MAX_OUTBOUND_FRAMES + 1):
        send_queue.put(Batch("live", topic="t", before=version))
    assert texts(send_queue) == ["answer"]
    assert not send_queue.is_full_of_replies


def test_queue_is_full_when_replies_exceed_limit():
    send_queue = make_queue()
    for _ in range(MAX_OUTBOUND_FRAMES + 1):
        send_queue.put(Batch("answer"))
    assert send_queue.is_full_of_replies


def test_replay_is_neither_counted_nor_dropped():
    send_queue = make_queue()
    for part in range(5):
        send_queue.put(Batch("x" * MAX_OUTBOUND_BYTES, topic="t", before=part, is_replay=True))
    assert send_queue.queued == (0, 0)
    for version in range(MAX_OUTBOUND_FRAMES + 1):
        send_queue.put(Batch("live", topic="t", before=version))
    assert len(send_queue) == 5
    assert send_queue.missed == {"t": 0}


def test_empty_queue_accepts_one_oversized_batch():
    send_queue = make_queue()
    send_queue.put(Batch("x" * (MAX_OUTBOUND_BYTES * 2), topic="t", before=1))
    assert not send_queue.is_lagging


def test_drop_topic_removes_only_its_batches():
    send_queue = make_queue()
    send_queue.put(Batch("t", topic="t", before=1))
    send_queue.put(Batch("u", topic="u", before=1))
    send_queue.drop_topic("t")
    assert texts(send_queue) == ["u"]


def test_final_message_follows_replies_and_is_the_last():
    send_queue = make_queue()
    send_queue.put(Batch("answer"))
    send_queue.put(Batch("live", topic="t", before=1))
    send_queue.close(Batch("bye"))
    send_queue.put(Batch("late"))
    assert texts(send_queue) == ["answer", "bye"]


def test_reader_is_woken_by_each_put():
    wake_ups = []
    send_queue = SendQueue(lambda: wake_ups.append(1))
    send_queue.put(Batch("a"))
    send_queue.put(Batch("b"))
    assert len(wake_ups) == 2


@given(st.lists(st.sampled_from(["take", "t", "u", "answer"]), max_size=60))
def test_sent_and_missed_batches_add_up_to_all_batches(steps):
    """Per topic: 0 to k were sent in order, and everything else is replayed from k."""
    send_queue = make_queue()
    versions = {"t": 0, "u": 0}
    sent: dict[str, list[int]] = {"t": [], "u": []}
    original = module.MAX_OUTBOUND_FRAMES
    module.MAX_OUTBOUND_FRAMES = 4
    try:
        for step in steps:
            if step == "take":
                batch = send_queue.take()
                if batch is not None and batch.topic:
                    sent[batch.topic].append(batch.before)
            elif step == "answer":
                send_queue.put(Batch("answer"))
            else:
                send_queue.put(Batch("live", topic=step, before=versions[step]))
                versions[step] += 1
            assert send_queue.queued[0] <= 4 or send_queue.is_full_of_replies
    finally:
        module.MAX_OUTBOUND_FRAMES = original
    while (batch := send_queue.take()) is not None:
        if batch.topic:
            sent[batch.topic].append(batch.before)
    for topic, positions in sent.items():
        assert positions == list(range(len(positions)))
        if topic in send_queue.missed:
            assert send_queue.missed[topic] == len(positions)
        else:
            assert len(positions) == versions[topic]
