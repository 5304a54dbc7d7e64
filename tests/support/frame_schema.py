"""Check every frame of a test against the AsyncAPI document that the server serves.

The document allows fields that it does not name, for later versions. The tests do not.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Literal

import msgspec
from django.conf import settings
from jsonschema_rs import Draft7Validator

from live.protocol import asyncapi, frames

Json = dict[str, Any]
Action = Literal["send", "receive"]


class NotInDocumentError(AssertionError):
    """The AsyncAPI document does not describe this frame."""


def served_document() -> Json:
    """Return the document, as AsyncApiView does for this host."""
    return asyncapi.document(
        version="1.0.0", host="testserver", secure=False, cookie=settings.SESSION_COOKIE_NAME
    )


def resolve_reference(document: Json, node: Json) -> Json:
    """Follow the references of a node of the document."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def forbid_extra_properties(schema: Json) -> Json:
    """Return a schema that forbids properties that it does not name."""
    return {"additionalProperties": False, **schema} if "properties" in schema else schema


class Document:
    """The frames of an AsyncAPI document, by direction."""

    def __init__(self, document: Json) -> None:
        self._document = document
        components = document["components"]["schemas"]
        self._closed = {
            "schemas": {
                name: forbid_extra_properties(schema) for name, schema in components.items()
            }
        }
        self._frames: dict[tuple[Action, str], Draft7Validator] = {
            (operation["action"], message["name"]): self._validator(message["payload"])
            for operation in document["operations"].values()
            for message in (
                resolve_reference(document, reference) for reference in operation["messages"]
            )
        }

    def _validator(self, payload: Json) -> Draft7Validator:
        schema = {"allOf": [payload], "components": self._closed}
        return Draft7Validator(schema, validate_formats=True)

    def validate(self, action: Action, frame: Any) -> None:
        """Raise NotInDocumentError unless the document has this frame in this direction."""
        kind = frame.get("type") if isinstance(frame, dict) else None
        validator = self._frames.get((action, str(kind)))
        if validator is None:
            raise NotInDocumentError(f"no operation can {action} this: {frame}")
        for error in validator.iter_errors(frame):
            where = "/".join(map(str, error.instance_path))
            raise NotInDocumentError(f"{kind}, at {where!r}: {error.message}")


@cache
def document() -> Document:
    """Return the document; it is parsed once."""
    return Document(served_document())


def server_frames(message: str | bytes) -> list[Json]:
    """Return the frames of a message of the server; each one must be in the document."""
    decoded = _validated_frames("send", message)
    for line in _lines(message):
        msgspec.json.decode(line, type=frames.ServerFrame)
    return decoded


def client_frames(message: str | bytes) -> list[Json]:
    """Return the frames of a message of a client; each one must be in the document."""
    return _validated_frames("receive", message)


def _validated_frames(action: Action, message: str | bytes) -> list[Json]:
    decoded: list[Json] = [json.loads(line) for line in _lines(message)]
    for frame in decoded:
        document().validate(action, frame)
    return decoded


def _lines(message: str | bytes) -> list[str]:
    assert isinstance(message, str), "the protocol is text only"
    return message.split("\n")


def encode_client_frame(frame: Json) -> str:
    """Return the text of a frame of a client; the frame must be in the document."""
    text = json.dumps(frame, default=str)
    client_frames(text)
    return text
