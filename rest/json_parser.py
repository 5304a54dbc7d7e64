"""JSON as RFC 8259 defines it, without anything that two parsers could read differently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn, TypeVar

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from rest import body_limits

Number = TypeVar("Number", int, float)
MAX_DEPTH = 32
MAX_INTEGER = 2**63


class PayloadTooLarge(APIException):
    """The body is longer than this endpoint accepts."""

    status_code = 413
    default_detail = "The body is too large."
    default_code = "too_large"


class BadJsonError(ParseError):
    """The body is not JSON, or JSON that two parsers could read differently."""

    default_detail = "The body is not valid JSON."
    default_code = "bad_json"


class StrictJSONParser(BaseParser):
    """Rejects NaN, duplicate keys, invalid Unicode, deep nesting and huge numbers."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value of the body; raises BadJsonError or PayloadTooLarge."""
        request = (parser_context or {}).get("request")
        limit = body_limits.limit_for(request.path if request else "")
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLarge
        return loads(body)


def loads(body: bytes) -> Any:
    """Return the value in `body`; raises BadJsonError, whose detail says why."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_build_object,
            parse_constant=_reject_constant,
            parse_int=_parse_int,
            parse_float=_parse_float,
        )
        _validate(value, MAX_DEPTH)
    except UnicodeError:
        raise BadJsonError("The body is not valid UTF-8.") from None
    except RecursionError:
        raise BadJsonError("The body is nested too deeply.") from None
    except ValueError:
        raise BadJsonError from None
    return value


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BadJsonError("A key appears twice in one object.")
    return result


def _reject_constant(name: str) -> NoReturn:
    raise BadJsonError(f"{name} is not JSON.")


def _parse_int(text: str) -> int:
    number = int(text) if len(text) <= 20 else MAX_INTEGER
    return _in_range(number)


def _parse_float(text: str) -> float:
    return _in_range(float(text))


def _in_range(number: Number) -> Number:
    if not -MAX_INTEGER <= number < MAX_INTEGER:
        raise BadJsonError("A number is out of range.")
    return number


def _validate(value: Any, depth: int) -> None:
    """Raise an error for deep nesting and for text with a lone surrogate."""
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict | list):
        if not depth:
            raise RecursionError
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        for child in inner:
            _validate(child, depth - 1)
