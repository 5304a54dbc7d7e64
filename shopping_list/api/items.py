"""The items of one list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

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
from shopping_list.api.errors import translate_domain_errors
from shopping_list.api.fields import validated
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ItemPages
from shopping_list.parsing import item_names
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import ItemRow, Role, StoredItem
from shopping_list.services import items as item_service

Added = tuple[UUID, item_service.Outcome]

SORTABLE = ("position", "name", "purchased", "updated_at")
ON_DUPLICATE = ("error", "merge")
PURCHASED = OpenApiParameter("purchased", bool, description="Only bought ones, or only open ones.")
SEARCH = openapi.text_param("search", "Part of the name, note or category, in any case.")


def filtered(items: QuerySet[Any], request: Request) -> QuerySet[Any]:
    """Return the items that the query string asks for."""
    purchased = query_params.boolean(request, "purchased")
    if purchased is not None:
        items = items.filter(purchased=purchased)
    wanted = query_params.search_text(request, "search")
    return items.filter(_matches(wanted)) if wanted else items


def _matches(wanted: str) -> Q:
    text = Q(note__icontains=wanted) | Q(category__icontains=wanted)
    return Q(name_key__contains=item_names.comparison_key(wanted)) | text


def _merge(request: Request) -> bool:
    """Tell whether adding may merge."""
    return query_params.choice(request, "on_duplicate", ON_DUPLICATE) != "error"


def _add(unit: OpenRecording, list_id: UUID, fields: dict[str, Any], *, merge: bool) -> Added:
    pk, outcome = item_service.add(unit, list_id, fields, merge=merge)
    unit.stored_item(pk, on=list_id)
    return pk, outcome


def _added(unit: OpenRecording, list_id: UUID, added: Added) -> Response:
    pk, outcome = added
    code = status.HTTP_201_CREATED if outcome == "added" else status.HTTP_200_OK
    return _answer(item_service.rows_after(unit, list_id, [pk])[pk], code, outcome=outcome)


def _answer(row: ItemRow, code: int = status.HTTP_200_OK, **members: Any) -> Response:
    headers = {"ETag": preconditions.etag(row.version)}
    return Response(representations.item(row, **members), status=code, headers=headers)


class ItemsView(APIView):
    """The items of one list."""

    @openapi.read_operation(
        responses.ItemPageShape,
        name="shopping_items_list",
        query=[openapi.sorting(SORTABLE), PURCHASED, SEARCH, *openapi.paging(ItemPages)],
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return a page of the list's items, in their order unless asked otherwise."""
        permissions.require_member(request, list_id)
        items = filtered(models.ShoppingItem.objects.filter(shopping_list_id=list_id), request)
        items = items.order_by(*query_params.ordering(request, SORTABLE, "position"))
        pages = ItemPages()
        page = pages.paginate_queryset(queries.item_columns(items), request, view=self)
        return pages.get_paginated_response(
            [representations.item(queries.item_from_columns(values).row) for values in page or []]
        )

    @openapi.write_operation(
        {200: responses.AddedItemShape, 201: responses.AddedItemShape},
        body=requests.ItemBody,
        query=[OpenApiParameter("on_duplicate", str, enum=ON_DUPLICATE)],
        headers=[openapi.ETAG],
        refusals=(401, 403, 404, 409),
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add an item; one that is there already is merged or put back."""
        fields = validated(requests.ItemBody, request)
        merge = _merge(request)
        with translate_domain_errors(), recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            added = _add(unit, list_id, fields, merge=merge)
        return _added(unit, list_id, added)


class ItemView(APIView):
    """One item of one list."""

    @openapi.read_operation(responses.ItemShape, headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Return the item."""
        permissions.require_member(request, list_id)
        found = queries.stored_items([item_id]).get(item_id)
        if found is None or found.list_id != list_id:
            raise Http404
        return _answer(found.row)

    @openapi.write_operation(
        {200: responses.ItemShape},
        body=requests.ItemPatch,
        headers=[openapi.ETAG],
        refusals=(401, 403, 404, 409),
        stale=responses.ItemConflictResponse,
    )
    @idempotent
    def patch(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Change the fields that are named. Ticking alone needs the role ticker."""
        fields = validated(requests.ItemPatch, request)
        needed: Role = "ticker" if fields.keys() == {"purchased"} else "editor"
        with translate_domain_errors(), recording(list_id) as unit:
            permissions.require_member(request, list_id, needed)
            stored = _expected(request, unit, list_id, item_id)
            item_service.change(stored, fields)
        return _answer(item_service.rows_after(unit, list_id, [item_id])[item_id])

    @openapi.write_operation(
        {200: responses.PutItemShape, 201: responses.AddedItemShape},
        body=requests.ItemReplacement,
        headers=[openapi.ETAG],
        refusals=(401, 403, 404, 409),
        stale=responses.ItemConflictResponse,
    )
    @idempotent
    def put(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Replace the item, or create it under this id."""
        fields = validated(requests.ItemReplacement, request)
        with translate_domain_errors(), recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            added = self._put(request, unit, list_id, item_id, fields)
        if added is not None:
            return _added(unit, list_id, added)
        return _answer(item_service.rows_after(unit, list_id, [item_id])[item_id])

    @openapi.write_operation({204: None}, stale=responses.ItemConflictResponse)
    @idempotent
    def delete(self, request: Request, list_id: UUID, item_id: UUID) -> Response:
        """Remove the item."""
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            stored = _expected(request, unit, list_id, item_id)
            item_service.to_model(stored).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _put(
        self,
        request: Request,
        unit: OpenRecording,
        list_id: UUID,
        item_id: UUID,
        fields: dict[str, Any],
    ) -> Added | None:
        """Replace the item, or create it and return what came of that."""
        elsewhere = models.ShoppingItem.objects.filter(pk=item_id).exclude(shopping_list_id=list_id)
        if unit.stored_item(item_id, on=list_id) is not None:
            item_service.change(_expected(request, unit, list_id, item_id), fields)
            return None
        if elsewhere.exists():
            raise Http404
        preconditions.check(request, None, None)
        return _add(unit, list_id, {**fields, "id": item_id}, merge=True)


def _expected(request: Request, unit: OpenRecording, list_id: UUID, item_id: UUID) -> StoredItem:
    """Return the item if it is on the list, and as `If-Match` says."""
    stored = unit.stored_item(item_id, on=list_id)
    if stored is None:
        raise Http404
    preconditions.check(request, stored.row.version, representations.item(stored.row))
    return stored
