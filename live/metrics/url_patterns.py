"""The URL pattern of a path, for requests that ended before a view was looked for."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, resolve

MAX_CACHED_LENGTH = 200
"""Characters of a path that is remembered."""


def pattern_of(path: str) -> str:
    """Return the URL pattern of a path without its parameters' values; "" if it has none."""
    look_up = _cached if len(path) <= MAX_CACHED_LENGTH else _resolve
    return look_up(path, settings.ROOT_URLCONF)


def shown_pattern(pattern: str) -> str:
    """Return a pattern as it is shown: with the first slash."""
    return f"/{pattern.removeprefix('^').removeprefix('/')}"


def _resolve(path: str, urlconf: str) -> str:
    try:
        return shown_pattern(resolve(path, urlconf).route)
    except Resolver404:
        return ""


_cached = lru_cache(maxsize=1024)(_resolve)
