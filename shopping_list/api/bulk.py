"""Many items as one change: added, ticked, unticked, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.batches import MAX_IDS_PER_QUERY, batched
from shopping_list import models
from shopping_list.api import openapi, permissions, representations, requests, responses
from shopping_list.api.errors import translate_domain_errors
from shopping_list.api.fields import validated
from shopping_list.api.idempotency import idempotent
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import Role, Verb
from shopping_list.services import items as item_service


def _version(unit: OpenRecording, list_id: UUID) -> int:
    """Return the list's version after a closed recording of it."""
    change = unit.changes.get(list_id)
    if change is not None:
        return change.version
    lists = models.ShoppingList.objects.filter(pk=list_id)
    return int(lists.values_list("version", flat=True).first() or 0)


class BulkView(APIView):
    """Many items at once."""

    @openapi.write_operation(
        {200: responses.BulkShape}, body=requests.BulkBody, refusals=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add up to 500 items as one change; each line is answered."""
        lines = validated(requests.BulkBody, request)["items"]
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            done = [self._add(unit, list_id, *numbered) for numbered in enumerate(lines)]
            unit.track_items(pk for pk, _ in done)
        rows = item_service.rows_after(unit, list_id, [pk for pk, _ in done])
        results = [
            {"outcome": outcome, "item": representations.item(rows[pk])} for pk, outcome in done
        ]
        return Response({"version": _version(unit, list_id), "results": results})

    def _add(
        self, unit: OpenRecording, list_id: UUID, number: int, line: dict[str, Any]
    ) -> tuple[UUID, item_service.Outcome]:
        with translate_domain_errors(line=number):
            return item_service.add(unit, list_id, line)


class _SelectionView(APIView):
    """One verb over many items, as one change."""

    verb: Verb
    needed: Role = "ticker"

    def _run(self, request: Request, list_id: UUID) -> Response:
        chosen = validated(requests.ItemSelectionBody, request)
        with recording(list_id, verb=self.verb) as unit:
            permissions.require_member(request, list_id, self.needed)
            self.apply(list_id, _selected_items(list_id, chosen))
        change = unit.changes.get(list_id)
        touched = [*(row.id for row in change.items), *change.gone] if change else []
        return Response({"version": _version(unit, list_id), "items": [str(pk) for pk in touched]})

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Do it."""
        raise NotImplementedError


def _selected_items(list_id: UUID, chosen: dict[str, Any]) -> QuerySet[Any]:
    """Return the items that a body chooses. Raises ValidationError for foreign ids."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
    if "purchased" in chosen:
        return items.filter(purchased=chosen["purchased"])
    wanted = set(chosen["items"])
    found = items.filter(pk__in=wanted)
    missing = wanted - set(found.values_list("pk", flat=True))
    if missing:
        raise ValidationError({"items": [f"Not on this list: {min(missing)}."]})
    return found


many = openapi.write_operation({200: responses.SelectionResponse}, body=requests.ItemSelectionBody)


class TickView(_SelectionView):
    """Tick many."""

    verb = "items.ticked"

    @many
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Tick the chosen items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Tick those that are open."""
        items.filter(purchased=False).update(purchased=True)


class UntickView(_SelectionView):
    """Untick many."""

    verb = "items.unticked"

    @many
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Untick the chosen items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Untick those that were bought.

        Of several with one name the one bought last is put back, and none if
        one is open: an open name is on a list once.
        """
        for batch in batched(_latest_per_name(list_id, items), MAX_IDS_PER_QUERY):
            models.ShoppingItem.objects.filter(pk__in=batch).update(purchased=False)


def _latest_per_name(list_id: UUID, items: QuerySet[Any]) -> list[UUID]:
    """Return bought items, of each name that is not open the one bought last."""
    still_open = models.ShoppingItem.objects.filter(shopping_list_id=list_id, purchased=False)
    taken = set(still_open.values_list("name_key", flat=True))
    bought = items.filter(purchased=True).order_by("purchased_at", "id")
    last = dict(bought.values_list("name_key", "pk"))
    return [pk for key, pk in last.items() if key not in taken]


class RemoveView(_SelectionView):
    """Remove many."""

    verb = "items.removed"
    needed = "editor"

    @many
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Remove the chosen items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Remove them."""
        items.delete()
