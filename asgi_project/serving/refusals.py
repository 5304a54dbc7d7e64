"""The responses of the servers to requests that the application never sees."""

from __future__ import annotations

from functools import cache
from typing import Any

from asgi_project.middleware.problem_sender import encode_problem
from asgi_project.serving.request_limits import Refusal
from rest.problems import problem

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
def refusal_bytes(refusal: Refusal) -> bytes:
    """Return the whole HTTP/1.1 response, after which the connection is closed."""
    document = refusal_problem(refusal)
    headers = {"Connection": "close"}
    if refusal is Refusal.BUSY:
        headers["Retry-After"] = str(RETRY_AFTER)
    encoded, body = encode_problem(document, headers)
    lines = [f"HTTP/1.1 {document['status']} {document['title']}".encode()]
    lines += [name + b": " + value for name, value in encoded]
    return b"\r\n".join([*lines, b"", body])
