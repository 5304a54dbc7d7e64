"""What a client can send before it is known: the same bytes to the classes of both servers."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import httptools
import pytest
import uvicorn
from daphne.server import Server as DaphneServer
from twisted.internet.testing import StringTransport
from uvicorn.server import ServerState

from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.daphne_http import LimitedFactory
from asgi_project.serving.http_protocol import LimitedHttpProtocol
from asgi_project.serving.request_limits import (
    BODY_TIMEOUT,
    HEAD_TIMEOUT,
    KEEP_ALIVE_TIMEOUT,
    LINGER_TIMEOUT,
    MAX_ADDRESS_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MIN_RATE,
    RESPONSE_TIMEOUT,
)

KIB = 1024
START = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
LIMIT = 256 * KIB
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"


async def echo(scope, receive, send):
    """Respond with what arrived, after all of it has."""
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body, more = body + event["body"], event["more_body"]
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    result = {"method": scope["method"], "length": len(body), "headers": headers}
    content = json.dumps(result).encode()
    length = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": content})


class Peer:
    """A client of one connection, with a clock of its own."""

    max_per_network = 100
    max_descriptor = 500

    def __init__(self, app=echo):
        self.time = 0.0
        self.table = ConnectionTable(
            lambda: self.time,
            max_per_network=self.max_per_network,
            max_descriptor=self.max_descriptor,
            network_of=lambda host: host,
        )
        self.app = app
        self.connect()

    async def send(self, *parts):
        """Send each part in a read of its own, until the connection is closed."""
        for part in parts:
            if self.closing:
                break
            self.receive(part)
            await self.settle()
        return self.statuses()

    async def settle(self):
        """Let the application run."""
        for _ in range(12):
            await asyncio.sleep(0)

    async def wait(self, seconds):
        """Let time pass, and the sweep look for late connections."""
        self.time += seconds
        for connection in self.table.late():
            connection.on_late()
        await self.settle()

    def responses(self):
        """Return (status, body) of all responses."""
        results = []

        class Reader:
            def on_message_begin(self):
                self.body = b""

            def on_body(self, body):
                self.body += body

            def on_message_complete(self):
                results.append((parser.get_status_code(), self.body))

        parser = httptools.HttpResponseParser(Reader())
        parser.feed_data(self.written())
        return results

    def statuses(self):
        return [status for status, _ in self.responses()]

    def echoes(self):
        return [json.loads(body) for _, body in self.responses()]


class FakeTransport(asyncio.Transport):
    """Collects what the server writes."""

    def __init__(self):
        super().__init__()
        self.data = b""
        self.closing = self.eof = False
        self.waiting = 0

    def get_extra_info(self, name, default=None):
        return self if name == "socket" else default

    def getpeername(self):
        return ("192.0.2.1", 4711)

    getsockname = getpeername

    def fileno(self):
        return 10

    def write(self, data):
        assert not self.eof
        self.data += data

    def close(self):
        self.closing = True

    abort = close

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.closing

    def can_write_eof(self):
        return True

    def write_eof(self):
        self.eof = True

    def pause_reading(self):
        pass

    resume_reading = pause_reading


class UvicornPeer(Peer):
    """A client of uvicorn's class."""

    def connect(self):
        config = uvicorn.Config(
            self.app, http=partial(LimitedHttpProtocol, self.table), log_config=None
        )
        config.load()
        self.transport = FakeTransport()
        self.protocol = config.http_protocol_class(
            config=config, server_state=ServerState(), app_state={}
        )
        self.protocol.connection_made(self.transport)
        self.receive = self.protocol.data_received

    @property
    def closing(self):
        return self.transport.closing

    def flow_callbacks(self):
        return self.protocol.pause_writing, self.protocol.resume_writing

    def written(self):
        return self.transport.data

    def disconnect(self):
        self.protocol.connection_lost(None)


class TwistedTransport(StringTransport):
    """Twisted's own fake, with the methods of a TCP transport that it lacks."""

    eof = False
    dataBuffer = b""  # noqa: N815
    waiting = 0

    @property
    def _tempDataLen(self):  # noqa: N802
        return self.waiting

    def fileno(self):
        return 10

    def loseWriteConnection(self):  # noqa: N802
        self.eof = True

    def abortConnection(self):  # noqa: N802
        self.loseConnection()


class DaphnePeer(Peer):
    """A client of daphne's class."""

    def connect(self):
        server = DaphneServer(self.app, endpoints=["unused"])
        server.connections = {}
        factory = LimitedFactory(self.table, lambda path, headers: LIMIT, server)
        self.transport = TwistedTransport()
        self.protocol = factory.buildProtocol(None)
        self.protocol.callLater = lambda *_: FakeTimer()
        self.protocol.makeConnection(self.transport)
        self.receive = self.protocol.dataReceived

    @property
    def closing(self):
        return self.transport.disconnecting

    def flow_callbacks(self):
        return self.protocol.pauseProducing, self.protocol.resumeProducing

    def written(self):
        return self.transport.value()

    def disconnect(self):
        from twisted.internet.error import ConnectionDone
        from twisted.python.failure import Failure

        self.protocol.connectionLost(Failure(ConnectionDone()))


class FakeTimer:
    """Twisted's idle timer, which no test lets expire."""

    def active(self):
        return True

    def cancel(self):
        pass

    reset = delay = lambda self, seconds: None


@pytest.fixture(params=[UvicornPeer, DaphnePeer], ids=["uvicorn", "daphne"])
def new_peer(request):
    return request.param


HEADER = b"X-A: " + b"a" * 7_000 + b"\r\n"
REFUSED = {
    "endless headers": ([START, *[HEADER] * 9], 431),
    "one endless header": ([START + b"X: ", *[b"a" * 9_000] * 9], 431),
    "endless header name": ([START, *[b"a" * 9_000] * 9], 431),
    "whole head too long": ([START + HEADER * 5 + b"\r\n"], 431),
    "too many headers": ([START + b"a: b\r\n" * MAX_HEADERS + b"\r\n"], 431),
    "endless address": ([b"GET /", *[b"a" * 9_000] * 9], 414),
    "whole address too long": ([b"GET /" + b"a" * MAX_ADDRESS_BYTES + b" HTTP/1.1\r\n\r\n"], 414),
    "query too long": ([b"GET /?" + b"a" * MAX_ADDRESS_BYTES + b" HTTP/1.1\r\n\r\n"], 414),
    "endless trailers": ([CHUNKED + b"1\r\na\r\n0\r\n", *[HEADER] * 9], 431),
    "one endless trailer": ([CHUNKED + b"0\r\nX: ", *[b"a" * 9_000] * 9], 431),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_head_over_a_limit_is_refused_and_held_no_longer(new_peer, case):
    """SEC-31"""
    parts, status = case
    peer = new_peer()
    assert await peer.send(*parts) == [status]
    assert json.loads(peer.responses()[0][1])["status"] == status
    assert b"connection: close" in peer.written().lower()
    assert peer.transport.eof
    await peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert peer.statuses() == [status]
    await peer.wait(LINGER_TIMEOUT + 0.1)
    assert peer.closing


@pytest.mark.parametrize(
    "head",
    [
        START + b"X: " + b"a" * (MAX_HEAD_BYTES - len(START) - 60) + b"\r\n",
        b"POST /" + b"a" * (MAX_ADDRESS_BYTES - 1) + b" HTTP/1.1\r\nHost: x\r\n",
        START + b"a: b\r\n" * (MAX_HEADERS - 2),
    ],
    ids=["length", "address", "count"],
)
@pytest.mark.parametrize("length", [9, 100_000])
async def test_head_at_a_limit_is_accepted(new_peer, head, length):
    """SEC-31"""
    peer = new_peer()
    assert await peer.send(head + b"Content-Length: %d\r\n\r\n" % length + b"b" * length) == [200]
    assert peer.echoes()[0]["length"] == length


async def test_trailer_is_no_header(new_peer):
    """SEC-31"""
    peer = new_peer()
    assert await peer.send(CHUNKED + b"1\r\na\r\n0\r\nRemote-User: olga\r\n\r\n") == [200]
    assert "remote-user" not in peer.echoes()[0]["headers"]


async def test_chunks_of_one_byte_are_no_trailers(new_peer):
    """SEC-31"""
    peer = new_peer()
    chunks = b"1\r\na\r\n" * 1_000
    assert await peer.send(CHUNKED, *[chunks] * 20, b"0\r\n\r\n") == [200]
    assert peer.echoes()[0]["length"] == 20_000


async def test_silent_connection_is_closed_without_a_response(new_peer):
    """SEC-32"""
    peer = new_peer()
    await peer.send(b"\r\n")
    await peer.wait(HEAD_TIMEOUT - 0.1)
    assert not peer.closing
    await peer.wait(0.2)
    assert peer.closing
    assert peer.written() == b""


@pytest.mark.parametrize("step", [b"a", b"X: a\r\n"])
async def test_head_that_takes_too_long_gets_408(new_peer, step):
    """SEC-32"""
    peer = new_peer()
    await peer.send(START)
    for _ in range(3):
        await peer.wait(HEAD_TIMEOUT / 3.01)
        assert await peer.send(step) == []
    await peer.wait(HEAD_TIMEOUT / 3)
    assert peer.statuses() == [408]


async def test_body_that_takes_too_long_gets_408(new_peer):
    """SEC-32"""
    peer = new_peer()
    await peer.send(START + b"Content-Length: 100\r\n\r\n")
    for _ in range(2):
        await peer.wait(BODY_TIMEOUT / 2)
        assert await peer.send(b"a") == []
    await peer.wait(0.1)
    assert peer.statuses() == [408]


async def test_body_with_the_lowest_rate_is_accepted(new_peer):
    """SEC-32"""
    peer = new_peer()
    await peer.send(START + b"Content-Length: %d\r\n\r\n" % LIMIT)
    for _ in range(16):
        await peer.wait(1.5)
        await peer.send(b"a" * 16 * KIB)
    assert peer.statuses() == [200]


async def test_response_that_is_read_too_slowly_ends_the_connection(new_peer):
    """SEC-32"""
    peer = new_peer()
    await peer.send(START + b"Content-Length: 0\r\n\r\n")
    peer.transport.waiting = 10 * MIN_RATE
    pause, resume = peer.flow_callbacks()
    pause()
    await peer.wait(RESPONSE_TIMEOUT + 9)
    resume()
    await peer.wait(60)
    assert not peer.closing
    pause()
    await peer.wait(RESPONSE_TIMEOUT + 11)
    assert peer.closing


async def test_blank_lines_between_requests_extend_nothing(new_peer):
    """SEC-32"""
    peer = new_peer()
    await peer.send(START + b"Content-Length: 0\r\n\r\n")
    for _ in range(4):
        await peer.send(b"\r\n")
        await peer.wait(HEAD_TIMEOUT)
    assert (peer.statuses(), peer.closing) == ([200], False)
    await peer.send(b"P")
    await peer.wait(HEAD_TIMEOUT + 0.1)
    assert peer.statuses() == [200, 408]


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(
    ("long_head", "status"),
    [
        (b"GET /" + b"a" * MAX_ADDRESS_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (START + HEADER * 5 + b"\r\n", 431),
    ],
    ids=["address", "headers"],
)
async def test_response_to_an_earlier_request_comes_before_the_end(
    new_peer, parts, long_head, status
):
    """SEC-31"""
    may_respond = asyncio.Event()

    async def slow(scope, receive, send):
        await may_respond.wait()
        await echo(scope, receive, send)

    peer = new_peer(slow)
    first = START + b"Content-Length: 0\r\n\r\n"
    sent = [first + long_head] if parts == 1 else [first, long_head[:50], long_head[50:]]
    await peer.send(*sent)
    await peer.wait(LINGER_TIMEOUT + 1)
    assert (peer.statuses(), peer.closing) == ([], False)
    may_respond.set()
    await peer.settle()
    assert peer.statuses() in ([200], [200, status])
    assert peer.closing or peer.transport.eof


@pytest.mark.parametrize("limit", ["max_per_network", "max_descriptor"])
async def test_connection_too_many_gets_503(new_peer, monkeypatch, limit):
    """SEC-31"""
    monkeypatch.setattr(Peer, limit, 1 if limit == "max_per_network" else 10)
    peer = new_peer()
    if limit == "max_per_network":
        peer.connect()
    assert peer.statuses() == [503]
    assert b"retry-after: 5\r\n" in peer.written()
    assert peer.closing
    peer.disconnect()


async def test_upload_over_the_budget_gets_503(new_peer, monkeypatch):
    """SEC-31"""
    monkeypatch.setattr("asgi_project.serving.connection_table.MAX_UNFINISHED_BYTES", 50 * KIB)
    peer = new_peer()
    head = START + b"Content-Length: 100000\r\n\r\n"
    assert await peer.send(head, *[b"a" * 10_000] * 10) == [503]
    assert len(peer.table) == 1
    peer.disconnect()
    assert len(peer.table) == 0
    peer.connect()
    assert await peer.send(head, b"a" * 30_000) == []


@pytest.mark.parametrize("framing", ["declared", "chunked"])
async def test_daphne_refuses_a_long_body_before_it_keeps_any(framing):
    """SEC-31"""
    peer = DaphnePeer()
    expect = b"Expect: 100-continue\r\n"
    if framing == "declared":
        statuses = await peer.send(START + expect + b"Content-Length: 10000000000\r\n\r\n")
    else:
        statuses = await peer.send(CHUNKED, *[b"10000\r\n" + b"a" * 65_536 + b"\r\n"] * 5)
    assert statuses == [413]
    assert b"100 Continue" not in peer.written()


OFFERS = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n",
    "TLS": b"Upgrade: TLS/1.0, HTTP/1.1\r\nConnection: keep-alive, upgrade\r\n",
    "invented": b"Connection: upgrade\r\nUpgrade: x-invented/7\r\n",
    "WebSocket without GET": b"Connection: upgrade\r\nUpgrade: websocket\r\n",
}


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("framing", ["whole", "parts", "chunked"])
async def test_upgrade_that_is_not_taken_is_ignored(new_peer, offer, framing):
    """API-34, case N1: the body arrives, and so does the next request."""
    peer = new_peer()
    request = START + offer + b"Content-Length: 5\r\n\r\nhello"
    chunked = START + offer + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    sent = {"whole": [request * 3], "parts": [request[:40], request[40:] + request[:-3], b"llo"]}
    await peer.send(*sent.get(framing, [chunked * 2]))
    count = 3 if framing == "whole" else 2
    assert [(echo["method"], echo["length"]) for echo in peer.echoes()] == [("POST", 5)] * count


async def test_idle_connection_outlives_that_of_usual_proxies(new_peer, settings):
    """API-35, case AC1"""
    settings.LIVE_TIME_SCALE = 1.0
    peer = new_peer()
    timeouts = {"timeout_keep_alive", "timeOut"} & set(dir(peer.protocol))
    assert [getattr(peer.protocol, name) for name in timeouts] == [KEEP_ALIVE_TIMEOUT]
    assert KEEP_ALIVE_TIMEOUT > 60
