"""Whatever comes over a socket, and however many sockets come: the server stands it.

Frames are generated: good ones, nearly good ones, and what is no frame at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from live.protocol.frames import CloseCode
from tests.support.frame_schema import told
from tests.support.installation import Place, World, resident

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
PATIENCE = 30.0
GROWTH = 12_000_000
"""Bytes that the allocator may take for itself while all of it is said twice more."""
LIST = "list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"
CLOSES = {
    CloseCode.TOO_BIG,
    CloseCode.OVERLOADED,
    CloseCode.BAD_FRAMES,
    CloseCode.NOT_SIGNED_IN,
    # Text that is no UTF-8: the server says so and hangs up, and which of both
    # arrives first is chance.
    *(1006, 1007),
}

ids = st.none() | st.integers(-(2**63), 2**64)
topics = st.sampled_from([LIST, LIST.upper(), "requests", "ops", "list:", "", "\x00"]) | st.text()
good = st.one_of(
    st.builds(lambda n: {"type": "ping", "id": n}, ids),
    st.builds(lambda t, n: {"type": "subscribe", "topic": t, "id": n}, topics, ids),
    st.builds(
        lambda t, v, e: {"type": "subscribe", "topic": t, "since": v, "epoch": e},
        topics,
        st.integers(-1, 2**63),
        st.text(max_size=10),
    ),
    st.builds(lambda t: {"type": "unsubscribe", "topic": t}, topics),
    st.builds(
        lambda t, s: {"type": "presence", "topic": t, "state": s},
        topics,
        st.sampled_from(["viewing", "shopping", "away"]),
    ),
    st.builds(lambda t: {"type": "auth", "token": t}, st.text()),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
names = st.sampled_from(["type", "id", "topic", "since", "epoch", "state", "token"]) | st.text()
nearly = st.builds(lambda frame, name, value: {**frame, name: value}, good, names, junk)
raw = st.sampled_from(
    [
        "[" * 30_000,
        '{"type":"ping","id":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"type":"ping","id":' + "9" * 5_000 + "}",
        '{"type":"ping","id":1e400}',
        '{"type":"ping","id":NaN}',
        '{"type":"ping","id":-Infinity}',
        '{"type":"ping","type":"subscribe","topic":"requests","topic":"ops"}',
        '{"type":"subscribe","topic":"\\ud800"}',
        '{"type":"auth","token":"\\udfff\\ud800"}',
        '{"type":"ping"}\n' * 8,
        "\n" * 5,
        "null",
        "x" * 65_536,
        "x" * 65_537,
        "ü" * 40_000,
    ]
).map(str.encode)
text = (good | nearly).map(lambda frame: json.dumps(frame).encode())
unreadable = st.binary(min_size=1, max_size=50)
fragments = st.lists(text | raw, min_size=2, max_size=4)
messages = st.one_of(
    st.tuples(st.just("text"), text),
    st.tuples(st.just("text"), text),
    st.tuples(st.just("text"), raw),
    st.tuples(st.just("text"), unreadable),
    st.tuples(st.just("binary"), unreadable),
    st.tuples(st.just("fragments"), fragments),
)
MANY = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One process with the limits that it comes with."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    made = World(data, server="uvicorn", layer="memory", redis=None)
    yield made
    made.close()


class Limited(World):
    """A server that takes two sockets a second."""

    def serve(self, name: str, **given: str) -> Place:
        return super().serve(name, TROLLEY_HANDSHAKES="2", **given)


@pytest.fixture
def limited(tmp_path):
    made = Limited(tmp_path / "data", server="uvicorn", layer="memory", redis=None)
    yield made
    made.close()


def say(world, conversation, *, known: bool) -> int | None:
    """Say all of it on one socket; return the close code, or None if it is open still."""
    headers = {"Authorization": f"Bearer {world.made['bob']}"} if known else {}
    url = world.first.url.replace("http", "ws", 1)
    with connect(f"{url}/ws/", additional_headers=headers, compression=None, proxy=None) as one:
        try:
            for kind, content in conversation:
                if kind == "fragments":
                    one.send(content, text=True)
                else:
                    one.send(content, text=kind == "text")
            one.send('{"type":"ping","id":-77}')
            while True:
                for frame in told(one.recv(PATIENCE)):
                    if frame.get("id") == -77:
                        return None
        except ConnectionClosed as over:
            return over.rcvd.code if over.rcvd else 1006


def alone(world) -> dict:
    """Wait until the observer is the only one who is counted, and return that sample."""
    with world.watch() as one:
        one.send(type="subscribe", topic="requests")
        deadline = time.monotonic() + PATIENCE
        while (sample := one.until("sample"))["sockets"] != 1:
            assert time.monotonic() < deadline, sample
        return sample


def test_generated_frames_crash_nothing_and_leave_nothing_behind(world):
    """LIV-18, LIV-28."""
    said = []

    @MANY
    @given(st.lists(messages, min_size=5, max_size=25), st.booleans())
    def converse(conversation, known):
        said.append((conversation, known))
        assert say(world, conversation, known=known) in {None, *CLOSES}

    converse()
    before = resident(world.first.process)
    for _ in range(2):
        for conversation, known in said:
            say(world, conversation, known=known)
    assert sum(len(conversation) for conversation, _ in said) > 500
    assert resident(world.first.process) - before < GROWTH
    assert world.first.process.poll() is None
    assert "Traceback" not in world.first.said()
    assert alone(world)["people"] == 1


async def test_a_storm_of_sockets_that_vanish_leaves_nothing_behind(world):
    """LIV-24."""
    url = world.first.url.replace("http", "ws", 1) + f"/ws/lists/{world.list}/"
    headers = {"Authorization": f"Bearer {world.made['bob']}"}
    for _ in range(3):
        sockets = [
            await connect_async(url, additional_headers=headers, compression=None, proxy=None)
            for _ in range(20)
        ]
        for one in sockets:
            (welcome,) = told(await one.recv())[:1]
            assert welcome["type"] == "welcome"
            presence = {"type": "presence", "topic": f"list:{world.list}", "state": "shopping"}
            await one.send(json.dumps(presence))
        for one in sockets:
            one.transport.abort()
        sample = await asyncio.to_thread(alone, world)
        assert (sample["people"], sample["lagging"]) == (1, 0)


async def test_a_crowd_of_newcomers_is_told_when_to_come_and_those_inside_notice_nothing(limited):
    """LIV-23."""
    url = limited.first.url.replace("http", "ws", 1) + "/ws/"
    with limited.watch() as inside:
        crowd = await asyncio.gather(
            *(connect_async(url, compression=None, proxy=None) for _ in range(60))
        )
        await asyncio.to_thread(limited.edit, "meanwhile")
        await asyncio.to_thread(inside.until_note, "meanwhile")
        codes = [await ending(one) for one in crowd]
        away = [bye["retry_in"] for bye in codes if bye["code"] == CloseCode.OVERLOADED]
        assert len(away) > 20
        assert len(set(away)) > 10
        # The others came in, showed nobody, and were given 5 s.
        rest = {bye["code"] for bye in codes} - {CloseCode.OVERLOADED}
        assert rest == {CloseCode.NOT_SIGNED_IN}
        inside.send(type="subscribe", topic="requests")
        while (await asyncio.to_thread(inside.until, "sample"))["sockets"] != 1:
            pass


async def ending(one):
    """Read to the end, and return the last frame."""
    frames = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            frames += told(await one.recv())
    assert one.close_code == frames[-1]["code"]
    return frames[-1]
