"""Import lists from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, get_args
from uuid import UUID

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from msgspec import Struct
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import guests
from accounts.api.permissions import current_user
from rest import throttles
from rest.batches import MAX_IDS_PER_QUERY, batched
from rest.serializers import StrictBooleanField, StrictSerializer, validated
from shopping_list import ceilings, models, queries
from shopping_list.api import openapi, permissions
from shopping_list.api.idempotency import idempotent
from shopping_list.api.responses import Detail, NotTaken
from shopping_list.api.setting_fields import setting_errors
from shopping_list.import_export import importer, json_format
from shopping_list.import_export.formats import FORMATS, parse_content
from shopping_list.import_export.import_plan import Outcome, Plan, PlannedLine
from shopping_list.import_export.parsed_lines import (
    InvalidContentError,
    Line,
    ParseResult,
    SkippedLine,
    items_or_raise,
)
from shopping_list.list_settings import NO_SETTINGS, ListSettings
from shopping_list.recording.context import recording
from shopping_list.services import aisles


@extend_schema_field(OpenApiTypes.STR)
class ContentField(serializers.Field[Any, Any, Any, Any]):
    """Text that is not changed; its reader reports what is wrong with it, line by line."""

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
    """What to add to a list, as text in a format. `dry_run` writes nothing.

    With `skip_invalid`, lines that cannot be read are left out; otherwise they refuse the
    import.
    """

    format = serializers.ChoiceField(choices=tuple(FORMATS))
    skip_invalid = StrictBooleanField(default=False)


class ImportedItemResponse(Struct):
    """The item as it is after its line. Without an id, it would be a new one."""

    id: UUID | None
    name: str
    quantity: str
    note: str
    category: str
    purchased: bool


class ImportedLineResponse(Struct, kw_only=True):
    """What one line was understood as. The lines of a JSON document are its items.

    `text` is the start of the line. `item` is null for a line without an item: a heading
    (`category`), a line that is `left_out`, or one that is `invalid`; `reason` says why.
    `changed` and `not_taken` are those of an added item. A `conflict` changes nothing.
    """

    line: int
    text: str
    outcome: Literal[Outcome, "category", "left_out", "invalid"]
    reason: str
    item: ImportedItemResponse | None
    changed: list[Detail]
    not_taken: NotTaken


class ImportResponse(Struct):
    """What an import did, or would do, line by line.

    `excess_items` is how many items too many the list would have: if it is not 0, the import
    is refused with `too_many_items`.
    """

    version: int
    dry_run: bool
    added: int
    merged: int
    put_back: int
    unchanged: int
    conflict: int
    left_out: int
    invalid: int
    excess_items: int
    results: list[ImportedLineResponse]


class ImportedListResponse(Struct):
    """A list that an import created. Without an id, it would create it."""

    id: UUID | None
    name: str
    items: int


class ImportedListsResponse(Struct):
    """The lists that an import created, or would create."""

    dry_run: bool
    lists: list[ImportedListResponse]


class ImportView(APIView):
    """Import many items into one list."""

    @openapi.write_operation({200: ImportResponse}, body=ImportBody, errors=(401, 403, 404, 409))
    @idempotent
    def post(self, request: Request, list_id: UUID) -> Response:
        """Add the items of the text as one change, or show what would change.

        A line is added like an item: merged into an open one of that name, or put back. The
        aisles, shops and staples of a JSON document are added to those of the list.
        Nothing is written if a line cannot be read, unless `skip_invalid` is set.
        """
        access = permissions.require_member(request, list_id, "editor")
        body = validated(ImportBody, request)
        results = _parse_content(request, body["format"], body["content"])
        lines = [result for result in results if isinstance(result, Line)]
        _charge(request, len(lines), is_preview=body["dry_run"])
        if body["dry_run"]:
            stored = queries.items_of_list(list_id)
            plan = Plan(stored).add_lines(lines)
            excess = ceilings.excess_items(len(stored), len(plan.added))
            return _response(results, plan, access.version, dry_run=True, excess=excess)
        if not body["skip_invalid"]:
            _require_valid(results, noun=FORMATS[body["format"]].noun)
        with _content_errors():
            is_json = body["format"] == "json"
            settings = json_format.read_settings(body["content"]) if is_json else NO_SETTINGS
        version, plan = self._import(request, list_id, lines, settings)
        return _response(results, plan, version, dry_run=False)

    def _import(
        self, request: Request, list_id: UUID, lines: list[Line], settings: ListSettings
    ) -> tuple[int, Plan]:
        with recording(list_id) as unit:
            access = permissions.require_member(request, list_id, "editor")
            user_ids = _nameable_users(request, list_id, access)
            plan = importer.import_lines(unit, list_id, lines, user_ids)
            if settings != NO_SETTINGS:
                with setting_errors("content"):
                    aisles.add(list_id, settings)
        change = unit.changes.get(list_id)
        return (change.version if change else access.version), plan


class ImportEverythingView(APIView):
    """Import lists from an export."""

    @openapi.write_operation(
        {200: ImportedListsResponse}, body=EverythingBody, errors=(401, 403, 409)
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create the lists of the export, owned by me, or show what would be created."""
        guests.require_account(current_user(request))
        permissions.require_token(request, "owner")
        permissions.require_unrestricted_token(request)
        body = validated(EverythingBody, request)
        with _content_errors():
            lists = json_format.read_all(body["content"])
        _charge(request, sum(len(parsed.lines) for parsed in lists), is_preview=body["dry_run"])
        ids = [None] * len(lists) if body["dry_run"] else _create_lists(request, lists)
        created = [
            {"id": pk and str(pk), "name": parsed.name, "items": len(parsed.lines)}
            for pk, parsed in zip(ids, lists, strict=True)
        ]
        return Response({"dry_run": body["dry_run"], "lists": created})


def _charge(request: Request, rows: int, *, is_preview: bool) -> None:
    per = throttles.SELECTED_ROWS_PER_WRITE if is_preview else throttles.ROWS_PER_WRITE
    throttles.charge_rows(request, rows, per=per, changes_list=not is_preview)


def _create_lists(request: Request, lists: list[json_format.ParsedList]) -> list[UUID]:
    with transaction.atomic():
        return [importer.create_list(current_user(request), parsed) for parsed in lists]


def _parse_content(request: Request, format_name: str, content: str) -> list[ParseResult]:
    """Return what each line of the content is. Raises ValidationError if it has no lines."""
    keys: set[str] = set()

    def collect_key(key: str) -> bool:
        keys.add(key)
        return False

    with _content_errors():
        # The first parsing only collects the names to ask the database for.
        results = parse_content(format_name, content, collect_key)
        known_keys = _known_keys(request, sorted(keys))
        if not known_keys:
            return results
        return parse_content(format_name, content, known_keys.__contains__)


def _require_valid(results: list[ParseResult], *, noun: str) -> None:
    """Raise ValidationError with the lines that cannot be read, if there are any."""
    with _content_errors():
        items_or_raise(results, noun=noun)


@contextmanager
def _content_errors() -> Iterator[None]:
    try:
        yield
    except InvalidContentError as error:
        raise ValidationError({"content": error.errors}) from error


def _known_keys(request: Request, keys: Sequence[str]) -> set[str]:
    """Return which of these names are on a list of the caller."""
    items = models.ShoppingItem.objects.filter(shopping_list__in=permissions.lists(request))
    known: set[str] = set()
    for batch in batched(keys, MAX_IDS_PER_QUERY):
        known.update(items.filter(name_key__in=batch).values_list("name_key", flat=True))
    return known


def _nameable_users(
    request: Request, list_id: UUID, access: permissions.ListAccess
) -> importer.UserIds:
    """Return the users who can be the creator or buyer of an imported item, by name.

    Only an owner may name others. The log names the user who did the import anyway.
    """
    user = current_user(request)
    if access.role == models.Membership.Role.OWNER:
        return importer.member_ids_by_name(list_id)
    return {user.display_name: user.pk}


def _response(
    results: list[ParseResult], plan: Plan, version: int, *, dry_run: bool, excess: int = 0
) -> Response:
    planned = iter(plan.lines)
    lines = [
        _planned_line(next(planned), dry_run=dry_run)
        if isinstance(result, Line)
        else _skipped_line(result)
        for result in results
    ]
    counts = Counter(line["outcome"] for line in lines)
    counted = (*get_args(Outcome), "left_out", "invalid")
    return Response(
        {
            "version": version,
            "dry_run": dry_run,
            **{outcome: counts[outcome] for outcome in counted},
            "excess_items": excess,
            "results": lines,
        }
    )


def _planned_line(planned: PlannedLine, *, dry_run: bool) -> dict[str, Any]:
    has_no_id = dry_run and planned.item.stored is None
    item = {"id": None if has_no_id else str(planned.item.id)}
    return {
        "line": planned.line.number,
        "text": planned.line.text,
        "outcome": planned.outcome,
        "reason": planned.reason,
        "item": item | dict(planned.values),
        "changed": list(planned.changed),
        "not_taken": dict(planned.not_taken),
    }


def _skipped_line(skipped: SkippedLine) -> dict[str, Any]:
    return {
        "line": skipped.number,
        "text": skipped.text,
        "outcome": skipped.outcome,
        "reason": skipped.reason,
        "item": None,
        "changed": [],
        "not_taken": {},
    }
