"""Django's own error handlers: problems below /api/, pages elsewhere.

REST framework's exception handler is rest/problems.py.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_page

from accounts import lockout
from asgi_project.page_language import TEXTS, language_of_browser
from rest.database_errors import Trouble, database_trouble
from rest.problems import note_trouble, problem_response


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
    """Serve as handler500. The response reveals no cause, only the request id.

    Django calls it while it handles the error. Middleware is outside of REST framework, and
    so are the pages: an error of the database that passes by itself becomes a 503 here.
    """
    error = sys.exception()
    if error and (trouble := database_trouble(error)):
        note_trouble(request, trouble, error)
        return _unavailable(request, trouble)
    if _wants_problem(request):
        return problem_response(request, 500, "server_error", "Something went wrong on our side.")
    return defaults.server_error(request)


def _unavailable(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    response: HttpResponse
    if _wants_problem(request):
        response = problem_response(request, 503, "database_unavailable", trouble.detail)
    else:
        # Without the context processors, which ask the database who is signed in.
        language = language_of_browser(request)
        texts = TEXTS[language]
        context = {
            "language": language,
            "texts": texts,
            "reason": texts.unavailable_reason or trouble.detail,
            "retry": texts.retry % trouble.retry_after,
        }
        page = loader.render_to_string("unavailable.html", context)
        response = HttpResponse(page, status=503)
    response["Retry-After"] = str(trouble.retry_after)
    return response


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
