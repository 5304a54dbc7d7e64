"""Another password: by knowing the old one, or by a reset link."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login, update_session_auth_hash
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests, passwords
from accounts.api import openapi
from accounts.api.fields import PasswordField
from accounts.api.permissions import IsSessionAuthenticated
from accounts.api.serializers import MeSerializer, StrictFieldsMixin
from accounts.api.sign_in import PublicView
from accounts.api.throttles import SecretLinkThrottle
from accounts.authentication import BACKEND
from accounts.models import User


class PasswordBody(StrictFieldsMixin, serializers.Serializer[Any]):
    """The password that one has, and the one to have."""

    current_password = PasswordField()
    new_password = PasswordField()


class ResetBody(StrictFieldsMixin, serializers.Serializer[Any]):
    """The secret of a reset link, and the password to have."""

    token = serializers.CharField(max_length=200, trim_whitespace=False)
    new_password = PasswordField()


class PasswordView(APIView):
    """The caller's password."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({204: None}, body=PasswordBody, refusals=(400, 401, 403, 429))
    def post(self, request: Request) -> Response:
        """Change it. This browser stays signed in, under a new key; all others are out."""
        guests.require_account(request)
        person = request.user
        assert isinstance(person, User)
        given = PasswordBody(data=request.data)
        given.is_valid(raise_exception=True)
        current, new = (given.validated_data[name] for name in given.fields)
        passwords.verify_current(request, password=current, field="current_password")
        passwords.validate_new(new, person, field="new_password")
        passwords.change(person, new)
        update_session_auth_hash(request._request, person)
        return Response(status=204)


class ResetView(PublicView):
    """The door that a reset link opens."""

    throttle_classes = (SecretLinkThrottle,)

    @openapi.operation({200: MeSerializer}, body=ResetBody, refusals=(400, 403, 404, 429))
    def post(self, request: Request) -> Response:
        """Set the password and sign in; every session from before is over."""
        given = ResetBody(data=request.data)
        given.is_valid(raise_exception=True)
        secret, new = (given.validated_data[name] for name in given.fields)
        person = passwords.reset(secret, new)
        login(request._request, person, backend=BACKEND)
        return Response(MeSerializer(person).data)
