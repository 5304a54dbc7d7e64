"""Sessions in use do not end: with the row, the browser's cookie lasts longer too."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.sessions import SessionStore


class RollingSessionMiddleware(SessionMiddleware):
    """Django's own, and sends the cookie again when the session was renewed.

    Django's SESSION_SAVE_EVERY_REQUEST would write the whole session at each request,
    and answer 400 where it was ended meanwhile.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the cookie, unless the request gave or took one."""
        response = super().process_response(request, response)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            # Django takes the cookie of a session that is over. Where another tab has just
            # changed the password, it would be the new one that goes.
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
