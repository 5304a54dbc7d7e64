"""Sign in, sign out, sign up: the addresses that strangers may use."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api.openapi import operation
from accounts.api.serializers import (
    CredentialsSerializer,
    MeSerializer,
    RegisterSerializer,
    TokenSerializer,
)
from accounts.authentication import BACKEND, CsrfEnforcedSession
from accounts.models import User
from accounts.registration import register


class BadCredentials(exceptions.APIException):
    """The name or the password is wrong; which of them is not said."""

    status_code = 400
    default_detail = "The name or the password is wrong."
    default_code = "bad_credentials"


class PublicView(APIView):
    """An address for strangers: CSRF is checked although nobody is signed in."""

    authentication_classes = (CsrfEnforcedSession,)
    permission_classes = (permissions.AllowAny,)


class Login(PublicView):
    """Exchange a name and a password for a session."""

    @operation({200: MeSerializer}, body=CredentialsSerializer, refusals=(400, 403, 429))
    def post(self, request: Request) -> Response:
        """Answer who signed in."""
        person = authenticate_credentials(request)
        login(request._request, person)
        return Response(MeSerializer(person).data)


class Logout(PublicView):
    """End the session."""

    @operation({204: None}, refusals=(403,))
    def post(self, request: Request) -> Response:
        """Answer nothing, also to someone who was not signed in."""
        logout(request._request)
        return Response(status=204)


class Register(PublicView):
    """Create an account and sign in to it."""

    @operation({201: MeSerializer}, body=RegisterSerializer, refusals=(400, 403, 429))
    def post(self, request: Request) -> Response:
        """Answer the new person."""
        given = RegisterSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        person = register(**given.validated_data)
        login(request._request, person, backend=BACKEND)
        return Response(MeSerializer(person).data, status=201)


class ApiTokenAuth(APIView):
    """Exchange a name and a password for a token: for scripts, which have no cookies."""

    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)

    @operation({200: TokenSerializer}, body=CredentialsSerializer, refusals=(400, 429))
    def post(self, request: Request) -> Response:
        """Answer a new token, shown this once."""
        person = authenticate_credentials(request)
        return Response({"token": tokens.create_from_password(person)})


def authenticate_credentials(request: Request) -> User:
    """Return the person whose name and password the body holds; raises BadCredentials."""
    given = CredentialsSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    person = authenticate(request._request, **given.validated_data)
    if not isinstance(person, User):
        raise BadCredentials
    return person
