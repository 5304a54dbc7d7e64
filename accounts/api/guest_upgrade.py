"""The upgrade of a guest to a user with an account."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from accounts.api.permissions import current_user
from accounts.api.serializers import MeSerializer, RegisterSerializer
from accounts.authentication import SessionAuthentication
from rest.openapi import operation
from rest.serializers import validated


class UpgradeSerializer(RegisterSerializer):
    """A name to sign in with and a password; without `name`, the name stays as it is."""

    class Meta(RegisterSerializer.Meta):
        fields = ("username", "name", "password")  # type: ignore[assignment]

    token = None  # type: ignore[assignment]  # a guest has used an invite already


class Upgrade(APIView):
    """An account for the current guest."""

    authentication_classes = (SessionAuthentication,)

    @operation({200: MeSerializer}, body=UpgradeSerializer, errors=(400, 401, 403, 409, 429))
    def post(self, request: Request) -> Response:
        """Return the same user, signed in under a new session key."""
        guest = current_user(request)
        if not guest.is_guest:
            raise guests.AlreadyRegisteredError
        user = guests.upgrade(guest, **validated(UpgradeSerializer, request))
        update_session_auth_hash(request._request, user)
        return Response(MeSerializer(user).data)
