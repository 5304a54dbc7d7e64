"""The HTTP views of the live package."""

from __future__ import annotations

import logging
import time
from typing import Any, ClassVar, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ChoiceField, IntegerField, Serializer
from rest_framework.views import APIView

from accounts import guests
from accounts.api.permissions import current_user, has_narrow_token
from accounts.authentication import MetricsTokenAuthentication
from live import runtime
from live.connections import probes
from live.connections.received import received_of
from live.db_threads import run_in_db_thread
from live.delivery import publisher
from live.metrics import health, prometheus
from live.metrics.access import IsLocalOrHasToken
from live.metrics.health import Health
from live.metrics.sampler import Sampler
from live.protocol import asyncapi
from live.protocol.frames import Machine, Sample, Signals
from live.protocol.received import ProbedHandshake
from live.protocol.topics import MACHINE, SIGNALS
from rest.client_address import client_network
from rest.limited_log import LimitedLog
from rest.negotiation import OnlyRendererNegotiation
from rest.openapi import operation
from rest.problems import problem_response
from rest.public_document import public_document
from shopping_list.api import permissions

logger = logging.getLogger(__name__)
missing_upgrades = LimitedLog(logger)


async def healthz(_request: HttpRequest) -> JsonResponse:
    """Respond: so the event loop of this process runs."""
    return JsonResponse({"status": "alive"})


async def readyz(_request: HttpRequest) -> JsonResponse:
    """Respond with 200 if this process can serve requests, with 503 if not."""
    database = await run_in_db_thread(health.check_database)
    running = runtime.get_running()
    process_health = Health(
        database=database.reachable,
        migrations=database.migrated,
        writable=database.writable,
        layer=running is None or running.relay.layer_client.is_up,
        draining=running is not None and running.is_draining,
    )
    status = 503 if process_health.status == "unready" else 200
    return JsonResponse(process_health.body(), status=status)


@require_safe
def upgrade_required(request: HttpRequest, **_: Any) -> HttpResponse:
    """Answer a request for a socket that came without the headers of an upgrade."""
    missing = [name for name in ("Upgrade", "Connection") if name not in request.headers]
    missing_upgrades.write(
        client_network(request),
        "%s came without a WebSocket upgrade (missing: %s): the proxy must pass the headers "
        "Upgrade and Connection on",
        request.path,
        ", ".join(missing) or "nothing, but it asks for something else",
    )
    _remember_probe(request)
    detail = "This address is for WebSockets: send Upgrade: websocket and Connection: Upgrade."
    response = problem_response(request, 426, "upgrade_required", detail)
    response["Upgrade"] = "websocket"
    return response


def _remember_probe(request: HttpRequest) -> None:
    """Remember that a handshake lost its upgrade on its way, if it is a probe."""
    probe = probes.probe_of(request.META.get("QUERY_STRING", ""))
    scope = getattr(request, "scope", None)
    if probe is not None and scope is not None:
        probes.remember(probe, ProbedHandshake("no_upgrade", received_of(scope)))


class NoSample(APIException):
    """This process has just started and has no sample yet."""

    status_code = 503
    default_detail = "No sample has been taken yet."
    default_code = "no_sample"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class RequestsView(APIView):
    """The current request counters, for clients without a socket."""

    @operation({200: OpenApiTypes.OBJECT}, errors=(403, 503))
    def get(self, request: Request) -> Response:
        """Return the last sample. The first one is taken a second after the start."""
        permissions.require_unrestricted_token(request)
        guests.require_account(current_user(request))
        return Response(msgspec.to_builtins(_latest_sample(_sampler())))


class MetricsView(APIView):
    """`/metrics`: the sums of all processes, in the format of Prometheus or of OpenMetrics."""

    authentication_classes = (MetricsTokenAuthentication,)
    permission_classes = (IsLocalOrHasToken,)
    content_negotiation_class = OnlyRendererNegotiation

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the last sums. The first ones are taken a second after the start."""
        sampler = _sampler()
        figures = prometheus.Figures(
            sample=_latest_sample(sampler),
            signals=cast(Signals, sampler.frame(SIGNALS)),
            machine=cast(Machine, sampler.frame(MACHINE)),
            durations=sampler.aggregator.durations,
            version=settings.VERSION,
        )
        body, content_type = prometheus.exposition(figures, request.headers.get("Accept", ""))
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
        return HttpResponse(body, content_type=content_type, headers=headers)


def _sampler() -> Sampler:
    """Return the sampler of this process; raises NoSample while it has none."""
    running = runtime.get_running()
    if running is None:
        raise NoSample
    return running.sampler


def _latest_sample(sampler: Sampler) -> Sample:
    sample = sampler.aggregator.latest
    if sample is None:
        raise NoSample
    return sample


class IsStaff(BasePermission):
    """Staff with a session, or with a token that is restricted neither to a scope nor a list."""

    message = "This is for staff."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user is staff."""
        return current_user(request).is_staff and not has_narrow_token(request)


class SocketView(APIView):
    """One socket of any user, for staff."""

    permission_classes = (IsAuthenticated, IsStaff)

    @operation({202: None}, errors=(403,))
    def delete(self, request: Request, connection: str) -> Response:
        """Disconnect one socket. Its client connects again and gets what it missed.

        The process that has the socket closes it, with 4002. It may be another one than that
        which answers, so an id that no process has is accepted, too.
        """
        logger.info("%s disconnects the socket %s", request.user, connection)
        publisher.publish_control({"type": "live.disconnect", "connection": connection})
        return Response(status=202)


class AlertTestResponse(Serializer[Any]):
    """What became of a test of the alert address."""

    outcome = ChoiceField(choices=["delivered", "failed", "refused"])
    status = IntegerField(allow_null=True, help_text="The status of the response, if there was one")
    error = CharField(help_text="What failed before there was a response, or an empty text")


class AlertTestView(APIView):
    """The address to which alerts are posted, for staff."""

    permission_classes = (IsAuthenticated, IsStaff)

    @operation({200: AlertTestResponse}, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Post a test to the alert address, once, and say what became of it."""
        running = runtime.get_running()
        poster = None if running is None else running.alert_poster
        if poster is None:
            raise NotFound("TROLLEY_ALERT_URL is not set.")
        logger.info("%s tests the alert address", request.user)
        return Response(poster.post_test(time.time())._asdict())


class AsyncApiView(APIView):
    """The AsyncAPI document of the sockets: public, like the OpenAPI document."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        """Return the document, with the address of this server."""
        document = asyncapi.document(
            version=settings.VERSION,
            host=request.get_host(),
            secure=request.is_secure(),
            cookie=settings.SESSION_COOKIE_NAME,
        )
        return public_document(request, msgspec.json.encode(document), "application/json")
