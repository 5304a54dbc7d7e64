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

from live import asyncapi, health, runtime
from live.pool import query
from shopping_list.api import access, schema, shapes


async def healthz(_request: HttpRequest) -> JsonResponse:
    """Answer: then the event loop of this process runs."""
    return JsonResponse({"status": "alive"})


async def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if this process can serve, 503 if not."""
    answers, migrated = await query(health.database)
    found = health.health(answers=answers, migrated=migrated)
    return JsonResponse(found.body(), status=503 if found.status == "unready" else 200)


class NoSample(APIException):
    """This process has only just begun to count."""

    status_code = 503
    default_detail = "No sample has been taken yet."
    default_code = "no_sample"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class RequestsView(APIView):
    """The request counters as they are now, for whoever has no socket."""

    @extend_schema(
        responses={
            200: OpenApiTypes.OBJECT,
            (403, schema.PROBLEM): shapes.ProblemShape,
            (503, schema.PROBLEM): shapes.ProblemShape,
        }
    )
    def get(self, request: Request) -> Response:
        """Return the newest sample; the first is there a second after the start."""
        access.require_every_list(request)
        running = runtime.of_process()
        newest = running and running.sampler.board.newest
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
