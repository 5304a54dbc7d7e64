"""What takes more than being somebody: the browser itself, or a token that is not narrow."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import ApiToken


class IsSessionAuthenticated(BasePermission):
    """Lets no token in: by one that leaks, nobody must get further than it goes."""

    message = "Sign in with a browser for that: a token may not."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller came by a session."""
        return not isinstance(request.auth, ApiToken)


class IsSessionOrUnrestrictedToken(BasePermission):
    """Lets a narrow token read and no more."""

    message = "This token may not change who you are."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller came by a session, or by a token that is not narrow."""
        token = request.auth
        if request.method in SAFE_METHODS or not isinstance(token, ApiToken):
            return True
        return token.scope == ApiToken.Scope.WRITE and token.list_id is None
