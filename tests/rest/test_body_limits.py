"""Longer request bodies are allowed by path, to requests with something to check."""

from __future__ import annotations

import pytest

from rest import body_limits


@pytest.fixture(autouse=True)
def limits(monkeypatch, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 7
    monkeypatch.setattr(body_limits, "_limits", {})
    body_limits.allow("/api/[a-z]+/upload/", 30)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/files/upload/", 30),
        ("/api/files/upload/again/", 7),
        ("/x/api/files/upload/", 7),
        ("/api/7/upload/", 7),
        ("/", 7),
    ],
)
def test_limit_is_that_of_the_whole_path(path, limit):
    """SEC-31"""
    assert body_limits.limit_for(path) == limit


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ([], 7),
        ([(b"authorization", b"Bearer x")], 30),
        ([(b"cookie", b"theme=dark; trolley_sessionid=abc")], 30),
        ([(b"cookie", b"theme=trolley_sessionid; csrftoken=abc")], 7),
        ([(b"cookie", b"xtrolley_sessionid=abc")], 7),
        ([(b"x-authorization", b"Bearer x")], 7),
    ],
)
def test_higher_limit_needs_a_credential(headers, limit):
    """SEC-31"""
    assert body_limits.limit_for_request("/api/files/upload/", headers) == limit
    assert body_limits.limit_for_request("/api/files/", headers) == 7
