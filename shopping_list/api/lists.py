"""My lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from shopping_list import models
from shopping_list.api import (
    openapi,
    permissions,
    preconditions,
    query_params,
    representations,
    requests,
    responses,
)
from shopping_list.api.errors import IdInUse
from shopping_list.api.fields import validated
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ListPages
from shopping_list.recording.context import recording
from shopping_list.services import trash

SORTABLE = ("name", "last_interaction", "created_at")


def answer(request: Request, list_id: UUID, code: int = status.HTTP_200_OK) -> Response:
    """Return the list as the caller sees it, with its entity tag. Raises Http404."""
    body = _current(request, list_id)
    return Response(body, status=code, headers={"ETag": preconditions.etag(body["version"])})


def _current(request: Request, list_id: UUID) -> dict[str, Any]:
    found = permissions.lists(request).filter(pk=list_id)
    shown = representations.shopping_lists(
        representations.with_related(found), permissions.user_of(request).pk
    )
    if not shown:
        raise Http404  # the caller was removed since
    return shown[0]


def _create(request: Request, list_id: UUID, name: str) -> None:
    """Create a list that the caller owns. The primary key decides the race for an id.

    An id that was used before stays taken: its log is still there.
    """
    user = permissions.user_of(request)
    guests.require_account(request)
    permissions.require_token(request, "owner")
    permissions.require_unrestricted_token(request)
    if models.Activity.objects.filter(list_id=list_id).exists():
        raise IdInUse
    try:
        with recording(list_id):
            models.ShoppingList(pk=list_id, name=name, created_by=user).save(force_insert=True)
            owner = models.Membership.Role.OWNER
            models.Membership(shopping_list_id=list_id, user=user, role=owner).save()
    except IntegrityError as error:
        raise IdInUse from error


class ListsView(APIView):
    """All lists that I am a member of."""

    @openapi.read_operation(
        responses.ListPageShape,
        name="shopping_lists_list",
        query=[
            openapi.sorting(SORTABLE),
            openapi.text_param("search", "Part of the name."),
            OpenApiParameter("deleted", bool, description="Those in the trash that I may restore."),
            *openapi.paging(ListPages),
        ],
        refusals=(401,),
    )
    def get(self, request: Request) -> Response:
        """Return a page of my lists, newest interaction first; or of those in the trash."""
        deleted = query_params.boolean(request, "deleted")
        lists = representations.with_related(
            permissions.trash(request) if deleted else permissions.lists(request)
        )
        if wanted := query_params.search_text(request, "search"):
            lists = lists.filter(name__icontains=wanted)
        lists = lists.order_by(*query_params.ordering(request, SORTABLE, "-last_interaction"))
        pages = ListPages()
        page = pages.paginate_queryset(lists, request, view=self)
        shown = representations.shopping_lists(page or [], permissions.user_of(request).pk)
        return pages.get_paginated_response(shown)

    @openapi.write_operation(
        {201: responses.ListShape},
        body=requests.ListBody,
        headers=[openapi.ETAG],
        refusals=(401, 403, 409),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create a list. Its creator owns it."""
        fields = validated(requests.ListBody, request)
        list_id = fields.get("id") or uuid4()
        _create(request, list_id, fields["name"])
        return answer(request, list_id, status.HTTP_201_CREATED)


class ListView(APIView):
    """One list."""

    @openapi.read_operation(responses.ListShape, headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the list."""
        permissions.require_member(request, list_id)
        return answer(request, list_id)

    @openapi.write_operation(
        {200: responses.ListShape, 201: responses.ListShape},
        body=requests.ListReplacement,
        headers=[openapi.ETAG],
        refusals=(401, 403, 404, 409),
        stale=responses.StaleListShape,
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Replace the list's fields, or create it under this id."""
        fields = validated(requests.ListReplacement, request)
        if self._exists(list_id):
            return self._change(request, list_id, fields)
        preconditions.check(request, None, None)
        try:
            _create(request, list_id, fields["name"])
        except IdInUse:
            if not self._exists(list_id):
                raise
            return self._change(request, list_id, fields)
        return answer(request, list_id, status.HTTP_201_CREATED)

    @openapi.write_operation(
        {200: responses.ListShape},
        body=requests.ListPatch,
        headers=[openapi.ETAG],
        stale=responses.StaleListShape,
    )
    @idempotent
    def patch(self, request: Request, list_id: UUID) -> Response:
        """Change the fields that are named."""
        return self._change(request, list_id, validated(requests.ListPatch, request))

    @openapi.write_operation({204: None}, stale=responses.StaleListShape)
    @idempotent
    def delete(self, request: Request, list_id: UUID) -> Response:
        """Put the list in the trash, from where it can be restored for 30 days."""
        with recording(list_id):
            one = self._owned(request, list_id)
            one.deleted_at = timezone.now()
            one.save(update_fields=["deleted_at"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _exists(self, list_id: UUID) -> bool:
        return bool(models.ShoppingList.objects.filter(pk=list_id).exists())

    def _change(self, request: Request, list_id: UUID, fields: dict[str, Any]) -> Response:
        with recording(list_id):
            one = self._owned(request, list_id)
            if "name" in fields:
                one.name = fields["name"]
                one.save(update_fields=["name"])
        return answer(request, list_id)

    def _owned(self, request: Request, list_id: UUID) -> models.ShoppingList:
        permissions.require_member(request, list_id, "owner")
        one: models.ShoppingList = models.ShoppingList.objects.get(pk=list_id)
        if preconditions.given(request) is not None:
            preconditions.check(request, one.version, _current(request, list_id))
        return one


class RestoreView(APIView):
    """The way back from the trash."""

    @openapi.write_operation({200: responses.ListShape}, headers=[openapi.ETAG])
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Restore a list that was deleted less than 30 days ago."""
        with recording(list_id):
            one = self._trashed(request, list_id)
            if one.deleted_at is not None:
                one.deleted_at = None
                one.save(update_fields=["deleted_at"])
        return answer(request, list_id)

    def _trashed(self, request: Request, list_id: UUID) -> models.ShoppingList:
        mine = permissions.membership(request, list_id)
        one: models.ShoppingList = mine.shopping_list
        if one.deleted_at is not None and one.deleted_at < trash.restore_cutoff():
            raise Http404
        permissions.require_role(request, mine.role, "owner")
        return one
