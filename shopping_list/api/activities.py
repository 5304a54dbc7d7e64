"""The recorded changes of a list: catch up with them, read them, undo one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest.openapi import OneOf
from shopping_list import models
from shopping_list.api import openapi, permissions, query_params, representations, responses
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ActivityPages
from shopping_list.recording.context import recording
from shopping_list.services import undo

MAX_CHANGES = 500
"""Changes in one response to `?since=`."""


class ActivitiesView(APIView):
    """The changes of one list."""

    @openapi.read_operation(
        OneOf("Activities", (responses.ActivityPageResponse, responses.ActivitiesSinceResponse)),
        query=openapi.cursor(),
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the newest changes in pages, or with `since` the changes after that version."""
        access = permissions.require_member(request, list_id)
        since = query_params.number(request, "since")
        rows = models.Activity.objects.filter(list_id=list_id).defer("frame")
        if since is not None:
            return _changes_since(access.epoch, rows.filter(version__gt=since))
        pages = ActivityPages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(representations.activities(page or []))


def _changes_since(epoch: str, rows: QuerySet[Any]) -> Response:
    newer = list(rows.order_by("version")[: MAX_CHANGES + 1])
    return Response(
        {
            "epoch": epoch,
            "more": len(newer) > MAX_CHANGES,
            "results": representations.activities(newer[:MAX_CHANGES]),
        }
    )


class UndoView(APIView):
    """Undo one change."""

    @openapi.write_operation({200: responses.ActivityResponse}, errors=(401, 403, 404, 409))
    @idempotent
    def post(self, request: Request, list_id: UUID, version: int) -> Response:
        """Undo that change, if its rows still allow it."""
        with recording(list_id, verb="undo", undoes=version) as unit:
            access = permissions.require_member(request, list_id)
            activity = _get_activity(list_id, version)
            permissions.require_role(request, access.role, undo.required_role(activity))
            undo.undo(unit, activity)
        change = unit.changes.get(list_id)
        if change is None:
            raise undo.NotUndoableError("There is nothing left to undo.")
        undone = models.Activity.objects.get(list_id=list_id, version=change.version)
        return Response(representations.activities([undone])[0])


def _get_activity(list_id: UUID, version: int) -> models.Activity:
    activity = models.Activity.objects.filter(list_id=list_id, version=version).first()
    if activity is None:
        raise Http404
    return activity
