"""No message on a socket, and no number of sockets, crashes the server.

Frames are generated: valid ones, nearly valid ones, and messages that are not frames.
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
from tests.support.frame_schema import server_frames
from tests.support.installation import Installation
from tests.support.processes import ServerProcess, resident_memory

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
TIMEOUT = 30.0
GROWTH = 12_000_000
"""Bytes by which the process may grow while every conversation is repeated twice."""
LIST = "list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"
CLOSES = {
    CloseCode.TOO_BIG,
    CloseCode.OVERLOADED,
    CloseCode.BAD_FRAMES,
    CloseCode.NOT_SIGNED_IN,
    # Text that is not UTF-8: the server sends a close code and disconnects, and either
    # may arrive first.
    *(1006, 1007),
}

ids = st.none() | st.integers(-(2**63), 2**64)
topics = st.sampled_from([LIST, LIST.upper(), "requests", "ops", "list:", "", "\x00"]) | st.text()
valid = st.one_of(
    st.builds(lambda n: {"type": "ping", "id": n}, ids),
    st.builds(lambda t, n: {"type": "subscribe", "topic": t, "id": n}, topics, ids),
    st.builds(
        lambda t, v, e: {"type": "subscribe", "topic": t, "since": v, "epoch": e, "digest": e},
        topics,
        st.integers(-1, 2**63),
        st.text(max_size=10),
    ),
    st.builds(
        lambda t, v, d: {"type": "seen", "topic": t, "version": v, "digest": d},
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
names = (
    st.sampled_from(["type", "id", "topic", "since", "epoch", "digest", "state", "token"])
    | st.text()
)
nearly_valid = st.builds(lambda frame, name, value: {**frame, name: value}, valid, names, junk)
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
text = (valid | nearly_valid).map(lambda frame: json.dumps(frame).encode())
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


class OpenInstallation(Installation):
    """A server that admits any number of sockets of a stranger."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        return super().start_server(name, TROLLEY_HANDSHAKES="100000", **options)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """One process with the default limits, but for handshakes."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    installation = OpenInstallation(data, server="uvicorn", layer="memory", redis=None)
    yield installation
    installation.close()


class LimitedInstallation(Installation):
    """A server that admits two sockets of a stranger per second."""

    def start_server(self, name: str, **options: str) -> ServerProcess:
        return super().start_server(name, TROLLEY_HANDSHAKES="20", **options)


@pytest.fixture
def limited(tmp_path):
    installation = LimitedInstallation(
        tmp_path / "data", server="uvicorn", layer="memory", redis=None
    )
    yield installation
    installation.close()


def send_all(installation, conversation, *, signed_in: bool) -> int | None:
    """Send all messages on one socket; return the close code, or None if it is still open."""
    headers = {"Authorization": f"Bearer {installation.fixtures['bob']}"} if signed_in else {}
    url = installation.first_server.url.replace("http", "ws", 1)
    with connect(f"{url}/ws/", additional_headers=headers, compression=None, proxy=None) as socket:
        try:
            for kind, content in conversation:
                if kind == "fragments":
                    socket.send(content, text=True)
                else:
                    socket.send(content, text=kind == "text")
            socket.send('{"type":"ping","id":-77}')
            while True:
                for frame in server_frames(socket.recv(TIMEOUT)):
                    if frame.get("id") == -77:
                        return None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def wait_for_only_socket(installation) -> dict:
    """Wait until the observer is the only counted socket, and return that sample."""
    with installation.subscribe() as observer:
        observer.send(type="subscribe", topic="requests")
        deadline = time.monotonic() + TIMEOUT
        while (sample := observer.until("sample"))["sockets"] != 1:
            assert time.monotonic() < deadline, sample
        return sample


def test_generated_messages_crash_nothing_and_leak_nothing(installation):
    """LIV-18, LIV-28."""
    sent = []

    @MANY
    @given(st.lists(messages, min_size=5, max_size=25), st.booleans())
    def converse(conversation, signed_in):
        sent.append((conversation, signed_in))
        assert send_all(installation, conversation, signed_in=signed_in) in {None, *CLOSES}

    converse()
    before = resident_memory(installation.first_server.process)
    for _ in range(2):
        for conversation, signed_in in sent:
            send_all(installation, conversation, signed_in=signed_in)
    assert sum(len(conversation) for conversation, _ in sent) > 500
    assert resident_memory(installation.first_server.process) - before < GROWTH
    assert installation.first_server.process.poll() is None
    assert "Traceback" not in installation.first_server.output()
    assert wait_for_only_socket(installation)["people"] == 1


async def test_aborted_sockets_leak_nothing(installation):
    """LIV-24."""
    url = (
        installation.first_server.url.replace("http", "ws", 1)
        + f"/ws/lists/{installation.list_id}/"
    )
    headers = {"Authorization": f"Bearer {installation.fixtures['bob']}"}
    for _ in range(3):
        sockets = [
            await connect_async(url, additional_headers=headers, compression=None, proxy=None)
            for _ in range(20)
        ]
        for socket in sockets:
            (welcome,) = server_frames(await socket.recv())[:1]
            assert welcome["type"] == "welcome"
            presence = {
                "type": "presence",
                "topic": f"list:{installation.list_id}",
                "state": "shopping",
            }
            await socket.send(json.dumps(presence))
        for socket in sockets:
            socket.transport.abort()
        sample = await asyncio.to_thread(wait_for_only_socket, installation)
        assert (sample["people"], sample["lagging"]) == (1, 0)


async def test_too_many_new_sockets_are_told_to_retry_and_open_ones_are_unaffected(limited):
    """LIV-23."""
    url = limited.first_server.url.replace("http", "ws", 1) + "/ws/"
    with limited.subscribe() as established:
        sockets = await asyncio.gather(
            *(connect_async(url, compression=None, proxy=None) for _ in range(60))
        )
        await asyncio.to_thread(limited.edit, "meanwhile")
        await asyncio.to_thread(established.until_note, "meanwhile")
        byes = [await last_frame(socket) for socket in sockets]
        delays = [bye["retry_in"] for bye in byes if bye["code"] == CloseCode.OVERLOADED]
        assert len(delays) > 20
        assert len(set(delays)) > 10
        # The others were admitted, but did not sign in within AUTH_TIMEOUT.
        codes = {bye["code"] for bye in byes} - {CloseCode.OVERLOADED}
        assert codes == {CloseCode.NOT_SIGNED_IN}
        established.send(type="subscribe", topic="requests")
        while (await asyncio.to_thread(established.until, "sample"))["sockets"] != 1:
            pass


async def last_frame(socket):
    """Read to the end, and return the last frame."""
    frames = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            frames += server_frames(await socket.recv())
    assert socket.close_code == frames[-1]["code"]
    return frames[-1]
