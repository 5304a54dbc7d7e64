"""Use an invite: preview what it is for, and accept it.

Callers need not be signed in, so CSRF is checked for every request without a
token, and every secret that is not usable gets the same response.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login
from django.http import Http404
from msgspec import Struct
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import current_user
from accounts.api.throttles import SecretLinkThrottle
from accounts.authentication import CsrfEnforcedSession, TokenAuthentication
from accounts.models import User
from rest.serializers import CleanTextField, SecretField, StrictSerializer, validated
from shopping_list import models
from shopping_list.api import openapi, permissions, representations
from shopping_list.api.responses import ListResponse
from shopping_list.rows import Role
from shopping_list.services import invites


class AccountRequired(exceptions.NotAuthenticated):
    """The caller is not signed in, and the invite is not for guests."""

    default_detail = "Sign in, or register with this invite, to accept it."
    default_code = "account_required"


class PreviewBody(StrictSerializer):
    """The secret of an invite."""

    token = SecretField()


class AcceptBody(PreviewBody):
    """The secret of an invite; `name` is what others call a guest."""

    name = CleanTextField(max_length=100, required=False)


class JoinedListNameResponse(Struct):
    """What a user who is no member sees of a list."""

    name: str


class PreviewResponse(Struct):
    """What an invite is for.

    `member_of` is the id of the list if the user is a member whom the invite gives no more,
    else null.
    """

    list: JoinedListNameResponse
    role: Role
    guest: bool
    invited_by: str
    member_of: UUID | None


class AcceptedResponse(Struct):
    """The list that the caller has joined, and their role on it."""

    list: ListResponse
    role: Role


class PublicInviteView(APIView):
    """A view for users of an invite, signed in or not."""

    authentication_classes = (TokenAuthentication, CsrfEnforcedSession)
    permission_classes = (AllowAny,)
    throttle_classes = (SecretLinkThrottle,)


class PreviewView(PublicInviteView):
    """Preview an invite."""

    @openapi.write_operation({200: PreviewResponse}, body=PreviewBody)
    def post(self, request: Request) -> Response:
        """Return what the invite is for, without using it."""
        secret = validated(PreviewBody, request)["token"]
        invite = invites.find(secret)
        return Response(
            {
                "list": {"name": invite.shopping_list.name},
                "role": invite.role,
                "guest": invite.guest,
                "invited_by": invite.created_by.display_name,
                "member_of": _member_of(request, invite),
            }
        )


class AcceptView(PublicInviteView):
    """Join a list by an invite."""

    @openapi.write_operation({200: AcceptedResponse}, body=AcceptBody, errors=(401, 403, 404, 409))
    def post(self, request: Request) -> Response:
        """Become a member. A caller who is not signed in becomes a guest, and is signed in."""
        fields = validated(AcceptBody, request)
        if isinstance(request.user, User):
            permissions.require_token(request, "owner")
            permissions.require_unrestricted_token(request)
            membership = invites.accept(fields["token"], request.user)
        else:
            membership = _accept_as_guest(request, **fields)
        return _accepted_response(membership)


def _member_of(request: Request, invite: models.Invite) -> str | None:
    """Return the id of the list to a member who uses a browser; a token may be limited."""
    is_in_browser = isinstance(request.user, User) and request.auth is None
    if is_in_browser and invites.gives_nothing_to(invite, current_user(request)):
        return str(invite.shopping_list_id)
    return None


def _accept_as_guest(request: Request, token: str, name: str = "") -> models.Membership:
    if not invites.find(token).guest:
        raise AccountRequired
    if not name:
        raise exceptions.ValidationError({"name": ["Guests need a name."]})
    membership = invites.accept_as_guest(token, name)
    login(request._request, membership.user)
    return membership


def _accepted_response(membership: models.Membership) -> Response:
    lists = models.ShoppingList.objects.not_deleted().filter(pk=membership.shopping_list_id)
    results = representations.shopping_lists(
        representations.with_related(lists), membership.user_id
    )
    if not results:
        raise Http404  # the member was removed since
    return Response({"list": results[0], "role": results[0]["role"]})
