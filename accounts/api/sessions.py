"""The sessions of the current user: the browsers in which the user is signed in."""

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
from accounts.api.permissions import IsSessionAuthenticated, current_user
from accounts.models import Session
from rest.openapi import operation

ALL = OpenApiParameter(
    "all", OpenApiTypes.BOOL, description="Also end this session; by default it continues."
)


class SessionSerializer(serializers.Serializer[Any]):
    """One session; `last_seen_at` is exact to a minute."""

    id = serializers.UUIDField(source="public_id")
    current = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(source="expire_date")
    device = serializers.CharField()

    def get_current(self, session: Session) -> bool:
        """Return whether it is the session of this request."""
        return bool(session.session_key == self.context["key"])


class SessionsSerializer(serializers.Serializer[Any]):
    """All sessions of the current user."""

    results = SessionSerializer(many=True)


class SessionsView(APIView):
    """The sessions of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({200: SessionsSerializer}, errors=(401, 403), name="auth_sessions_list")
    def get(self, request: Request) -> Response:
        """Return the sessions, the most recently seen first."""
        active = sessions.active_sessions(current_user(request))
        serializer = SessionSerializer(active, many=True, context={"key": _key(request)})
        return Response({"results": serializer.data})

    @operation(
        {204: None},
        errors=(400, 401, 403),
        parameters=[ALL],
        name="auth_sessions_end",
    )
    def delete(self, request: Request) -> Response:
        """End every other session, with `all=true` this one too."""
        including_this = _is_true(request, "all")
        active = sessions.active_sessions(current_user(request))
        active.exclude(session_key=_key(request)).delete()
        if including_this:
            logout(request._request)
        return Response(status=204)


class SessionView(APIView):
    """One session of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({204: None}, errors=(401, 403, 404))
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End the session, and close the sockets of its browser."""
        rows = sessions.active_sessions(current_user(request)).filter(public_id=session_id)
        keys = set(rows.values_list("session_key", flat=True))
        if not keys:
            raise Http404
        rows.delete()
        if _key(request) in keys:
            logout(request._request)
        return Response(status=204)


def _key(request: Request) -> str | None:
    """Return the digest of the key of the session of this request."""
    key = request._request.session.session_key
    return None if key is None else sessions.digest(key)


def _is_true(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false")
    if value not in {"true", "false"}:
        raise exceptions.ValidationError({name: ["Must be true or false."]})
    return bool(value == "true")
