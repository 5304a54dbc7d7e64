"""How a request shows who it is from: a bearer token, or a session and its CSRF token."""

from __future__ import annotations

from django.http import HttpRequest
from knox import auth as knox
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts import tokens
from accounts.models import ApiToken, User

WWW_AUTHENTICATE = "Bearer"
# People sign in with this one; the other backends only turn some away.
BACKEND = "django.contrib.auth.backends.ModelBackend"


class CsrfFailed(exceptions.PermissionDenied):
    """The request came with a cookie, but not from our pages."""

    default_code = "csrf_failed"


class TokenAuthentication(knox.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Bearer <token>`, looked up by its hash alone."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Return the person and the token; raises AuthenticationFailed."""
        found = tokens.find(token.decode("latin-1"))
        if found is None:
            raise exceptions.AuthenticationFailed("The token is wrong, expired or revoked.")
        return found.user, found


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session. Without one the answer is 401, as for a token."""

    def authenticate_header(self, request: Request) -> str:
        """Return what makes DRF answer 401 and not 403."""
        return WWW_AUTHENTICATE

    def enforce_csrf(self, request: Request | HttpRequest) -> None:
        """Raise CsrfFailed unless the request came from one of our pages."""
        try:
            super().enforce_csrf(request)  # type: ignore[arg-type]
        except exceptions.PermissionDenied as refused:
            raise CsrfFailed(str(refused.detail)) from None


class CsrfEnforcedSession(SessionAuthentication):
    """For doors that strangers use: CSRF is checked with or without a session."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Check the CSRF token first, then say who is signed in, if anybody."""
        self.enforce_csrf(request)
        user = getattr(request._request, "user", None)
        return (user, None) if user and user.is_active else None
