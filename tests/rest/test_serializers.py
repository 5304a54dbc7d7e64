"""The fields of a request's body, validated by one shared serializer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework import serializers

from rest.serializers import CleanTextField, StrictIntegerField, StrictSerializer, validated


class LineBody(StrictSerializer):
    instances = 0

    name = CleanTextField(max_length=5)
    amount = StrictIntegerField(default=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        type(self).instances += 1
        super().__init__(*args, **kwargs)


class PageBody(StrictSerializer):
    title = CleanTextField(required=False)
    lines = serializers.ListField(child=LineBody(), required=False)


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
