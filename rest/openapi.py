"""What the OpenAPI document says about endpoints beyond what drf-spectacular derives itself.

It has one decorator for operations and one table of errors. Responses can be described
by structs of msgspec, whose JSON Schema OpenAPI 3.1 takes as it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from rest import idempotency
from rest.problems import CONTENT_TYPE, ProblemResponse
from rest.text import INVISIBLE_RANGES

ERROR_DESCRIPTIONS: Mapping[int | str, str] = {
    400: "A field or a parameter breaks a rule; `errors` names both.",
    401: "The request is not authenticated: no session, or an invalid token.",
    403: "The user, the role, the session or the token does not allow it.",
    404: "It does not exist, or the user has no access to it.",
    409: "It conflicts with the current state; `code` says how.",
    412: "`If-Match` does not match the current version.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests, or too many wrong passwords.",
    503: "The server is not ready yet.",
    "default": "Any other error.",
}
IDEMPOTENCY_KEY = OpenApiParameter(
    idempotency.HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="A repeated request with the same key has one effect and gets the same response.",
)

# The rules of rest/text.py as regular expressions, which mean the same to every engine.
# Lone surrogates are left out: no JSON that we accept contains them.
_FORBIDDEN = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_WHITE_SPACE = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Beyond the basic plane the characters themselves, because \\u has four digits.
_INVISIBLE = "".join(
    f"\\u{first:04x}-\\u{last:04x}" if last <= 0xFFFF else f"{chr(first)}-{chr(last)}"
    for first, last in INVISIBLE_RANGES
)
_BLANK = f"{_WHITE_SPACE}{_INVISIBLE}"
ANY_SCHEMA = f"^[^{_FORBIDDEN}]*$"
NON_EMPTY_SCHEMA = f"^[^{_FORBIDDEN}]*[^{_BLANK}{_FORBIDDEN}][^{_FORBIDDEN}]*$"

_REF = "#/components/schemas/"

Method = TypeVar("Method", bound=Callable[..., Any])


def operation(
    responses: Mapping[Any, Any],
    *,
    errors: Iterable[int],
    body: Any = None,
    name: str | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    error_types: Mapping[int, Any] = MappingProxyType({}),
) -> Callable[[Method], Method]:
    """Describe one method of a view.

    `errors` are the statuses with which it refuses; `error_types` has the problems among
    them that have more members than others. `name` is the id of the operation, for
    methods that list rows.
    """
    return extend_schema(
        operation_id=name,
        request=body,
        parameters=[*parameters],
        responses={**responses, **error_responses(errors, error_types)},
    )


def error_responses(
    errors: Iterable[int], error_types: Mapping[int, Any] = MappingProxyType({})
) -> dict[Any, Any]:
    """Return the descriptions of these errors, and of any other error."""
    types: dict[int | str, Any] = dict.fromkeys((*errors, "default"), ProblemResponse)
    types |= {status: error_types[status] for status in error_types if status in types}
    return {
        (status, CONTENT_TYPE): OpenApiResponse(error_type, ERROR_DESCRIPTIONS[status])
        for status, error_type in types.items()
    }


def array_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of an array; another operation must respond with the struct itself."""
    return {"type": "array", "items": {"$ref": _REF + _component_name(struct.__name__)}}


class CleanTextExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describes text that follows the rules of rest/text.py."""

    target_class = "rest.serializers.CleanTextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        return {
            "type": "string",
            "pattern": ANY_SCHEMA if self.target.allow_blank else NON_EMPTY_SCHEMA,
        }


class NamedValuesExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describes an object with values by name."""

    target_class = "rest.serializers.NamedValuesField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the field."""
        child = auto_schema._map_serializer_field(self.target.child, direction)
        if isinstance(self.target.child, serializers.Serializer):
            component = auto_schema.resolve_serializer(self.target.child, direction)
            child = {"oneOf": [component.ref, {"type": "null"}]}
        names = {"pattern": NON_EMPTY_SCHEMA, "maxLength": self.target.max_name}
        return {"type": "object", "propertyNames": names, "additionalProperties": child}


class StrictExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes bodies without unknown fields.

    The body of a PATCH keeps its required fields, except that of a model, whose fields
    are all optional. A response has all of its fields.
    """

    target_class = "rest.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of a body."""
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        schema["properties"] = {
            name: _without_blank_variant(each) for name, each in schema["properties"].items()
        }
        schema |= {"additionalProperties": False, **self.target.rules}
        if direction == "request" and isinstance(self.target, serializers.ModelSerializer):
            return schema
        fields = self.target.fields.items()
        required = [name for name, field in fields if field.required or direction == "response"]
        return {**schema, "required": required} if required else schema


def _without_blank_variant(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove the variant for empty text that drf-spectacular adds: ANY_SCHEMA allows it already."""
    match schema:
        case {"oneOf": [{"pattern": pattern} as text, _], **rest} if pattern == ANY_SCHEMA:
            return {**text, **rest}
    return schema


@dataclass(frozen=True)
class OneOf:
    """A response that has one of several types. It becomes a component with this name."""

    name: str
    structs: tuple[type[msgspec.Struct], ...]


class OneOfExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes a response that has one of several types."""

    target_class = "rest.openapi.OneOf"

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the name of the component."""
        return str(self.target.name)

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the response, and add the components of its types."""
        components = [
            auto_schema.resolve_serializer(struct, direction) for struct in self.target.structs
        ]
        return {"oneOf": [component.ref for component in components]}


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Describes a response by the JSON Schema of its struct."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        """Return the name of the component."""
        return _component_name(self.target.__name__)

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the response, and add the components it refers to."""
        for nested in filter(_is_struct, _field_types(self.target)):
            auto_schema.resolve_serializer(nested, direction)
        return struct_schema(self.target)


def struct_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of a struct, which refers to components for other structs."""
    _, schemas = msgspec.json.schema_components([struct], ref_template=_REF + "{name}")
    literals = [get_args(each) for each in _field_types(struct) if not _is_struct(each)]
    choices = {frozenset(values): list(values) for values in literals}
    schema: dict[str, Any] = _restyle(schemas[struct.__name__], choices)
    return schema | {"description": inspect.getdoc(struct)}


def _component_name(name: str) -> str:
    suffix = "Response" if name.endswith("Response") else "Row"
    return name.removesuffix(suffix)


def _field_types(struct: type[msgspec.Struct]) -> Iterator[Any]:
    """Yield the structs and the Literals in the types of the fields."""
    for annotation in get_type_hints(struct).values():
        yield from _types_in(annotation)


def _types_in(annotation: Any) -> Iterator[Any]:
    if _is_struct(annotation) or get_origin(annotation) is Literal:
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _types_in(argument)


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _restyle(schema: Any, choices: Mapping[frozenset[Any], list[Any]]) -> Any:
    """Write a schema of msgspec as drf-spectacular writes its own.

    `choices` has the values of each Literal in their order, because msgspec sorts them.
    """
    if isinstance(schema, list):
        return [_restyle(entry, choices) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    styled = {key: _restyle(value, choices) for key, value in schema.items()}
    return (
        _restyle_object(styled)
        if styled.get("type") == "object"
        else _restyle_other(styled, choices)
    )


def _restyle_object(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the title of a struct, and say that a plain object has any members."""
    if "properties" not in schema:
        return {"additionalProperties": {}, **schema}
    return {key: value for key, value in schema.items() if key != "title"}


def _restyle_other(
    schema: dict[str, Any], choices: Mapping[frozenset[Any], list[Any]]
) -> dict[str, Any]:
    match schema:
        case {"$ref": str(ref)}:
            return {**schema, "$ref": _REF + _component_name(ref.removeprefix(_REF))}
        case {"enum": list(values)}:
            return {"type": "string", **schema, "enum": choices[frozenset(values)]}
        case {"anyOf": [variant, {"type": "null"}]}:
            return _nullable(variant)
    return schema


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    match schema:
        case {"$ref": str()}:
            return {"oneOf": [schema, {"type": "null"}]}
        case {"enum": list(values)}:
            return {**schema, "enum": [*values, None]}
    return {**schema, "type": [schema["type"], "null"]}
