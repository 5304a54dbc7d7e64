"""Names used before, to be offered while somebody types."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models
from shopping_list.api import openapi, permissions, query_params, responses
from shopping_list.services.suggestions import Suggestion, suggest

AT_MOST = 20
LISTS = 10
"""How many lists are looked at: those of the newest interactions."""

State = tuple[str | None, str | None]
"""What became of a name on the list that was asked about, and the id of its item."""


class SuggestionsView(APIView):
    """Names used before."""

    @openapi.read_operation(
        responses.SuggestionsShape,
        query=[
            openapi.text_param("q", "Part of the name, in any case."),
            OpenApiParameter("list", OpenApiTypes.UUID, description="The list to tell `state` of."),
        ],
    )
    def get(self, request: Request) -> Response:
        """Return up to 20 names, by frequency and recency over my lists."""
        wanted = query_params.search_text(request, "q")
        asked = query_params.uuid(request, "list")
        if asked is not None:
            permissions.require_member(request, asked)
        lists = permissions.lists(request).order_by("-last_interaction")
        versions = dict(lists.values_list("pk", "version")[:LISTS])
        found = suggest(versions, wanted, now=timezone.now())
        likeliest = dict(list(found.items())[:AT_MOST])
        states = _states(asked, likeliest) if asked else {}
        return Response(
            {"results": [_shown(one, states.get(key)) for key, one in likeliest.items()]}
        )


def _states(list_id: UUID, keys: dict[str, Suggestion]) -> dict[str, State]:
    """Return what became of each name on a list: an open item counts before bought ones."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, name_key__in=keys)
    rows = items.order_by("-purchased", "purchased_at").values_list("name_key", "purchased", "pk")
    return {key: ("bought" if bought else "open", str(pk)) for key, bought, pk in rows}


def _shown(habit: Suggestion, state: State | None) -> dict[str, Any]:
    word, item = state or (None, None)
    return {
        "name": habit.name,
        "category": habit.category,
        "times": habit.times,
        "last_used": habit.last_used.isoformat().replace("+00:00", "Z"),
        "state": word,
        "item": item,
    }
