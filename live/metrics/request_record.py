"""What is known of one request while it is handled. No Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple

from live.protocol.frames import RequestState

SCOPE_KEY = "trolley.request"
"""Where the ASGI scope of a request has its record."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
"""Stands for every method that no view has: a client may invent any number of them."""
OWN_PACKAGES = frozenset({"accounts", "asgi_project", "live", "rest", "shopping_list"})


class Raised(NamedTuple):
    """An exception that no view handled: its type, and the code that raised it."""

    kind: str
    code: str


class RequestRecord:
    """The facts of one request. It counts nothing, and keeps no query string and no body.

    The ASGI middleware creates it and ends it, on the event loop. In between, Django's
    middleware and the receivers add to it in the thread of the request.
    """

    __slots__ = (
        "failed_sign_ins",
        "method",
        "path",
        "queries",
        "query_seconds",
        "raised",
        "request",
        "request_id",
        "route",
        "started_at",
        "state",
        "user",
    )

    def __init__(self, scope: Mapping[str, Any]) -> None:
        method = scope["method"]
        self.method: str = method if method in METHODS else OTHER_METHOD
        self.path: str = scope["path"].removeprefix(scope.get("root_path") or "")
        self.started_at = perf_counter()
        self.state: RequestState = "waiting"
        self.request: Any = None
        """Django's request, while a thread handles it."""
        self.route: str | None = None
        """The URL pattern; "" if the path has none; None as long as no view was looked for."""
        self.request_id: str | None = None
        self.user: str | None = None
        """The name of the user, if the request needed to know who that is."""
        self.queries = 0
        self.query_seconds = 0.0
        self.raised: Raised | None = None
        self.failed_sign_ins = 0

    @property
    def milliseconds(self) -> float:
        """The time since the request began."""
        return (perf_counter() - self.started_at) * 1000

    @property
    def wall_time(self) -> float:
        """The time at which the request began, in seconds since 1970."""
        return time.time() - (perf_counter() - self.started_at)

    def time_query(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run a query and add its time (a wrapper of Django's `connection.execute_wrapper`)."""
        started_at = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.queries += 1
            self.query_seconds += perf_counter() - started_at

    def note_exception(self, error: BaseException) -> None:
        """Note which exception ended the request; the first one counts. Its text is not kept."""
        if self.raised is None:
            self.raised = Raised(_dotted_name(type(error)), _raising_code(error.__traceback__))


def _dotted_name(kind: type[BaseException]) -> str:
    is_builtin = kind.__module__ == "builtins"
    return kind.__qualname__ if is_builtin else f"{kind.__module__}.{kind.__qualname__}"


def _raising_code(traceback: TracebackType | None) -> str:
    """Return module, function and line of the innermost frame of our own code, if there is one."""
    own = last = ""
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        last = f"{module}.{frame.f_code.co_qualname}:{traceback.tb_lineno}"
        if module.partition(".")[0] in OWN_PACKAGES:
            own = last
        traceback = traceback.tb_next
    return own or last
