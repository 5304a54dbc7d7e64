"""When a list is changed, and where its log begins."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest import throttles
from shopping_list.api import openapi, permissions, responses
from shopping_list.services import change_counts, past_versions


class ChangeCountsView(APIView):
    """How often one list is changed."""

    @openapi.read_operation(responses.ChangeCountsResponse)
    def get(self, request: Request, list_id: UUID) -> Response:
        """Return the changes of the last 28 days by quarters of an hour."""
        access = permissions.require_member(request, list_id)
        start = change_counts.counted_from(list_id, access.version)
        counts = change_counts.changes_by_quarter(list_id, access.version, start)
        throttles.charge_done(request, sum(counts.values()), per=throttles.ROWS_PER_READ)
        begins_version, begins_at = past_versions.log_start(list_id, access.epoch) or (None, None)
        return Response(
            {
                "epoch": access.epoch,
                "version": access.version,
                "begins_at": begins_at,
                "begins_version": begins_version,
                "counted_from": start,
                "quarters": list(counts),
                "changes": list(counts.values()),
            }
        )
