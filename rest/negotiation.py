"""Which type a response has: DRF's negotiation, without its errors for `?format=`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.request import Request


class LenientFormatNegotiation(DefaultContentNegotiation):
    """Negotiates by `Accept`. `?format=` counts only where a renderer has that name.

    The API has no `format` parameter of its own, except for exports, which read it
    themselves. Like every other unknown parameter, it is ignored.
    """

    def filter_renderers(self, renderers: Iterable[Any], format: str) -> list[Any]:  # noqa: A002
        """Return the renderers of this format, all of them if there is none."""
        all_renderers = list(renderers)
        return [each for each in all_renderers if each.format == format] or all_renderers


class OnlyRendererNegotiation(BaseContentNegotiation):
    """For views that choose the format themselves, by `?format=` or `Accept`: problems are JSON."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the only parser."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the only renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
