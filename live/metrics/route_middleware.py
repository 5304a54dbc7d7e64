"""Django's part of the records of requests: the URL pattern, the user and the queries."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponseBase

from live.metrics.request_facts import route_of, user_of
from live.metrics.request_record import SCOPE_KEY, RequestRecord
from rest.request_id import request_id


class RouteMiddleware:
    """Adds to the record of a request what only Django knows. It counts nothing.

    It is the outermost middleware, so it sees all queries. Requests that are not counted have
    no record. The queries are measured for this request only: its thread and its database
    connection stay for the next one (serving/threaded_handler.py).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle a request and complete its record."""
        record: RequestRecord | None = getattr(request, "scope", {}).get(SCOPE_KEY)
        if record is None:
            return self.get_response(request)
        record.request_id = request_id(request)
        record.state, record.request = "running", request
        try:
            with connection.execute_wrapper(record.time_query):
                response = self.get_response(request)
        finally:
            # The scope of the request has the record: they would refer to each other.
            record.state, record.request = "sending", None
        record.route, record.user = route_of(request), user_of(request)
        if record.route is None and response.status_code == 404:
            record.route = ""
        return response
