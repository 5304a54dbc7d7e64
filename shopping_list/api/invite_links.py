"""The doors that an invite opens: look what it is for, and come in.

Strangers stand here, so CSRF is checked of everybody who comes without a token,
and every secret that is not good gets the same answer.
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
    """What is told of a list to those who are not on it."""

    name = serializers.CharField()


class PreviewShape(ResponseSerializer):
    """What an invite is for."""

    list = JoinedListNameShape()
    role = serializers.ChoiceField(choices=models.Membership.Role.choices)
    guest = serializers.BooleanField()
    invited_by = serializers.CharField()


class AcceptedShape(ResponseSerializer):
    """The list that one is on now, and as what."""

    list = ListShape()
    role = serializers.ChoiceField(choices=models.Membership.Role.choices)


class PublicInviteView(APIView):
    """An address for bearers of an invite, whether or not they are signed in."""

    authentication_classes = (TokenAuthentication, CsrfEnforcedSession)
    permission_classes = (AllowAny,)
    throttle_classes = (SecretLinkThrottle,)


class PreviewView(PublicInviteView):
    """What an invite is for."""

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
    """The way onto a list."""

    @openapi.write_operation({200: AcceptedShape}, body=AcceptBody)
    def post(self, request: Request) -> Response:
        """Become a member; a guest, signed in from here on, if nobody is signed in."""
        fields = validated(AcceptBody, request)
        if isinstance(request.user, User):
            permissions.require_token(request, "owner")
            permissions.require_unrestricted_token(request)
            with _translate_errors():
                joined = invites.accept(fields["token"], request.user)
        else:
            joined = _accept_as_guest(request, **fields)
        return _answer(joined)


def _accept_as_guest(request: Request, token: str, name: str = "") -> models.Membership:
    with _translate_errors():
        if not invites.find(token).guest:
            raise AccountRequired
        if not name:
            raise exceptions.ValidationError({"name": ["Guests need a name."]})
        joined = invites.accept_as_guest(token, name)
    login(request._request, joined.user, backend=BACKEND)
    return joined


def _answer(joined: models.Membership) -> Response:
    found = models.ShoppingList.objects.not_deleted().filter(pk=joined.shopping_list_id)
    shown = representations.shopping_lists(representations.with_related(found), joined.user_id)
    if not shown:
        raise Http404  # they were removed since
    return Response({"list": shown[0], "role": shown[0]["role"]})


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except invites.InvalidInviteError as error:
        raise Http404 from error
    except invites.AccountRequiredError as error:
        raise GuestNotAllowed("This invite needs an account: make yourself one first.") from error
