"""Read query strings. The error for a wrong parameter names the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Expression
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from rest import text

MAX_INT64 = 2**63 - 1
MAX_SEARCH_LENGTH = 200
"""Characters of a text to search for."""


def ordering(
    request: Request,
    allowed: tuple[str, ...],
    default: str,
    expressions: Mapping[str, Expression] = MappingProxyType({}),
) -> list[Any]:
    """Return what to sort by, the id last so that the order is total.

    `expressions` has the fields that are not sorted by their column.
    Raises ValidationError for a field that is not in `allowed`.
    """
    value = request.query_params.get("ordering", "")
    fields = [field.strip() for field in value.split(",") if field.strip()] or [default]
    for field in fields:
        if field.removeprefix("-") not in allowed:
            raise ValidationError(
                {
                    "ordering": [
                        f"Must be one or more of {', '.join(allowed)}; - before one reverses."
                    ]
                }
            )
    return [*(_sorted_by(field, expressions) for field in fields), "id"]


def _sorted_by(field: str, expressions: Mapping[str, Expression]) -> Any:
    expression = expressions.get(field.removeprefix("-"))
    if expression is None:
        return field
    return expression.desc() if field.startswith("-") else expression.asc()


def boolean(request: Request, name: str) -> bool | None:
    """Return a query parameter as a boolean, None if absent."""
    value = choice(request, name, ("true", "false"))
    return None if value is None else value == "true"


def number(
    request: Request, name: str, *, minimum: int = 0, maximum: int = MAX_INT64
) -> int | None:
    """Return a query parameter as a whole number, None if absent."""
    value = request.query_params.get(name)
    if value is None:
        return None
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(MAX_INT64))
    if not is_number or not minimum <= int(value) <= maximum:
        limit = f"{minimum} or more" if maximum == MAX_INT64 else f"from {minimum} to {maximum}"
        raise ValidationError({name: [f"Must be a whole number, {limit}."]})
    return int(value)


def moment(request: Request, name: str) -> datetime | None:
    """Return a query parameter as a point in time with its time zone, None if absent."""
    value = request.query_params.get(name)
    if value is None:
        return None
    try:
        at = parse_datetime(value)
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise ValidationError({name: ["Must be a time with its zone: 2026-11-22T10:00:00Z."]})
    return at


def choice(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    """Return a query parameter that is one of a few words, None if absent."""
    value: str | None = request.query_params.get(name)
    if value is not None and value not in allowed:
        raise ValidationError({name: [f"Must be {' or '.join(allowed)}."]})
    return value


def search_text(request: Request, name: str) -> str:
    """Return a text to search for, empty if absent. It follows the rules of a name."""
    try:
        value = text.clean_text(request.query_params.get(name, ""))
    except text.InvalidTextError as error:
        raise ValidationError({name: [str(error)]}) from error
    if len(value) > MAX_SEARCH_LENGTH:
        raise ValidationError({name: [f"Must have at most {MAX_SEARCH_LENGTH} characters."]})
    return value


def uuid(request: Request, name: str) -> UUID | None:
    """Return a query parameter as a UUID, None if absent."""
    value = request.query_params.get(name)
    try:
        return None if value is None else UUID(value)
    except ValueError:
        raise ValidationError({name: ["Must be a UUID."]}) from None
