"""ETag and If-Match: the version of a row as its entity tag (RFC 9110)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from shopping_list.api.errors import PreconditionFailedError


def etag(version: int) -> str:
    """Return the entity tag of a row at this version."""
    return f'"{version}"'


def given(request: Request) -> str | None:
    """Return `If-Match`, None where there is none."""
    return request.headers.get("If-Match")


def check(request: Request, version: int | None, current: Any) -> None:
    """Raise PreconditionFailedError if `If-Match` is there and does not hold.

    `version` is None where there is no row: nothing matches that, not even `*`.
    """
    wanted = given(request)
    if wanted is None or (version is not None and _matches(wanted, version)):
        return
    raise PreconditionFailedError(current=current)


def _matches(wanted: str, version: int) -> bool:
    # Proxies that compress weaken a tag on its way out; the version is the same.
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    return bool(tags & {"*", etag(version)})
