"""The members of a list. Owners manage them; every member may leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from accounts.api.permissions import current_user
from rest.openapi import array_of
from rest.serializers import validated
from shopping_list import ceilings, models, queries
from shopping_list.api import lists, openapi, permissions, requests, responses
from shopping_list.api.idempotency import idempotent
from shopping_list.recording.context import recording
from shopping_list.rows import Member, Role, to_json
from shopping_list.services import ownership


class MembersView(APIView):
    """All members of a list."""

    @openapi.read_operation(array_of(Member), name="members_list")
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the members in the order of their ids."""
        permissions.require_member(request, list_id)
        return Response([to_json(member) for member in queries.members(list_id)])


class MemberView(APIView):
    """One member."""

    @openapi.read_operation(Member)
    def get(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Return the member."""
        permissions.require_member(request, list_id)
        return _member_response(list_id, user_id)

    @openapi.write_operation({200: Member}, body=requests.RoleBody, errors=(401, 403, 404, 409))
    @idempotent
    def patch(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Give the member another role."""
        role = validated(requests.RoleBody, request)["role"]
        with recording(list_id):
            permissions.require_member(request, list_id, "owner")
            membership = _get_membership(list_id, user_id)
            if role == models.Membership.Role.OWNER != membership.role:
                ceilings.check_new_owner(user_id)
            membership.role = role
            membership.save(update_fields=["role"])
            ownership.require_owner(list_id)
        return _member_response(list_id, user_id)

    @openapi.write_operation({204: None}, errors=(401, 403, 404, 409))
    @idempotent
    def delete(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Remove the member. Every member may remove themselves."""
        needed: Role = "viewer" if user_id == current_user(request).pk else "owner"
        with recording(list_id):
            permissions.require_member(request, list_id, needed)
            permissions.require_token(request, "owner")
            _get_membership(list_id, user_id).delete()
            ownership.require_owner(list_id)
        return Response(status=HTTP_204_NO_CONTENT)


def _get_membership(list_id: UUID, user_id: int) -> models.Membership:
    memberships = _memberships(list_id).filter(user_id=user_id)
    membership: models.Membership | None = memberships.first()
    if membership is None:
        raise Http404
    return membership


def _member_response(list_id: UUID, user_id: int) -> Response:
    for member in queries.members(list_id):
        if member.id == user_id:
            return Response(to_json(member))
    raise Http404


class AddMembersView(APIView):
    """Add members."""

    @openapi.write_operation(
        {200: responses.ListResponse},
        body=requests.MembersBody,
        headers=[openapi.ETAG],
        errors=(401, 403, 404, 409),
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Add users who already share a list with the caller. All other ids get the same error."""
        user_ids = set(validated(requests.MembersBody, request)["members"])
        with recording(list_id):
            permissions.require_member(request, list_id, "owner")
            new = sorted(user_ids - set(_memberships(list_id).values_list("user_id", flat=True)))
            _require_known(request, new)
            models.Membership.objects.bulk_create(
                [models.Membership(shopping_list_id=list_id, user_id=pk) for pk in new]
            )
        return lists.list_response(request, list_id)


class RemoveMembersView(APIView):
    """Remove members."""

    @openapi.write_operation(
        {200: responses.ListResponse, 204: None},
        body=requests.MembersBody,
        errors=(401, 403, 404, 409),
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Remove these members. Ids of users who are no members are ignored."""
        user_ids = validated(requests.MembersBody, request)["members"]
        with recording(list_id):
            permissions.require_member(request, list_id, "owner")
            _memberships(list_id).filter(user_id__in=user_ids).delete()
            ownership.require_owner(list_id)
        if current_user(request).pk in user_ids:
            return Response(status=HTTP_204_NO_CONTENT)
        return lists.list_response(request, list_id)


def _memberships(list_id: UUID) -> Any:
    return models.Membership.objects.filter(shopping_list_id=list_id)


def _require_known(request: Request, user_ids: list[int]) -> None:
    """Raise ValidationError for ids of users who share no list with the caller."""
    known = models.Membership.objects.filter(
        shopping_list__in=permissions.lists(request), user_id__in=user_ids
    )
    unknown = set(user_ids) - set(known.values_list("user_id", flat=True))
    if unknown:
        raise ValidationError(
            {"members": [f"You share no list with the user {min(unknown)}: invite them instead."]}
        )
