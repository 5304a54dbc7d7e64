"""Fields of what comes in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from rest.single_line_text import normalise, validate_single_line


class NameField(serializers.CharField):
    """What something or somebody is called: one line, in NFC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate_single_line)

    def to_internal_value(self, data: Any) -> str:
        """Return the name in NFC; its length is that of what is kept."""
        return normalise(super().to_internal_value(data))


class PasswordField(serializers.CharField):
    """A password as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        style = {"input_type": "password"}
        defaults = {"max_length": 1024, "trim_whitespace": False, "write_only": True}
        super().__init__(**{**defaults, "style": style, **kwargs})
