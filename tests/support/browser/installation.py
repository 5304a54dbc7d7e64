"""An installation for browser tests, and one of its lists over REST."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
from playwright.sync_api import Browser, StorageState

from tests.support.cluster import Cluster
from tests.support.database_copies import DatabaseCopy, PostgresCopy, SqliteCopy
from tests.support.installation import PASSWORD, Installation


class BrowserInstallation(Installation):
    """One server process with ana and bob, which can be killed and started again."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, server="uvicorn", layer="memory", redis=None)
        self._storage_states: dict[str, StorageState] = {}

    @property
    def url(self) -> str:
        """The URL of the server."""
        return self.first_server.url

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes that serve pages."""
        return [psutil.Process(self.first_server.process.pid)]

    def kill(self) -> None:
        """Kill the server, so that it closes no socket."""
        self.first_server.stop(signal.SIGKILL)

    def ensure_running(self) -> None:
        """Start the server again if a test stopped it."""
        if self.first_server.process.poll() is not None:
            self.first_server.restart()

    def copy_database(self) -> DatabaseCopy:
        """Copy the database, to put it back later."""
        return SqliteCopy(self.data)

    def create_users(self, *names: str) -> None:
        """Create users who are members of no list."""
        self.shell(
            "from accounts.models import User\n"
            f"for name in {names!r}:\n"
            f"    User.objects.create_user(name, password={PASSWORD!r}, name=name)"
        )

    def ensure_staff(self, who: str) -> None:
        """Create a user who owns the installation, unless there is one of that name."""
        self.shell(
            "from accounts.models import User\n"
            f"if not User.objects.filter(username={who!r}).exists():\n"
            f"    User.objects.create_superuser({who!r}, password={PASSWORD!r}, name={who!r})"
        )

    def reset_link(self, who: str) -> str:
        """Return the path of a one-time link to set a password, as an administrator creates it."""
        print_link = f"call_command('create_reset_link', {who!r})"
        output = self.shell(f"from django.core.management import call_command; {print_link}")
        link = next(word for word in output.split() if "/reset/#" in word)
        return link[link.index("/reset/#") :]

    def storage_state(self, who: str, chromium: Browser) -> StorageState:
        """Return the cookies of a user; each user signs in once."""
        if who not in self._storage_states:
            context = chromium.new_context(base_url=self.url)
            context.request.get("/signin/")
            token = next(c["value"] for c in context.cookies() if c["name"] == "trolley_csrftoken")
            response = context.request.post(
                "/api/auth/login/",
                data={"username": who, "password": PASSWORD},
                headers={"X-CSRFToken": token, "Origin": self.url},
            )
            assert response.ok, response.text()
            self._storage_states[who] = context.storage_state()
            context.close()
        return self._storage_states[who]

    def create_list(self, *names: str) -> SharedList:
        """Create a list of ana and bob with these items."""
        return SharedList(self, names)


class BrowserCluster(BrowserInstallation, Cluster):
    """Three server processes with PostgreSQL and Redis, which are killed together."""

    worker_count = 3

    def __init__(self, data: Path, *, database: str) -> None:
        Cluster.__init__(self, data, database=database)
        self._storage_states: dict[str, StorageState] = {}

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes that serve pages."""
        return self.workers

    def kill(self) -> None:
        """Kill all processes, so that no socket is closed."""
        workers = self.workers
        super().kill()
        for worker in workers:
            worker.kill()
        psutil.wait_procs(workers)

    def copy_database(self) -> DatabaseCopy:
        """Copy the tables, to put them back later."""
        return PostgresCopy(self.database)


class SharedList:
    """One list over REST with the token of ana: the state on the server."""

    def __init__(self, installation: BrowserInstallation, names: Iterable[str]) -> None:
        self._installation = installation
        self.id = str(uuid4())
        self.path = f"/lists/{self.id}/"
        self._base = f"shopping-lists/{self.id}/"
        self._request("POST", "shopping-lists/", id=self.id, name=f"Groceries {self.id[:4]}")
        self._request("PUT", f"{self._base}add-members/", members=[installation.fixtures["bob_id"]])
        if names:
            items = [{"name": name} for name in names]
            self._request("POST", f"{self._base}shopping-items/bulk/", items=items)

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """The items by their names."""
        rows = self._request("GET", f"{self._base}shopping-items/?page_size=1000").json()["results"]
        return {item["name"]: item for item in rows}

    @property
    def ticks(self) -> dict[str, bool]:
        """Whether each item is ticked."""
        return {name: item["purchased"] for name, item in self.items.items()}

    @property
    def version(self) -> int:
        """The version of the list."""
        return int(self._request("GET", self._base).json()["version"])

    def add(self, name: str, /, **fields: Any) -> None:
        """Add an item."""
        self._request("POST", f"{self._base}shopping-items/", name=name, **fields)

    def add_many(self, items: Iterable[dict[str, str]]) -> None:
        """Add items as one change."""
        self._request("POST", f"{self._base}shopping-items/bulk/", items=[*items])

    def patch(self, name: str, /, **fields: Any) -> None:
        """Change an item."""
        self._request("PATCH", f"{self._base}shopping-items/{self.items[name]['id']}/", **fields)

    def tick_all(self) -> None:
        """Tick all items."""
        self._request("POST", f"{self._base}shopping-items/tick/", purchased=False)

    def remove(self, name: str) -> None:
        """Remove an item."""
        self._request("DELETE", f"{self._base}shopping-items/{self.items[name]['id']}/")

    def rename(self, name: str) -> None:
        """Rename the list."""
        self._request("PATCH", self._base, name=name)

    def set_staples(self, names: Iterable[str]) -> None:
        """Make these names the usual ones."""
        self._request("PATCH", self._base, staples={name: {} for name in names})

    def invite(self, **fields: Any) -> str:
        """Create an invite and return its link."""
        body = {"role": "editor", **fields}
        return str(self._request("POST", f"{self._base}invites/", **body).json()["url"])

    def remove_member(self, user_id: int) -> None:
        """Remove a member."""
        self._request("PUT", f"{self._base}remove-members/", members=[user_id])

    def delete(self) -> None:
        """Delete the list."""
        self._request("DELETE", self._base)

    def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        with self._installation.api("ana") as api:
            response = api.request(method, path, json=body or None)
        assert response.is_success, response.text
        return response
