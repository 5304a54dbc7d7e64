"""The OpenAPI document of the REST API. It is made once, because anyone may ask for it."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from rest.public_document import public_document


class SchemaView(SpectacularAPIView):
    """Sends the document as YAML or JSON. To make and render it takes a tenth of a second.

    It is the same for everyone, so no credential is looked at.
    """

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the document in the type that the request accepts."""
        renderer: Any = request.accepted_renderer
        return public_document(
            request,
            _rendered(renderer.format),
            content_type=f"{renderer.media_type}; charset=utf-8",
            headers={"Content-Disposition": f'inline; filename="Trolley.{renderer.format}"'},
        )


@cache
def _rendered(format_name: str) -> bytes:
    renderers: list[Any] = SpectacularAPIView.renderer_classes
    renderer = next(each for each in renderers if each.format == format_name)
    document: str | bytes = renderer().render(_schema(), renderer_context={})
    return document.encode() if isinstance(document, str) else document


@cache
def _schema() -> Any:
    generator: Any = SpectacularAPIView.generator_class()
    return generator.get_schema(request=None, public=True)
