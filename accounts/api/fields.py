"""Fields of request bodies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class PasswordField(serializers.CharField):
    """A password exactly as it was typed."""

    def __init__(self, **kwargs: Any) -> None:
        style = {"input_type": "password"}
        defaults = {"max_length": 1024, "trim_whitespace": False, "write_only": True}
        super().__init__(**{**defaults, "style": style, **kwargs})
