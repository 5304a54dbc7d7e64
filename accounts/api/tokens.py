"""The API tokens of the current user. The secret of a token is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests, personal_data, tokens
from accounts.api.permissions import IsSessionAuthenticated, current_user
from accounts.models import ApiToken, User
from rest.idempotency import random_idempotency_key
from rest.openapi import IDEMPOTENCY_KEY, operation
from rest.serializers import CleanTextField, StrictSerializer, in_seconds, validated

NO_LIST_FOR_METRICS = "A token for metrics is for the whole installation, not for a list."


class TokenBody(StrictSerializer):
    """A token to create; `expires_in` is in seconds. Without it the token does not expire."""

    name = CleanTextField(max_length=100)
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)
    list = serializers.UUIDField(required=False, allow_null=True, default=None)
    expires_in = serializers.IntegerField(
        min_value=in_seconds(tokens.MIN_LIFETIME),
        max_value=in_seconds(tokens.MAX_LIFETIME),
        required=False,
        allow_null=True,
        default=None,
    )
    rules: ClassVar[dict[str, Any]] = {
        "not": {
            "properties": {"scope": {"const": "metrics"}, "list": {"type": "string"}},
            "required": ["scope", "list"],
        }
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raise ValidationError for a list that the scope has no use for."""
        if attrs["scope"] == ApiToken.Scope.METRICS and attrs["list"] is not None:
            raise serializers.ValidationError({"list": [NO_LIST_FOR_METRICS]})
        return attrs


class ApiTokenSerializer(serializers.Serializer[Any]):
    """A token. Its secret cannot be shown again."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)
    list = serializers.UUIDField(source="list_id", allow_null=True)
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    created_at = serializers.DateTimeField(source="created")
    last_used_at = serializers.DateTimeField(allow_null=True)


class CreatedTokenSerializer(ApiTokenSerializer):
    """A new token with its secret, which is shown only this once."""

    token = serializers.CharField()


class ApiTokensSerializer(serializers.Serializer[Any]):
    """All tokens of the current user."""

    results = ApiTokenSerializer(many=True)


class TokensView(APIView):
    """The tokens of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({200: ApiTokensSerializer}, errors=(401, 403), name="tokens_list")
    def get(self, request: Request) -> Response:
        """Return the tokens, the newest first, the expired ones included."""
        own = _tokens_of(_account(request))
        return Response({"results": ApiTokenSerializer(own, many=True).data})

    @operation(
        {201: CreatedTokenSerializer},
        body=TokenBody,
        errors=(400, 401, 403, 409, 422),
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        """Create a token and return its secret, which is shown only this once."""
        user = _account(request)
        fields = validated(TokenBody, request)
        key = random_idempotency_key(request)
        _require_member(user, fields["list"])
        token, secret = tokens.create(
            user,
            name=fields["name"],
            scope=fields["scope"],
            list_id=fields["list"],
            lifetime=fields["expires_in"] and timedelta(seconds=fields["expires_in"]),
            key=key,
        )
        return Response({**ApiTokenSerializer(token).data, "token": secret}, status=201)


class TokenView(APIView):
    """One token of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({200: ApiTokenSerializer}, errors=(401, 403, 404))
    def get(self, request: Request, token_id: UUID) -> Response:
        """Return the token."""
        token = _tokens_of(_account(request)).filter(public_id=token_id).first()
        if token is None:
            raise Http404
        return Response(ApiTokenSerializer(token).data)

    @operation({204: None}, errors=(401, 403, 404))
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke the token, and close its sockets."""
        deleted, _ = _tokens_of(_account(request)).filter(public_id=token_id).delete()
        if not deleted:
            raise Http404
        return Response(status=204)


def _account(request: Request) -> User:
    """Return the current user. Raises GuestNotAllowedError for a guest."""
    user = current_user(request)
    guests.require_account(user)
    return user


def _tokens_of(user: User) -> QuerySet[ApiToken]:
    own: QuerySet[ApiToken] = ApiToken.objects.filter(user=user)
    return own.order_by("-created", "public_id")


def _require_member(user: User, list_id: UUID | None) -> None:
    if list_id is not None and not personal_data.is_member(user, list_id):
        raise serializers.ValidationError({"list": ["You are on no such list."]})
