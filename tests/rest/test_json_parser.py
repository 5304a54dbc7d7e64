"""Bodies: JSON as RFC 8259 has it, one clear error for anything else."""

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
def test_it_refuses_with_one_clear_error(anonymous_client, db, body):
    """SEC-13"""
    answer = anonymous_client.post(LOGIN, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    with pytest.raises(BadJsonError):
        loads(body)


def test_it_refuses_a_body_over_256_kib(anonymous_client, db):
    """SEC-13"""
    body = json.dumps({"username": "x" * 256 * 1024}).encode()
    answer = anonymous_client.post(LOGIN, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_it_refuses_other_content_types(anonymous_client, db):
    answer = anonymous_client.post(LOGIN, b"a=b", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_it_reads_numbers_at_the_edge():
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
def test_it_reads_what_json_writes(value):
    assert loads(json.dumps(value).encode()) == json.loads(json.dumps(value))
