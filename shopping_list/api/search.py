"""Items over all of my lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models, queries
from shopping_list.api import items, openapi, permissions, representations, responses
from shopping_list.api.pagination import ItemPages
from shopping_list.rows import StoredItem


class SearchView(APIView):
    """Items over all of my lists."""

    @openapi.read_operation(
        responses.FoundItemPageShape,
        name="search_shopping_items",
        query=[items.PURCHASED, items.SEARCH, *openapi.paging(ItemPages)],
        refusals=(401,),
    )
    def get(self, request: Request) -> Response:
        """Return the items that match, each with its list."""
        everything = models.ShoppingItem.objects.filter(
            shopping_list__in=permissions.lists(request)
        )
        found = items.filtered(everything, request).order_by("name_key", "id")
        pages = ItemPages()
        page = pages.paginate_queryset(queries.item_columns(found), request, view=self)
        return pages.get_paginated_response(_with_lists(map(queries.item_from_columns, page or [])))


def _with_lists(found: Any) -> list[dict[str, Any]]:
    rows: list[StoredItem] = list(found)
    lists = models.ShoppingList.objects.filter(pk__in={one.list_id for one in rows})
    titles: dict[UUID, str] = dict(lists.values_list("pk", "name"))
    return [
        representations.item(one.row, list={"id": str(one.list_id), "name": titles[one.list_id]})
        for one in rows
        if one.list_id in titles  # it may be gone since
    ]
