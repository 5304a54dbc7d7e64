"""Who am I, what do others call me, and good-bye."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema_view
from rest_framework import generics, permissions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import deletion, passwords
from accounts.api.openapi import operation
from accounts.api.permissions import IsSessionAuthenticated, IsSessionOrUnrestrictedToken
from accounts.api.serializers import DeleteAccountSerializer, MeSerializer
from accounts.models import User


@extend_schema_view(
    get=operation({200: MeSerializer}, refusals=(401, 403)),
    patch=operation({200: MeSerializer}, body=MeSerializer, refusals=(400, 401, 403)),
)
class Me(generics.RetrieveUpdateAPIView[User]):
    """The person who asks."""

    serializer_class = MeSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_permissions(self) -> list[Any]:
        """Ask for more, the more is at stake."""
        more = (
            IsSessionAuthenticated()
            if self.request.method == "DELETE"
            else IsSessionOrUnrestrictedToken()
        )
        return [permissions.IsAuthenticated(), more]

    def get_object(self) -> User:
        """Return whoever the session or the token stands for."""
        assert isinstance(self.request.user, User)
        return self.request.user

    @operation({204: None}, refusals=(400, 401, 403, 409, 429))
    def delete(self, request: Request) -> Response:
        """Delete the account. The body has its `password`, unless it has none (guests)."""
        given = DeleteAccountSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        person = self.get_object()
        if person.has_usable_password():
            passwords.verify_current(request, field="password", **given.validated_data)
        deletion.delete(person)
        logout(request._request)
        return Response(status=204)
