"""Call every route of the longest list that is allowed, and print what each one costs.

    TROLLEY_DATA=/tmp/full python -m bench.full_list [items]

It needs an empty database. Each call is one request through Django's whole stack, without a
server and without rate limits. The memory is what the process had more at the peak of the call than
before it (Linux only). The log column has the bytes that the call wrote to the change log.
"""

from __future__ import annotations

import ctypes
import gc
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

COLUMNS = "{:34} {:>6} {:>8} {:>8} {:>8} {:>10} {:>10}"


def main() -> None:
    """Build the list, call the routes, print the table."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
    os.environ.setdefault("TROLLEY_READS_PER_SECOND", "0")
    os.environ.setdefault("TROLLEY_WRITES_PER_SECOND", "0")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from asgi_project.serving import allocator, garbage

    call_command("migrate", verbosity=0)
    connection.close()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    builder = multiprocessing.get_context("fork").Process(target=build, args=(count,))
    builder.start()
    builder.join()
    client, list_id = sign_in()
    garbage.settle()  # as the server does
    allocator.settle()
    headings = ("request", "status", "CPU ms", "peak MB", "queries", "bytes", "log bytes")
    print(COLUMNS.format(*headings))
    for call in calls(list_id):
        measure(client, list_id, call)


def build(count: int) -> None:
    """Create a list with this many items. Another process does it, so that this one stays small."""
    from accounts.models import User
    from shopping_list.models import Membership, ShoppingItem, ShoppingList

    ana = User.objects.create_user("ana", name="Ana")
    shopping_list = ShoppingList.objects.create(name="Full", created_by=ana)
    Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
    rows = [
        ShoppingItem(
            shopping_list=shopping_list,
            name=f"Item {number} {'lorem ipsum ' * 12}"[:150],
            note=("dolor sit amet, consectetur " * 8)[:200],
            quantity="2 kg",
            category=f"Aisle {number % 200}",
            created_by=ana,
        )
        for number in range(count)
    ]
    ShoppingItem.objects.bulk_create(rows)


def sign_in() -> tuple[Any, Any]:
    """Return a client of the owner of the only list, and the list's id."""
    from rest_framework.test import APIClient

    from accounts.models import User
    from shopping_list.models import ShoppingList

    client = APIClient()
    client.force_login(User.objects.get())
    return client, ShoppingList.objects.get().pk


def calls(list_id: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Yield the requests: a name, a method, a path and a body. `{version}` is the newest one."""
    lists = "/api/shopping-lists/"
    url, items = f"{lists}{list_id}/", f"{lists}{list_id}/shopping-items/"
    for name, path in (
        ("list", url),
        ("lists", lists),
        ("snapshot", f"{url}snapshot/"),
        *((f"export {each}", f"{url}export/?format={each}") for each in FORMATS),
        ("export everything", "/api/export/"),
        ("items, page of 1,000", f"{items}?page_size=1000"),
        ("items by name", f"{items}?page_size=1000&ordering=name"),
        ("items, last page by name", f"{items}?page_size=1000&ordering=name&page=10"),
        ("items, search", f"{items}?search=AMET&page_size=1000"),
        ("search of all lists", "/api/search-shopping-items/?search=amet&page_size=1000"),
        ("suggestions", "/api/suggestions/?q=item"),
        ("suggestions, 5,000", "/api/suggestions/?limit=5000"),
        ("members", f"{url}members/"),
    ):
        yield name, "get", path, None
    yield "add one: refused", "post", items, {"name": "One more"}
    yield (
        "bulk of 500: refused",
        "post",
        f"{items}bulk/",
        {"items": [{"name": f"m{n}"} for n in range(500)]},
    )
    lines = "\n".join(f"line {n}" for n in range(5000))
    yield "import of 5,000: refused", "post", f"{url}import/", {"format": "text", "content": lines}
    yield "tick all", "post", f"{items}tick/", {"purchased": False}
    yield "undo tick", "post", f"{url}activities/{{version}}/undo/", None
    yield "tick all again", "post", f"{items}tick/", {"purchased": False}
    yield "untick all", "post", f"{items}untick/", {"purchased": True}
    yield "activities with rows", "get", f"{url}activities/?rows=true&page_size=50", None
    yield "remove all", "post", f"{items}remove/", {"purchased": False}
    yield "undo remove", "post", f"{url}activities/{{version}}/undo/", None
    yield "export of me", "get", "/api/auth/me/export/", None
    yield "delete the list", "delete", url, None
    yield "restore it", "post", f"{url}restore/", None


FORMATS = ("json", "csv", "markdown", "text")


def measure(client: Any, list_id: Any, call: tuple[str, str, str, Any]) -> None:
    """Send one request and print a line."""
    name, method, path, body = call
    from django.db import connection

    from shopping_list.models import Activity

    newest = Activity.objects.filter(list_id=list_id).latest("version").version
    content = None if body is None else json.dumps(body)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    memory = memory_kb("VmRSS")
    queries = QueryCount()
    with connection.execute_wrapper(queries):
        start = time.process_time()
        response = (
            getattr(client, method)(
                path.format(version=newest), content, content_type="application/json"
            )
            if method != "get"
            else client.get(path)
        )
        elapsed = time.process_time() - start
        peak = (memory_kb("VmHWM") - memory) / 1024
    written = sum(
        len(bytes(change.frame)) + len(json.dumps(change.changes))
        for change in Activity.objects.filter(list_id=list_id, version__gt=newest)
    )
    size = len(response.content)
    figures = (round(elapsed * 1000), round(peak, 1), queries.count, size, written)
    print(COLUMNS.format(name, response.status_code, *figures))


class QueryCount:
    """Counts queries. To capture them would make a copy of their parameters."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        """Run a query."""
        self.count += 1
        return execute(*arguments)


def memory_kb(name: str) -> int:
    """Return a figure of this process: VmRSS is its memory, VmHWM the peak of it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
