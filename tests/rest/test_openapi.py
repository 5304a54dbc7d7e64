"""Structs of msgspec as components of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from rest.openapi import ERROR_DESCRIPTIONS, error_responses, struct_schema
from rest.problems import ProblemResponse


class StoreRow(Struct):
    """A store."""

    id: UUID


class ProductResponse(Struct, kw_only=True):
    """A product."""

    name: str
    state: Literal["open", "bought"]
    former_state: Literal["open", "bought"] | None
    bought_at: Annotated[datetime, Meta(tz=True)] | None
    store: StoreRow | None
    stores: list[StoreRow]
    note: str | UnsetType = UNSET


def test_struct_is_described_as_drf_spectacular_describes_a_serializer() -> None:
    """API-18: with null, required fields and choices in their order."""
    store = {"$ref": "#/components/schemas/Store"}
    assert struct_schema(ProductResponse) == {
        "type": "object",
        "description": "A product.",
        "properties": {
            "name": {"type": "string"},
            "state": {"type": "string", "enum": ["open", "bought"]},
            "former_state": {"type": "string", "enum": ["open", "bought", None]},
            "bought_at": {"type": ["string", "null"], "format": "date-time"},
            "store": {"oneOf": [store, {"type": "null"}]},
            "stores": {"type": "array", "items": store},
            "note": {"type": "string"},
        },
        "required": ["name", "state", "former_state", "bought_at", "store", "stores"],
    }


def test_errors_have_the_description_of_the_table_and_the_given_type() -> None:
    """API-18"""
    responses = error_responses((404, 409), {409: ProductResponse, 412: StoreRow})
    assert {
        status: (response.response, response.description)
        for (status, _), response in responses.items()
    } == {
        404: (ProblemResponse, ERROR_DESCRIPTIONS[404]),
        409: (ProductResponse, ERROR_DESCRIPTIONS[409]),
        "default": (ProblemResponse, ERROR_DESCRIPTIONS["default"]),
    }
