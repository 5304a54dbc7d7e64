"""Export lists as files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from rest import throttles
from rest.negotiation import OnlyRendererNegotiation
from rest.openapi import operation
from shopping_list import queries
from shopping_list.api import permissions, query_params
from shopping_list.import_export import json_format
from shopping_list.import_export.filename import filename
from shopping_list.import_export.formats import FORMATS
from shopping_list.rows import ItemRow, ListRow

FORMAT_NAMES = tuple(FORMATS)
SCHEMA_TYPES = {"application/json": OpenApiTypes.OBJECT}
"""How the OpenAPI document describes a file, if not as text."""


def _file_schema(*content_types: str) -> dict[Any, Any]:
    """Return the responses of a view that returns a file."""
    media_types = [content_type.split(";")[0] for content_type in content_types]
    return {
        (200, media_type): SCHEMA_TYPES.get(media_type, OpenApiTypes.STR)
        for media_type in media_types
    }


def _file_response(
    content: str | bytes, title: str, *, extension: str, content_type: str
) -> HttpResponse:
    disposition = content_disposition_header(
        as_attachment=True, filename=filename(title, extension)
    )
    headers = {"Content-Disposition": str(disposition)}
    return HttpResponse(content, content_type=content_type, headers=headers)


class ExportView(APIView):
    """One list as a file."""

    content_negotiation_class = OnlyRendererNegotiation

    @operation(
        _file_schema(*(format_.content_type for format_ in FORMATS.values())),
        parameters=[OpenApiParameter("format", str, enum=FORMAT_NAMES, default="json")],
        errors=(400, 401, 404),
    )
    def get(self, request: Request, list_id: UUID) -> HttpResponse:
        """Return the list as a file: all of it as JSON, otherwise what the format can contain."""
        permissions.require_member(request, list_id)
        format_ = FORMATS[query_params.choice(request, "format", FORMAT_NAMES) or "json"]
        snapshot = queries.snapshot(list_id)
        if snapshot is None:
            raise Http404  # it was deleted since
        throttles.charge_done(request, len(snapshot.items), per=throttles.ROWS_PER_READ)
        content = format_.write(snapshot.list, snapshot.items)
        if format_.extension == "csv":
            content = f"\ufeff{content}"  # without it Excel does not see that it is UTF-8
        return _file_response(
            content,
            snapshot.list.name,
            extension=format_.extension,
            content_type=format_.content_type,
        )


class ExportEverythingView(APIView):
    """All of my lists as a file."""

    content_negotiation_class = OnlyRendererNegotiation

    @operation(_file_schema("application/json"), errors=(401,))
    def get(self, request: Request) -> HttpResponse:
        """Return all of my lists with their items, as JSON."""
        ids = permissions.lists(request).order_by("created_at", "pk").values_list("pk", flat=True)
        content = b"".join(json_format.write_all(_charged_snapshots(request, list(ids))))
        return _file_response(content, "trolley", extension="json", content_type="application/json")


def _charged_snapshots(
    request: Request, list_ids: Iterable[UUID]
) -> Iterator[tuple[ListRow, Sequence[ItemRow]]]:
    rows = 0
    for pk in list_ids:
        snapshot = queries.snapshot(pk)
        if snapshot is not None:
            rows += len(snapshot.items)
            throttles.charge_done(request, rows, per=throttles.ROWS_PER_READ)
            yield snapshot.list, snapshot.items
