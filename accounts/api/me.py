"""The current user: read, update and delete the account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema_view
from rest_framework import generics, permissions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import deletion
from accounts.api.password import verify_current
from accounts.api.permissions import (
    IsSessionAuthenticated,
    IsSessionOrUnrestrictedToken,
    current_user,
)
from accounts.api.serializers import DeleteAccountSerializer, MeSerializer
from accounts.models import User
from rest.openapi import operation
from rest.serializers import validated


@extend_schema_view(
    get=operation({200: MeSerializer}, errors=(401, 403)),
    patch=operation({200: MeSerializer}, body=MeSerializer, errors=(400, 401, 403)),
)
class Me(generics.RetrieveUpdateAPIView[User]):
    """The current user."""

    serializer_class = MeSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_permissions(self) -> list[Any]:
        """Require a session for the deletion, an unrestricted token for changes."""
        deleting = self.request.method == "DELETE"
        stricter = IsSessionAuthenticated() if deleting else IsSessionOrUnrestrictedToken()
        return [permissions.IsAuthenticated(), stricter]

    def get_object(self) -> User:
        """Return the user of the session or of the token."""
        return current_user(self.request)

    @operation({204: None}, errors=(400, 401, 403, 409, 429))
    def delete(self, request: Request) -> Response:
        """Delete the account. The body has its `password`, unless it has none (guests)."""
        fields = validated(DeleteAccountSerializer, request)
        user = self.get_object()
        if user.has_usable_password():
            verify_current(request, field="password", **fields)
        deletion.delete(user)
        logout(request._request)
        return Response(status=204)
