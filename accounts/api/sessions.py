"""The browsers that the caller is signed in with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import logout
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import sessions
from accounts.api import openapi
from accounts.api.permissions import IsSessionAuthenticated
from accounts.models import Session, User

ALL = OpenApiParameter(
    "all", OpenApiTypes.BOOL, description="This one as well; without it this one goes on."
)


class SessionShape(serializers.Serializer[Any]):
    """One browser; `last_seen_at` is exact to a minute."""

    id = serializers.UUIDField(source="public_id")
    current = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(source="expire_date")
    device = serializers.CharField()

    def get_current(self, session: Session) -> bool:
        """Tell whether it is the browser that asks."""
        return bool(session.session_key == self.context["key"])


class SessionsShape(serializers.Serializer[Any]):
    """All browsers of the caller."""

    results = SessionShape(many=True)


class SessionsView(APIView):
    """The sessions of the caller."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({200: SessionsShape}, refusals=(401, 403), name="auth_sessions_list")
    def get(self, request: Request) -> Response:
        """Return them, the one seen last first."""
        found = sessions.active_sessions(_caller(request))
        shown = SessionShape(found, many=True, context={"key": _key(request)})
        return Response({"results": shown.data})

    @openapi.operation(
        {204: None},
        refusals=(400, 401, 403),
        parameters=[ALL],
        name="auth_sessions_end",
    )
    def delete(self, request: Request) -> Response:
        """Sign every other browser out, with `all=true` this one too."""
        this_one_too = _is_true(request, "all")
        sessions.active_sessions(_caller(request)).exclude(session_key=_key(request)).delete()
        if this_one_too:
            logout(request._request)
        return Response(status=204)


class SessionView(APIView):
    """One session of the caller."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({204: None}, refusals=(401, 403, 404))
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Sign that browser out, and close what it has open."""
        found = sessions.active_sessions(_caller(request)).filter(public_id=session_id)
        keys = set(found.values_list("session_key", flat=True))
        if not keys:
            raise Http404
        found.delete()
        if _key(request) in keys:
            logout(request._request)
        return Response(status=204)


def _caller(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _key(request: Request) -> str | None:
    return request._request.session.session_key


def _is_true(request: Request, name: str) -> bool:
    given = request.query_params.get(name, "false")
    if given not in {"true", "false"}:
        raise exceptions.ValidationError({name: ["Must be true or false."]})
    return bool(given == "true")
