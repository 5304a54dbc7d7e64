"""The members of a list. Owners manage; anyone may leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models, queries
from shopping_list.api import lists, openapi, permissions, requests, responses
from shopping_list.api.errors import translate_domain_errors
from shopping_list.api.fields import validated
from shopping_list.api.idempotency import idempotent
from shopping_list.recording.context import recording
from shopping_list.rows import Role, to_json
from shopping_list.services import ownership


class MembersView(APIView):
    """All members."""

    @openapi.read_operation(responses.MemberShape(many=True), name="members_list")
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the members in the order of their ids."""
        permissions.require_member(request, list_id)
        return Response([to_json(member) for member in queries.members(list_id)])


class MemberView(APIView):
    """One member."""

    @openapi.read_operation(responses.MemberShape)
    def get(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Return the member."""
        permissions.require_member(request, list_id)
        return _member(list_id, user_id)

    @openapi.write_operation(
        {200: responses.MemberShape}, body=requests.RoleBody, refusals=(401, 403, 404, 409)
    )
    @idempotent
    def patch(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Give the member another role."""
        role = validated(requests.RoleBody, request)["role"]
        with translate_domain_errors(), recording(list_id):
            permissions.require_member(request, list_id, "owner")
            found = _membership(list_id, user_id)
            found.role = role
            found.save(update_fields=["role"])
            ownership.require_owner(list_id)
        return _member(list_id, user_id)

    @openapi.write_operation({204: None}, refusals=(401, 403, 404, 409))
    @idempotent
    def delete(self, request: Request, list_id: UUID, user_id: int) -> Response:
        """Remove the member; oneself needs no role."""
        needed: Role = "viewer" if user_id == permissions.user_of(request).pk else "owner"
        with translate_domain_errors(), recording(list_id):
            permissions.require_member(request, list_id, needed)
            permissions.require_token(request, "owner")
            _membership(list_id, user_id).delete()
            ownership.require_owner(list_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _membership(list_id: UUID, user_id: int) -> models.Membership:
    found: models.Membership | None = _members(list_id).filter(user_id=user_id).first()
    if found is None:
        raise Http404
    return found


def _member(list_id: UUID, user_id: int) -> Response:
    for member in queries.members(list_id):
        if member.id == user_id:
            return Response(to_json(member))
    raise Http404


class AddMembersView(APIView):
    """More members at once."""

    @openapi.write_operation(
        {200: responses.ListShape}, body=requests.MembersBody, headers=[openapi.ETAG]
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Add people who already share a list with the caller; any other id is refused alike."""
        wanted = set(validated(requests.MembersBody, request)["members"])
        with recording(list_id):
            permissions.require_member(request, list_id, "owner")
            there = set(_members(list_id).values_list("user_id", flat=True))
            new = sorted(wanted - there)
            _require_known(request, new)
            models.Membership.objects.bulk_create(
                [models.Membership(shopping_list_id=list_id, user_id=pk) for pk in new]
            )
        return lists.answer(request, list_id)


class RemoveMembersView(APIView):
    """Fewer members at once."""

    @openapi.write_operation(
        {200: responses.ListShape, 204: None},
        body=requests.MembersBody,
        refusals=(401, 403, 404, 409),
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Remove these members; who is none already stays none."""
        wanted = validated(requests.MembersBody, request)["members"]
        with translate_domain_errors(), recording(list_id):
            permissions.require_member(request, list_id, "owner")
            _members(list_id).filter(user_id__in=wanted).delete()
            ownership.require_owner(list_id)
        if permissions.user_of(request).pk in wanted:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return lists.answer(request, list_id)


def _members(list_id: UUID) -> Any:
    return models.Membership.objects.filter(shopping_list_id=list_id)


def _require_known(request: Request, people: list[int]) -> None:
    """Raise ValidationError for ids of people who share no list with the caller."""
    known = models.Membership.objects.filter(
        shopping_list__in=permissions.lists(request), user_id__in=people
    )
    unknown = set(people) - set(known.values_list("user_id", flat=True))
    if unknown:
        raise ValidationError(
            {"members": [f"You share no list with the person {min(unknown)}: invite them instead."]}
        )
