"""What the OpenAPI document says of this API, beyond what the code says by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from shopping_list.api import pages, query, shapes
from shopping_list.api.pages import NumberedPages

PROBLEM = "application/problem+json"
REFUSALS: Mapping[int | str, tuple[Any, str]] = {
    400: (shapes.ProblemShape, "A field or parameter breaks a rule; `errors` names both."),
    401: (shapes.ProblemShape, "Nobody is signed in, or the token is wrong."),
    403: (shapes.ProblemShape, "The role or the token does not allow it."),
    404: (shapes.ProblemShape, "It does not exist, or the caller is no member."),
    409: (shapes.ConflictShape, "The name or the id is taken, or rows have moved on."),
    422: (shapes.ProblemShape, "The Idempotency-Key was used for another request."),
    "default": (shapes.ProblemShape, "Any other error."),
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


def reading(
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


def writing(
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
        for code, (shape, description) in REFUSALS.items()
        if code in codes or code == "default"
    }


def paging(kind: type[NumberedPages]) -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of numbered pages."""
    return (
        OpenApiParameter("page", _whole(1, pages.LAST)),
        OpenApiParameter("page_size", {**_whole(1, kind.max_page_size), "default": kind.page_size}),
    )


def cursor() -> tuple[OpenApiParameter, ...]:
    """Describe the parameters of the activities."""
    most = pages.ActivityPages.max_page_size
    return (
        OpenApiParameter("since", _whole(0, query.BIGGEST), description="Changes after it."),
        OpenApiParameter("cursor", str, description="From `next` or `previous` of an answer."),
        OpenApiParameter(
            "page_size", {**_whole(1, most), "default": pages.ActivityPages.page_size}
        ),
    )


def sorting(fields: Sequence[str]) -> OpenApiParameter:
    """Describe `ordering` over these fields."""
    words = [word for field in fields for word in (field, f"-{field}")]
    return OpenApiParameter("ordering", str, many=True, explode=False, enum=words)


def words(name: str, description: str) -> OpenApiParameter:
    """Describe a text to search for."""
    clean = {"type": "string", "maxLength": query.LONGEST, "pattern": ANYTHING}
    return OpenApiParameter(name, clean, description=description)


def _whole(least: int, most: int | None) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


# Without control characters and direction overrides (text.py).
_REFUSED = r"\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069"
ANYTHING = f"^[^{_REFUSED}]*$"
SOMETHING = rf"^[^{_REFUSED}]*[^\s{_REFUSED}][^{_REFUSED}]*$"


class CleanText(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Text whose rules are text.py's."""

    target_class = "shopping_list.api.fields.CleanTextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of a field of text."""
        return {"type": "string", "pattern": ANYTHING if self.target.allow_blank else SOMETHING}


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

    target_class = "shopping_list.api.shapes.Shape"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the name of the component."""
        return type(self.target).__name__.removesuffix("Shape")

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        """Return the schema of an answer."""
        return auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
