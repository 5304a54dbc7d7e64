"""Fields and serializers that refuse what they do not know."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request

from rest import text


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which every field is known: a typo never passes for success.

    `rules` are keywords of JSON Schema for what `validate` checks beyond the fields.
    """

    rules: ClassVar[dict[str, Any]] = {}

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields. Raises ValidationError by field."""
        if isinstance(data, dict):
            unknown = {key: ["Unknown field."] for key in data if key not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class CleanTextField(serializers.CharField):
    """Text in NFC, trimmed, without control or direction-override characters."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text cleaned; text.py alone says what is white space."""
        return serializers.Field.run_validation(self, data)

    def to_internal_value(self, data: Any) -> str:
        """Return the text cleaned. Raises ValidationError with the broken rule."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            cleaned = text.clean_text(data)
        except text.InvalidTextError as error:
            raise serializers.ValidationError(str(error)) from error
        if not cleaned and not self.allow_blank:
            self.fail("blank")
        return cleaned


class StrictBooleanField(serializers.BooleanField):
    """JSON's true and false, and nothing that looks like them."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the boolean. Raises ValidationError for anything else."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A JSON number that is whole, so `5.0` too; no text, no boolean."""

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
        found: UUID = super().to_internal_value(data)
        return found


def validated(
    serializer_class: type[serializers.Serializer[Any]], request: Request
) -> dict[str, Any]:
    """Return the fields of a request's body. Raises ValidationError by field."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    fields: dict[str, Any] = serializer.validated_data
    return fields
