"""My lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from accounts import guests
from accounts.api.permissions import current_user
from rest import throttles
from rest.serializers import validated
from shopping_list import ceilings, list_settings, models
from shopping_list.api import (
    openapi,
    permissions,
    preconditions,
    query_params,
    representations,
    requests,
    responses,
)
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ListPages
from shopping_list.api.setting_fields import setting_errors
from shopping_list.list_settings import NO_SETTINGS
from shopping_list.name_order import NameOrder
from shopping_list.recording.context import recording
from shopping_list.rows import Role
from shopping_list.services import aisles, shops, trash
from shopping_list.services.items import IdInUseError

SORTABLE = ("name", "last_interaction", "created_at")
EXPRESSIONS = {"name": NameOrder("name")}


def list_response(request: Request, list_id: UUID, status: int = HTTP_200_OK) -> Response:
    """Return the list as the caller sees it, with its entity tag. Raises Http404."""
    body = _representation(request, list_id)
    tag = preconditions.list_etag(body["version"], body["digest"])
    return Response(body, status=status, headers={"ETag": tag})


def _representation(request: Request, list_id: UUID) -> dict[str, Any]:
    lists = permissions.lists(request).filter(pk=list_id)
    representation = representations.shopping_lists(
        representations.with_related(lists), current_user(request).pk
    )
    if not representation:
        raise Http404  # the caller was removed since
    return representation[0]


def _create(request: Request, list_id: UUID, fields: Mapping[str, Any]) -> None:
    """Create a list that the caller owns. The primary key decides the race for an id.

    The id of a deleted list stays taken, because its log stays.
    """
    user = current_user(request)
    guests.require_account(user)
    permissions.require_token(request, "owner")
    permissions.require_unrestricted_token(request)
    if models.Activity.objects.filter(list_id=list_id).exists():
        raise IdInUseError
    with setting_errors():
        settings = list_settings.patched(NO_SETTINGS, fields)._asdict()
    new = models.ShoppingList(pk=list_id, name=fields["name"], created_by=user, **settings)
    try:
        with recording(list_id):
            ceilings.check_new_list(user.pk)
            new.save(force_insert=True)
            owner = models.Membership.Role.OWNER
            models.Membership(shopping_list_id=list_id, user=user, role=owner).save()
    except IntegrityError as error:
        raise IdInUseError from error


def check_if_match(request: Request, list_id: UUID) -> models.ShoppingList:
    """Return a list, whose lock is held, if the request has no `If-Match` or the list matches it.

    Raises PreconditionFailedError.
    """
    shopping_list: models.ShoppingList = models.ShoppingList.objects.get(pk=list_id)
    if preconditions.if_match(request) is not None:
        current = _representation(request, list_id)
        tag = preconditions.list_etag(shopping_list.version, shopping_list.digest)
        preconditions.check(request, tag, current)
    return shopping_list


class ListsView(APIView):
    """All lists that I am a member of."""

    @openapi.read_operation(
        responses.ListPageResponse,
        name="shopping_lists_list",
        query=[
            openapi.sorting(SORTABLE),
            openapi.text_param("search", "Part of the name."),
            OpenApiParameter("deleted", bool, description="Lists in the trash that I may restore."),
            *openapi.paging(ListPages),
        ],
        errors=(401,),
    )
    def get(self, request: Request) -> Response:
        """Return a page of my lists, newest interaction first, or of those in the trash."""
        deleted = query_params.boolean(request, "deleted")
        lists = representations.with_related(
            permissions.trash(request) if deleted else permissions.lists(request)
        )
        if text := query_params.search_text(request, "search"):
            lists = lists.filter(name__icontains=text)
        ordering = query_params.ordering(request, SORTABLE, "-last_interaction", EXPRESSIONS)
        lists = lists.order_by(*ordering)
        pages = ListPages()
        page = pages.paginate_queryset(lists, request, view=self)
        results = representations.shopping_lists(page or [], current_user(request).pk)
        return pages.get_paginated_response(results)

    @openapi.write_operation(
        {201: responses.ListResponse},
        body=requests.ListBody,
        headers=[openapi.ETAG],
        errors=(401, 403, 409),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create a list. Its creator owns it."""
        fields = validated(requests.ListBody, request)
        list_id = fields.get("id") or uuid4()
        _create(request, list_id, fields)
        return list_response(request, list_id, HTTP_201_CREATED)


class ListView(APIView):
    """One list."""

    @openapi.read_operation(responses.ListResponse, headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the list."""
        permissions.require_member(request, list_id)
        return list_response(request, list_id)

    @openapi.write_operation(
        {200: responses.ListResponse, 201: responses.ListResponse},
        body=requests.ListReplacement,
        headers=[openapi.ETAG],
        errors=(401, 403, 404, 409),
        stale=responses.StaleListResponse,
    )
    @idempotent
    def put(self, request: Request, list_id: UUID) -> Response:
        """Replace the list's fields, or create it under this id."""
        fields = validated(requests.ListReplacement, request)
        if self._exists(list_id):
            return self._change(request, list_id, fields)
        preconditions.check(request, None, None)
        try:
            _create(request, list_id, fields)
        except IdInUseError:
            if not self._exists(list_id):
                raise
            return self._change(request, list_id, fields)
        return list_response(request, list_id, HTTP_201_CREATED)

    @openapi.write_operation(
        {200: responses.ListResponse},
        body=requests.ListPatch,
        headers=[openapi.ETAG],
        stale=responses.StaleListResponse,
    )
    @idempotent
    def patch(self, request: Request, list_id: UUID) -> Response:
        """Change the fields in the body, and no others. Another name needs the role owner."""
        return self._change(request, list_id, validated(requests.ListPatch, request))

    @openapi.write_operation({204: None}, stale=responses.StaleListResponse)
    @idempotent
    def delete(self, request: Request, list_id: UUID) -> Response:
        """Put the list in the trash. It can be restored for 30 days."""
        with recording(list_id):
            shopping_list = self._get_expected(request, list_id, "owner")
            shopping_list.deleted_at = timezone.now()
            shopping_list.save(update_fields=["deleted_at"])
        return Response(status=HTTP_204_NO_CONTENT)

    def _exists(self, list_id: UUID) -> bool:
        return bool(models.ShoppingList.objects.filter(pk=list_id).exists())

    def _change(self, request: Request, list_id: UUID, fields: dict[str, Any]) -> Response:
        needed: Role = "editor" if fields and "name" not in fields else "owner"
        with recording(list_id), setting_errors():
            shopping_list = self._get_expected(request, list_id, needed)
            if "name" in fields:
                shopping_list.name = fields["name"]
                shopping_list.save(update_fields=["name"])
            aisles.patch(shopping_list, fields)
        return list_response(request, list_id)

    def _get_expected(self, request: Request, list_id: UUID, needed: Role) -> models.ShoppingList:
        permissions.require_member(request, list_id, needed)
        return check_if_match(request, list_id)


class RenameAisleView(APIView):
    """Rename an aisle, or merge two aisles."""

    @openapi.write_operation(
        {200: responses.ListResponse}, body=requests.RenameBody, headers=[openapi.ETAG]
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Give an aisle another name in all items, orders and staples, as one change.

        If the list has an aisle of that name, the two become one.
        """
        return _renamed(request, list_id, aisles.rename)


class RenameShopView(APIView):
    """Rename a shop, or merge two shops."""

    @openapi.write_operation(
        {200: responses.ListResponse}, body=requests.RenameBody, headers=[openapi.ETAG]
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Give a shop another name in the list and in all items that are for it, as one change.

        If the list has a shop of that name, the two become one, and that one keeps its order.
        """
        return _renamed(request, list_id, shops.rename)


def _renamed(request: Request, list_id: UUID, rename: Callable[[UUID, str, str], None]) -> Response:
    """Rename what a body names, and return the list."""
    names = validated(requests.RenameBody, request)
    with recording(list_id) as unit, setting_errors("to"):
        permissions.require_member(request, list_id, "editor")
        rename(list_id, names["from"], names["to"])
    change = unit.changes.get(list_id)
    if change is not None:
        rows = len(change.items)
        throttles.charge_done(request, rows, per=throttles.SELECTED_ROWS_PER_WRITE)
    return list_response(request, list_id)


class RestoreView(APIView):
    """Restore a list from the trash."""

    @openapi.write_operation(
        {200: responses.ListResponse}, headers=[openapi.ETAG], errors=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Restore a list that was deleted less than 30 days ago."""
        with recording(list_id):
            shopping_list = self._get_restorable(request, list_id)
            if shopping_list.deleted_at is not None:
                ceilings.check_restored_list(current_user(request).pk)
                shopping_list.deleted_at = None
                shopping_list.save(update_fields=["deleted_at"])
        return list_response(request, list_id)

    def _get_restorable(self, request: Request, list_id: UUID) -> models.ShoppingList:
        membership = permissions.get_membership(request, list_id)
        shopping_list: models.ShoppingList = membership.shopping_list
        deleted_at = shopping_list.deleted_at
        if deleted_at is not None and deleted_at < trash.restore_cutoff():
            raise Http404
        permissions.require_role(request, membership.role, "owner")
        return shopping_list
