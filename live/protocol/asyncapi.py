"""The AsyncAPI 3.0 document: addresses, frames of both directions, close codes.

It is generated from the structs that encode and decode the frames, so it cannot
differ from them. No Django. docs/protocol.md explains the protocol.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, get_args

import msgspec

from live.protocol import examples, frames
from live.protocol.frames import CloseCode

ASYNCAPI = "3.0.0"
SERVER = "trolley"
CHANNELS = {"all": "/ws/", "list": "/ws/lists/{list}/"}
REPLIES = (
    frames.Welcome,
    frames.Subscribed,
    frames.Unsubscribed,
    frames.Pong,
    frames.Error,
)
"""Frames that respond to a frame of the client. They repeat its `id`, if it has one."""

Json = dict[str, Any]
Struct = type[msgspec.Struct]

DESCRIPTION = """\
One socket for all topics; docs/protocol.md explains the protocol.

In both directions, a text message contains one or more of these messages. Each is
a JSON object, and one newline separates two of them. Binary messages close the
connection. `subscribed` comes first, then the missed changes or a snapshot, then
live changes, without a gap and without a repetition. The server sends `bye` before
every close with one of its own codes.

| close code | meaning | reconnect |
| --- | --- | --- |
"""


def document(*, version: str, host: str, secure: bool, cookie: str) -> Json:
    """Return the document of the server `host`; `cookie` is the name of the session cookie."""
    return {**_document(version, cookie), "servers": {SERVER: _server(host, secure=secure)}}


@cache
def _document(version: str, cookie: str) -> Json:
    """Return the document without its server. It is made once: anyone may ask for it."""
    client_frames, server_frames = get_args(frames.ClientFrame), get_args(frames.ServerFrame)
    frame_types = (*client_frames, *server_frames)
    content = {
        "asyncapi": ASYNCAPI,
        "info": {"title": "Trolley, live", "version": version, "description": _description()},
        "defaultContentType": "application/json",
        "servers": {},
        "channels": {name: _channel(name, frame_types) for name in CHANNELS},
        "operations": {
            key: operation
            for channel in CHANNELS
            for key, operation in (
                (f"{channel}.receive", _receive(channel, client_frames)),
                (f"{channel}.send", _send(channel, server_frames)),
            )
        },
        "components": {
            "messages": {frame.__name__: _message(frame) for frame in frame_types},
            "schemas": _schemas(frame_types),
            "securitySchemes": _security_schemes(cookie),
        },
        "x-close-codes": {str(int(code)): _close_code(code) for code in CloseCode},
    }
    builtins: Json = msgspec.json.decode(msgspec.json.encode(content))
    return builtins


def _description() -> str:
    rows = (
        f"| {code:d} | {code.meaning} | {'yes' if code.should_reconnect else 'no'} |"
        for code in CloseCode
    )
    return DESCRIPTION + "\n".join(rows)


def _close_code(code: CloseCode) -> Json:
    return {"name": code.name.lower(), "meaning": code.meaning, "comesBack": code.should_reconnect}


def _server(host: str, *, secure: bool) -> Json:
    return {
        "host": host,
        "protocol": "wss" if secure else "ws",
        "protocolVersion": "13",
        "description": (
            "Pages of the same origin use their session cookie. All other clients send a token, "
            f"in the header or in the message `auth` within {frames.AUTH_TIMEOUT:.0f} s."
        ),
        "security": [_ref("components", "securitySchemes", name) for name in ("token", "session")],
    }


def _security_schemes(cookie: str) -> Json:
    return {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {
            "type": "httpApiKey",
            "in": "cookie",
            "name": cookie,
            "description": "Accepted only with an Origin of this server.",
        },
    }


def _channel(name: str, frame_types: tuple[Struct, ...]) -> Json:
    channel: Json = {
        "address": CHANNELS[name],
        "title": "All topics",
        "servers": [_ref("servers", SERVER)],
        "messages": {
            frame.__name__: _ref("components", "messages", frame.__name__) for frame in frame_types
        },
        "bindings": {"ws": {"method": "GET", "headers": _headers(), "bindingVersion": "0.1.0"}},
    }
    if name == "list":
        channel["title"] = "One list, already subscribed"
        channel["parameters"] = {"list": {"description": "The id of the list, a UUID."}}
        channel["bindings"]["ws"]["query"] = _position_query()
    return channel


def _headers() -> Json:
    return {
        "type": "object",
        "properties": {
            "Sec-WebSocket-Protocol": {"type": "string", "const": frames.SUBPROTOCOL},
            "Authorization": {"type": "string", "pattern": "^Bearer "},
        },
    }


def _position_query() -> Json:
    return {
        "type": "object",
        "properties": {
            "since": {"type": "integer", "minimum": 0, "description": "Resume after this version."},
            "epoch": {"type": "string", "description": "The epoch of that version."},
            "digest": {"type": "string", "description": "The digest of that version."},
        },
        "dependencies": {
            "since": ["epoch", "digest"],
            "epoch": ["since", "digest"],
            "digest": ["since", "epoch"],
        },
    }


def _receive(channel: str, frame_types: tuple[Struct, ...]) -> Json:
    return {
        "action": "receive",
        "title": "Messages that the server receives",
        "channel": _ref("channels", channel),
        "messages": _message_refs(channel, frame_types),
        "reply": {
            "channel": _ref("channels", channel),
            "messages": _message_refs(channel, REPLIES),
        },
    }


def _send(channel: str, frame_types: tuple[Struct, ...]) -> Json:
    return {
        "action": "send",
        "title": "Messages that the server sends",
        "channel": _ref("channels", channel),
        "messages": _message_refs(channel, frame_types),
    }


def _message_refs(channel: str, frame_types: tuple[Struct, ...]) -> list[Json]:
    return [_ref("channels", channel, "messages", frame.__name__) for frame in frame_types]


def _message(frame_type: Struct) -> Json:
    message: Json = {
        "name": frame_type.__struct_config__.tag,
        "title": frame_type.__name__,
        "summary": (inspect.getdoc(frame_type) or "").partition("\n")[0],
        "payload": _ref("components", "schemas", frame_type.__name__),
        "examples": [
            {"payload": example} for example in examples.FRAMES if type(example) is frame_type
        ],
    }
    if "id" in frame_type.__struct_fields__:
        message["correlationId"] = {"location": "$message.payload#/id"}
    return message


def _schemas(frame_types: tuple[Struct, ...]) -> Json:
    template = "#/components/schemas/{name}"
    _, schemas = msgspec.json.schema_components(frame_types, ref_template=template)
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    return dict(sorted(schemas.items()))


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": f"#/{'/'.join(path)}"}
