"""The items of one list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from rest.compiled_query import Row, Statement
from rest.serializers import validated
from shopping_list import models, queries
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
from shopping_list.api.pagination import ItemPages
from shopping_list.name_order import NameOrder
from shopping_list.parsing import item_names
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import ItemRow, Role, StoredItem
from shopping_list.services import items as item_service
from shopping_list.services.items import Added

SORTABLE = ("position", "name", "purchased", "updated_at")
EXPRESSIONS = {"name": NameOrder("name_key")}
TICKER_FIELDS = frozenset({"purchased", "not_found"})
"""What users write in a shop."""
ON_DUPLICATE = ("error", "merge")
PURCHASED = OpenApiParameter("purchased", bool, description="Only bought items, or only open ones.")
SEARCH = openapi.text_param("search", "Part of the name, note or category, in any case.")


def filter_items(items: QuerySet[Any], request: Request) -> QuerySet[Any]:
    """Return the items that the query string selects."""
    purchased = query_params.boolean(request, "purchased")
    if purchased is not None:
        items = items.filter(purchased=purchased)
    text = query_params.search_text(request, "search")
    return items.filter(_contains(text)) if text else items


def _contains(text: str) -> Q:
    in_name = Q(name_key__contains=item_names.comparison_key(text))
    return in_name | Q(note__icontains=text) | Q(category__icontains=text)


def _may_merge(request: Request) -> bool:
    """Tell whether adding an item may merge it into another."""
    return query_params.choice(request, "on_duplicate", ON_DUPLICATE) != "error"


def _add(unit: OpenRecording, list_id: UUID, fields: dict[str, Any], *, merge: bool) -> Added:
    added = item_service.add(unit, list_id, fields, merge=merge)
    unit.stored_item(added.id, on=list_id)
    return added


def _added_response(unit: OpenRecording, list_id: UUID, added: Added) -> Response:
    status = HTTP_201_CREATED if added.outcome == "added" else HTTP_200_OK
    row = item_service.rows_after(unit, list_id, [added.id])[added.id]
    return _item_response(row, status, **representations.outcome(added))


def _item_response(row: ItemRow, status: int = HTTP_200_OK, **members: Any) -> Response:
    headers = {"ETag": preconditions.etag(row.version)}
    return Response(representations.item(row, **members), status=status, headers=headers)


class ItemsView(APIView):
    """The items of one list."""

    @openapi.read_operation(
        responses.ItemPageResponse,
        name="shopping_items_list",
        query=[openapi.sorting(SORTABLE), PURCHASED, SEARCH, *openapi.paging(ItemPages)],
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return a page of the list's items, in the order of their positions by default."""
        permissions.require_member(request, list_id)
        items = filter_items(models.ShoppingItem.objects.filter(shopping_list_id=list_id), request)
        items = items.order_by(*query_params.ordering(request, SORTABLE, "position", EXPRESSIONS))
        pages = ItemPages()
        page = pages.paginate_queryset(queries.item_columns(items), request, view=self)
        return pages.get_paginated_response(
            [representations.item(queries.item_from_columns(values).row) for values in page or []]
        )

    @openapi.write_operation(
        {200: responses.AddedItemResponse, 201: responses.AddedItemResponse},
        body=requests.ItemBody,
        query=[OpenApiParameter("on_duplicate", str, enum=ON_DUPLICATE)],
        headers=[openapi.ETAG],
        errors=(401, 403, 404, 409),
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add an item. If the list has one of its name, it is merged into that one."""
        fields = validated(requests.ItemBody, request)
        merge = _may_merge(request)
        access = permissions.access_to(request, list_id)
        with recording(list_id, reading=[access]) as unit:
            permissions.require_member(request, list_id, "editor", reading=access)
            added = _add(unit, list_id, fields, merge=merge)
        return _added_response(unit, list_id, added)


class ItemView(APIView):
    """One item of one list."""

    @openapi.read_operation(ItemRow, headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Return the item."""
        permissions.require_member(request, list_id)
        stored = queries.stored_items([item_id]).get(item_id)
        if stored is None or stored.list_id != list_id:
            raise Http404
        return _item_response(stored.row)

    @openapi.write_operation(
        {200: ItemRow},
        body=requests.ItemPatch,
        headers=[openapi.ETAG],
        errors=(401, 403, 404, 409),
        stale=responses.ItemConflictResponse,
    )
    @idempotent
    def patch(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Change the fields in the body, and no others.

        For `purchased` and `not_found` alone the role ticker is enough.
        """
        fields = validated(requests.ItemPatch, request)
        with _recording_of(request, list_id, item_id, role_to_edit(fields)) as (unit, stored):
            item_service.change(stored, fields)
        return _item_response(item_service.rows_after(unit, list_id, [item_id])[item_id])

    @openapi.write_operation(
        {200: responses.PutItemResponse, 201: responses.AddedItemResponse},
        body=requests.ItemReplacement,
        headers=[openapi.ETAG],
        errors=(401, 403, 404, 409),
        stale=responses.ItemConflictResponse,
    )
    @idempotent
    def put(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Replace the item, or create it under this id."""
        fields = validated(requests.ItemReplacement, request)
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            added = self._put(request, unit, list_id, item_id, fields)
        if added is not None:
            return _added_response(unit, list_id, added)
        return _item_response(item_service.rows_after(unit, list_id, [item_id])[item_id])

    @openapi.write_operation(
        {204: None}, headers=[openapi.LIST_VERSION], stale=responses.ItemConflictResponse
    )
    @idempotent
    def delete(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Remove the item. A header has the version of the list with this change."""
        with _recording_of(request, list_id, item_id, "editor") as (unit, stored):
            item_service.to_model(stored).delete()
        headers = {responses.LIST_VERSION_HEADER: str(unit.changes[list_id].version)}
        return Response(status=HTTP_204_NO_CONTENT, headers=headers)

    def _put(
        self,
        request: Request,
        unit: OpenRecording,
        list_id: UUID,
        item_id: UUID,
        fields: dict[str, Any],
    ) -> Added | None:
        """Replace the item and return None, or create it and return its id and outcome."""
        elsewhere = models.ShoppingItem.objects.filter(pk=item_id).exclude(shopping_list_id=list_id)
        if unit.stored_item(item_id, on=list_id) is not None:
            item_service.change(_get_expected(request, unit, list_id, item_id), fields)
            return None
        if elsewhere.exists():
            raise Http404
        preconditions.check(request, None, None)
        return _add(unit, list_id, {**fields, "id": item_id}, merge=True)


def role_to_edit(fields: Mapping[str, Any]) -> Role:
    """Return the role that writing these fields of an item needs."""
    return "ticker" if fields and fields.keys() <= TICKER_FIELDS else "editor"


@contextmanager
def _recording_of(
    request: Request, list_id: UUID, item_id: UUID, needed: Role
) -> Iterator[tuple[OpenRecording, StoredItem]]:
    """Record what the block does with an item, which the caller may do and expects as it is."""
    access, item = permissions.access_to(request, list_id), queries.item_by_id(item_id)
    with recording(list_id, reading=[access, item]) as unit:
        permissions.require_member(request, list_id, needed, reading=access)
        yield unit, _get_expected(request, unit, list_id, item_id, reading=item)


def _get_expected(
    request: Request,
    unit: OpenRecording,
    list_id: UUID,
    item_id: UUID,
    *,
    reading: Statement[list[Row]] | None = None,
) -> StoredItem:
    """Return the item. Raises Http404, and a precondition error if `If-Match` does not hold."""
    stored = unit.stored_item(item_id, on=list_id, reading=reading)
    if stored is None:
        raise Http404
    preconditions.check(
        request, preconditions.etag(stored.row.version), representations.item(stored.row)
    )
    return stored
