"""ETag, If-Match and If-None-Match: the version of a row as its entity tag (RFC 9110).

The tag of a list has its digest too. So a write for a version that the list had before an
older copy of the database was restored is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from shopping_list.api.errors import PreconditionFailedError

_ENCODING_MARK = re.compile(r'(?:--?|;)(?:gzip|br|zstd|deflate)"$')
"""What Apache and other proxies append within the quotes, and do not take off again."""


def etag(version: int) -> str:
    """Return the entity tag of an item at this version."""
    return f'"{version}"'


def list_etag(version: int, digest: str) -> str:
    """Return the entity tag of a list at this version, with these rows."""
    return f'"{version}-{digest}"'


def if_match(request: Request) -> str | None:
    """Return the header `If-Match`, None if there is none."""
    return request.headers.get("If-Match")


def has_current(request: Request, tag: str) -> bool:
    """Tell whether the client has the response with this tag: it sent it in `If-None-Match`."""
    known = request.headers.get("If-None-Match")
    return known is not None and _matches(known, tag)


def check(request: Request, tag: str | None, current: Mapping[str, Any] | None) -> None:
    """Raise PreconditionFailedError if the request has an `If-Match` that does not match.

    `tag` is None if there is no row: no `If-Match` matches that, not even `*`.
    """
    expected = if_match(request)
    if expected is None or (tag is not None and _matches(expected, tag)):
        return
    raise PreconditionFailedError(current)


def _matches(expected: str, tag: str) -> bool:
    return not {"*", tag}.isdisjoint(_unmarked(each) for each in expected.split(","))


def _unmarked(tag: str) -> str:
    """Return a tag as we sent it. Proxies that compress a response weaken or mark its tag."""
    return _ENCODING_MARK.sub('"', tag.strip().removeprefix("W/"))
