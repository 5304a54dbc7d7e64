"""The recorded changes of a list: catch up with them, read them, undo one, go back to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from rest import throttles
from rest.openapi import OneOf
from rest.serializers import validated
from shopping_list import models, queries
from shopping_list.api import (
    lists,
    openapi,
    permissions,
    query_params,
    representations,
    requests,
    responses,
)
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ActivityPages
from shopping_list.recording.actor import with_operation
from shopping_list.recording.context import recording
from shopping_list.services import item_history, past_versions, put_back, transfers, undo
from shopping_list.services.list_undo import NotUndoableError

MAX_CHANGES = 500
"""Changes in one response to `?since=`."""
MAX_CHANGES_OF_ITEM = 50
"""Changes in one response to `?item=`: each is a read of its own."""
MAX_CHANGES_WITH_ROWS = 50
"""Changes in one response to `?rows=true`: each may have 200 rows before and after."""
ROWS = OpenApiParameter(
    "rows",
    bool,
    description="Adds the rows before and after each change of up to 200 items, as `changes`.",
)
ITEM = OpenApiParameter(
    "item", UUID, description="The changes of this item, which is on the list. Without `since`."
)


class ActivitiesView(APIView):
    """The changes of one list."""

    @openapi.read_operation(
        OneOf("Activities", (responses.ActivityPageResponse, responses.ActivitiesSinceResponse)),
        query=[*openapi.cursor_parameters(), ROWS, ITEM],
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the newest changes in pages, or with `since` the changes after that version."""
        access = permissions.require_member(request, list_id)
        since = query_params.number(request, "since")
        with_rows = query_params.boolean(request, "rows") or False
        item_id = query_params.uuid(request, "item")
        if item_id is not None:
            return _changes_of_item(request, list_id, item_id, with_rows=with_rows)
        # A change of many items has megabytes of rows.
        changes = models.Activity.objects.filter(list_id=list_id).defer("frame", "changes")
        if since is not None:
            return _changes_since(access.epoch, since, changes, with_rows=with_rows)
        pages = ActivityPages()
        if with_rows:
            pages.max_page_size = MAX_CHANGES_WITH_ROWS
        page = pages.paginate_queryset(changes, request, view=self)
        results = representations.activities(page or [], with_rows=with_rows)
        return pages.get_paginated_response(results)


def _changes_of_item(
    request: Request, list_id: UUID, item_id: UUID, *, with_rows: bool
) -> Response:
    if "since" in request.query_params:
        raise ValidationError({"item": ["Cannot be combined with since."]})
    item = models.ShoppingItem.objects.filter(shopping_list_id=list_id, pk=item_id)
    newest = item.values_list("version", flat=True).first()
    if newest is None:
        raise ValidationError({"item": ["That item is not on this list."]})
    cursor = query_params.number(request, "cursor")
    page_size = query_params.number(
        request, "page_size", minimum=1, maximum=ActivityPages.max_page_size
    )
    limit = min(page_size or ActivityPages.page_size, MAX_CHANGES_OF_ITEM)
    page = item_history.changes_of(list_id, item_id, newest if cursor is None else cursor, limit)
    throttles.charge_done(request, page.rows_read, per=throttles.ROWS_PER_READ)
    return Response(
        {
            "next": page.next_version
            and replace_query_param(request.build_absolute_uri(), "cursor", page.next_version),
            "previous": None,
            "results": representations.activities(page.changes, with_rows=with_rows),
        }
    )


def _changes_since(epoch: str, since: int, changes: QuerySet[Any], *, with_rows: bool) -> Response:
    limit = MAX_CHANGES_WITH_ROWS if with_rows else MAX_CHANGES
    rows = list(changes.filter(version__gte=since).order_by("version")[: limit + 2])
    # A change that was recorded before there were digests has an empty one.
    base = next((row.digest or None for row in rows if row.version == since), None)
    newer = [row for row in rows if row.version > since]
    return Response(
        {
            "epoch": epoch,
            "base": base,
            "more": len(newer) > limit,
            "results": representations.activities(newer[:limit], with_rows=with_rows),
        }
    )


class UndoView(APIView):
    """Undo one change."""

    @openapi.write_operation(
        {200: responses.ActivityResponse}, body=requests.UndoBody, errors=(401, 403, 404, 409)
    )
    @idempotent
    def post(self, request: Request, list_id: UUID, version: int) -> Response:
        """Undo that change, if its rows still allow it.

        A move between two lists is undone on both, or on neither. After an older copy of the
        database was put back, a version can be that of another change: with `op`, only the
        change of that operation is undone.
        """
        op = validated(requests.UndoBody, request).get("op")
        log = models.Activity.objects.filter(list_id=list_id, version=version)
        # A row of the log never changes, so it may be read before the lists are locked.
        other_list_id = log.values_list("other_list_id", flat=True).first()
        lists = [list_id] if other_list_id is None else [list_id, other_list_id]
        with with_operation(), recording(*lists, verb="undo", undoes=version) as unit:
            access = permissions.require_member(request, list_id)
            activity = _get_activity(list_id, version)
            permissions.require_role(request, access.role, undo.required_role(activity))
            if op is not None and op != activity.operation_id:
                raise NotUndoableError("The history of the list was replaced: it has no such edit.")
            other = transfers.other_half(activity)
            if other is None and transfers.may_have_lost_half(activity):
                raise NotUndoableError("The history of the other list does not go back so far.")
            if other is not None:
                _require_other_half(request, other)
                unit.pair(list_id, other.list_id, {list_id: version, other.list_id: other.version})
            undo.undo(unit, [activity] if other is None else [activity, other])
        change = unit.changes.get(list_id)
        if change is None:
            raise NotUndoableError("There is nothing left to undo.")
        rows = len(change.items) + len(change.gone)
        throttles.charge_done(request, rows, per=throttles.SELECTED_ROWS_PER_WRITE)
        undone = models.Activity.objects.get(list_id=list_id, version=change.version)
        return Response(representations.activities([undone])[0])


class PutBackView(APIView):
    """Put the items of a list back to a version."""

    @openapi.write_operation(
        {200: responses.ActivityResponse},
        errors=(401, 403, 404, 409),
        stale=responses.StaleListResponse,
    )
    @idempotent
    def post(self, request: Request, list_id: UUID, version: int) -> Response:
        """Make the items what they were after that change, as one change."""
        with recording(list_id) as unit:
            permissions.require_member(request, list_id, "editor")
            lists.check_if_match(request, list_id)
            now = queries.snapshot(list_id)
            assert now is not None  # its lock is held
            then = past_versions.at_version(now, version)
            put_back.put_back(list_id, now.items, then.items)
        change = unit.changes[list_id]
        rows = len(change.items) + len(change.gone)
        throttles.charge_done(request, rows, per=throttles.ROWS_PER_WRITE)
        activity = models.Activity.objects.get(list_id=list_id, version=change.version)
        return Response(representations.activities([activity])[0])


def _require_other_half(request: Request, activity: models.Activity) -> None:
    """Raise NotUndoableError if the caller may not undo the change of the other list of a move.

    It says nothing of that list, of which the caller may be no member any more.
    """
    try:
        permissions.require_member(request, activity.list_id, undo.required_role(activity))
    except (Http404, PermissionDenied) as error:
        raise NotUndoableError(
            "That change moved items between two lists, and you cannot change the other one."
        ) from error


def _get_activity(list_id: UUID, version: int) -> models.Activity:
    activity = models.Activity.objects.filter(list_id=list_id, version=version).first()
    if activity is None:
        raise Http404
    return activity
