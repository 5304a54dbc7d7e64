"""The responses of the servers to requests that the application never sees."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from asgi_project.middleware.security_headers import DEFAULT_HEADERS
from asgi_project.serving.request_limits import Refusal
from rest.problems import CONTENT_TYPE, problem

RETRY_AFTER = 5  # s


def refusal_problem(refusal: Refusal) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    match refusal:
        case Refusal.TIMED_OUT:
            return problem(408, "timed_out", "The request took too long to arrive.")
        case Refusal.BODY_TOO_LARGE:
            return problem(413, "too_large", "The body is too large.")
        case Refusal.ADDRESS_TOO_LONG:
            return problem(414, "address_too_long", "The URL is longer than 8 KiB.")
        case Refusal.HEADERS_TOO_LONG:
            detail = "The headers are longer than 32 KiB, or there are more than 200."
            return problem(431, "headers_too_long", detail)
        case Refusal.BUSY:
            return problem(503, "busy", "There are too many connections or unfinished requests.")


@cache
def refusal_event(refusal: Refusal) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return the status, the headers and the body."""
    document = refusal_problem(refusal)
    body = json.dumps(document).encode()
    headers = {**DEFAULT_HEADERS, "Content-Type": CONTENT_TYPE, "Content-Length": str(len(body))}
    headers |= {"Connection": "close", "Cache-Control": "no-store"}
    if refusal is Refusal.BUSY:
        headers["Retry-After"] = str(RETRY_AFTER)
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return document["status"], encoded, body


@cache
def refusal_bytes(refusal: Refusal) -> bytes:
    """Return the whole HTTP/1.1 response, after which the connection is closed."""
    status, headers, body = refusal_event(refusal)
    title = refusal_problem(refusal)["title"]
    lines = [f"HTTP/1.1 {status} {title}".encode()]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])
