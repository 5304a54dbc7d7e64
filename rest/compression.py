"""Compress the responses of chosen views.

Only views whose responses contain no secret may be compressed: the length of a compressed
response shows whether text that an attacker chose is also in the secret (BREACH). So each
URL that is compressed says so in its URLconf, and there is no middleware for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.decorators import decorator_from_middleware

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

MIN_BYTES = 1024
"""A shorter response is sent as it is: with its headers it fits into one packet anyway."""


class _CompressionMiddleware(GZipMiddleware):
    """GZipMiddleware with MIN_BYTES."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a long response if the client accepts gzip."""
        if len(getattr(response, "content", b"")) < MIN_BYTES:
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        return super().process_response(request, response)


_compress = decorator_from_middleware(_CompressionMiddleware)


def compressed(view: View) -> View:
    """Wrap a view whose responses contain no secret. It gets the attribute `is_compressed`."""
    wrapped: Any = _compress(view)
    wrapped.is_compressed = True
    return cast("View", wrapped)
