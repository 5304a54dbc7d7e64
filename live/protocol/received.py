"""What `GET /api/live/connection/` says of a request, and of a handshake. No Django."""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal["accepted", "foreign_origin", "no_upgrade"]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request, or one handshake, as this server received it.

    `scheme` and `client` are what a trusted proxy says, if there is one. `http_version` is the
    one between the last proxy and this server. Of cookies and of Authorization it says only
    whether they arrived.
    """

    scheme: str
    host: str | None
    http_version: str
    client: str | None
    is_from_trusted_proxy: bool
    has_forwarded_for: bool
    has_forwarded_proto: bool
    has_forwarded_host: bool
    origin: str | None
    upgrade: str | None
    connection: str | None
    has_cookie: bool
    has_session: bool
    has_authorization: bool


class ProbedHandshake(msgspec.Struct, frozen=True):
    """A handshake that arrived, and its outcome."""

    outcome: Outcome
    received: Received


class ConnectionResponse(msgspec.Struct, frozen=True):
    """What this server sees of a request. `keepalive` is in seconds."""

    service: str
    version: str
    time: str
    is_https_required: bool
    keepalive: float
    received: Received
    handshake: ProbedHandshake | None
