"""What the addresses of people accept and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as Invalid
from rest_framework import serializers

from accounts.models import User
from accounts.text import one_line


class StrictFields:
    """Mixed into a serializer: a typo in a field's name never passes for success."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that do not exist, naming them."""
        if isinstance(data, dict):
            unknown = data.keys() - self.fields.keys()  # type: ignore[attr-defined]
            if unknown:
                raise serializers.ValidationError({n: ["Unknown field."] for n in sorted(unknown)})
        return super().to_internal_value(data)  # type: ignore[misc]


class MeSerializer(StrictFields, serializers.ModelSerializer[User]):
    """The person who asks."""

    class Meta:
        model = User
        fields = ("id", "name", "username", "email", "is_staff", "is_guest")
        read_only_fields = ("id", "username", "is_staff", "is_guest")
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": [one_line]}}

    def to_representation(self, instance: User) -> dict[str, Any]:
        """Show the name that others see."""
        return {**super().to_representation(instance), "name": instance.display_name}


class CredentialsSerializer(StrictFields, serializers.Serializer[User]):
    """A name and a password, of whatever form: only the door judges them."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=1024, trim_whitespace=False, write_only=True, style={"input_type": "password"}
    )


class RegisterSerializer(StrictFields, serializers.ModelSerializer[User]):
    """A new person. The setup token makes the owner."""

    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    token = serializers.CharField(max_length=200, required=False, write_only=True)

    class Meta:
        model = User
        fields = ("username", "name", "password", "token")
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "name": {"validators": [one_line]},
            # Whether the name is free is for the insert to say, behind the door.
            "username": {"validators": [User.username_validator, one_line]},
        }

    def get_validators(self) -> list[Any]:
        """Leave uniqueness to the insert; see above."""
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the password in the light of the rest."""
        person = User(username=attrs["username"], name=attrs.get("name", ""))
        try:
            validate_password(attrs["password"], person)
        except Invalid as refused:
            raise serializers.ValidationError({"password": refused.messages}) from None
        return attrs


class TokenSerializer(serializers.Serializer[Any]):
    """The secret of a new token, shown this once."""

    token = serializers.CharField(read_only=True)
