"""Permissions for endpoints that need a session, or a token without restrictions."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiToken, User


def current_user(request: Request) -> User:
    """Return the user of the request. The permissions of the view must require one."""
    assert isinstance(request.user, User)
    return request.user


def has_narrow_token(request: Request) -> bool:
    """Tell whether the caller uses a token that is restricted to a scope or to a list."""
    token = request.auth
    if not isinstance(token, ApiToken):
        return False
    return token.scope != ApiToken.Scope.WRITE or token.list_id is not None


class IsSessionAuthenticated(BasePermission):
    """Session only: a leaked token must not be able to escalate."""

    message = "Sign in with a browser for that: a token may not."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user was authenticated by a session."""
        return not isinstance(request.auth, ApiToken)


class IsSessionOrUnrestrictedToken(BasePermission):
    """A token that is restricted to a scope or a list may read, but not write."""

    message = "This token may not change who you are."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether it is a session, an unrestricted token, or a safe method."""
        return request.method in SAFE_METHODS or not has_narrow_token(request)
