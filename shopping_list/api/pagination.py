"""Pagination of responses."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination, PageNumberPagination
from rest_framework.request import Request

from shopping_list.api import query_params

MAX_PAGE = 1_000_000
"""The highest page number that is accepted."""


class LenientPaginator(Paginator):  # type: ignore[type-arg]
    """Returns an empty page after the end: rows may be deleted between two requests."""

    def validate_number(self, number: Any) -> int:
        """Return the number. `get_page_number` has checked it."""
        return int(number)


class PagePagination(PageNumberPagination):
    """Pages by number, with the count of all rows."""

    page_size_query_param = "page_size"
    django_paginator_class = LenientPaginator

    def get_page_size(self, request: Request) -> int | None:
        """Return how many rows the caller wants. Raises ValidationError."""
        maximum = self.max_page_size or query_params.MAX_INT64
        size = query_params.number(request, "page_size", minimum=1, maximum=maximum)
        return size or self.page_size

    def get_page_number(self, request: Request, paginator: Any) -> int:
        """Return which page the caller wants. Raises ValidationError."""
        return query_params.number(request, "page", minimum=1, maximum=MAX_PAGE) or 1


class ListPages(PagePagination):
    """Pages of 50, up to 200."""

    page_size = 50
    max_page_size = 200


class ItemPages(PagePagination):
    """Pages of 100, up to 1,000."""

    page_size = 100
    max_page_size = 1000


class ActivityPages(CursorPagination):
    """Newest first, by cursor: rows that are added between two requests move no page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = "-version"

    def get_page_size(self, request: Request) -> int | None:
        """Return how many rows the caller wants. Raises ValidationError."""
        maximum = self.max_page_size
        size = query_params.number(request, "page_size", minimum=1, maximum=maximum)
        return size or self.page_size

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the position of the cursor. Raises ValidationError."""
        error = ValidationError({"cursor": ["Must come from next or previous of an answer."]})
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise error from None
        if cursor is not None and not _is_version(cursor.position):
            raise error
        return cursor


def _is_version(position: Any) -> bool:
    if position is None:
        return True
    is_number = position.isascii() and position.isdigit() and len(position) < 20
    return bool(is_number and int(position) <= query_params.MAX_INT64)
