"""What the live side answers over HTTP."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from live import runtime
from live.db_threads import run_in_db_thread
from live.metrics import health
from live.protocol import asyncapi
from rest.openapi import operation
from shopping_list.api import permissions


async def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer: then the event loop of this process runs."""
    return JsonResponse({"status": "alive"})


async def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if this process can serve, 503 if not."""
    answers, migrated = await run_in_db_thread(health.check_database)
    found = health.process_health(database_ok=answers, migrated=migrated)
    return JsonResponse(found.body(), status=503 if found.status == "unready" else 200)


class NoSample(APIException):
    """This process has only just begun to count."""

    status_code = 503
    default_detail = "No sample has been taken yet."
    default_code = "no_sample"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class RequestsView(APIView):
    """The request counters as they are now, for whoever has no socket."""

    @operation({200: OpenApiTypes.OBJECT}, errors=(403, 503))
    def get(self, request: Request) -> Response:
        """Return the newest sample; the first is there a second after the start."""
        permissions.require_unrestricted_token(request)
        running = runtime.get_running()
        newest = running and running.sampler.board.latest
        if newest is None:
            raise NoSample
        return Response(msgspec.to_builtins(newest))


class AsyncApiView(APIView):
    """What the sockets speak, as AsyncAPI: public, like the OpenAPI document."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the document, with this server's address in it."""
        return Response(
            asyncapi.document(
                version=settings.VERSION,
                host=request.get_host(),
                secure=request.is_secure(),
                cookie=settings.SESSION_COOKIE_NAME,
            )
        )
