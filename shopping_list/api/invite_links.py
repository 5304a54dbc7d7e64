"""Use an invite: preview what it is for, and accept it.

Callers need not be signed in, so CSRF is checked for every request without a
token, and every secret that is not usable gets the same response.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import login
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.throttles import SecretLinkThrottle
from accounts.authentication import BACKEND, CsrfEnforcedSession, TokenAuthentication
from accounts.guests import GuestNotAllowed
from accounts.models import User
from shopping_list import models
from shopping_list.api import openapi, permissions, representations
from shopping_list.api.fields import CleanTextField, StrictSerializer, validated
from shopping_list.api.responses import ListShape, ResponseSerializer
from shopping_list.services import invites

MAX_TOKEN_LENGTH = 200


class AccountRequired(exceptions.NotAuthenticated):
    """A stranger came with an invite that is not for guests."""

    default_detail = "Sign in, or register with this invite, to accept it."
    default_code = "account_required"


class PreviewBody(StrictSerializer):
    """The secret of an invite."""

    token = serializers.CharField(max_length=MAX_TOKEN_LENGTH, trim_whitespace=False)


class AcceptBody(PreviewBody):
    """The secret of an invite; `name` is what others call a guest."""

    name = CleanTextField(max_length=100, required=False)


class JoinedListNameShape(ResponseSerializer):
    """What a user who is no member sees of a list."""

    name = serializers.CharField()


class PreviewShape(ResponseSerializer):
    """What an invite is for."""

    list = JoinedListNameShape()
    role = serializers.ChoiceField(choices=models.Membership.Role.choices)
    guest = serializers.BooleanField()
    invited_by = serializers.CharField()


class AcceptedShape(ResponseSerializer):
    """The list that the caller has joined, and their role on it."""

    list = ListShape()
    role = serializers.ChoiceField(choices=models.Membership.Role.choices)


class PublicInviteView(APIView):
    """A view for users of an invite, signed in or not."""

    authentication_classes = (TokenAuthentication, CsrfEnforcedSession)
    permission_classes = (AllowAny,)
    throttle_classes = (SecretLinkThrottle,)


class PreviewView(PublicInviteView):
    """Preview an invite."""

    @openapi.write_operation({200: PreviewShape}, body=PreviewBody)
    def post(self, request: Request) -> Response:
        """Return what the invite is for, without using it."""
        secret = validated(PreviewBody, request)["token"]
        with _translate_errors():
            invite = invites.find(secret)
        return Response(
            {
                "list": {"name": invite.shopping_list.name},
                "role": invite.role,
                "guest": invite.guest,
                "invited_by": invite.created_by.display_name,
            }
        )


class AcceptView(PublicInviteView):
    """Join a list by an invite."""

    @openapi.write_operation({200: AcceptedShape}, body=AcceptBody)
    def post(self, request: Request) -> Response:
        """Become a member. A caller who is not signed in becomes a guest, and is signed in."""
        fields = validated(AcceptBody, request)
        if isinstance(request.user, User):
            permissions.require_token(request, "owner")
            permissions.require_unrestricted_token(request)
            with _translate_errors():
                membership = invites.accept(fields["token"], request.user)
        else:
            membership = _accept_as_guest(request, **fields)
        return _accepted_response(membership)


def _accept_as_guest(request: Request, token: str, name: str = "") -> models.Membership:
    with _translate_errors():
        if not invites.find(token).guest:
            raise AccountRequired
        if not name:
            raise exceptions.ValidationError({"name": ["Guests need a name."]})
        membership = invites.accept_as_guest(token, name)
    login(request._request, membership.user, backend=BACKEND)
    return membership


def _accepted_response(membership: models.Membership) -> Response:
    lists = models.ShoppingList.objects.not_deleted().filter(pk=membership.shopping_list_id)
    results = representations.shopping_lists(
        representations.with_related(lists), membership.user_id
    )
    if not results:
        raise Http404  # the member was removed since
    return Response({"list": results[0], "role": results[0]["role"]})


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except invites.InvalidInviteError as error:
        raise Http404 from error
    except invites.AccountRequiredError as error:
        raise GuestNotAllowed("This invite needs an account: make yourself one first.") from error
