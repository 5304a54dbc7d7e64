"""A served installation, and one list of it as scripts see it."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, StorageState

from tests.support.installation import PASSWORD, Installation


class BrowserInstallation(Installation):
    """One server process with ana and bob, which can be killed and started again."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, server="uvicorn", layer="memory", redis=None)
        self._storage_states: dict[str, StorageState] = {}

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.first_server.url

    def kill(self) -> None:
        """End the server without a chance to say goodbye."""
        self.first_server.stop(signal.SIGKILL)

    def ensure_running(self) -> None:
        """Start it unless it runs, whatever a test did to it."""
        if self.first_server.process.poll() is not None:
            self.first_server.restart()

    def create_users(self, *names: str) -> None:
        """Make people who are on no list yet."""
        self.shell(
            "from accounts.models import User\n"
            f"for name in {names!r}:\n"
            f"    User.objects.create_user(name, password={PASSWORD!r}, name=name)"
        )

    def reset_link(self, who: str) -> str:
        """Return a one-time link to set a password, as an administrator prints it."""
        print_link = f"call_command('create_reset_link', {who!r})"
        said = self.shell(f"from django.core.management import call_command; {print_link}")
        link = next(word for word in said.split() if "/reset/#" in word)
        return link[link.index("/reset/#") :]

    def storage_state(self, who: str, chromium: Browser) -> StorageState:
        """Return the cookies of a person who signed in once."""
        if who not in self._storage_states:
            context = chromium.new_context(base_url=self.url)
            context.request.get("/signin/")
            token = next(c["value"] for c in context.cookies() if c["name"] == "csrftoken")
            answer = context.request.post(
                "/api/auth/login/",
                data={"username": who, "password": PASSWORD},
                headers={"X-CSRFToken": token, "Origin": self.url},
            )
            assert answer.ok, answer.text()
            self._storage_states[who] = context.storage_state()
            context.close()
        return self._storage_states[who]

    def create_list(self, *names: str) -> SharedList:
        """Make a list of ana's, with bob on it and with these items."""
        return SharedList(self, names)


class SharedList:
    """One list, by REST with ana's token: what the server holds to be true."""

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
        """Every item, by its name."""
        found = self._request("GET", f"{self._base}shopping-items/?page_size=1000").json()[
            "results"
        ]
        return {item["name"]: item for item in found}

    @property
    def ticks(self) -> dict[str, bool]:
        """Whether each item is in the cart."""
        return {name: item["purchased"] for name, item in self.items.items()}

    @property
    def version(self) -> int:
        """How many changes it has seen."""
        return int(self._request("GET", self._base).json()["version"])

    def add(self, name: str, /, **fields: Any) -> None:
        """Add an item, as a script."""
        self._request("POST", f"{self._base}shopping-items/", name=name, **fields)

    def patch(self, name: str, /, **fields: Any) -> None:
        """Change an item, as a script."""
        self._request("PATCH", f"{self._base}shopping-items/{self.items[name]['id']}/", **fields)

    def remove(self, name: str) -> None:
        """Remove an item, as a script."""
        self._request("DELETE", f"{self._base}shopping-items/{self.items[name]['id']}/")

    def rename(self, name: str) -> None:
        """Call the list something else, as a script."""
        self._request("PATCH", self._base, name=name)

    def invite(self, **wish: Any) -> str:
        """Make an invite, and return its link."""
        return str(
            self._request("POST", f"{self._base}invites/", role="editor", **wish).json()["url"]
        )

    def remove_member(self, user_id: int) -> None:
        """Take somebody off the list."""
        self._request("PUT", f"{self._base}remove-members/", members=[user_id])

    def delete(self) -> None:
        """Delete the list."""
        self._request("DELETE", self._base)

    def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        with self._installation.api("ana") as api:
            answer = api.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        return answer
