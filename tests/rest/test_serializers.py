"""The fields of a request's body, validated by one shared serializer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework import serializers

from rest.serializers import (
    ArrayField,
    CleanTextField,
    StrictIntegerField,
    StrictSerializer,
    validated,
)

PYTHON = {"dictionary", "dict", "datatype", "input_type", "type", "str", "int", "bool"}
PYTHON |= {"biginteger", "datetime", "pk", "slug", "tuple"}


class LineBody(StrictSerializer):
    instances = 0

    name = CleanTextField(max_length=5)
    amount = StrictIntegerField(default=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        type(self).instances += 1
        super().__init__(*args, **kwargs)


class PageBody(StrictSerializer):
    title = CleanTextField(required=False)
    lines = ArrayField(child=LineBody(), required=False)


def fields_of(serializer_class: Any, data: Any) -> dict[str, Any]:
    request: Any = SimpleNamespace(data=data)
    validated_fields: dict[str, Any] = validated(serializer_class, request)
    return validated_fields


def errors_of(serializer_class: Any, data: Any) -> Any:
    with pytest.raises(serializers.ValidationError) as caught:
        fields_of(serializer_class, data)
    return caught.value.detail


BODIES: list[Any] = [
    None,
    [],
    "text",
    {},
    {"name": None},
    {"name": "longer", "amount": "2"},
    {"nmae": "x"},
]


@pytest.mark.parametrize("data", BODIES)
def test_errors_equal_those_of_a_new_serializer(data: Any) -> None:
    serializer = LineBody(data=data)
    assert not serializer.is_valid()
    assert errors_of(LineBody, data) == serializer.errors


def test_no_value_of_a_body_remains_for_the_next_one() -> None:
    assert fields_of(LineBody, {"name": "Milk", "amount": 2}) == {"name": "Milk", "amount": 2}
    assert fields_of(LineBody, {"name": "Bread"}) == {"name": "Bread", "amount": 1}
    assert errors_of(LineBody, {"amount": 2}).keys() == {"name"}
    lines = [{"name": "Milk"}]
    assert fields_of(PageBody, {"lines": lines}) == {"lines": [{"name": "Milk", "amount": 1}]}
    assert fields_of(PageBody, {"title": "x"}) == {"title": "x"}
    assert errors_of(PageBody, {"lines": [{}]}).keys() == {"lines"}


def test_serializer_is_built_once_for_many_valid_bodies() -> None:
    fields_of(LineBody, {"name": "Milk"})
    built = LineBody.instances
    for _ in range(3):
        fields_of(LineBody, {"name": "Milk"})
    assert LineBody.instances == built


def request_bodies(base: Any = StrictSerializer) -> Iterator[Any]:
    """Yield every request body of the server."""
    import asgi_project.urls  # noqa: F401  (imports them all)

    for body in base.__subclasses__():
        if not body.__module__.startswith("tests."):
            yield body
        yield from request_bodies(body)


def fields_in(field: Any) -> Iterator[Any]:
    """Yield a field and those inside of it."""
    yield field
    inner = [*getattr(field, "fields", {}).values(), getattr(field, "child", None)]
    for each in filter(None, inner):
        yield from fields_in(each)


def test_errors_of_fields_name_no_type_of_python() -> None:
    fields = [field for body in request_bodies() for field in fields_in(body())]
    assert len(fields) > 50
    for field in fields:
        for key, message in field.error_messages.items():
            words = set(re.findall(r"\w+", str(message).lower()))
            assert field.read_only or not words & PYTHON, (field, key, message)


@pytest.mark.parametrize("data", ["text", 7, [], True])
def test_body_that_is_no_object_is_told_so(data: Any) -> None:
    assert errors_of(PageBody, data) == {"non_field_errors": ["Must be a JSON object."]}
    assert errors_of(PageBody, {"lines": [data]})["lines"][0] == {
        "non_field_errors": ["Must be a JSON object."]
    }


def test_field_that_is_no_array_is_told_so() -> None:
    assert errors_of(PageBody, {"lines": {}}) == {"lines": ["Must be a JSON array."]}
