"""Error responses as RFC 9457 problems, for errors of DRF, Django and axes.

A view raises an APIException. Two attributes extend what DRF knows: `extra` (a dict)
adds members to the problem, and `headers` adds headers to the response.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_page
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounts import lockout
from rest.json_parser import PayloadTooLarge
from rest.problems import CONTENT_TYPE, problem, problem_response
from rest.request_id import request_id

NON_FIELD_ERRORS = "non_field_errors"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Serve as DRF's EXCEPTION_HANDLER. None passes the error on to handler500."""
    api_error = _as_api_exception(error)
    if api_error is None:
        return None
    set_rollback()
    # Otherwise the view of the OpenAPI document would render the problem as YAML.
    context["request"].accepted_renderer = JSONRenderer()
    body = _body(api_error)
    body["request_id"] = request_id(context["request"]._request)
    response = Response(body, status=api_error.status_code, content_type=CONTENT_TYPE)
    for name, value in _headers(api_error).items():
        response[name] = value
    return response


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case RequestDataTooBig():
            return PayloadTooLarge()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case DjangoValidationError():
            return exceptions.ValidationError(_model_errors(error))
    return None


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
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _wants_problem(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Serve as handler404."""
    if _wants_problem(request):
        return problem_response(request, 404, "not_found", "Not found.")
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Serve as handler400, for suspicious requests and for forms that are too long."""
    if isinstance(exception, RequestDataTooBig):
        return problem_response(request, 413, "too_large", "The body is too large.")
    if _wants_problem(request):
        return problem_response(request, 400, "bad_request", "Bad request.")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Serve as handler403."""
    if _wants_problem(request):
        return problem_response(request, 403, "permission_denied", "You may not do that.")
    return defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Serve as handler500. The response reveals no cause, only the request id."""
    if _wants_problem(request):
        return problem_response(request, 500, "server_error", "Something went wrong on our side.")
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Serve as CSRF_FAILURE_VIEW."""
    if _wants_problem(request):
        return problem_response(request, 403, "csrf_failed", "The CSRF token is missing or wrong.")
    return csrf_page(request, reason)


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Serve as AXES_LOCKOUT_CALLABLE. The response is the same for known and unknown names."""
    message = "Too many wrong passwords. Try again later."
    if _wants_problem(request):
        response: HttpResponse = problem_response(request, 429, "locked_out", message)
    else:
        response = HttpResponse(message, status=429, content_type="text/plain")
    response["Retry-After"] = str(lockout.seconds_left(request))
    return response
