"""A send queue is bounded, and knows from which position to replay what it dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.delivery import send_queue as module
from live.delivery.send_queue import Batch, SendQueue
from live.protocol.frames import MAX_OUTBOUND_BYTES, MAX_OUTBOUND_FRAMES


def make() -> SendQueue:
    return SendQueue(lambda: None)


def texts(mailbox: SendQueue) -> list[str]:
    found = []
    while (batch := mailbox.take()) is not None:
        found.append(batch.message["text"])
    return found


def test_batches_are_taken_in_order():
    mailbox = make()
    for text in ("a", "b", "c"):
        mailbox.put(Batch(text, topic="t"))
    assert texts(mailbox) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "times"),
    [("x", MAX_OUTBOUND_FRAMES + 1), ("x" * 100_000, MAX_OUTBOUND_BYTES // 100_000 + 1)],
)
def test_overflow_drops_batches_and_keeps_replay_position(text, times):
    mailbox = make()
    for version in range(times):
        mailbox.put(Batch(text, topic="t", before=version))
    assert len(mailbox) == 0
    assert mailbox.missed == {"t": 0}


def test_missed_topic_accepts_nothing_until_replayed():
    mailbox = make()
    mailbox.mark_missed("t", 7)
    mailbox.put(Batch("live", topic="t", before=9))
    mailbox.put(Batch("other", topic="u", before=1))
    assert texts(mailbox) == ["other"]
    assert mailbox.missed == {"t": 7}


def test_replies_are_kept_when_queue_overflows():
    mailbox = make()
    mailbox.put(Batch("answer"))
    for version in range(MAX_OUTBOUND_FRAMES + 1):
        mailbox.put(Batch("live", topic="t", before=version))
    assert texts(mailbox) == ["answer"]
    assert not mailbox.full_of_replies


def test_queue_is_full_when_replies_exceed_limit():
    mailbox = make()
    for _ in range(MAX_OUTBOUND_FRAMES + 1):
        mailbox.put(Batch("answer"))
    assert mailbox.full_of_replies


def test_replay_is_neither_counted_nor_dropped():
    mailbox = make()
    for part in range(5):
        mailbox.put(Batch("x" * MAX_OUTBOUND_BYTES, topic="t", before=part, is_replay=True))
    assert mailbox.queued == (0, 0)
    for version in range(MAX_OUTBOUND_FRAMES + 1):
        mailbox.put(Batch("live", topic="t", before=version))
    assert len(mailbox) == 5
    assert mailbox.missed == {"t": 0}


def test_empty_queue_accepts_one_oversized_batch():
    mailbox = make()
    mailbox.put(Batch("x" * (MAX_OUTBOUND_BYTES * 2), topic="t", before=1))
    assert not mailbox.lagging


def test_drop_topic_removes_only_its_batches():
    mailbox = make()
    mailbox.put(Batch("t", topic="t", before=1))
    mailbox.put(Batch("u", topic="u", before=1))
    mailbox.drop_topic("t")
    assert texts(mailbox) == ["u"]


def test_final_message_follows_replies_and_is_the_last():
    mailbox = make()
    mailbox.put(Batch("answer"))
    mailbox.put(Batch("live", topic="t", before=1))
    mailbox.close(Batch("bye"))
    mailbox.put(Batch("late"))
    assert texts(mailbox) == ["answer", "bye"]


def test_reader_is_woken_by_each_put():
    woken = []
    mailbox = SendQueue(lambda: woken.append(1))
    mailbox.put(Batch("a"))
    mailbox.put(Batch("b"))
    assert len(woken) == 2


@given(st.lists(st.sampled_from(["take", "t", "u", "answer"]), max_size=60))
def test_sent_and_missed_batches_add_up_to_all_batches(steps):
    """Per topic: 0 to k were sent in order, and everything else is replayed from k."""
    mailbox = make()
    versions = {"t": 0, "u": 0}
    sent: dict[str, list[int]] = {"t": [], "u": []}
    original = module.MAX_OUTBOUND_FRAMES
    module.MAX_OUTBOUND_FRAMES = 4
    try:
        for step in steps:
            if step == "take":
                batch = mailbox.take()
                if batch is not None and batch.topic:
                    sent[batch.topic].append(batch.before)
            elif step == "answer":
                mailbox.put(Batch("answer"))
            else:
                mailbox.put(Batch("live", topic=step, before=versions[step]))
                versions[step] += 1
            assert mailbox.queued[0] <= 4 or mailbox.full_of_replies
    finally:
        module.MAX_OUTBOUND_FRAMES = original
    while (batch := mailbox.take()) is not None:
        if batch.topic:
            sent[batch.topic].append(batch.before)
    for topic, seen in sent.items():
        assert seen == list(range(len(seen)))
        if topic in mailbox.missed:
            assert mailbox.missed[topic] == len(seen)
        else:
            assert len(seen) == versions[topic]
