"""Sign in, sign out and register: the endpoints that need no authentication."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from rest_framework import permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api.errors import BadCredentialsError
from accounts.api.serializers import (
    CredentialsSerializer,
    MeSerializer,
    RegisterSerializer,
    TokenSerializer,
)
from accounts.authentication import CsrfEnforcedSession
from accounts.models import User
from accounts.registration import register
from rest.openapi import operation
from rest.serializers import validated


class PublicView(APIView):
    """A public endpoint. It checks the CSRF token also without a session."""

    authentication_classes = (CsrfEnforcedSession,)
    permission_classes = (permissions.AllowAny,)


class Login(PublicView):
    """Exchange a name and a password for a session."""

    @operation({200: MeSerializer}, body=CredentialsSerializer, errors=(400, 403, 429))
    def post(self, request: Request) -> Response:
        """Return the user who signed in."""
        user = authenticate_credentials(request)
        login(request._request, user)
        return Response(MeSerializer(user).data)


class Logout(PublicView):
    """End the session."""

    @operation({204: None}, errors=(403,))
    def post(self, request: Request) -> Response:
        """Return nothing, also if there was no session."""
        logout(request._request)
        return Response(status=204)


class Register(PublicView):
    """Create an account and sign in to it."""

    @operation({201: MeSerializer}, body=RegisterSerializer, errors=(400, 403, 429))
    def post(self, request: Request) -> Response:
        """Return the new user."""
        user = register(**validated(RegisterSerializer, request))
        login(request._request, user)
        return Response(MeSerializer(user).data, status=201)


class ApiTokenAuth(APIView):
    """Exchange a name and a password for a token, for scripts without cookies."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)

    @operation({200: TokenSerializer}, body=CredentialsSerializer, errors=(400, 429))
    def post(self, request: Request) -> Response:
        """Return a new token, which is shown only this once."""
        user = authenticate_credentials(request)
        return Response({"token": tokens.create_from_password(user)})


def authenticate_credentials(request: Request) -> User:
    """Return the user with the name and the password in the body. Raises BadCredentialsError."""
    user = authenticate(request._request, **validated(CredentialsSerializer, request))
    if not isinstance(user, User):
        raise BadCredentialsError
    return user
