"""ETag and If-Match: the version of a row as its entity tag (RFC 9110)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from shopping_list.api.errors import PreconditionFailedError


def etag(version: int) -> str:
    """Return the entity tag of a row at this version."""
    return f'"{version}"'


def if_match(request: Request) -> str | None:
    """Return the header `If-Match`, None if there is none."""
    return request.headers.get("If-Match")


def check(request: Request, version: int | None, current: Mapping[str, Any] | None) -> None:
    """Raise PreconditionFailedError if the request has an `If-Match` that does not match.

    `version` is None if there is no row: no `If-Match` matches that, not even `*`.
    """
    expected = if_match(request)
    if expected is None or (version is not None and _matches(expected, version)):
        return
    raise PreconditionFailedError(current)


def _matches(expected: str, version: int) -> bool:
    # Proxies that compress a response weaken its tag; the version is the same.
    tags = {tag.strip().removeprefix("W/") for tag in expected.split(",")}
    return bool(tags & {"*", etag(version)})
