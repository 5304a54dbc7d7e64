"""Rolling sessions: when the expiry of a session is moved, the cookie gets the new one too."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.sessions import SessionStore


class RollingSessionMiddleware(SessionMiddleware):
    """Django's own, which also sends the cookie again when the session was renewed.

    Django's SESSION_SAVE_EVERY_REQUEST would write the whole session at each request,
    and respond with 400 if the session was deleted during the request.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the cookie, unless the response sets or deletes it already."""
        response = super().process_response(request, response)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # Django deletes the cookie of an expired session. If another tab has just changed
            # the password, this would delete the new cookie.
            response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        session = request.session
        assert isinstance(session, SessionStore)
        if session.renewed and settings.SESSION_COOKIE_NAME not in response.cookies:
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                str(session.session_key),
                max_age=settings.SESSION_COOKIE_AGE,
                domain=settings.SESSION_COOKIE_DOMAIN,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite=settings.SESSION_COOKIE_SAMESITE,  # type: ignore[arg-type]
            )
        return response
