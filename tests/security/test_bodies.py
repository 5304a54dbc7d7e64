"""Malicious request bodies: one clear error each, and the server keeps running."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.support.processes import resident_memory

pytestmark = pytest.mark.system
SIGN_IN = "/api/api-token-auth/"
LIMIT = 256 * 1024
IMPORT_LIMIT = 2 * 1024 * 1024
JSON = {"Content-Type": "application/json"}
BAD = {
    "100,000 nested arrays": b"[" * 100_000,
    "20,000 nested objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "integer of 200,000 digits": b'{"username": 1' + b"0" * 200_000 + b"}",
    "number above the largest float": b'{"username": 1e999999999}',
    "NaN": b'{"username": NaN}',
    "duplicate key": b'{"username": "a", "username": "b"}',
    "invalid UTF-8": b'{"username": "\xff\xfe"}',
    "lone surrogate": b'{"username": "\\ud800"}',
    "NUL bytes": b"\0" * 1_000,
    "gzip data": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "empty": b"",
    "array": b"[]",
    "unterminated string": b'{"username": "' + b"a" * 200_000,
}


def in_chunks(body: bytes) -> Iterator[bytes]:
    """Yield the body in parts, which httpx sends chunked, without Content-Length."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def post(server, content, path=SIGN_IN, **headers):
    return httpx.post(server.url + path, content=content, headers=JSON | headers, timeout=30)


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
@pytest.mark.parametrize("send", [bytes, in_chunks], ids=["whole", "chunked"])
def test_malicious_body_returns_one_clear_error(server, body, send):
    """SEC-13"""
    response = post(server, send(body))
    assert response.status_code == 400
    assert response.json()["code"] in {"bad_json", "invalid"}
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert len(response.content) < 1_000


@pytest.mark.parametrize(
    ("path", "size", "headers"),
    [
        (SIGN_IN, LIMIT, {}),
        ("/api/import/", IMPORT_LIMIT, {"Authorization": "Bearer unknown"}),
        ("/api/import/", LIMIT, {}),
        ("/nobody/import/", LIMIT, {"Authorization": "Bearer unknown"}),
    ],
    ids=["sign-in", "import", "import without a credential", "unknown path"],
)
@pytest.mark.parametrize("send", [bytes, in_chunks], ids=["whole", "chunked"])
def test_body_over_the_limit_returns_413_and_body_at_the_limit_is_read(
    server, path, size, headers, send
):
    """SEC-13"""
    body = json.dumps({"username": ""}).encode()
    assert post(server, send(body.ljust(size)), path, **headers).status_code in {400, 401, 404}
    response = post(server, send(body.ljust(size + 1)), path, **headers)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_chunked_body_is_read(server):
    """SEC-13"""
    body = json.dumps({"username": "olga", "password": PASSWORD}).encode()
    assert post(server, in_chunks(body)).json()["token"]


def test_repeated_malicious_bodies_do_not_leak_memory(server):
    """SEC-13"""

    def post_all():
        for body in [*BAD.values(), b" " * LIMIT]:
            post(server, body)

    for _ in range(3):
        post_all()
    before = resident_memory(server.process)
    for _ in range(10):
        post_all()
    assert resident_memory(server.process) - before < 16 * 1024 * 1024
    assert server.get("/healthz").status_code == 200
    assert server.process.poll() is None
    assert "Traceback" not in server.output()
