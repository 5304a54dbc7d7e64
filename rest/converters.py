"""The parts of an address: ids and numbers."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter, UUIDConverter


class IdConverter(UUIDConverter):
    """A UUID in small letters or in capitals, as Apple's programs write it."""

    regex = UUIDConverter.regex.replace("a-f", "a-fA-F")


class NumberConverter(IntConverter):
    """A whole number that every database can store."""

    regex = "[0-9]{1,18}"


ID = "id"
"""The name of the converter of ids, in paths."""
register_converter(IdConverter, ID)
register_converter(NumberConverter, "number")
