"""Suggest names that were used before, while the user types."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT, HTTP_304_NOT_MODIFIED
from rest_framework.views import APIView

from accounts.api.permissions import current_user
from rest import throttles
from rest.serializers import CleanTextField, StrictSerializer, validated
from shopping_list import models
from shopping_list.api import openapi, permissions, preconditions, query_params, responses
from shopping_list.api.idempotency import idempotent
from shopping_list.api.requests import MAX_NAME
from shopping_list.services import forgotten_names
from shopping_list.services.suggestions import MAX_PURCHASES, Bounds, Suggestion, suggest

USUAL_LIMIT = 20
MAX_LIMIT = 5000
MAX_LISTS = 10
"""Lists that are read, those with the newest interactions."""
WHILE_TYPING = Bounds(changes=300, items=2000)
MAX_CHANGES = 5000
"""Changes of all lists together that are read for more names than the usual ones."""
MAX_ITEMS = 10_000

State = tuple[str | None, str | None]
"""Whether a name is open or bought on the list in the query string, and the id of its item."""


class NameBody(StrictSerializer):
    """The name of an item."""

    name = CleanTextField(max_length=MAX_NAME)


class SuggestionsView(APIView):
    """Suggest names that were used before."""

    @openapi.read_operation(
        responses.SuggestionsResponse,
        query=[
            openapi.text_param("q", "Part of the name, in any case."),
            OpenApiParameter("list", OpenApiTypes.UUID, description="The list of `state`."),
            openapi.number_param("limit", "How many names at most.", USUAL_LIMIT, MAX_LIMIT),
        ],
        has_tag=True,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return names, by frequency and recency on my lists; a 304 if `If-None-Match` matches."""
        part = query_params.search_text(request, "q")
        list_id = query_params.uuid(request, "list")
        limit = query_params.number(request, "limit", minimum=1, maximum=MAX_LIMIT) or USUAL_LIMIT
        access = None if list_id is None else permissions.require_member(request, list_id)
        lists = permissions.lists(request).order_by("-last_interaction")
        positions = list(lists.values_list("pk", "version", "digest")[:MAX_LISTS])
        forgotten = forgotten_names.keys_of(current_user(request))
        tag = _tag(positions, sorted(forgotten), part, list_id, access, limit)
        if preconditions.has_current(request, tag):
            return HttpResponse(status=HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        suggestions = suggest(
            {pk: version for pk, version, _ in positions},
            part,
            now=timezone.now(),
            bounds=_bounds(limit, len(positions)),
            forgotten=forgotten,
        )
        best = dict(islice(suggestions.items(), limit))
        states = _states(list_id, best) if list_id else {}
        throttles.charge_done(request, len(best), per=throttles.ROWS_PER_READ)
        results = [_representation(best[key], states.get(key)) for key in best]
        # REST framework's renderer would take several times as long for many names.
        content = msgspec.json.encode({"results": results})
        return HttpResponse(content, content_type="application/json", headers={"ETag": tag})


class ForgetView(APIView):
    """Names that are not suggested."""

    @openapi.read_operation(responses.ForgottenNamesResponse, errors=(401, 403))
    def get(self, request: Request) -> Response:
        """Return the names that I have forgotten, the newest first."""
        permissions.require_unrestricted_token(request)
        names = forgotten_names.for_user(current_user(request)).order_by("-pk")
        return Response({"results": [_forgotten(each) for each in names]})

    @openapi.write_operation({204: None}, body=NameBody, errors=(401, 403))
    @idempotent
    def post(self, request: Request) -> Response:
        """Suggest this name to me no more. The newest 1,000 names are kept."""
        name = _own_name(request)
        with transaction.atomic():
            forgotten_names.forget(current_user(request), name)
        return Response(status=HTTP_204_NO_CONTENT)


class RestoreNameView(APIView):
    """Names that are suggested again."""

    @openapi.write_operation({204: None}, body=NameBody, errors=(401, 403))
    @idempotent
    def post(self, request: Request) -> Response:
        """Suggest this name to me again."""
        forgotten_names.restore(current_user(request), _own_name(request))
        return Response(status=HTTP_204_NO_CONTENT)


def _forgotten(name: models.ForgottenName) -> dict[str, Any]:
    at = name.forgotten_at.isoformat().replace("+00:00", "Z")
    return {"name": name.name, "forgotten_at": at}


def _own_name(request: Request) -> str:
    """Return the name in the body, if the caller may change what is suggested to them."""
    permissions.require_token(request, "editor")
    permissions.require_unrestricted_token(request)
    name: str = validated(NameBody, request)["name"]
    return name


def _bounds(limit: int, lists: int) -> Bounds:
    if limit <= USUAL_LIMIT:
        return WHILE_TYPING
    return Bounds(changes=max(WHILE_TYPING.changes, MAX_CHANGES // max(lists, 1)), items=MAX_ITEMS)


def _tag(*parts: object) -> str:
    """Return the entity tag of a response: a hash of all that it depends on.

    Time is not part of it: all scores halve at the same rate, so the order stays.
    """
    return quote_etag(blake2b(repr(parts).encode(), digest_size=16).hexdigest())


def _states(list_id: UUID, keys: Collection[str]) -> dict[str, State]:
    """Return the state of each name on a list. An open item has priority over bought ones."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, name_key__in=keys)
    rows = items.order_by("-purchased", "purchased_at").values_list("name_key", "purchased", "pk")
    return {key: ("bought" if bought else "open", str(pk)) for key, bought, pk in rows}


def _representation(suggestion: Suggestion, state: State | None) -> dict[str, Any]:
    word, item_id = state or (None, None)
    newest, purchases = suggestion.newest, suggestion.purchases()
    return {
        "name": newest.name,
        "quantity": newest.quantity,
        "category": newest.category,
        "list": newest.list_id,
        "times": suggestion.times,
        "last_used": suggestion.last_used,
        "times_bought": len(purchases),
        "purchases": purchases[:MAX_PURCHASES],
        "state": word,
        "item": item_id,
    }
