"""The two HTML pages. They are empty; the frontend's entry module renders the content."""

from __future__ import annotations

import logging
import re
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.languages import LANGUAGES
from asgi_project.middleware.security_headers import APP_CSP
from asgi_project.page_language import TEXTS, language_of_request
from asgi_project.page_theme import theme_of_request

logger = logging.getLogger(__name__)

LINK_PAGES = ("join", "setup", "reset")
"""The pages of links, which have their secret in the fragment."""


@require_safe
@ensure_csrf_cookie
def app_shell(request: HttpRequest, *, page: str, part: str = "", **_: Any) -> HttpResponse:
    """Return the page that loads the entry of that name. The app reads the URL by itself.

    `part` is a module that the app will load on demand for this URL, so it is loaded at once.

    The dashboard is in English only.
    """
    language = LANGUAGES[0] if page == "dashboard" else language_of_request(request)
    context = {
        "entry": f"src/{page}.ts",
        "part": part,
        "language": language,
        "texts": TEXTS[language],
        "theme": theme_of_request(request),
        "has_session": has_session(request),
        "title": TEXTS[language].titles[page],
        "demo": bool(settings.DEMO_CONTROL),
    }
    response = render(request, "shell.html", context)
    response["Content-Security-Policy"] = APP_CSP
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def has_session(request: HttpRequest) -> bool:
    """Return whether a user is signed in, or True if the database cannot say."""
    try:
        return request.user.is_authenticated
    except Error:
        logger.warning("page: the session cannot be read", exc_info=True)
        return True


@require_safe
def encoded_fragment(request: HttpRequest, *, page: str, secret: str) -> HttpResponse:
    """Redirect to the page of a link whose `#` a mail program has encoded as `%23`.

    The fragment of the redirect goes to the browser, which sends it nowhere.
    """
    unpunctuated = re.match(r"[\w-]*", secret, re.ASCII)
    response = HttpResponseRedirect(f"/{page}/#{unpunctuated[0] if unpunctuated else ''}")
    response["Cache-Control"] = "no-store"
    return response
