"""Items over all of my lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models, reading
from shopping_list.api import access, items, present, schema, shapes
from shopping_list.api.pages import ItemPages
from shopping_list.reading import StoredItem


class SearchView(APIView):
    """Items over all of my lists."""

    @schema.reading(
        shapes.FoundItemPageShape,
        name="search_shopping_items",
        query=[items.PURCHASED, items.SEARCH, *schema.paging(ItemPages)],
        refusals=(401,),
    )
    def get(self, request: Request) -> Response:
        """Return the items that match, each with its list."""
        everything = models.ShoppingItem.objects.filter(shopping_list__in=access.lists(request))
        found = items.filtered(everything, request).order_by("name_key", "id")
        pages = ItemPages()
        page = pages.paginate_queryset(reading.columns_of(found), request, view=self)
        return pages.get_paginated_response(_with_lists(map(reading.stored_of, page or [])))


def _with_lists(found: Any) -> list[dict[str, Any]]:
    rows: list[StoredItem] = list(found)
    lists = models.ShoppingList.objects.filter(pk__in={one.list_id for one in rows})
    titles: dict[UUID, str] = dict(lists.values_list("pk", "name"))
    return [
        present.item(one.row, list={"id": str(one.list_id), "name": titles[one.list_id]})
        for one in rows
        if one.list_id in titles  # it may be gone since
    ]
