"""Request bodies: JSON by RFC 8259, one clear error for anything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rest.json_parser import BadJsonError, loads

LOGIN = "/api/auth/login/"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": 1e999}',
        b'{"a": 1' + b"0" * 5000 + b"}",
        b'{"a": 9223372036854775808}',
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a": 1} {"b": 2}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
)
def test_invalid_json_body_returns_bad_json(anonymous_client, db, body):
    """SEC-13"""
    response = anonymous_client.post(LOGIN, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_json")
    with pytest.raises(BadJsonError):
        loads(body)


def test_body_over_256_kib_returns_413(anonymous_client, db):
    """SEC-13"""
    body = json.dumps({"username": "x" * 256 * 1024}).encode()
    response = anonymous_client.post(LOGIN, body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_body_of_another_content_type_returns_415(anonymous_client, db):
    response = anonymous_client.post(
        LOGIN, b"a=b", content_type="application/x-www-form-urlencoded"
    )
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_loads_accepts_64_bit_integers_and_fractions():
    assert loads(b"[9223372036854775807, -9223372036854775808, 0.1]") == [2**63 - 1, -(2**63), 0.1]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-1e18, 1e18)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(values)
def test_loads_reads_everything_that_json_dumps_writes(value):
    assert loads(json.dumps(value).encode()) == json.loads(json.dumps(value))
