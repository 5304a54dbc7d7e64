"""How a guest becomes an account, and stays who they are."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from accounts.api.openapi import operation
from accounts.api.serializers import MeSerializer, RegisterSerializer
from accounts.authentication import SessionAuthentication
from accounts.models import User


class UpgradeSerializer(RegisterSerializer):
    """A name to sign in with and a password; `name` may stay what it is."""

    class Meta(RegisterSerializer.Meta):
        fields = ("username", "name", "password")  # type: ignore[assignment]

    token = None  # type: ignore[assignment]  # a guest came by their link already


class Upgrade(APIView):
    """An account for the guest who asks."""

    authentication_classes = (SessionAuthentication,)

    @operation({200: MeSerializer}, body=UpgradeSerializer, refusals=(400, 401, 403, 409))
    def post(self, request: Request) -> Response:
        """Answer the same person, signed in under a new session key."""
        guest = request.user
        if not isinstance(guest, User) or not guest.is_guest:
            raise guests.AlreadyRegistered
        given = UpgradeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        person = guests.upgrade(guest, **given.validated_data)
        update_session_auth_hash(request._request, person)
        return Response(MeSerializer(person).data)
