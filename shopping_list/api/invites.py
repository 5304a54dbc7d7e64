"""Invites to a list, for its owners. The secret of an invite is shown once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404
from msgspec import Struct
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from accounts.api.permissions import current_user
from rest import network_address
from rest.idempotency import random_idempotency_key
from rest.openapi import array_of
from rest.serializers import (
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    in_seconds,
    validated,
)
from shopping_list.api import openapi, permissions
from shopping_list.api.idempotency import idempotent
from shopping_list.api.responses import Uri
from shopping_list.models import Invite
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES, Moment, Person, Role
from shopping_list.services import invites

MAX_INVITES = 200
"""Invites of one list in a response, the newest."""


class InviteBody(StrictSerializer):
    """An invite to create; `expires_in` is in seconds."""

    role = serializers.ChoiceField(
        # Not owner: any user may get hold of a link.
        choices=[role for role in ROLES if role != "owner"],
        error_messages={
            "invalid_choice": "An invite makes a viewer, ticker or editor; "
            "make a member an owner afterwards."
        },
    )
    expires_in = StrictIntegerField(
        min_value=in_seconds(invites.MIN_LIFETIME),
        max_value=in_seconds(invites.MAX_LIFETIME),
        default=in_seconds(invites.DEFAULT_LIFETIME),
    )
    max_uses = StrictIntegerField(
        min_value=1, max_value=invites.MAX_USES, allow_null=True, default=None
    )
    guest = StrictBooleanField(default=False)


class InviteBase(Struct, kw_only=True):
    """What a new and an existing invite have in common."""

    id: UUID
    role: Role
    expires_at: Moment
    max_uses: int | None
    uses: int
    guest: bool


class MadeInviteResponse(InviteBase, kw_only=True):
    """A new invite with its secret, which is shown only this once.

    `works_here_only` tells whether `url` works on the computer of the server only. Then
    `network_url` is the address of the server for other devices, if it is known.
    """

    token: str
    url: Uri
    works_here_only: bool
    network_url: Uri | None


class InviteResponse(InviteBase, kw_only=True):
    """An invite. Its secret cannot be shown again."""

    created_by: Person
    revoked: bool


class InvitesView(APIView):
    """The invites of a list."""

    @openapi.read_operation(array_of(InviteResponse), name="invites_list", errors=(401, 403, 404))
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the invites, newest first, also the expired and revoked ones."""
        _require_owner(request, list_id)
        return Response(
            [_representation(invite) for invite in invites.for_list(list_id)[:MAX_INVITES]]
        )

    @openapi.write_operation(
        {201: MadeInviteResponse}, body=InviteBody, errors=(401, 403, 404, 409)
    )
    def post(self, request: Request, list_id: UUID) -> Response:
        """Create an invite and return its secret, which is not shown again."""
        key, random_secret = random_idempotency_key(request), invites.new_secret()

        def make_secret(invite_id: UUID) -> str:
            return invites.derive_secret(invite_id, key) if key else random_secret

        response = self._create(request, list_id=list_id, make_secret=make_secret)
        # Added here and not in _create, whose response is stored if there is a key.
        secret = make_secret(UUID(response.data["id"]))
        origin = _origin(request)
        is_local = network_address.is_local(origin)
        response.data |= {
            "token": secret,
            "url": f"{origin}/join/#{secret}",
            "works_here_only": is_local,
            "network_url": network_address.network_url(request._request) if is_local else None,
        }
        return response

    @idempotent
    def _create(
        self, request: Request, *, list_id: UUID, make_secret: Callable[[UUID], str]
    ) -> Response:
        fields, invite_id = validated(InviteBody, request), uuid4()
        fields |= {"invite_id": invite_id, "secret": make_secret(invite_id)}
        fields["expires_in"] = timedelta(seconds=fields["expires_in"])
        with recording(list_id):
            _require_owner(request, list_id)
            invite = invites.create(list_id, current_user(request), **fields)
        return Response(_common_fields(invite), status=status.HTTP_201_CREATED)


class InviteView(APIView):
    """One invite."""

    @openapi.read_operation(InviteResponse, errors=(401, 403, 404))
    def get(self, request: Request, list_id: UUID, invite_id: UUID) -> Response:
        """Return the invite."""
        _require_owner(request, list_id)
        invite = invites.for_list(list_id).filter(pk=invite_id).first()
        if invite is None:
            raise Http404
        return Response(_representation(invite))

    @openapi.write_operation({204: None})
    @idempotent
    def delete(self, request: Request, list_id: UUID, invite_id: UUID) -> Response:
        """Revoke the invite. Members who joined by it stay."""
        with recording(list_id):
            _require_owner(request, list_id)
            if not invites.revoke(list_id, invite_id):
                raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def _require_owner(request: Request, list_id: UUID) -> None:
    permissions.require_member(request, list_id, "owner")
    guests.require_account(current_user(request))


def _common_fields(invite: Invite) -> dict[str, Any]:
    return {
        "id": str(invite.pk),
        "role": invite.role,
        "expires_at": invite.expires_at.isoformat().replace("+00:00", "Z"),
        "max_uses": invite.max_uses,
        "uses": invite.uses,
        "guest": invite.guest,
    }


def _representation(invite: Invite) -> dict[str, Any]:
    creator = invite.created_by
    return {
        **_common_fields(invite),
        "created_by": {"id": creator.pk, "name": creator.display_name},
        "revoked": invites.is_revoked(invite),
    }


def _origin(request: Request) -> str:
    return str(settings.PUBLIC_URL) or request.build_absolute_uri("/").rstrip("/")
