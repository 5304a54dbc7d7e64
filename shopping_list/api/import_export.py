"""Lists as files, out and in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from rest.batches import MAX_IDS_PER_QUERY, batched
from shopping_list import models, queries
from shopping_list.api import openapi, permissions, query_params
from shopping_list.api.fields import StrictBooleanField, StrictSerializer, validated
from shopping_list.api.idempotency import idempotent
from shopping_list.api.responses import ResponseSerializer
from shopping_list.import_export import formats, importer, json_format
from shopping_list.import_export.filename import filename
from shopping_list.import_export.import_plan import Plan, PlannedLine
from shopping_list.import_export.parsed_lines import InvalidContentError, Line
from shopping_list.recording.context import recording

FORMATS = tuple(formats.FORMATS)
FILES = {"application/json": OpenApiTypes.OBJECT}
"""What a file is to the schema, if it is not just text."""
LONGEST_BODY = 2 * 1024 * 1024
"""Bytes of a body that brings a file."""


@extend_schema_field(OpenApiTypes.STR)
class ContentField(serializers.Field[Any, Any, Any, Any]):
    """Text as it is; what reads it says what it refuses, line by line."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises ValidationError for anything else."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Not a valid string.")
        return data


class EverythingBody(StrictSerializer):
    """An export of one list or of many, as text. `dry_run` writes nothing."""

    content = ContentField()
    dry_run = StrictBooleanField(default=False)


class ImportBody(EverythingBody):
    """What to add to a list, as text in a format. `dry_run` writes nothing."""

    format = serializers.ChoiceField(choices=FORMATS)


class ImportedItemShape(ResponseSerializer):
    """The item that a line became; without an id, it would be a new one."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    quantity = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    purchased = serializers.BooleanField()


class ImportedLineShape(ResponseSerializer):
    """What becomes of one line; lines of a JSON document are its items."""

    line = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=["added", "merged", "put_back", "unchanged"])
    item = ImportedItemShape()


class ImportShape(ResponseSerializer):
    """What an import did, or would do, line by line."""

    version = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    added = serializers.IntegerField()
    merged = serializers.IntegerField()
    put_back = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    results = ImportedLineShape(many=True)


class ImportedListShape(ResponseSerializer):
    """A list that an import made; without an id, that it would make."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    items = serializers.IntegerField()


class ImportedListsShape(ResponseSerializer):
    """The lists that an import made, or would make."""

    dry_run = serializers.BooleanField()
    lists = ImportedListShape(many=True)


class ByQueryOnly(BaseContentNegotiation):
    """Leaves `?format=` to the view; problems are JSON whatever was asked for."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the only parser."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the only renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def _file_schema(*content_types: str, refusals: tuple[int, ...]) -> dict[Any, Any]:
    """Return the answers of a view that gives a file."""
    codes: tuple[int | str, ...] = (*refusals, "default")
    kinds = [kind.split(";")[0] for kind in content_types]
    files = {(200, kind): FILES.get(kind, OpenApiTypes.STR) for kind in kinds}
    problems = {
        (code, openapi.PROBLEM): OpenApiResponse(*openapi.ERROR_RESPONSES[code]) for code in codes
    }
    return {**files, **problems}


def _file(content: str, title: str, *, extension: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(
        as_attachment=True, filename=filename(title, extension)
    )
    headers = {"Content-Disposition": str(disposition)}
    return HttpResponse(content, content_type=content_type, headers=headers)


class ExportView(APIView):
    """One list as a file."""

    content_negotiation_class = ByQueryOnly

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=FORMATS, default="json")],
        responses=_file_schema(
            *(how.content_type for how in formats.FORMATS.values()), refusals=(400, 401, 404)
        ),
    )
    def get(self, request: Request, list_id: UUID) -> HttpResponse:
        """Return the list as a file: all of it as JSON, else what the format can hold."""
        permissions.require_member(request, list_id)
        how = formats.FORMATS[query_params.choice(request, "format", FORMATS) or "json"]
        found = queries.snapshot(list_id)
        if found is None:
            raise Http404  # it was deleted since
        content = how.write(found.list, found.items)
        if how.extension == "csv":
            content = f"\ufeff{content}"  # without it Excel does not see that it is UTF-8
        return _file(
            content, found.list.name, extension=how.extension, content_type=how.content_type
        )


class ExportEverythingView(APIView):
    """All of my lists as a file."""

    content_negotiation_class = ByQueryOnly

    @extend_schema(responses=_file_schema("application/json", refusals=(401,)))
    def get(self, request: Request) -> HttpResponse:
        """Return all of my lists with all that is on them, as JSON."""
        ids = permissions.lists(request).order_by("created_at", "pk").values_list("pk", flat=True)
        found = [snapshot for pk in list(ids) if (snapshot := queries.snapshot(pk))]
        content = json_format.write_all((one.list, one.items) for one in found)
        return _file(content, "trolley", extension="json", content_type="application/json")


class ImportView(APIView):
    """Many items from a text."""

    longest_body = LONGEST_BODY

    @openapi.write_operation({200: ImportShape}, body=ImportBody)
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add what the text holds as one change, or show what it would do.

        Nothing is written unless every line can be read. Lines are added as
        items are: merged into an open one of that name, or put back.
        """
        mine = permissions.require_member(request, list_id, "editor")
        body = validated(ImportBody, request)
        lines = _lines(request, body["format"], body["content"])
        if body["dry_run"]:
            plan = Plan(importer.load_items(list_id)).add_lines(lines)
            return _answer(plan, mine.version, dry_run=True)
        return self._import(request, list_id, lines)

    def _import(self, request: Request, list_id: UUID, lines: list[Line]) -> Response:
        with recording(list_id) as unit:
            mine = permissions.require_member(request, list_id, "editor")
            plan = importer.import_lines(unit, list_id, lines, _people(request, list_id, mine))
        change = unit.changes.get(list_id)
        version = change.version if change else mine.version
        return _answer(plan, version, dry_run=False)


class ImportEverythingView(APIView):
    """Lists from an export."""

    longest_body = LONGEST_BODY

    @openapi.write_operation({200: ImportedListsShape}, body=EverythingBody, refusals=(401, 403))
    @idempotent
    def post(self, request: Request) -> Response:
        """Make the lists that the export holds, or show what they would be. I own them."""
        guests.require_account(request)
        permissions.require_token(request, "owner")
        permissions.require_unrestricted_token(request)
        body = validated(EverythingBody, request)
        try:
            lists = json_format.read_all(body["content"])
        except InvalidContentError as error:
            raise ValidationError({"content": error.errors}) from error
        made = [None] * len(lists) if body["dry_run"] else _make(request, lists)
        shown = [
            {"id": pk and str(pk), "name": one.name, "items": len(one.lines)}
            for pk, one in zip(made, lists, strict=True)
        ]
        return Response({"dry_run": body["dry_run"], "lists": shown})


def _make(request: Request, lists: list[json_format.ParsedList]) -> list[UUID]:
    with transaction.atomic():
        return [importer.create_list(permissions.user_of(request), one) for one in lists]


def _lines(request: Request, name: str, content: str) -> list[Line]:
    """Return what the content holds. Raises ValidationError with the numbers of lines."""
    asked: set[str] = set()

    def ask(key: str) -> bool:
        asked.add(key)
        return False

    try:
        # The first reading finds out about which names to ask the database.
        lines = formats.lines_of(name, content, ask)
        known = _known(request, sorted(asked))
        return formats.lines_of(name, content, known.__contains__) if known else lines
    except InvalidContentError as error:
        raise ValidationError({"content": error.errors}) from error


def _known(request: Request, keys: Sequence[str]) -> set[str]:
    """Return which of these names are on a list of mine."""
    mine = models.ShoppingItem.objects.filter(shopping_list__in=permissions.lists(request))
    found: set[str] = set()
    for batch in batched(keys, MAX_IDS_PER_QUERY):
        found.update(mine.filter(name_key__in=batch).values_list("name_key", flat=True))
    return found


def _people(request: Request, list_id: UUID, mine: permissions.ListAccess) -> importer.People:
    """Return who may be named as having added or bought something.

    Only an owner may speak for others; the log says who did the import anyway.
    """
    me = permissions.user_of(request)
    if mine.role == models.Membership.Role.OWNER:
        return importer.member_ids_by_name(list_id)
    return {me.display_name: me.pk}


def _answer(plan: Plan, version: int, *, dry_run: bool) -> Response:
    counts = Counter(step.outcome for step in plan.steps)
    return Response(
        {
            "version": version,
            "dry_run": dry_run,
            **{word: counts[word] for word in ("added", "merged", "put_back", "unchanged")},
            "results": [_result(step, dry_run=dry_run) for step in plan.steps],
        }
    )


def _result(step: PlannedLine, *, dry_run: bool) -> dict[str, Any]:
    fields = ("name", "quantity", "note", "category", "purchased")
    new = dry_run and step.slot.stored is None
    item = {"id": None if new else str(step.slot.id)}
    return {
        "line": step.line,
        "outcome": step.outcome,
        "item": item | {field: step.slot.value(field) for field in fields},
    }
