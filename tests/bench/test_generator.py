"""The load generator counts events, not messages."""

import pytest

from bench.event import frame, template
from bench.generator import Editor, Reader, Tally
from bench.scenarios import versions
from bench.targets import TARGETS


@pytest.fixture
async def tally():
    return Tally()


def reader_of(tally, target="trolley", **options):
    chosen_target = TARGETS[target]
    options = {"mark": chosen_target.mark, "ready": chosen_target.ready, "list_index": 0, **options}
    return Reader(tally, **options)


async def test_joined_frames_count_as_several_deliveries(tally):
    reader = reader_of(tally)
    reader.on_message(b"\n".join(frame(0, version) for version in range(1, 6)))
    reader.on_message(frame(0, 6))
    assert (reader.count, tally.received) == (6, 6)
    assert tally.bytes == 6 * len(frame(0, 1)) + 4


async def test_other_frames_do_not_count_as_deliveries(tally):
    reader = reader_of(tally)
    reader.on_message(b'{"type":"beat"}\n{"type":"presence","topic":"x","people":[]}')
    reader.on_message(b'{"type":"beat"}\n' + frame(0, 1))
    assert reader.count == 1


async def test_socket_is_ready_after_its_first_snapshot(tally):
    reader = reader_of(tally)
    reader.on_message(b'{"type":"welcome"}')
    assert tally.ready == 0
    reader.on_message(b'{"type":"subscribed"}\n{"type":"snapshot","part":1}')
    reader.on_message(b'{"type":"snapshot","part":1}')
    assert tally.ready == 1


async def test_latency_pairs_each_frame_with_the_event_of_the_same_number(tally, monkeypatch):
    monkeypatch.setattr("bench.generator.time.perf_counter", lambda: 10.0)
    reader, other = reader_of(tally), reader_of(tally, list_index=1)
    tally.sent(0).extend([7.0, 8.0, 9.0])
    tally.sent(1).append(5.0)
    reader.on_message(frame(0, 1))
    reader.on_message(frame(0, 2) + b"\n" + frame(0, 3))
    other.on_message(frame(1, 1))
    assert list(tally.latencies) == [3.0, 2.0, 1.0, 5.0]


async def test_wanted_count_is_reached_only_when_all_frames_arrived(tally):
    reader = reader_of(tally)
    tally.want(2)
    reader.on_message(frame(0, 1))
    assert not await tally.reached(0.01)
    reader.on_message(frame(0, 2))
    assert await tally.reached(0.01)
    tally.want(1)
    assert not await tally.reached(0.01)


async def test_reset_clears_all_counts(tally):
    reader = reader_of(tally)
    tally.sent(0).append(1.0)
    tally.want(5)
    reader.on_message(frame(0, 1))
    tally.reset()
    assert (tally.received, tally.wanted, len(tally.latencies), reader.sent) == (0, 0, 0, [])


def test_versions_are_read_from_joined_frames():
    messages = [frame(0, 1), frame(0, 2) + b'\n{"type":"beat"}\n' + frame(0, 3)]
    assert versions(messages) == [1, 2, 3]


def test_template_renders_to_the_frame():
    assert template(0).replace("%d", "41").encode() == frame(0, 41)


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
