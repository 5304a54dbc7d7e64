"""Authentication of requests: by a bearer token, or by a session and its CSRF token."""

from __future__ import annotations

from django.http import HttpRequest
from knox import auth as knox
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import tokens
from accounts.models import ApiToken, User

WWW_AUTHENTICATE = "Bearer"


class CsrfFailed(exceptions.PermissionDenied):
    """The request has the cookie of a session, but does not come from our pages."""

    default_code = "csrf_failed"


class TokenAuthentication(knox.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Bearer <token>`, looked up by its hash alone."""

    find = staticmethod(tokens.find)

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the user and the token; raises AuthenticationFailed."""
        api_token = self.find(token.decode("latin-1"))
        if api_token is None:
            raise exceptions.AuthenticationFailed("The token is wrong, expired or revoked.")
        return api_token.user, api_token


class MetricsTokenAuthentication(TokenAuthentication):
    """A bearer token of the scope `metrics`. Every other token is refused here."""

    find = staticmethod(tokens.find_for_metrics)


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser. Without a session the status is 401, as for a token."""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge without which DRF would respond with 403 instead of 401."""
        return WWW_AUTHENTICATE

    def enforce_csrf(self, request: Request | HttpRequest) -> None:
        """Raise CsrfFailed unless the request came from one of our pages."""
        try:
            super().enforce_csrf(request)  # type: ignore[arg-type]
        except exceptions.PermissionDenied as error:
            raise CsrfFailed(str(error.detail)) from None


class CsrfEnforcedSession(SessionAuthentication):
    """For public endpoints: the CSRF token is checked with and without a session."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Check the CSRF token, then return the user of the session, None without one."""
        self.enforce_csrf(request)
        user = getattr(request._request, "user", None)
        return (user, None) if user and user.is_active else None
