"""Request and response bodies that several endpoints of accounts share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts import passwords
from accounts.api.fields import PasswordField
from accounts.api.permissions import has_narrow_token
from accounts.languages import LANGUAGES
from accounts.models import User
from rest.serializers import CleanTextField, SecretField, StrictSerializer
from rest.text import validate_text


class MeSerializer(StrictSerializer, serializers.ModelSerializer[User]):
    """The profile of the current user."""

    name = CleanTextField(max_length=100, required=False, allow_blank=True)
    language = serializers.ChoiceField(LANGUAGES, required=False, allow_blank=True)

    class Meta:
        model = User
        fields = ("id", "name", "username", "email", "language", "is_staff", "is_guest")
        read_only_fields = ("id", "username", "is_staff", "is_guest")

    def to_representation(self, instance: User) -> dict[str, Any]:
        """Return the profile with the name that other users see.

        A narrow token may be in other hands, so it gets the id and the name alone: the
        other values are empty, and it has no rights of staff.
        """
        profile = {**super().to_representation(instance), "name": instance.display_name}
        request = self.context.get("request")
        if request is not None and has_narrow_token(request):
            profile |= {"username": "", "email": "", "language": "", "is_staff": False}
        return profile


class CredentialsSerializer(StrictSerializer):
    """A user name and a password, in any form: only the sign-in decides whether they are valid."""

    username = serializers.CharField(max_length=150)
    password = PasswordField()


class DeleteAccountSerializer(StrictSerializer):
    """The confirmation of a deletion: the password, if the account has one."""

    password = PasswordField(required=False, allow_blank=True, default="")


class UsernameField(serializers.CharField):
    """A user name in its normal form, in which it may be longer than it was typed."""

    def __init__(self, **options: Any) -> None:
        # The insert decides whether the name is free, so nothing is revealed before
        # the permission to register is checked.
        validators = [User.username_validator, validate_text]
        super().__init__(**{"max_length": 150, "validators": validators, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return the normal form, which the validators check. A long name would take long."""
        username = super().to_internal_value(data)
        return username if len(username) > 150 else User.normalize_username(username)


class RegisterSerializer(StrictSerializer, serializers.ModelSerializer[User]):
    """A new user. With the setup token, the user becomes the owner."""

    username = UsernameField()
    name = CleanTextField(max_length=100, required=False, allow_blank=True)
    password = PasswordField()
    token = SecretField(required=False, write_only=True)

    class Meta:
        model = User
        fields = ("username", "name", "password", "token")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the password against the rules, which know the name of the user."""
        user = User(username=attrs["username"], name=attrs.get("name", ""))
        passwords.validate_new(attrs["password"], user, field="password")
        return attrs


class TokenSerializer(serializers.Serializer[Any]):
    """The secret of a new token, which is shown only this once."""

    token = serializers.CharField(read_only=True)
