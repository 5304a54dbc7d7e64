"""The composition root: bodies are limited, and only configured proxies are trusted."""

import json

import pytest

from asgi_project import asgi
from asgi_project.middleware.body_limit import BodyLimitMiddleware

SCOPE = {"type": "http", "method": "POST", "path": "/api/", "scheme": "http"}


def limited(app):
    """Limit the bodies to ten bytes on every path."""
    return BodyLimitMiddleware(app, lambda path, headers: 10)


async def call(app, *, headers=(), chunks=(b"",), client=("198.51.100.7", 4711)):
    """Send one request; return (status, headers, body)."""
    sent, events = [], [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    events[-1]["more_body"] = False

    async def receive():
        return events.pop(0) if events else {"type": "http.disconnect"}

    async def send(event):
        sent.append(event)

    await app({**SCOPE, "headers": list(headers), "client": client}, receive, send)
    if not sent:
        return None, {}, b""
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(e["body"] for e in sent[1:])


async def echo(scope, receive, send):
    """Send the body back; read it completely, as Django does, and not after a disconnect."""
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body, more = body + event["body"], event["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def test_body_up_to_the_limit_is_passed_on():
    assert await call(limited(echo), chunks=[b"12345", b"67890"]) == (200, {}, b"1234567890")


@pytest.mark.parametrize(
    ("headers", "chunks"),
    [([(b"content-length", b"11")], [b""]), ([], [b"123456", b"789012"])],
    ids=["declared", "chunked"],
)
async def test_body_over_the_limit_is_rejected_before_the_app(headers, chunks):
    status, response_headers, body = await call(limited(echo), headers=headers, chunks=chunks)
    assert status == 413
    assert response_headers[b"content-type"] == b"application/problem+json"
    assert b"content-security-policy" in response_headers
    assert json.loads(body)["code"] == "too_large"


async def report_length(scope, receive, send):
    """Send back the headers that describe the length of the body."""
    values = [value for name, value in scope["headers"] if name in {b"content-length", b"te"}]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b",".join(values)})


async def test_chunked_body_gets_a_content_length():
    """SEC-13"""
    headers = [(b"transfer-encoding", b"chunked"), (b"te", b"x")]
    _, _, body = await call(limited(report_length), headers=headers, chunks=[b"123", b"45"])
    assert body == b"x,5"
    _, _, body = await call(limited(report_length), headers=headers)
    assert body == b"x"


async def test_negative_content_length_is_ignored():
    headers = [(b"content-length", b"-1")]
    assert (await call(limited(echo), headers=headers, chunks=[b"1"]))[0] == 200


async def report_client(scope, receive, send):
    body = json.dumps([scope["scheme"], scope["client"][0]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


FORWARDED = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"203.0.113.9")]


async def test_forwarded_headers_are_ignored_by_default(settings):
    """SEC-19"""
    settings.TRUSTED_PROXIES = []
    app = asgi._trust_proxies(report_client)
    _, _, body = await call(app, headers=FORWARDED)
    assert json.loads(body) == ["http", "198.51.100.7"]


async def test_forwarded_headers_are_used_only_when_proxy_is_trusted(settings):
    """SEC-19"""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    app = asgi._trust_proxies(report_client)
    _, _, body = await call(app, headers=FORWARDED, client=("10.1.2.3", 1))
    assert json.loads(body) == ["https", "203.0.113.9"]
    _, _, body = await call(app, headers=FORWARDED, client=("198.51.100.7", 1))
    assert json.loads(body) == ["http", "198.51.100.7"]


async def test_websocket_is_rejected_without_live():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(event):
        sent.append(event)

    await asgi._reject_websocket({"type": "websocket"}, receive, send)
    assert sent[0]["type"] == "websocket.close"


@pytest.mark.parametrize("failing", [False, True])
async def test_lifespan_reports_result_of_startup(monkeypatch, failing):
    from asgi_project.serving import lifespan

    stopped = []

    async def start():
        if failing:
            raise RuntimeError("no layer")

    async def stop():
        stopped.append(True)

    monkeypatch.setattr(lifespan, "startup", start)
    monkeypatch.setattr(lifespan, "shutdown", stop)
    sent = []

    async def receive():
        return {}

    async def send(event):
        sent.append(event["type"])

    await lifespan.lifespan({"type": "lifespan"}, receive, send)
    if failing:
        assert sent == ["lifespan.startup.failed"]
        assert not stopped
    else:
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert stopped
