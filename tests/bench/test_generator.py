"""The load generator counts events, not messages."""

import pytest

from bench.event import digest_of, frame, frame_template
from bench.generator import DeliveryStats, Editor, Reader
from bench.scenarios import versions
from bench.targets import TARGETS


@pytest.fixture
async def stats():
    return DeliveryStats()


def reader_of(stats, target="trolley", **options):
    chosen_target = TARGETS[target]
    options = {
        "event_prefix": chosen_target.event_prefix,
        "ready_marker": chosen_target.ready_marker,
        "list_index": 0,
        **options,
    }
    return Reader(stats, **options)


async def test_joined_frames_count_as_several_deliveries(stats):
    reader = reader_of(stats)
    reader.on_message(b"\n".join(frame(0, version) for version in range(1, 6)))
    reader.on_message(frame(0, 6))
    assert (reader.count, stats.received) == (6, 6)
    assert stats.bytes == 6 * len(frame(0, 1)) + 4


async def test_other_frames_do_not_count_as_deliveries(stats):
    reader = reader_of(stats)
    reader.on_message(b'{"type":"beat"}\n{"type":"presence","topic":"x","people":[]}')
    reader.on_message(b'{"type":"beat"}\n' + frame(0, 1))
    assert reader.count == 1


async def test_socket_is_ready_after_its_first_snapshot(stats):
    reader = reader_of(stats)
    reader.on_message(b'{"type":"welcome"}')
    assert stats.ready == 0
    reader.on_message(b'{"type":"subscribed"}\n{"type":"snapshot","part":1}')
    reader.on_message(b'{"type":"snapshot","part":1}')
    assert stats.ready == 1


async def test_latency_pairs_each_frame_with_the_event_of_the_same_number(stats, monkeypatch):
    monkeypatch.setattr("bench.generator.time.perf_counter", lambda: 10.0)
    reader, other = reader_of(stats), reader_of(stats, list_index=1)
    stats.send_times(0).extend([7.0, 8.0, 9.0])
    stats.send_times(1).append(5.0)
    reader.on_message(frame(0, 1))
    reader.on_message(frame(0, 2) + b"\n" + frame(0, 3))
    other.on_message(frame(1, 1))
    assert list(stats.latencies) == [3.0, 2.0, 1.0, 5.0]


async def test_wanted_count_is_reached_only_when_all_frames_arrived(stats):
    reader = reader_of(stats)
    stats.expect(2)
    reader.on_message(frame(0, 1))
    assert not await stats.wait_until_complete(0.01)
    reader.on_message(frame(0, 2))
    assert await stats.wait_until_complete(0.01)
    stats.expect(1)
    assert not await stats.wait_until_complete(0.01)


async def test_reset_clears_all_counts(stats):
    reader = reader_of(stats)
    stats.send_times(0).append(1.0)
    stats.expect(5)
    reader.on_message(frame(0, 1))
    stats.reset()
    assert (stats.received, stats.expected, len(stats.latencies), reader.send_times) == (
        0,
        0,
        0,
        [],
    )


def test_versions_are_read_from_joined_frames():
    messages = [frame(0, 1), frame(0, 2) + b'\n{"type":"beat"}\n' + frame(0, 3)]
    assert versions(messages) == [1, 2, 3]


def test_template_renders_to_the_frame():
    """In a server of another language, the digests are constants of the same length."""
    rendered = frame_template(0).replace("%d", "41")
    for placeholder, version in (("b" * 16, 40), ("d" * 16, 41)):
        rendered = rendered.replace(placeholder, digest_of(version), 1)
    assert rendered.encode() == frame(0, 41)


class FakePipe:
    """A fake of both halves of an HTTP connection."""

    def __init__(self, reader):
        self.reader, self.written = reader, b""

    def write(self, data):
        self.written += data


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    ],
)
async def test_editor_reads_one_response_and_leaves_the_next(response):
    import asyncio

    editor = Editor(1, {"Authorization": "Bearer x"})
    editor.reader = asyncio.StreamReader()
    editor.writer = FakePipe(editor.reader)
    editor.reader.feed_data(response + b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")
    assert await editor.patch("/x/", b"{}") == 200
    assert await editor.patch("/x/", b"{}") == 409
    assert editor.writer.written.count(b"Authorization: Bearer x\r\n") == 2
