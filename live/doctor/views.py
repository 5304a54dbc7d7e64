"""The HTTP views of the doctor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from live.connections.probes import probe_of, probed_handshakes
from live.connections.received import received_of
from live.protocol.frames import HEARTBEAT_INTERVAL
from live.protocol.received import ConnectionResponse
from rest.openapi import operation

PROBE = OpenApiParameter(
    "probe",
    OpenApiTypes.STR,
    description="The id that was in the query of a handshake: 16 to 64 letters, digits, hyphens.",
)


class ConnectionView(APIView):
    """What arrives of a request here, for everybody who sends one."""

    authentication_classes = ()
    permission_classes = ()

    @operation({200: ConnectionResponse}, errors=(), parameters=[PROBE])
    def get(self, request: Request) -> Response:
        """Return what arrived with this request, and with the handshake of `probe`.

        It answers under every host name and with either scheme, so that a client learns what is
        wrong with them. A handshake is known for a minute.
        """
        probe = probe_of(request._request.META.get("QUERY_STRING", ""))
        answer = ConnectionResponse(
            service="trolley",
            version=settings.VERSION,
            time=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            is_https_required=settings.HTTPS,
            keepalive=round(HEARTBEAT_INTERVAL * settings.LIVE_TIME_SCALE, 3),
            received=received_of(_scope_of(request._request)),
            handshake=None if probe is None else probed_handshakes.get(probe),
        )
        return Response(msgspec.to_builtins(answer), headers={"Cache-Control": "no-store"})


def _scope_of(request: HttpRequest) -> dict[str, Any]:
    """Return the ASGI scope; its Host is the one that arrived (health_host.py replaces it)."""
    scope: dict[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        return scope
    headers = [(k.encode(), v.encode("latin-1", "replace")) for k, v in request.headers.items()]
    client = (request.META.get("REMOTE_ADDR"), 0)
    return {"scheme": request.scheme, "headers": headers, "client": client}
