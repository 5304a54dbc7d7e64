"""The two HTML pages. They are empty; the frontend's entry module renders the content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from asgi_project.middleware.security_headers import APP_CSP


def _has_webmanifest() -> bool:
    return Path(settings.FRONTEND_DIST, "manifest.webmanifest").is_file()


@require_safe
@ensure_csrf_cookie
def app_shell(request: HttpRequest, *, entry: str, title: str, **_: Any) -> HttpResponse:
    """Return the page that loads `entry`. The browser app reads the URL by itself."""
    context = {"entry": entry, "title": title, "webmanifest": _has_webmanifest()}
    response = render(request, "shell.html", context)
    response["Content-Security-Policy"] = APP_CSP
    response["Cache-Control"] = "no-cache"
    return response
