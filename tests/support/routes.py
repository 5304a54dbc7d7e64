"""The routes of the URL configuration, and valid request bodies for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from tests.support.permission_matrix import NEW, OPERATIONS, fill_template

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
VERBS = ("get", "head", "options", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route with its view."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def route_shape(path: str) -> str:
    """Return a route with every parameter replaced by `*`."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "*", path.replace(NEW, "{item}"))


def address(path: str, values: dict[str, Any]) -> str:
    """Return the URL of a route, with unknown ids where `values` has none."""

    def fill(match: re.Match[str]) -> str:
        return str(values.get(match.group(2), UNKNOWN if match.group(1) in {"uuid", "id"} else 1))

    return "/" + _PARAMETER.sub(fill, path)


def body_for(verb: str, path: str, values: dict[str, Any]) -> Any:
    """Return a valid body for a method of a route, from the permission matrix."""
    for operation in OPERATIONS:
        same_route = route_shape(f"api/{operation.path}") == route_shape(path)
        if same_route and operation.method == verb.upper():
            return fill_template(operation.body, values)
    return None if verb in {"get", "head"} else {}


def send(client: APIClient, verb: str, path: str, body: Any = None, **headers: str) -> Any:
    """Send a request, with a JSON body unless there is none."""
    if body is None:
        return client.generic(verb.upper(), path, **headers)
    return client.generic(verb.upper(), path, json.dumps(body), "application/json", **headers)


def comparable_parts(answer: Any) -> Any:
    """Return everything of a response but the request id, to compare two responses."""
    headers = dict(answer.items())
    request_id = headers.pop("X-Request-ID")
    return answer.status_code, answer.content.replace(request_id.encode(), b"-"), headers
