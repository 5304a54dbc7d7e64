"""Move items on their list, and move or copy them to another list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest import throttles
from rest.idempotency import KeyReusedError
from rest.serializers import validated
from shopping_list import models, queries
from shopping_list.api import openapi, permissions, representations, requests, responses
from shopping_list.api.bulk import changed_items, list_version, selected_items
from shopping_list.api.idempotency import idempotent
from shopping_list.recording import actor
from shopping_list.recording.context import OpenRecording, recording
from shopping_list.rows import ItemRow
from shopping_list.services import items as item_service
from shopping_list.services import ordering, transfers


class _OtherListView(APIView):
    """A request whose body may name another list."""

    def require_other_list(self, request: Request) -> None:
        """Refuse a caller who may not add items to the list in the body.

        The response is the same for a list that does not exist.
        """
        body: Any = request.data
        if "list" in body:
            _require_target(request, UUID(body["list"]))


class MoveView(_OtherListView):
    """Move many items."""

    @openapi.write_operation(
        {200: responses.MoveResponse}, body=requests.MoveBody, errors=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Move items, in the order of the body, behind an item of the list or to another list.

        On another list they are added by the usual rules, open and at the end. A move there is
        one change of each list, and undoing one of the two undoes both.
        """
        body = validated(requests.MoveBody, request)
        ids = list(dict.fromkeys(body["items"]))
        if "list" in body:
            return self._move_to_list(request, list_id, body["list"], ids)
        throttles.charge_rows(request, len(ids), per=throttles.SELECTED_ROWS_PER_WRITE)
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            selected_items(list_id, {"items": ids})
            ordering.move_many(list_id, ids, body["after"])
        return Response(changed_items(unit, list_id))

    def _move_to_list(
        self, request: Request, list_id: UUID, target: UUID, ids: list[UUID]
    ) -> Response:
        throttles.charge_rows(request, len(ids), per=throttles.ROWS_PER_WRITE)
        with actor.with_operation(), recording(list_id, target) as unit:
            permissions.require_member(request, list_id, "editor")
            _require_other_target(request, list_id, target)
            _require_new_operation(list_id, target)
            throttles.charge_other_list(request, target, len(ids))
            added = transfers.move(unit, list_id, target, _rows_of(list_id, ids))
            unit.track_items(each.id for each in added)
        other = _additions(unit, target, added)
        return Response({**changed_items(unit, list_id), "other": other})


class CopyView(_OtherListView):
    """Copy many items to another list."""

    @openapi.write_operation(
        {200: responses.BulkResponse}, body=requests.CopyBody, errors=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add items to another list by the usual rules, open and at the end, as one change of it.

        The role viewer is enough on their own list. The response is that of adding many items
        to the other list.
        """
        body = validated(requests.CopyBody, request)
        ids, target = list(dict.fromkeys(body["items"])), body["list"]
        throttles.charge_rows(request, len(ids), per=throttles.ROWS_PER_WRITE, changes_list=False)
        with recording(target) as unit:
            permissions.require_member(request, list_id)
            _require_other_target(request, list_id, target)
            throttles.charge_other_list(request, target, len(ids))
            added = transfers.copy(unit, target, _rows_of(list_id, ids))
            unit.track_items(each.id for each in added)
        return Response(_additions(unit, target, added))


def _require_other_target(request: Request, list_id: UUID, target: UUID) -> None:
    if target == list_id:
        raise ValidationError({"list": ["That is the list of the items itself."]})
    _require_target(request, target)


def _require_target(request: Request, target: UUID) -> None:
    try:
        permissions.require_member(request, target, "editor")
    except Http404:
        raise ValidationError(
            {"list": ["That list does not exist, or you are not a member of it."]}
        ) from None


def _require_new_operation(*lists: UUID) -> None:
    """Raise KeyReusedError if a change of one of the lists has the operation id of this request.

    The two changes of a move are known by their common operation id.
    """
    operation_id = actor.current().operation_id
    log = models.Activity.objects.filter(list_id__in=lists, operation_id=operation_id)
    if log.exists():
        raise KeyReusedError


def _rows_of(list_id: UUID, ids: list[UUID]) -> list[ItemRow]:
    """Return items in the order of their ids. Raises ValidationError if one is not on the list."""
    selected_items(list_id, {"items": ids})
    stored = queries.stored_items(ids)
    return [stored[pk].row for pk in ids]


def _additions(
    unit: OpenRecording, list_id: UUID, added: list[item_service.Added]
) -> dict[str, Any]:
    """Return the body of the response about items that were added to a list."""
    rows = item_service.rows_after(unit, list_id, [each.id for each in added])
    results = [
        {**representations.outcome(each), "item": representations.item(rows[each.id])}
        for each in added
    ]
    return {"version": list_version(unit, list_id), "results": results}
