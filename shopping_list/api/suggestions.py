"""Suggest names that were used before, while the user types."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
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

MAX_SUGGESTIONS = 20
MAX_LISTS = 10
"""Lists that are read, those with the newest interactions."""

State = tuple[str | None, str | None]
"""Whether a name is open or bought on the list in the query string, and the id of its item."""


class SuggestionsView(APIView):
    """Suggest names that were used before."""

    @openapi.read_operation(
        responses.SuggestionsResponse,
        query=[
            openapi.text_param("q", "Part of the name, in any case."),
            OpenApiParameter("list", OpenApiTypes.UUID, description="The list of `state`."),
        ],
    )
    def get(self, request: Request) -> Response:
        """Return up to 20 names, by frequency and recency on my lists."""
        part = query_params.search_text(request, "q")
        list_id = query_params.uuid(request, "list")
        if list_id is not None:
            permissions.require_member(request, list_id)
        lists = permissions.lists(request).order_by("-last_interaction")
        versions = dict(lists.values_list("pk", "version")[:MAX_LISTS])
        suggestions = suggest(versions, part, now=timezone.now())
        best = dict(islice(suggestions.items(), MAX_SUGGESTIONS))
        states = _states(list_id, best) if list_id else {}
        return Response({"results": [_representation(best[key], states.get(key)) for key in best]})


def _states(list_id: UUID, keys: Collection[str]) -> dict[str, State]:
    """Return the state of each name on a list. An open item has priority over bought ones."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, name_key__in=keys)
    rows = items.order_by("-purchased", "purchased_at").values_list("name_key", "purchased", "pk")
    return {key: ("bought" if bought else "open", str(pk)) for key, bought, pk in rows}


def _representation(suggestion: Suggestion, state: State | None) -> dict[str, Any]:
    word, item_id = state or (None, None)
    return {
        "name": suggestion.name,
        "category": suggestion.category,
        "times": suggestion.times,
        "last_used": suggestion.last_used.isoformat().replace("+00:00", "Z"),
        "state": word,
        "item": item_id,
    }
