"""The recorded changes of a list: to catch up with, to read, to undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shopping_list import models
from shopping_list.api import openapi, permissions, query_params, representations, responses
from shopping_list.api.errors import CannotUndoError
from shopping_list.api.idempotency import idempotent
from shopping_list.api.pagination import ActivityPages
from shopping_list.recording.context import recording
from shopping_list.services import undo

AT_ONCE = 500
"""Changes in one answer to `?since=`."""


class ActivitiesView(APIView):
    """The changes of one list."""

    @openapi.read_operation(
        PolymorphicProxySerializer(
            component_name="Activities",
            serializers=[responses.ActivityPageShape, responses.ActivitiesSinceShape],
            resource_type_field_name=None,
        ),
        query=openapi.cursor(),
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the newest changes by pages, or with `since` all after that version."""
        mine = permissions.require_member(request, list_id)
        since = query_params.number(request, "since")
        rows = models.Activity.objects.filter(list_id=list_id).defer("frame")
        if since is not None:
            return _since(mine.epoch, rows.filter(version__gt=since))
        pages = ActivityPages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(representations.activities(page or []))


def _since(epoch: str, rows: QuerySet[Any]) -> Response:
    found = list(rows.order_by("version")[: AT_ONCE + 1])
    return Response(
        {
            "epoch": epoch,
            "more": len(found) > AT_ONCE,
            "results": representations.activities(found[:AT_ONCE]),
        }
    )


class UndoView(APIView):
    """The way back from one change."""

    @openapi.write_operation({200: responses.ActivityShape}, refusals=(401, 403, 404, 409))
    @idempotent
    def post(self, request: Request, list_id: UUID, version: int) -> Response:
        """Undo that change, if its rows still allow it."""
        with recording(list_id, verb="undo", undoes=version) as unit:
            mine = permissions.require_member(request, list_id)
            activity = _activity(list_id, version)
            permissions.require_role(request, mine.role, undo.required_role(activity))
            _undo(unit, activity)
        change = unit.changes.get(list_id)
        if change is None:
            raise CannotUndoError("There is nothing left to undo.")
        done = models.Activity.objects.get(list_id=list_id, version=change.version)
        return Response(representations.activities([done])[0])


def _activity(list_id: UUID, version: int) -> models.Activity:
    found = models.Activity.objects.filter(list_id=list_id, version=version).first()
    if found is None:
        raise Http404
    return found


def _undo(unit: Any, activity: models.Activity) -> None:
    try:
        undo.undo(unit, activity)
    except undo.UndoConflictError as error:
        raise CannotUndoError(rows=error.rows) from error
    except undo.NotUndoableError as error:
        raise CannotUndoError(f"Changes of this kind are not undone: {error}.") from error
