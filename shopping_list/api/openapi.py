"""What the OpenAPI document says of this API, beyond what the code says by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from shopping_list.api import pagination, query_params, responses
from shopping_list.api.pagination import PagePagination

PROBLEM = "application/problem+json"
ERROR_RESPONSES: Mapping[int | str, tuple[Any, str]] = {
    400: (responses.ProblemShape, "A field or parameter breaks a rule; `errors` names both."),
    401: (responses.ProblemShape, "Nobody is signed in, or the token is wrong."),
    403: (responses.ProblemShape, "The role or the token does not allow it."),
    404: (responses.ProblemShape, "It does not exist, or the caller is no member."),
    409: (responses.ConflictShape, "The name or the id is taken, or rows have moved on."),
    422: (responses.ProblemShape, "The Idempotency-Key was used for another request."),
    "default": (responses.ProblemShape, "Any other error."),
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="The same key again has one effect and gets the same answer.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that the row must still have; `*` for any.",
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    required=True,
    description="The version of the row.",
)

Method = TypeVar("Method", bound=Callable[..., Any])
Decorator = Callable[[Method], Method]


def read_operation(
    answer: Any,
    *,
    name: str | None = None,
    query: Sequence[OpenApiParameter] = (),
    headers: Sequence[OpenApiParameter] = (),
    refusals: Sequence[int] = (401, 404),
) -> Decorator[Any]:
    """Describe a method that changes nothing; `name` for one that lists rows."""
    asked = (400,) if query else ()
    return extend_schema(
        operation_id=name,
        request=None,
        parameters=[*query, *headers],
        responses={200: answer, **_refused(*asked, *refusals)},
    )


def write_operation(
    answers: Mapping[int, Any],
    *,
    body: Any = None,
    query: Sequence[OpenApiParameter] = (),
    headers: Sequence[OpenApiParameter] = (),
    refusals: Sequence[int] = (401, 403, 404),
    stale: Any = None,
) -> Decorator[Any]:
    """Describe a method that changes something; `stale` is what a 412 answers."""
    conditional: dict[Any, Any] = {}
    if stale is not None:
        conditional = {(412, PROBLEM): OpenApiResponse(stale, "`If-Match` does not hold.")}
        headers = [*headers, IF_MATCH]
    return extend_schema(
        request=body,
        parameters=[*query, *headers, KEY],
        responses={**answers, **_refused(400, *refusals, 422), **conditional},
    )


def _refused(*codes: int) -> dict[Any, Any]:
    return {
        (code, PROBLEM): OpenApiResponse(shape, description)
        for code, (shape, description) in ERROR_RESPONSES.items()
        if code in codes or code == "default"
    }


def paging(kind: type[PagePagination]) -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of numbered pages."""
    return (
        OpenApiParameter("page", _whole(1, pagination.MAX_PAGE)),
        OpenApiParameter("page_size", {**_whole(1, kind.max_page_size), "default": kind.page_size}),
    )


def cursor() -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of the activities."""
    most = pagination.ActivityPages.max_page_size
    return (
        OpenApiParameter(
            "since", _whole(0, query_params.MAX_INT64), description="Changes after it."
        ),
        OpenApiParameter("cursor", str, description="From `next` or `previous` of an answer."),
        OpenApiParameter(
            "page_size", {**_whole(1, most), "default": pagination.ActivityPages.page_size}
        ),
    )


def sorting(fields: Sequence[str]) -> OpenApiParameter:
    """Describe `ordering` over these fields."""
    words = [word for field in fields for word in (field, f"-{field}")]
    return OpenApiParameter("ordering", str, many=True, explode=False, enum=words)


def text_param(name: str, description: str) -> OpenApiParameter:
    """Describe a text to search for."""
    clean = {"type": "string", "maxLength": query_params.MAX_SEARCH_LENGTH, "pattern": ANY_SCHEMA}
    return OpenApiParameter(name, clean, description=description)


def _whole(least: int, most: int | None) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


# Without control characters and direction overrides (text.py).
_REFUSED = r"\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
ANY_SCHEMA = f"^[^{_REFUSED}]*$"
NON_EMPTY_SCHEMA = rf"^[^{_REFUSED}]*[^\s{_REFUSED}][^{_REFUSED}]*$"


class CleanText(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Text whose rules are text.py's."""

    target_class = "shopping_list.api.fields.CleanTextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of a field of text."""
        return {
            "type": "string",
            "pattern": ANY_SCHEMA if self.target.allow_blank else NON_EMPTY_SCHEMA,
        }


class Strict(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies in which every field is known, required by PATCH too where they say so."""

    target_class = "shopping_list.api.fields.StrictSerializer"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the name of the component."""
        return type(self.target).__name__

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of a body."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        required = [name for name, field in self.target.fields.items() if field.required]
        schema |= {"additionalProperties": False, **self.target.rules}
        return {**schema, "required": required} if required else schema


class Shape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Answers, called by their noun alone."""

    target_class = "shopping_list.api.responses.ResponseSerializer"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the name of the component."""
        return type(self.target).__name__.removesuffix("Shape")

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of an answer."""
        return auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
