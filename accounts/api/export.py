"""Everything that is held of the caller, as a file."""

from __future__ import annotations

import json

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from accounts import export
from accounts.api import openapi
from accounts.api.permissions import IsSessionAuthenticated
from accounts.models import User

HEADERS = {"Content-Disposition": 'attachment; filename="trolley-account.json"'}


class ExportView(APIView):
    """The caller's data."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @openapi.operation({(200, "application/json"): OpenApiTypes.OBJECT}, refusals=(401, 403))
    def get(self, request: Request) -> HttpResponse:
        """Return all of it as one JSON file; `lists` in it can be imported."""
        assert isinstance(request.user, User)
        text = json.dumps(export.of(request.user), cls=JSONEncoder, ensure_ascii=False)
        return HttpResponse(text, content_type="application/json", headers=HEADERS)
