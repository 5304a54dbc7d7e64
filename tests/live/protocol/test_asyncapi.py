"""The AsyncAPI document describes the protocol of the sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jsonschema_rs import ValidationError, validator_for

from live.protocol import asyncapi, frames
from tests.support import frame_schema
from tests.support.frame_schema import Document, NotInDocumentError, resolve_reference

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT / "frontend" / "node_modules" / "@asyncapi" / "specs" / "schemas"
URL = "/api/live/asyncapi.json"
PING = {"type": "ping", "id": 1}


@pytest.fixture(scope="module")
def document():
    return frame_schema.served_document()


def walk(node):
    """Yield every JSON object of a document."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, dict | list):
            yield from walk(inner)


def test_document_is_valid_asyncapi_3_0(document):
    """LIV-22."""
    meta = validator_for(json.loads((SPECS / "3.0.0.json").read_text()))
    meta.validate(document)
    del document["operations"]["all.send"]["action"]
    with pytest.raises(ValidationError):
        meta.validate(document)
    document["operations"]["all.send"]["action"] = "send"


def test_every_reference_can_be_resolved(document):
    references = [reference for reference in walk(document) if "$ref" in reference]
    assert len(references) > 100
    assert all(resolve_reference(document, reference) for reference in references)


def test_operations_use_only_messages_of_their_channel(document):
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        used = [*operation["messages"], *operation.get("reply", {}).get("messages", ())]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in used)


def test_document_has_every_frame_on_both_addresses(document):
    """LIV-22."""
    unions = {"receive": frames.ClientFrame, "send": frames.ServerFrame}
    for action, union in unions.items():
        expected = {frame_type.__struct_config__.tag for frame_type in get_args(union)}
        for address in ("/ws/", "/ws/lists/{list}/"):
            (operation,) = [
                candidate
                for candidate in document["operations"].values()
                if candidate["action"] == action
                and resolve_reference(document, candidate["channel"])["address"] == address
            ]
            names = {
                resolve_reference(document, message)["name"] for message in operation["messages"]
            }
            assert names == expected


def test_every_message_has_valid_examples(document):
    strict = Document(document)
    for operation in document["operations"].values():
        for message in (
            resolve_reference(document, reference) for reference in operation["messages"]
        ):
            assert message["examples"]
            for example in message["examples"]:
                strict.validate(operation["action"], example["payload"])


def test_close_codes_are_complete_and_equal_those_of_the_docs_page(document):
    page = (ROOT / "docs" / "protocol.md").read_text()
    assert set(document["x-close-codes"]) == {str(int(code)) for code in frames.CloseCode}
    for code, details in document["x-close-codes"].items():
        assert f"| {code} | {details['meaning']}" in document["info"]["description"]
        assert details["comesBack"] == (4000 <= int(code) < 4500)
        if int(code) >= 4000:
            assert f"| {code} | {details['meaning']} |" in page


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "pong", "id": "one"},
        {"type": "pong", "hello": 1},
        {"type": "ended", "topic": "list:x"},
        {"type": "ended", "topic": "list:x", "reason": "bored"},
        {"type": "joined", "list": {"id": "x", "epoch": "e", "version": 1, "name": "Milk"}},
        {"type": "bye", "code": 4999, "reason": "?"},
        {"type": "subscribe", "topic": "requests"},
        {"type": "ping"},
        {"kind": "pong"},
        {},
        [],
    ],
)
def test_undocumented_server_frame_fails_the_test(frame):
    """LIV-22."""
    with pytest.raises(NotInDocumentError):
        frame_schema.server_frames(json.dumps(frame))


def test_frame_fails_the_test_when_document_lacks_its_field(document):
    strict = Document(document)
    frame = {"type": "unsubscribed", "topic": "requests"}
    strict.validate("send", frame)
    schema = document["components"]["schemas"]["Unsubscribed"]
    topic = schema["properties"].pop("topic")
    with pytest.raises(NotInDocumentError):
        Document(document).validate("send", frame)
    schema["properties"]["topic"] = topic


def test_client_frames_of_the_tests_are_validated_too():
    assert json.loads(frame_schema.encode_client_frame(PING)) == PING
    with pytest.raises(NotInDocumentError):
        frame_schema.encode_client_frame({"type": "pong", "id": 1})


def test_document_is_public_and_names_its_own_server(anonymous_client, settings):
    settings.SESSION_COOKIE_NAME = "__Host-trolley_sessionid"
    response = anonymous_client.get(URL, secure=True, HTTP_AUTHORIZATION="Bearer wrong")
    assert (response.status_code, response["Cache-Control"]) == (200, "private, max-age=300")
    assert response["Content-Type"] == "application/json"
    assert response.json() == asyncapi.document(
        version=settings.VERSION, host="testserver", secure=True, cookie="__Host-trolley_sessionid"
    )
    (server,) = response.json()["servers"].values()
    assert (server["protocol"], server["host"]) == ("wss", "testserver")
    assert (
        response.json()["components"]["securitySchemes"]["session"]["name"]
        == "__Host-trolley_sessionid"
    )


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_document_is_read_only(method, anonymous_client):
    assert getattr(anonymous_client, method)(URL).status_code == 405
