"""Structs of msgspec as components of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from rest.openapi import ERROR_DESCRIPTIONS, error_responses, struct_schema
from rest.problems import ProblemResponse


class ShelfRow(Struct):
    """A shelf."""

    id: UUID


class ProductResponse(Struct, kw_only=True):
    """A product."""

    name: str
    state: Literal["open", "bought"]
    former_state: Literal["open", "bought"] | None
    bought_at: Annotated[datetime, Meta(tz=True)] | None
    shelf: ShelfRow | None
    shelves: list[ShelfRow]
    note: str | UnsetType = UNSET


def test_struct_is_described_as_drf_spectacular_describes_a_serializer() -> None:
    """API-18: with null, required fields and choices in their order."""
    shelf = {"$ref": "#/components/schemas/Shelf"}
    assert struct_schema(ProductResponse) == {
        "type": "object",
        "description": "A product.",
        "properties": {
            "name": {"type": "string"},
            "state": {"type": "string", "enum": ["open", "bought"]},
            "former_state": {"type": "string", "enum": ["open", "bought", None]},
            "bought_at": {"type": ["string", "null"], "format": "date-time"},
            "shelf": {"oneOf": [shelf, {"type": "null"}]},
            "shelves": {"type": "array", "items": shelf},
            "note": {"type": "string"},
        },
        "required": ["name", "state", "former_state", "bought_at", "shelf", "shelves"],
    }


def test_errors_have_the_description_of_the_table_and_the_given_type() -> None:
    """API-18"""
    responses = error_responses((404, 409), {409: ProductResponse, 412: ShelfRow})
    assert {
        status: (response.response, response.description)
        for (status, _), response in responses.items()
    } == {
        404: (ProblemResponse, ERROR_DESCRIPTIONS[404]),
        409: (ProductResponse, ERROR_DESCRIPTIONS[409]),
        "default": (ProblemResponse, ERROR_DESCRIPTIONS["default"]),
    }
