"""The AsyncAPI 3.0 document of the sockets: addresses, frames both ways, close codes.

It is made of the structs that the frames are encoded and decoded by, so it says
what is spoken. No Django. The prose is docs/protocol.md.
"""

from __future__ import annotations

import inspect
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
"""Frames that answer one of the client's, and carry its `id` where it had one."""

Json = dict[str, Any]
Struct = type[msgspec.Struct]

DESCRIPTION = """\
One socket for everything; docs/protocol.md is the prose.

A text message carries one or more of these messages, each a JSON object, joined
by one newline, in both directions. Binary messages close the connection.
`subscribed` comes first, then what was missed or a snapshot, then live changes,
without a gap or a repetition. `bye` precedes every close that the server decides.

| close code | meaning | come back |
| --- | --- | --- |
"""


def document(*, version: str, host: str, secure: bool, cookie: str) -> Json:
    """Return the document of the server `host`; `cookie` is the name of the session's."""
    heard, told = get_args(frames.ClientFrame), get_args(frames.ServerFrame)
    frame_types = (*heard, *told)
    found = {
        "asyncapi": ASYNCAPI,
        "info": {"title": "Trolley, live", "version": version, "description": _about()},
        "defaultContentType": "application/json",
        "servers": {SERVER: _server(host, secure=secure)},
        "channels": {name: _channel(name, frame_types) for name in CHANNELS},
        "operations": {
            key: operation
            for channel in CHANNELS
            for key, operation in (
                (f"{channel}.receive", _receive(channel, heard)),
                (f"{channel}.send", _send(channel, told)),
            )
        },
        "components": {
            "messages": {frame.__name__: _message(frame) for frame in frame_types},
            "schemas": _schemas(frame_types),
            "securitySchemes": _security_schemes(cookie),
        },
        "x-close-codes": {str(int(code)): _close_code(code) for code in CloseCode},
    }
    plain: Json = msgspec.json.decode(msgspec.json.encode(found))
    return plain


def _about() -> str:
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
            "Pages of the same origin are known by their session. Everybody else sends a token, "
            f"in the header or as the message `auth` within {frames.AUTH_TIMEOUT:.0f} s."
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
            "description": "Counts only with an Origin of this server.",
        },
    }


def _channel(name: str, frame_types: tuple[Struct, ...]) -> Json:
    channel: Json = {
        "address": CHANNELS[name],
        "title": "Every topic",
        "servers": [_ref("servers", SERVER)],
        "messages": {
            frame.__name__: _ref("components", "messages", frame.__name__) for frame in frame_types
        },
        "bindings": {"ws": {"method": "GET", "headers": _headers(), "bindingVersion": "0.1.0"}},
    }
    if name == "list":
        channel["title"] = "One list, subscribed to already"
        channel["parameters"] = {"list": {"description": "The list's id, a UUID."}}
        channel["bindings"]["ws"]["query"] = _position()
    return channel


def _headers() -> Json:
    return {
        "type": "object",
        "properties": {
            "Sec-WebSocket-Protocol": {"type": "string", "const": frames.SUBPROTOCOL},
            "Authorization": {"type": "string", "pattern": "^Bearer "},
        },
    }


def _position() -> Json:
    return {
        "type": "object",
        "properties": {
            "since": {"type": "integer", "minimum": 0, "description": "Resume after this version."},
            "epoch": {"type": "string", "description": "The epoch that the version is of."},
        },
        "dependencies": {"since": ["epoch"], "epoch": ["since"]},
    }


def _receive(channel: str, frame_types: tuple[Struct, ...]) -> Json:
    return {
        "action": "receive",
        "title": "What a client says",
        "channel": _ref("channels", channel),
        "messages": _of(channel, frame_types),
        "reply": {"channel": _ref("channels", channel), "messages": _of(channel, REPLIES)},
    }


def _send(channel: str, frame_types: tuple[Struct, ...]) -> Json:
    return {
        "action": "send",
        "title": "What the server says",
        "channel": _ref("channels", channel),
        "messages": _of(channel, frame_types),
    }


def _of(channel: str, frame_types: tuple[Struct, ...]) -> list[Json]:
    return [_ref("channels", channel, "messages", frame.__name__) for frame in frame_types]


def _message(frame: Struct) -> Json:
    message: Json = {
        "name": frame.__struct_config__.tag,
        "title": frame.__name__,
        "summary": (inspect.getdoc(frame) or "").partition("\n")[0],
        "payload": _ref("components", "schemas", frame.__name__),
        "examples": [{"payload": one} for one in examples.FRAMES if type(one) is frame],
    }
    if "id" in frame.__struct_fields__:
        message["correlationId"] = {"location": "$message.payload#/id"}
    return message


def _schemas(frame_types: tuple[Struct, ...]) -> Json:
    template = "#/components/schemas/{name}"
    _, found = msgspec.json.schema_components(frame_types, ref_template=template)
    for schema in found.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    return dict(sorted(found.items()))


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": f"#/{'/'.join(path)}"}
