"""Errors as problem documents (RFC 9457), and the exception handler of REST framework.

A view raises one of these:
- an APIException. Two attributes add to what DRF knows: `extra` (a dict) adds members
  to the problem, `headers` (a dict) adds headers to the response.
- an error that its app has registered here with a status and a code.
- a ValidationError, Http404 or PermissionDenied of Django.
- an error of the database that passes by itself (database_errors.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from math import ceil
from types import MappingProxyType
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from rest.database_errors import Trouble, database_trouble
from rest.errors import DomainError
from rest.json_parser import PayloadTooLarge
from rest.request_id import request_id

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
NON_FIELD_ERRORS = "non_field_errors"

_statuses: dict[type[DomainError], tuple[int, str]] = {}
_members: dict[type[DomainError], Callable[[Any], dict[str, Any]]] = {}


class DatabaseUnavailable(exceptions.APIException):
    """The database cannot do its work now. The same request may succeed later."""

    status_code = 503
    default_code = "database_unavailable"

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.detail)
        self.headers = {"Retry-After": str(trouble.retry_after)}


class ProblemResponse(msgspec.Struct, kw_only=True):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET
    request_id: str


def register_errors(
    statuses: Mapping[type[DomainError], tuple[int, str]],
    members: Mapping[type[DomainError], Callable[[Any], dict[str, Any]]] = MappingProxyType({}),
) -> None:
    """Answer these errors with a status and a code. An app calls this in `ready()`.

    The detail of the problem is the text of the error. `members` has functions that
    return further members.
    """
    _statuses.update(statuses)
    _members.update(members)


def registered_errors() -> Mapping[type[DomainError], tuple[int, str]]:
    """Return the status and the code of every registered error."""
    return MappingProxyType(_statuses)


def problem(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """Return a problem; `members` can add members, but not replace the standard ones."""
    return {
        **members,
        "type": f"urn:trolley:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }


def problem_response(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """Return a response with a problem, for code outside of REST framework."""
    body = problem(status, code, detail, request_id=request_id(request))
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Serve as DRF's EXCEPTION_HANDLER. None passes the error on to handler500."""
    if trouble := database_trouble(error):
        note_trouble(context["request"]._request, trouble, error)
        error = DatabaseUnavailable(trouble)
    api_error = _as_api_exception(error)
    if api_error is None:
        return None
    set_rollback()
    _render_as_json(context["request"])
    body = _body(api_error)
    body["request_id"] = request_id(context["request"]._request)
    response = Response(body, status=api_error.status_code, content_type=CONTENT_TYPE)
    for name, value in _headers(api_error).items():
        response[name] = value
    return response


def _render_as_json(request: Request) -> None:
    """Settle the type of the response, which the negotiation may not have done.

    DRF reads both attributes. If the negotiation failed, neither is set. If it
    succeeded, the view of the OpenAPI document would render the problem as YAML.
    """
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = JSONRenderer.media_type


def note_trouble(request: HttpRequest, trouble: Trouble, error: BaseException) -> None:
    """Log that the database cannot handle a request, and note why in `database_trouble`.

    The server may handle the request again (serving/threaded_handler.py).
    """
    request.database_trouble = trouble  # type: ignore[attr-defined]
    one_line = " ".join(str(error).split())
    logger.warning("%s %s failed: %s (%s)", request.method, request.path, trouble.detail, one_line)


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    return _translate(error) if isinstance(error, DomainError) else _from_django(error)


def _from_django(error: Exception) -> exceptions.APIException | None:
    match error:
        case Http404():
            return exceptions.NotFound("That does not exist, or it is not shared with you.")
        case RequestDataTooBig():
            return PayloadTooLarge()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case DjangoValidationError():
            return exceptions.ValidationError(_model_errors(error))
    return None


def _translate(error: DomainError) -> exceptions.APIException | None:
    kind = type(error)
    if kind not in _statuses:
        return None
    status, code = _statuses[kind]
    api_error = exceptions.APIException(str(error), code)
    api_error.status_code = status
    api_error.extra = _members[kind](error) if kind in _members else {}  # type: ignore[attr-defined]
    return api_error


def _model_errors(error: DjangoValidationError) -> dict[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {NON_FIELD_ERRORS: error.messages}
    return {
        NON_FIELD_ERRORS if key == "__all__" else key: messages
        for key, messages in error.message_dict.items()
    }


def _body(error: exceptions.APIException) -> dict[str, Any]:
    extra = getattr(error, "extra", {})
    if isinstance(error, exceptions.ValidationError):
        fields = dict(_flatten(error.detail))
        detail = next((f"{path}: {texts[0]}" for path, texts in fields.items()), "Invalid.")
        detail = detail.removeprefix(f"{NON_FIELD_ERRORS}: ")
        return problem(400, "invalid", detail, **extra, errors=fields)
    code = getattr(error.detail, "code", None) or error.default_code
    return problem(error.status_code, code, str(error.detail), **extra)


def _flatten(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield `("items.3.name", ["…"])` for each leaf of DRF's nested details."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flatten(inner, f"{path}.{key}" if path else str(key))
    elif any(isinstance(entry, dict | list) for entry in detail):
        for index, inner in enumerate(detail):
            yield from _flatten(inner, f"{path}.{index}" if path else str(index))
    elif detail:
        yield path or NON_FIELD_ERRORS, [str(text) for text in detail]


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = dict(getattr(error, "headers", {}))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    return headers
