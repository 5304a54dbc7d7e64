"""The data export of the current user, as a file."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import export
from accounts.api.permissions import IsSessionAuthenticated, current_user
from rest.openapi import operation

HEADERS = {"Content-Disposition": 'attachment; filename="trolley-account.json"'}


class ExportView(APIView):
    """The data of the current user."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({(200, "application/json"): OpenApiTypes.OBJECT}, errors=(401, 403))
    def get(self, request: Request) -> HttpResponse:
        """Return all data as one JSON file; `lists` in it can be imported."""
        content = export.export_user(current_user(request))
        return HttpResponse(content, content_type="application/json", headers=HEADERS)
