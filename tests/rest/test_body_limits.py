"""Longer request bodies are allowed by the end of the path."""

from __future__ import annotations

import pytest

from rest import body_limits


@pytest.fixture(autouse=True)
def limits(monkeypatch):
    monkeypatch.setattr(body_limits, "_limits", {})


def test_limit_is_djangos_setting_by_default(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 7
    assert body_limits.limit_for("/api/files/upload/") == 7


def test_limit_of_a_registered_suffix_is_used(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 7
    body_limits.allow("/upload/", 30)
    assert body_limits.limit_for("/api/files/upload/") == 30
    assert body_limits.limit_for("/api/files/upload/again/") == 7
