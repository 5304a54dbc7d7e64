"""Failures of a page in the browser of a signed-in user, for the log of the server."""

from __future__ import annotations

from typing import Any

import structlog
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import IsSessionAuthenticated, current_user
from rest.limited_log import LineLimit
from rest.openapi import operation
from rest.serializers import CleanTextField, StrictSerializer, validated
from rest.throttles import user_key

log = structlog.get_logger(__name__)
line_limit = LineLimit()

NAME = r"^[A-Za-z0-9_$.:/-]+$"


class PageFailureBody(StrictSerializer):
    """What a page knows about an exception that ended a part of it."""

    page = serializers.RegexField(NAME, max_length=100, help_text="The page, without any id")
    part = serializers.RegexField(NAME, max_length=100, help_text="The part of the page")
    name = serializers.RegexField(NAME, max_length=100, help_text="The class of the exception")
    message = CleanTextField(max_length=300, allow_blank=True)
    stack = CleanTextField(max_length=500, allow_blank=True, help_text="Its innermost calls")
    build = serializers.RegexField(NAME, max_length=100, help_text="The build of the page")


class PageFailuresView(APIView):
    """Failures of pages, which are logged and not stored."""

    permission_classes = (IsAuthenticated, IsSessionAuthenticated)

    @operation({204: None}, errors=(400, 401, 403, 429), body=PageFailureBody)
    def post(self, request: Request) -> Response:
        """Log a failure, within a limit for each user. The response is the same without a line."""
        failure: dict[str, Any] = validated(PageFailureBody, request)
        user_id = current_user(request).pk
        left_out = line_limit.take(user_key(user_id))
        if left_out is not None:
            fields = {**failure, "left_out": left_out} if left_out else failure
            log.warning("page_failed", user=user_id, **fields)
        return Response(status=204)
