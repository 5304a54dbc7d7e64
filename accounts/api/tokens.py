"""The caller's API tokens. The secret of one is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests, personal_data, tokens
from accounts.api import openapi
from accounts.api.fields import NameField
from accounts.api.permissions import IsSessionAuthenticated
from accounts.api.serializers import StrictFieldsMixin
from accounts.models import ApiToken, User

HEADER = "Idempotency-Key"


class TooManyTokens(exceptions.APIException):
    """The person has as many tokens as they may have."""

    status_code = 409
    default_code = "too_many_tokens"
    default_detail = "You have too many tokens: revoke some first."


class KeyReused(exceptions.APIException):
    """The Idempotency-Key was used for another token, or for one that was revoked."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = f"{HEADER}: this key was already used for another request."


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())


class TokenBody(StrictFieldsMixin, serializers.Serializer[Any]):
    """A token to make; `expires_in` is in seconds, and without it it lasts until revoked."""

    name = NameField(max_length=100)
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)
    list = serializers.UUIDField(required=False, allow_null=True, default=None)
    expires_in = serializers.IntegerField(
        min_value=_seconds(tokens.SHORTEST),
        max_value=_seconds(tokens.LONGEST),
        required=False,
        allow_null=True,
        default=None,
    )


class TokenShape(serializers.Serializer[Any]):
    """A token. Its secret cannot be shown again."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)
    list = serializers.UUIDField(source="list_id", allow_null=True)
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    created_at = serializers.DateTimeField(source="created")
    last_used_at = serializers.DateTimeField(allow_null=True)


class MadeTokenShape(TokenShape):
    """A new token with its secret, which is shown this once."""

    token = serializers.CharField()


class TokensShape(serializers.Serializer[Any]):
    """All tokens of the caller."""

    results = TokenShape(many=True)


class TokensView(APIView):
    """The tokens of the caller."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({200: TokensShape}, refusals=(401, 403), name="tokens_list")
    def get(self, request: Request) -> Response:
        """Return them, newest first, also those that are over."""
        return Response({"results": TokenShape(_mine(request), many=True).data})

    @openapi.operation(
        {201: MadeTokenShape},
        body=TokenBody,
        refusals=(400, 401, 403, 409, 422),
        parameters=[openapi.IDEMPOTENCY_KEY],
    )
    def post(self, request: Request) -> Response:
        """Make a token and return its secret, this once."""
        person = _caller(request)
        given = TokenBody(data=request.data)
        given.is_valid(raise_exception=True)
        made, secret = _make(person, _key(request), **given.validated_data)
        return Response({**TokenShape(made).data, "token": secret}, status=201)


class TokenView(APIView):
    """One token of the caller."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({200: TokenShape}, refusals=(401, 403, 404))
    def get(self, request: Request, token_id: UUID) -> Response:
        """Return the token."""
        found = _mine(request).filter(public_id=token_id).first()
        if found is None:
            raise Http404
        return Response(TokenShape(found).data)

    @openapi.operation({204: None}, refusals=(401, 403, 404))
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Revoke the token, and close what it has open."""
        deleted, _ = _mine(request).filter(public_id=token_id).delete()
        if not deleted:
            raise Http404
        return Response(status=204)


def _caller(request: Request) -> User:
    guests.require_account(request)
    assert isinstance(request.user, User)
    return request.user


def _mine(request: Request) -> QuerySet[ApiToken]:
    found: QuerySet[ApiToken] = ApiToken.objects.filter(user=_caller(request))
    return found.order_by("-created", "public_id")


def _make(
    person: User,
    key: UUID | None,
    *,
    name: str,
    scope: str,
    list: UUID | None,  # noqa: A002  (as the body calls it)
    expires_in: int | None,
) -> tuple[ApiToken, str]:
    if list is not None and not personal_data.is_member(person, list):
        raise exceptions.ValidationError({"list": ["You are on no such list."]})
    lives = None if expires_in is None else timedelta(seconds=expires_in)
    try:
        return tokens.create(person, name=name, scope=scope, list_id=list, lives=lives, key=key)
    except tokens.TooManyTokensError as error:
        raise TooManyTokens from error
    except tokens.KeyReusedError as error:
        raise KeyReused from error


def _key(request: Request) -> UUID | None:
    given = request.headers.get(HEADER)
    if given is None:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise exceptions.ValidationError({HEADER: ["Must be a UUID."]}) from None
