"""What the OpenAPI document says of these addresses beyond what the code says by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

# The component is the one that the addresses of lists have.
PROBLEM = {"$ref": "#/components/schemas/Problem"}
TYPE = "application/problem+json"
ERROR_RESPONSES: Mapping[int | str, str] = {
    400: "A field breaks a rule; `errors` names both.",
    401: "Nobody is signed in.",
    403: "It takes a session with its CSRF token, or an account.",
    404: "There is no such thing, or it is somebody else's.",
    409: "Something stands in the way; `code` says what.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too much at once, or too many wrong passwords.",
    "default": "Any other error.",
}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="The same key again has one effect and gets the same answer.",
)

Method = TypeVar("Method", bound=Callable[..., Any])


def operation(
    answers: Mapping[Any, Any],
    *,
    refusals: Sequence[int],
    body: Any = None,
    name: str | None = None,
    parameters: Sequence[OpenApiParameter] = (),
) -> Callable[[Method], Method]:
    """Describe a method: what it takes, answers and refuses; `name` for one that lists rows."""
    codes: tuple[int | str, ...] = (*refusals, "default")
    problems: dict[Any, Any] = {
        (code, TYPE): OpenApiResponse(PROBLEM, ERROR_RESPONSES[code]) for code in codes
    }
    return extend_schema(
        operation_id=name,
        request=body,
        parameters=[*parameters],
        responses={**answers, **problems},
    )
