"""Documents that everyone may read and keep: the descriptions of the APIs."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from rest_framework.request import Request

MAX_AGE = 300
"""Seconds for which a client may use a document without asking again."""


def public_document(
    request: Request, content: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> HttpResponseBase:
    """Return the document, or a 304 without it if the client has this one already."""
    tag = quote_etag(blake2b(content, digest_size=16).hexdigest())
    response = HttpResponse(content, content_type=content_type, headers=headers)
    response["ETag"] = tag
    # Not `public`: a cache that is shared would keep the cookies of another client's response.
    response["Cache-Control"] = f"private, max-age={MAX_AGE}"
    return get_conditional_response(request._request, etag=tag, response=response) or response
