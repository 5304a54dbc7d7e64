"""Problem documents that are sent without Django: by the middleware and by the servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from asgiref.typing import ASGISendCallable

from asgi_project.middleware.security_headers import DEFAULT_HEADERS
from rest.problems import CONTENT_TYPE, problem
from rest.request_id import HEADER, new_request_id


def encode_problem(
    document: Mapping[str, Any], headers: Mapping[str, str]
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the body of a response. It has the headers of every other one."""
    body = json.dumps(document).encode()
    all_headers = {
        **DEFAULT_HEADERS,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **headers,
    }
    return [(name.lower().encode(), value.encode()) for name, value in all_headers.items()], body


async def send_problem(
    send: ASGISendCallable, status: int, code: str, detail: str, headers: Mapping[str, str]
) -> None:
    """Respond with a problem that has a request id."""
    request_id = new_request_id()
    document = problem(status, code, detail, request_id=request_id)
    encoded, body = encode_problem(document, {HEADER: request_id, **headers})
    await send(
        {"type": "http.response.start", "status": status, "headers": encoded, "trailers": False}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
