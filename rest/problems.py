"""The one shape of an error: an RFC 9457 problem."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

from rest.request_id import request_id

CONTENT_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """Return the members of a problem; `members` may add to them, not change them."""
    return {
        **members,
        "type": f"urn:trolley:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def problem_response(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """Return a problem outside of DRF."""
    body = problem(status, code, detail, request_id=request_id(request))
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)
