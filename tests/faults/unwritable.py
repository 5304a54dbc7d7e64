"""What a client sees while the database cannot be written, and afterwards."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx

from tests.support.installation import Installation

PAUSE = 0.2
RECOVERY_SECONDS = 5.0


def use_while_unwritable(installation: Installation, seconds: float) -> None:
    """Read and edit. Raises AssertionError unless reading goes on and some edits get 503.

    A full disk may still have room for an edit. One that is refused must leave nothing.
    """
    paths = _paths(installation)
    stored: str | None = None
    refused, end = 0, time.monotonic() + seconds
    with installation.api() as api:
        while time.monotonic() < end:
            note, response = _edit(installation, api)
            if response.status_code == 200:
                stored = note
            else:
                _check_refusal(response)
                refused += 1
            answers = [api.get(path) for path in paths]
            assert [answer.status_code for answer in answers] == [200] * len(paths)
            assert stored in {None, answers[0].json()["note"]}
            time.sleep(PAUSE)
    assert refused, "every edit was stored"


def edit_again(installation: Installation) -> None:
    """Edit now that the database can be written. Raises AssertionError if it does not recover."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    with installation.api() as api:
        while (response := _edit(installation, api)[1]).status_code != 200:
            _check_refusal(response)
            assert time.monotonic() < deadline, "no edit is stored although the fault is over"
            time.sleep(PAUSE)


def _paths(installation: Installation) -> tuple[str, ...]:
    """Return what is read: an item, the list, its items, its history and all lists."""
    lists = "shopping-lists/"
    path = f"{lists}{installation.list_id}/"
    items = f"{path}shopping-items/"
    return f"{items}{installation.fixtures['item']}/", path, items, f"{path}snapshot/", lists


def _edit(installation: Installation, api: httpx.Client) -> tuple[str, httpx.Response]:
    note = f"{uuid4()} {'x' * 900}"
    return note, api.patch(_paths(installation)[0], json={"note": note})


def _check_refusal(response: httpx.Response) -> None:
    assert response.status_code == 503, response.text
    assert response.json()["code"] == "database_unavailable", response.text
    assert int(response.headers["Retry-After"]) >= 1
