"""The address of this server for other devices of the user."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import IsSessionAuthenticated
from rest import network_address
from rest.openapi import operation


class AddressSerializer(serializers.Serializer[Any]):
    """The URL for other devices; null if none is known that works on them."""

    url = serializers.URLField(allow_null=True)


class AddressView(APIView):
    """The address of this server for other devices."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({200: AddressSerializer}, errors=(401, 403))
    def get(self, request: Request) -> Response:
        """Return the URL with which another device opens this server."""
        return Response({"url": network_address.url_for_devices(request._request)})
