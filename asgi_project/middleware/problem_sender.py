"""Problem documents from the middleware in front of Django."""

from __future__ import annotations

import json

from asgiref.typing import ASGISendCallable

from asgi_project.middleware.security_headers import DEFAULT_HEADERS
from rest.problems import CONTENT_TYPE, problem
from rest.request_id import HEADER, new_request_id


async def send_problem(
    send: ASGISendCallable, status: int, code: str, detail: str, headers: dict[str, str]
) -> None:
    """Respond with a problem, which has the headers of every other response."""
    request_id = new_request_id()
    body = json.dumps(problem(status, code, detail, request_id=request_id)).encode()
    all_headers = {
        **DEFAULT_HEADERS,
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        HEADER: request_id,
        **headers,
    }
    encoded = [(name.lower().encode(), value.encode()) for name, value in all_headers.items()]
    await send(
        {"type": "http.response.start", "status": status, "headers": encoded, "trailers": False}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
