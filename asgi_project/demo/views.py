"""The faults of a demo over REST: for its owner, and only while a demo runs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from asgi_project.demo import control
from asgi_project.demo.drill import FaultRunningError, UnknownFaultError
from rest.serializers import StrictSerializer, validated


class FaultBody(StrictSerializer):
    """The fault to cause."""

    fault = serializers.CharField(max_length=50)


class FaultRunning(APIException):
    """Another fault has not ended."""

    status_code = 409
    default_detail = "Another fault is running: wait for its end."
    default_code = "fault_running"


class NoDrill(APIException):
    """The command of the demo does not answer."""

    status_code = 503
    default_detail = "The demo does not answer."
    default_code = "no_drill"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class DrillView(APIView):
    """What can go wrong in this demo, and what goes wrong now."""

    permission_classes = (IsAdminUser,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Return the faults."""
        return self._respond(None)

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        """Cause a fault; the answer comes when it has begun."""
        fault: str = validated(FaultBody, request)["fault"]
        return self._respond(fault)

    def _respond(self, fault: str | None) -> Response:
        try:
            state = control.ask(Path(settings.DEMO_CONTROL), fault)
        except UnknownFaultError:
            message = f"This demo has no fault called {fault!r}."
            raise serializers.ValidationError({"fault": [message]}) from None
        except FaultRunningError:
            raise FaultRunning from None
        except OSError:
            raise NoDrill from None
        return Response(state, status=200 if fault is None else 202)
