"""Query strings: each parameter is refused by name when it is wrong."""

from __future__ import annotations

from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from shopping_list import text

BIGGEST = 2**63 - 1
LONGEST = 200
"""Characters of a text that is searched for."""


def ordering(request: Request, allowed: tuple[str, ...], default: str) -> list[str]:
    """Return the columns to sort by, the id last so that the order is total.

    Raises ValidationError for a field that is not in `allowed`.
    """
    given = request.query_params.get("ordering", "")
    fields = [field.strip() for field in given.split(",") if field.strip()] or [default]
    for field in fields:
        if field.removeprefix("-") not in allowed:
            raise ValidationError(
                {"ordering": [f"Must be of {', '.join(allowed)}, each with - or not."]}
            )
    return [*fields, "id"]


def boolean(request: Request, name: str) -> bool | None:
    """Return a query parameter as a boolean, None if absent."""
    given = choice(request, name, ("true", "false"))
    return None if given is None else given == "true"


def number(request: Request, name: str, *, least: int = 0, most: int = BIGGEST) -> int | None:
    """Return a query parameter as a whole number, None if absent."""
    given = request.query_params.get(name)
    if given is None:
        return None
    readable = given.isascii() and given.isdigit() and len(given) <= len(str(BIGGEST))
    if not readable or not least <= int(given) <= most:
        limit = f"{least} or more" if most == BIGGEST else f"from {least} to {most}"
        raise ValidationError({name: [f"Must be a whole number, {limit}."]})
    return int(given)


def choice(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    """Return a query parameter that is one of a few words, None if absent."""
    given: str | None = request.query_params.get(name)
    if given is not None and given not in allowed:
        raise ValidationError({name: [f"Must be {' or '.join(allowed)}."]})
    return given


def words(request: Request, name: str) -> str:
    """Return a text to search for, empty if absent. The rules are those of a name."""
    try:
        wanted = text.clean(request.query_params.get(name, ""))
    except text.RefusedTextError as error:
        raise ValidationError({name: [str(error)]}) from error
    if len(wanted) > LONGEST:
        raise ValidationError({name: [f"Must have at most {LONGEST} characters."]})
    return wanted


def uuid(request: Request, name: str) -> UUID | None:
    """Return a query parameter as a UUID, None if absent."""
    given = request.query_params.get(name)
    try:
        return None if given is None else UUID(given)
    except ValueError:
        raise ValidationError({name: ["Must be a UUID."]}) from None
