"""An edit that was answered is on the disk: a power cut does not lose it."""

from __future__ import annotations

import sys
import threading

import httpx
import pytest

from tests.support.databases import copy_template
from tests.support.power_cut import ForgetfulDisk
from tests.support.processes import ServerProcess

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can preload the library"),
]
WRITERS = 3
ANSWERS = 60
"""Answers after which the power is cut."""


class Writer(threading.Thread):
    """Adds items until the server is gone; knows those that were answered."""

    def __init__(self, api: httpx.Client, path: str, name: str, enough: threading.Event) -> None:
        super().__init__(name=name)
        self.api, self.path, self.enough = api, path, enough
        self.answered: list[str] = []

    def run(self) -> None:
        with self.api:
            while True:
                name = f"{self.name} {len(self.answered)}"
                try:
                    response = self.api.post(self.path, json={"name": name})
                except httpx.TransportError:
                    return
                assert response.status_code == 201, response.text
                self.answered.append(response.json()["id"])
                if len(self.answered) >= ANSWERS // WRITERS:
                    self.enough.set()


def client(server, fixtures):
    headers = {"Authorization": f"Bearer {fixtures['ana']}"}
    return httpx.Client(base_url=f"{server.url}/api/", headers=headers, timeout=30)


def test_no_answered_edit_is_lost_at_a_power_cut(tmp_path):
    """POS-6"""
    data = tmp_path / "data"
    fixtures = copy_template(data)
    disk = ForgetfulDisk(data)
    path = f"shopping-lists/{fixtures['list']}/shopping-items/"
    enough = threading.Event()
    with ServerProcess(data, **disk.environment) as server:
        writers = [
            Writer(client(server, fixtures), path, f"writer {number}", enough)
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        server.process.kill()
        server.process.wait()
        for writer in writers:
            writer.join()
    disk.cut_power()
    answered = {item_id for writer in writers for item_id in writer.answered}
    with ServerProcess(data, name="after") as server, client(server, fixtures) as api:
        results = api.get(f"{path}?page_size=1000").json()["results"]
        assert len(answered) >= ANSWERS // WRITERS
        assert answered <= {item["id"] for item in results}
