"""Add, tick, untick or remove many items as one change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest import throttles
from rest.id_array import ids_in
from rest.serializers import validated
from shopping_list import models
from shopping_list.api import openapi, permissions, representations, requests, responses
from shopping_list.api.errors import numbered_line
from shopping_list.api.idempotency import idempotent
from shopping_list.api.items import role_to_edit
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import Role, Verb
from shopping_list.services import items as item_service


def list_version(unit: OpenRecording, list_id: UUID) -> int:
    """Return the list's version after a recording of it has ended."""
    change = unit.changes.get(list_id)
    if change is not None:
        return change.version
    lists = models.ShoppingList.objects.filter(pk=list_id)
    return int(lists.values_list("version", flat=True).first() or 0)


class BulkView(APIView):
    """Add many items at once."""

    @openapi.write_operation(
        {200: responses.BulkResponse}, body=requests.BulkBody, errors=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add up to 500 items as one change. The response has an outcome for each line.

        A line that cannot be merged into the item of its name is a conflict and changes
        nothing; the other lines are added.
        """
        lines = validated(requests.BulkBody, request)["items"]
        throttles.charge_rows(request, len(lines), per=throttles.ROWS_PER_WRITE)
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            lines_added = [self._add(unit, list_id, *numbered) for numbered in enumerate(lines)]
            unit.track_items(added.id for added in lines_added)
        rows = item_service.rows_after(unit, list_id, [added.id for added in lines_added])
        results = [
            {**representations.outcome(added), "item": representations.item(rows[added.id])}
            for added in lines_added
        ]
        return Response({"version": list_version(unit, list_id), "results": results})

    def _add(
        self, unit: OpenRecording, list_id: UUID, number: int, line: dict[str, Any]
    ) -> item_service.Added:
        with numbered_line(number):
            return item_service.add_or_conflict(unit, list_id, line)


class _SelectionView(APIView):
    """Apply one verb to many items, as one change."""

    verb: Verb
    required_role: Role = "ticker"

    def _run(self, request: Request, list_id: UUID) -> Response:
        selection = validated(requests.ItemSelectionBody, request)
        selected_count = len(selection.get("items", ()))
        throttles.charge_rows(request, selected_count, per=throttles.SELECTED_ROWS_PER_WRITE)
        with recording(list_id, verb=self.verb) as unit:
            permissions.require_member(request, list_id, self.required_role)
            self.apply(list_id, selected_items(list_id, selection))
        body = changed_items(unit, list_id)
        if len(body["items"]) > selected_count:  # all items in one state: not known before
            rows = len(body["items"])
            throttles.charge_done(request, rows, per=throttles.SELECTED_ROWS_PER_WRITE)
        return Response(body)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Apply the verb to the items."""
        raise NotImplementedError


def changed_items(unit: OpenRecording, list_id: UUID) -> dict[str, Any]:
    """Return the version of a list and the ids of the items that a recording changed."""
    change = unit.changes.get(list_id)
    ids = [*(row.id for row in change.items), *change.gone] if change else []
    return {"version": list_version(unit, list_id), "items": [str(pk) for pk in ids]}


def selected_items(list_id: UUID, selection: dict[str, Any]) -> QuerySet[Any]:
    """Return the items that a body selects. Raises ValidationError for other ids."""
    items = models.ShoppingItem.objects.filter(shopping_list_id=list_id)
    if "purchased" in selection:
        return items.filter(purchased=selection["purchased"])
    ids = set(selection["items"])
    selected = items.filter(pk__in=ids)
    missing = ids - set(selected.values_list("pk", flat=True))
    if missing:
        raise ValidationError({"items": [f"Not on this list: {min(missing)}."]})
    return selected


_selection_operation = openapi.write_operation(
    {200: responses.SelectionResponse}, body=requests.ItemSelectionBody
)


class TickView(_SelectionView):
    """Tick many items."""

    verb = "items.ticked"

    @_selection_operation
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Tick the selected items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Tick the open ones."""
        items.filter(purchased=False).update(purchased=True)


class UntickView(_SelectionView):
    """Untick many items."""

    verb = "items.unticked"

    @_selection_operation
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Untick the selected items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Untick the bought ones.

        Of several items with one name, the one bought last is put back, and none
        if one is open: a list has an open name once.
        """
        latest = ids_in(_latest_per_name(list_id, items))
        models.ShoppingItem.objects.filter(pk__in=latest).update(purchased=False)


def _latest_per_name(list_id: UUID, items: QuerySet[Any]) -> list[UUID]:
    """Return the bought item of each name, the one bought last, without open names."""
    open_items = models.ShoppingItem.objects.filter(shopping_list_id=list_id, purchased=False)
    open_names = set(open_items.values_list("name_key", flat=True))
    bought = items.filter(purchased=True).order_by("purchased_at", "id")
    latest = dict(bought.values_list("name_key", "pk"))
    return [pk for key, pk in latest.items() if key not in open_names]


class RemoveView(_SelectionView):
    """Remove many items."""

    verb = "items.removed"
    required_role = "editor"

    @_selection_operation
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Remove the selected items as one change."""
        return self._run(request, list_id)

    def apply(self, list_id: UUID, items: QuerySet[Any]) -> None:
        """Remove the items."""
        items.remove()  # type: ignore[attr-defined]


class EditView(APIView):
    """Give many items the same fields."""

    @openapi.write_operation({200: responses.SelectionResponse}, body=requests.EditBody)
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Change fields of many items as one change. For `not_found` the role ticker is enough."""
        body = validated(requests.EditBody, request)
        throttles.charge_rows(request, len(body["items"]), per=throttles.SELECTED_ROWS_PER_WRITE)
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, role_to_edit(body["fields"]))
            item_service.edit_many(selected_items(list_id, body), body["fields"])
        return Response(changed_items(unit, list_id))
