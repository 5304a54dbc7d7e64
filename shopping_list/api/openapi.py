"""What the OpenAPI document says about lists: parameters, headers, errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter

from rest.openapi import ANY_SCHEMA, IDEMPOTENCY_KEY, Method, operation
from shopping_list.api import pagination, query_params, responses
from shopping_list.api.pagination import PagePagination

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that the row must still have; `*` matches any row.",
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    required=True,
    description="The version of the row.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of an earlier response: if it is still the same, the response is a 304.",
)
RESPONSE_TAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 304],
    required=True,
    description="It differs if the response may differ.",
)

LIST_VERSION = OpenApiParameter(
    responses.LIST_VERSION_HEADER,
    int,
    OpenApiParameter.HEADER,
    response=[204],
    required=True,
    description="The version of the list with this change.",
)

Decorator = Callable[[Method], Method]


def read_operation(
    response: Any,
    *,
    name: str | None = None,
    query: Sequence[OpenApiParameter] = (),
    headers: Sequence[OpenApiParameter] = (),
    errors: Sequence[int] = (401, 404),
    has_tag: bool = False,
) -> Decorator[Any]:
    """Describe a method that changes nothing; `name` is for one that lists rows.

    `has_tag` tells whether it compares `If-None-Match` with the tag of its response.
    """
    tag = (IF_NONE_MATCH, RESPONSE_TAG) if has_tag else ()
    return operation(
        {200: response, 304: None} if has_tag else {200: response},
        name=name,
        parameters=[*query, *headers, *tag],
        errors=(400, *errors) if query else errors,
    )


def write_operation(
    success: Mapping[int, Any],
    *,
    body: Any = None,
    query: Sequence[OpenApiParameter] = (),
    headers: Sequence[OpenApiParameter] = (),
    errors: Sequence[int] = (401, 403, 404),
    stale: Any = None,
) -> Decorator[Any]:
    """Describe a method that changes something; `stale` is the response with status 412."""
    if_match = () if stale is None else (IF_MATCH,)
    return operation(
        success,
        body=body,
        parameters=[*query, *headers, *if_match, IDEMPOTENCY_KEY],
        errors=(400, *errors, *(() if stale is None else (412,)), 422),
        error_types={409: responses.ConflictResponse, 412: stale},
    )


def paging(kind: type[PagePagination]) -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of pages with numbers."""
    return (
        OpenApiParameter("page", _integer(1, pagination.MAX_PAGE)),
        OpenApiParameter(
            "page_size", {**_integer(1, kind.max_page_size), "default": kind.page_size}
        ),
    )


def cursor_parameters() -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of the activities."""
    maximum = pagination.ActivityPages.max_page_size
    return (
        OpenApiParameter(
            "since", _integer(0, query_params.MAX_INT64), description="Changes after this version."
        ),
        OpenApiParameter("cursor", str, description="From `next` or `previous` of a response."),
        OpenApiParameter(
            "page_size", {**_integer(1, maximum), "default": pagination.ActivityPages.page_size}
        ),
    )


def sorting(fields: Sequence[str]) -> OpenApiParameter:
    """Describe `ordering` over these fields."""
    choices = [choice for field in fields for choice in (field, f"-{field}")]
    return OpenApiParameter("ordering", str, many=True, explode=False, enum=choices)


def text_param(name: str, description: str) -> OpenApiParameter:
    """Describe a text to search for."""
    schema = {"type": "string", "maxLength": query_params.MAX_SEARCH_LENGTH, "pattern": ANY_SCHEMA}
    return OpenApiParameter(name, schema, description=description)


def number_param(name: str, description: str, default: int, maximum: int) -> OpenApiParameter:
    """Describe a number from 1."""
    schema = {**_integer(1, maximum), "default": default}
    return OpenApiParameter(name, schema, description=description)


def _integer(minimum: int, maximum: int | None) -> dict[str, Any]:
    return {"type": "integer", "minimum": minimum, "maximum": maximum}
