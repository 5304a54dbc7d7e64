"""Bodies that nobody sends by mistake: one clear error each, and the server lives on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.support.processes import resident_memory

pytestmark = pytest.mark.system
DOOR = "/api/api-token-auth/"
LIMIT = 256 * 1024
LONGEST = 2 * 1024 * 1024
JSON = {"Content-Type": "application/json"}
BAD = {
    "nested a hundred thousand times": b"[" * 100_000,
    "objects nested deeply": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a number of many digits": b'{"username": 1' + b"0" * 200_000 + b"}",
    "a number beyond all floats": b'{"username": 1e999999999}',
    "NaN": b'{"username": NaN}',
    "a key twice": b'{"username": "a", "username": "b"}',
    "no UTF-8": b'{"username": "\xff\xfe"}',
    "half a pair": b'{"username": "\\ud800"}',
    "NUL bytes": b"\0" * 1_000,
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "nothing": b"",
    "a list": b"[]",
    "not closed": b'{"username": "' + b"a" * 200_000,
}


def in_pieces(body: bytes) -> Iterator[bytes]:
    """Have it sent in chunks, without a length."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def post(server, content, path=DOOR, **headers):
    return httpx.post(server.url + path, content=content, headers=JSON | headers, timeout=30)


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
@pytest.mark.parametrize("send", [bytes, in_pieces], ids=["whole", "chunked"])
def test_it_gets_one_clear_error(server, body, send):
    """SEC-13"""
    answer = post(server, send(body))
    assert answer.status_code == 400
    assert answer.json()["code"] in {"bad_json", "invalid"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    ("path", "size"), [(DOOR, LIMIT), ("/api/import/", LONGEST)], ids=["anywhere", "imports"]
)
@pytest.mark.parametrize("send", [bytes, in_pieces], ids=["whole", "chunked"])
def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read(server, path, size, send):
    """SEC-13"""
    body = json.dumps({"username": ""}).encode()
    assert post(server, send(body.ljust(size)), path).status_code in {400, 401}
    answer = post(server, send(body.ljust(size + 1)), path)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_chunked_body_is_a_body(server):
    """SEC-13"""
    body = json.dumps({"username": "olga", "password": PASSWORD}).encode()
    assert post(server, in_pieces(body)).json()["token"]


def test_all_of_them_again_and_again_cost_no_memory(server):
    """SEC-13"""

    def everything():
        for body in [*BAD.values(), b" " * LIMIT]:
            post(server, body)

    for _ in range(3):
        everything()
    before = resident_memory(server.process)
    for _ in range(10):
        everything()
    assert resident_memory(server.process) - before < 16 * 1024 * 1024
    assert server.get("/healthz").status_code == 200
    assert server.process.poll() is None
    assert "Traceback" not in server.output()
