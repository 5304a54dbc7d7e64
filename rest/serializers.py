"""Serializers and fields that reject everything they do not know."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from rest.text import InvalidTextError, clean_text, strip_secret

MAX_SECRET_LENGTH = 200
# The messages of DRF name types of Python.
OBJECT_REQUIRED = "Must be a JSON object."
ARRAY_REQUIRED = "Must be a JSON array."


class StrictSerializer(serializers.Serializer[Any]):
    """A request body in which every field is known, so a typo cannot pass as success.

    `rules` are keywords of JSON Schema for what `validate` checks beyond the fields.
    """

    rules: ClassVar[dict[str, Any]] = {}
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": OBJECT_REQUIRED}

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields. Raises ValidationError for unknown and read-only ones."""
        if isinstance(data, dict):
            errors = {name: [error] for name in data if (error := self._error_of(name))}
            if errors:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _error_of(self, name: str) -> str | None:
        field = self.fields.get(name)
        if field is None:
            return "Unknown field."
        return "This cannot be changed." if field.read_only else None


class CleanTextField(serializers.CharField):
    """Text by the rules of rest/text.py: in NFC, trimmed, without control characters."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text cleaned. CharField's own idea of white space is left out."""
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        """Return the text cleaned. Raises ValidationError with the broken rule."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            cleaned = clean_text(data)
        except InvalidTextError as error:
            raise serializers.ValidationError(str(error)) from error
        if not cleaned and not self.allow_blank:
            self.fail("blank")
        return cleaned


class SecretField(serializers.CharField):
    """The secret of a link, without what copying and pasting put around it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": MAX_SECRET_LENGTH, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the secret alone."""
        return strip_secret(super().to_internal_value(data))


class ArrayField(serializers.ListField):
    """A JSON array."""

    default_error_messages: ClassVar[dict[str, Any]] = {"not_a_list": ARRAY_REQUIRED}


class NamedValuesField(serializers.DictField):
    """Values by name. The names follow the rules of text, and null is a value."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "not_a_dict": OBJECT_REQUIRED,
        "empty": "This object may not be empty.",
    }

    def __init__(
        self, *, child: serializers.Serializer[Any], max_name: int, **options: Any
    ) -> None:
        super().__init__(child=child, **options)
        self.max_name = max_name
        self._name = CleanTextField(max_length=max_name)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by their cleaned names. Raises ValidationError."""
        if not isinstance(data, dict):
            self.fail("not_a_dict")
        names = {name: self._name.run_validation(name) for name in data}
        self.check_names(list(names.values()))
        values: dict[str, Any] = super().to_internal_value(data)
        return {names[name]: value for name, value in values.items()}

    def check_names(self, names: list[str]) -> None:
        """Raise ValidationError if the names do not fit together."""
        if len(set(names)) < len(names):
            raise serializers.ValidationError("Two names are the same.")


class StrictBooleanField(serializers.BooleanField):
    """JSON's true and false only, no text or number."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the boolean. Raises ValidationError for anything else."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A JSON number without a fraction, `5.0` included; no text, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number. Raises ValidationError for anything else."""
        if isinstance(data, float) and data.is_integer():
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class StrictUUIDField(serializers.UUIDField):
    """A UUID written with hyphens; no number, no braces."""

    def to_internal_value(self, data: Any) -> UUID:
        """Return the UUID. Raises ValidationError for anything else."""
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=data)
        uuid: UUID = super().to_internal_value(data)
        return uuid


def validated(
    serializer_class: type[serializers.Serializer[Any]], request: Request
) -> dict[str, Any]:
    """Return the fields of a request's body. Raises ValidationError by field."""
    try:
        fields: dict[str, Any] = _shared(serializer_class).run_validation(request.data)
    except serializers.ValidationError:
        # `is_valid` words the errors; a body that is no object is one of its own.
        serializer_class(data=request.data).is_valid(raise_exception=True)
        raise
    return fields


@cache
def _shared(serializer_class: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """Return one instance of a serializer, for the validation of every body.

    An instance copies all fields of its class. Validation itself keeps nothing in it.
    """
    return serializer_class()


def in_seconds(duration: timedelta) -> int:
    """Return a duration as whole seconds, the unit of every duration in a request body."""
    return int(duration.total_seconds())
