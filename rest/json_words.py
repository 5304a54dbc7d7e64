"""The words of JSON for what msgspec says of a value. It names types of Python."""

from __future__ import annotations

import re

WORDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
WORDS |= {"datetime": "time", "uuid": "UUID"}
_TYPES = re.compile(r"(?<=Expected `)[^`]*|(?<=got `)[^`]*")


def in_json_words(message: str) -> str:
    """Return an error of msgspec with the words of JSON for the types that it names."""
    return _TYPES.sub(_translate, message)


def _translate(types: re.Match[str]) -> str:
    return re.sub(r"\w+", lambda name: WORDS.get(name[0], name[0]), types[0])
