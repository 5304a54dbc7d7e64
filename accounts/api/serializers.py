"""What the addresses of people accept and answer."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from accounts import passwords
from accounts.api.fields import NameField, PasswordField
from accounts.models import User
from rest.single_line_text import validate_single_line


class StrictFieldsMixin:
    """Mixed into a serializer: a typo in a field's name never passes for success."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse fields that do not exist or cannot be written, naming them."""
        if isinstance(data, dict):
            fields = self.fields  # type: ignore[attr-defined]
            refused = {name: _unknown_or_read_only(fields.get(name)) for name in sorted(data)}
            if errors := {name: [said] for name, said in refused.items() if said}:
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)  # type: ignore[misc]


def _unknown_or_read_only(field: Any) -> str | None:
    if field is None:
        return "Unknown field."
    return "This cannot be changed." if field.read_only else None


class MeSerializer(StrictFieldsMixin, serializers.ModelSerializer[User]):
    """The person who asks."""

    name = NameField(max_length=100, required=False, allow_blank=True)

    class Meta:
        model = User
        fields = ("id", "name", "username", "email", "is_staff", "is_guest")
        read_only_fields = ("id", "username", "is_staff", "is_guest")

    def to_representation(self, instance: User) -> dict[str, Any]:
        """Show the name that others see."""
        return {**super().to_representation(instance), "name": instance.display_name}


class CredentialsSerializer(StrictFieldsMixin, serializers.Serializer[User]):
    """A name and a password, of whatever form: only the door judges them."""

    username = serializers.CharField(max_length=150)
    password = PasswordField()


class DeleteAccountSerializer(StrictFieldsMixin, serializers.Serializer[User]):
    """What ends an account: its password, where it has one."""

    password = PasswordField(required=False, allow_blank=True, default="")


class RegisterSerializer(StrictFieldsMixin, serializers.ModelSerializer[User]):
    """A new person. The setup token makes the owner."""

    name = NameField(max_length=100, required=False, allow_blank=True)
    password = PasswordField()
    token = serializers.CharField(max_length=200, required=False, write_only=True)

    class Meta:
        model = User
        fields = ("username", "name", "password", "token")
        extra_kwargs: ClassVar[dict[str, Any]] = {
            # Whether the name is free is for the insert to say, behind the door.
            "username": {"validators": [User.username_validator, validate_single_line]},
        }

    def get_validators(self) -> list[Any]:
        """Leave uniqueness to the insert; see above."""
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Judge the password in the light of the rest."""
        person = User(username=attrs["username"], name=attrs.get("name", ""))
        passwords.validate_new(attrs["password"], person, field="password")
        return attrs


class TokenSerializer(serializers.Serializer[Any]):
    """The secret of a new token, shown this once."""

    token = serializers.CharField(read_only=True)
