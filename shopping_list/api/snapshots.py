"""A whole list at one version: what a screen reads before it subscribes."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.http import Http404, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from rest import throttles
from shopping_list import queries
from shopping_list.api import openapi, permissions, preconditions, responses


class SnapshotView(APIView):
    """A whole list at one version."""

    @openapi.read_operation(responses.SnapshotResponse, headers=[openapi.ETAG])
    def get(self, request: Request, list_id: UUID) -> HttpResponse:
        """Return the list and all of its items, with the position for `subscribe`."""
        permissions.require_member(request, list_id)
        snapshot = queries.snapshot(list_id)
        if snapshot is None:
            raise Http404  # it was deleted since
        throttles.charge_done(request, len(snapshot.items), per=throttles.ROWS_PER_READ)
        tag = preconditions.list_etag(snapshot.version, snapshot.digest)
        # REST framework's renderer would take several times as long for many items.
        content = msgspec.json.encode(snapshot)
        return HttpResponse(content, content_type="application/json", headers={"ETag": tag})
