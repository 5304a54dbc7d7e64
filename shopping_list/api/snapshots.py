"""A whole list at one version: what a screen reads before it subscribes, or how it was."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from rest import throttles
from shopping_list import queries
from shopping_list.api import openapi, permissions, preconditions, query_params, responses
from shopping_list.services import past_versions

VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 0, "maximum": query_params.MAX_INT64},
    description="The list as it was at this version.",
)
AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description="The list as it was at this moment.")


class SnapshotView(APIView):
    """A whole list at one version."""

    @openapi.read_operation(responses.SnapshotResponse, query=[VERSION, AT], headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID) -> HttpResponse:
        """Return the list and all of its items, with the position for `subscribe`.

        With `version` or `at`, return them as they were.
        """
        permissions.require_member(request, list_id)
        version = query_params.number(request, "version")
        at = query_params.moment(request, "at")
        if version is not None and at is not None:
            raise ValidationError({"at": ["Use either `version` or `at`."]})
        now = queries.snapshot(list_id)
        if now is None:
            raise Http404  # it was deleted since
        snapshot = now
        if version is not None:
            snapshot = past_versions.at_version(now, version)
        elif at is not None:
            snapshot = past_versions.at_moment(now, at)
        rows = len(snapshot.items) + now.version - snapshot.version
        throttles.charge_done(request, rows, per=throttles.ROWS_PER_READ)
        tag = preconditions.list_etag(snapshot.version, snapshot.digest)
        # REST framework's renderer would take several times as long for many items.
        content = msgspec.json.encode(snapshot)
        return HttpResponse(content, content_type="application/json", headers={"ETag": tag})
