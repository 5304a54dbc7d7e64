"""Invites to a list, as its owners see them. The secret is shown once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import Http404
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from shopping_list.api import openapi, permissions
from shopping_list.api.errors import ApiError
from shopping_list.api.fields import (
    StrictBooleanField,
    StrictIntegerField,
    StrictSerializer,
    validated,
)
from shopping_list.api.idempotency import idempotent
from shopping_list.api.responses import PersonShape, ResponseSerializer
from shopping_list.models import Invite, Membership
from shopping_list.recording import actor
from shopping_list.recording.context import recording
from shopping_list.services import invites

SHOWN = 200
"""Invites of one list that are shown, the newest."""


class TooManyInvites(ApiError):
    """The list has as many open invites as it may have."""

    status_code = 409
    default_code = "too_many_invites"
    default_detail = "The list has too many open invites: revoke some first."


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())


class InviteBody(StrictSerializer):
    """An invite to make; `expires_in` is in seconds."""

    role = serializers.ChoiceField(
        # No owners: a link may fall into anybody's hands.
        choices=[choice for choice in Membership.Role.choices if choice[0] != "owner"],
        error_messages={
            "invalid_choice": "An invite makes a viewer, ticker or editor; "
            "make a member an owner afterwards."
        },
    )
    expires_in = StrictIntegerField(
        min_value=_seconds(invites.MIN_LIFETIME),
        max_value=_seconds(invites.MAX_LIFETIME),
        default=_seconds(invites.DEFAULT_LIFETIME),
    )
    max_uses = StrictIntegerField(
        min_value=1, max_value=invites.MAX_USES, allow_null=True, default=None
    )
    guest = StrictBooleanField(default=False)


class MadeInviteShape(ResponseSerializer):
    """A new invite with its secret, which is shown this once."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    expires_at = serializers.DateTimeField()
    max_uses = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField()
    guest = serializers.BooleanField()
    token = serializers.CharField()
    url = serializers.URLField()


class InviteShape(ResponseSerializer):
    """An invite. Its secret cannot be shown again."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    expires_at = serializers.DateTimeField()
    max_uses = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField()
    guest = serializers.BooleanField()
    created_by = PersonShape()
    revoked = serializers.BooleanField()


class InvitesView(APIView):
    """The invites of a list."""

    @openapi.read_operation(InviteShape(many=True), name="invites_list", refusals=(401, 403, 404))
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the invites, newest first, also those that are over."""
        _require_owner(request, list_id)
        return Response([_shown(invite) for invite in invites.of_list(list_id)[:SHOWN]])

    @openapi.write_operation({201: MadeInviteShape}, body=InviteBody, refusals=(401, 403, 404, 409))
    def post(self, request: Request, list_id: UUID) -> Response:
        """Make an invite and return its secret, this once."""
        key, random = actor.current().operation_id, invites.new_secret()

        def secret_of(invite_id: UUID) -> str:
            return invites.derive_secret(invite_id, key) if key else random

        response = self._create(request, list_id=list_id, secret_of=secret_of)
        # Added here, because the answer of a request with a key is stored.
        secret = secret_of(UUID(response.data["id"]))
        response.data |= {"token": secret, "url": f"{_origin(request)}/join/#{secret}"}
        return response

    @idempotent
    def _create(
        self, request: Request, *, list_id: UUID, secret_of: Callable[[UUID], str]
    ) -> Response:
        fields, invite_id = validated(InviteBody, request), uuid4()
        fields |= {"invite_id": invite_id, "secret": secret_of(invite_id)}
        fields["expires_in"] = timedelta(seconds=fields["expires_in"])
        with recording(list_id):
            _require_owner(request, list_id)
            try:
                made = invites.create(list_id, permissions.user_of(request), **fields)
            except invites.TooManyInvitesError as error:
                raise TooManyInvites from error
        return Response(_own(made), status=status.HTTP_201_CREATED)


class InviteView(APIView):
    """One invite."""

    @openapi.read_operation(InviteShape, refusals=(401, 403, 404))
    def get(self, request: Request, list_id: UUID, invite_id: UUID) -> Response:
        """Return the invite."""
        _require_owner(request, list_id)
        found = invites.of_list(list_id).filter(pk=invite_id).first()
        if found is None:
            raise Http404
        return Response(_shown(found))

    @openapi.write_operation({204: None})
    @idempotent
    def delete(self, request: Request, list_id: UUID, invite_id: UUID) -> Response:
        """Revoke the invite. Who came by it stays."""
        with recording(list_id):
            _require_owner(request, list_id)
            if not invites.revoke(list_id, invite_id):
                raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def _require_owner(request: Request, list_id: UUID) -> None:
    permissions.require_member(request, list_id, "owner")
    guests.require_account(request)


def _own(invite: Invite) -> dict[str, Any]:
    return {
        "id": str(invite.pk),
        "role": invite.role,
        "expires_at": invite.expires_at.isoformat().replace("+00:00", "Z"),
        "max_uses": invite.max_uses,
        "uses": invite.uses,
        "guest": invite.guest,
    }


def _shown(invite: Invite) -> dict[str, Any]:
    by = invite.created_by
    return {
        **_own(invite),
        "created_by": {"id": by.pk, "name": by.display_name},
        "revoked": invites.is_revoked(invite),
    }


def _origin(request: Request) -> str:
    return str(settings.PUBLIC_URL) or request.build_absolute_uri("/").rstrip("/")
