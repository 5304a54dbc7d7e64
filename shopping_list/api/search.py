"""Search the items of all my lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models, queries
from shopping_list.api import items, openapi, permissions, representations, responses
from shopping_list.api.pagination import ItemPages
from shopping_list.name_order import NameOrder
from shopping_list.rows import StoredItem


class SearchView(APIView):
    """Search the items of all my lists."""

    @openapi.read_operation(
        responses.FoundItemPageResponse,
        name="search_shopping_items",
        query=[items.PURCHASED, items.SEARCH, *openapi.paging(ItemPages)],
        errors=(401,),
    )
    def get(self, request: Request) -> Response:
        """Return the items that match, each with its list."""
        all_items = models.ShoppingItem.objects.filter(shopping_list__in=permissions.lists(request))
        matching = items.filter_items(all_items, request).order_by(NameOrder("name_key"), "id")
        pages = ItemPages()
        page = pages.paginate_queryset(queries.item_columns(matching), request, view=self)
        stored = [queries.item_from_columns(values) for values in page or []]
        return pages.get_paginated_response(_with_lists(stored))


def _with_lists(stored: list[StoredItem]) -> list[dict[str, Any]]:
    lists = models.ShoppingList.objects.filter(pk__in={item.list_id for item in stored})
    names: dict[UUID, str] = dict(lists.values_list("pk", "name"))
    return [
        representations.item(item.row, list={"id": str(item.list_id), "name": names[item.list_id]})
        for item in stored
        if item.list_id in names  # the list may be deleted since
    ]
