"""A new password: by the current one, or by a reset link."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, update_session_auth_hash
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests, passwords
from accounts.api.fields import PasswordField
from accounts.api.permissions import IsSessionAuthenticated, current_user
from accounts.api.serializers import MeSerializer
from accounts.api.sign_in import PublicView
from accounts.api.throttles import SecretLinkThrottle
from rest.openapi import operation
from rest.serializers import SecretField, StrictSerializer, validated


class PasswordBody(StrictSerializer):
    """The current password and the new one."""

    current_password = PasswordField()
    new_password = PasswordField()


class ResetBody(StrictSerializer):
    """The secret of a reset link, and the new password."""

    token = SecretField()
    new_password = PasswordField()


class PasswordView(APIView):
    """The password of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({204: None}, body=PasswordBody, errors=(400, 401, 403, 429))
    def post(self, request: Request) -> Response:
        """Change it. This browser stays signed in under a new key; all other sessions end."""
        user = current_user(request)
        guests.require_account(user)
        fields = validated(PasswordBody, request)
        verify_current(request, password=fields["current_password"], field="current_password")
        passwords.validate_new(fields["new_password"], user, field="new_password")
        passwords.change(user, fields["new_password"])
        update_session_auth_hash(request._request, user)
        return Response(status=204)


class ResetView(PublicView):
    """A new password for the user of a reset link."""

    throttle_classes = (SecretLinkThrottle,)

    @operation({200: MeSerializer}, body=ResetBody, errors=(400, 403, 404, 429))
    def post(self, request: Request) -> Response:
        """Set the password and sign in; every earlier session ends."""
        fields = validated(ResetBody, request)
        user = passwords.reset(fields["token"], fields["new_password"])
        login(request._request, user)
        return Response(MeSerializer(user).data)


def verify_current(request: Request, *, password: str, field: str) -> None:
    """Raise ValidationError unless it is the password of the current user.

    It is checked as at sign-in, so wrong passwords are counted and locked out alike.
    """
    user = current_user(request)
    if authenticate(request._request, username=user.username, password=password) != user:
        raise serializers.ValidationError({field: ["That is not your password."]})
