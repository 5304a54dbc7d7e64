"""Where the time of an edit goes: `python -m bench.edit_cost`.

One thread of one process sends a PATCH after another to Django, without a server and
without sockets. It prints the CPU time and the elapsed time of each part, without the
parts inside it. DATABASE_URL names an empty database; the default is SQLite in a
temporary folder. Reading the clocks costs a few microseconds for each part.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

from bench.event import SeedSize, item_id, list_id

WARMUP, EDITS, ROUNDS = 300, 500, 5
PARTS = {
    "middleware, URL, response": "django.core.handlers.base.BaseHandler.get_response",
    "REST framework": "rest_framework.views.APIView.dispatch",
    "token": "rest_framework.request.Request._authenticate",
    "validation": "shopping_list.api.items.validated",
    "edit": "shopping_list.api.items.ItemView.patch",
    "BEGIN": "django.db.transaction.Atomic.__enter__",
    "lock": "shopping_list.recording.unit_of_work.UnitOfWork.lock",
    "role": "shopping_list.api.permissions.require_member",
    "item before": "shopping_list.recording.unit_of_work.UnitOfWork.stored_item",
    "name": "shopping_list.services.items._require_unique_open_name",
    "save": "shopping_list.recording.recorded_model.RecordedModel.save",
    "item after, difference": "shopping_list.recording.unit_of_work.UnitOfWork.finish",
    "version, log": "shopping_list.recording.bookkeeping.write_version",
    "COMMIT": "django.db.transaction.Atomic.__exit__",
    "close": "django.http.response.HttpResponseBase.close",
}


class Stopwatch:
    """Adds up the CPU and elapsed time of parts that are nested in each other."""

    def __init__(self) -> None:
        self.totals: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._stack: list[str] = ["rest"]
        self._last = self._now()

    def switch(self) -> None:
        """Add the time since the last switch to the innermost part."""
        now = self._now()
        for index, (at, last) in enumerate(zip(now, self._last, strict=True)):
            self.totals[self._stack[-1]][index] += at - last
        self._last = self._now()

    def wrap(self, name: str, path: str) -> None:
        """Time a function as this part; it is replaced where it is defined."""
        owner_path, attribute = path.rsplit(".", 1)
        try:
            owner = import_string(owner_path)
        except ImportError:
            owner = __import__(owner_path, fromlist=[attribute])
        function: Callable[..., Any] = getattr(owner, attribute)

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self._stack.append(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self._stack.pop()

        setattr(owner, attribute, timed)

    def reset(self) -> None:
        self.totals.clear()
        self._last = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.thread_time(), time.perf_counter()


def environ(token: str, body: bytes) -> dict[str, Any]:
    """Return the request as WSGI, which Django handles on this thread."""
    return {
        "REQUEST_METHOD": "PATCH",
        "PATH_INFO": f"/api/shopping-lists/{list_id(0)}/shopping-items/{item_id(0, 0)}/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }


def edit(app: Any, token: str, number: int) -> None:
    """Tick the item or reopen it; every edit is a change."""
    statuses: list[str] = []
    body = b'{"purchased": %s}' % (b"false" if number % 2 else b"true")
    response = app(environ(token, body), lambda status, headers: statuses.append(status))
    response.close()
    if statuses != ["200 OK"]:
        raise RuntimeError(f"{statuses}: {response.content!r}")


def main() -> None:
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    from bench.trolley_seed import seed

    token = seed(SeedSize())[0]
    app = WSGIHandler()
    for number in range(WARMUP):
        edit(app, token, number)
    costs = []
    for _ in range(ROUNDS):
        started_at = time.thread_time(), time.perf_counter()
        for number in range(EDITS):
            edit(app, token, number)
        elapsed = time.thread_time() - started_at[0], time.perf_counter() - started_at[1]
        costs.append(tuple(seconds / EDITS * 1000 for seconds in elapsed))
    cpu, wall = min(costs)
    print(f"an edit: {cpu:.2f} ms of CPU, {wall:.2f} ms elapsed\n\n| part | CPU ms | elapsed ms |")
    print("| --- | --- | --- |")
    stopwatch = Stopwatch()
    for name, path in PARTS.items():
        stopwatch.wrap(name, path)
    app = WSGIHandler()
    edit(app, token, 0)
    edit(app, token, 1)
    stopwatch.reset()
    for number in range(EDITS):
        edit(app, token, number)
    stopwatch.switch()
    for name in [*PARTS, "rest"]:
        cpu, wall = (seconds / EDITS * 1000 for seconds in stopwatch.totals[name])
        print(f"| {name} | {cpu:.2f} | {wall:.2f} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
        os.environ["TROLLEY_DATA"] = folder
        os.environ["TROLLEY_LOG_LEVEL"] = "WARNING"
        os.environ["TROLLEY_WRITES_PER_SECOND"] = "1000000"
        main()
