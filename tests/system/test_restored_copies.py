"""An older copy of the database is put back: every screen equals the database again.

The same version numbers are used twice, by other edits. Only the digest of a position
tells the two histories apart.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.support.cluster import Cluster
from tests.support.converging_clients import clients, eventually, wait_until_equal
from tests.support.database_copies import DatabaseCopy, PostgresCopy, SqliteCopy
from tests.support.databases import fresh_database
from tests.support.installation import Installation

pytestmark = [pytest.mark.system, pytest.mark.rewritten_history, pytest.mark.timeout(180)]
LOST_EDITS = 8
"""Edits after the copy was made, which are gone when it is put back."""
NEW_EDITS = pytest.mark.parametrize(
    "new_edits",
    [
        pytest.param(0, id="none", marks=pytest.mark.extended),
        pytest.param(3, id="fewer", marks=pytest.mark.extended),
        pytest.param(LOST_EDITS, id="as many"),
        pytest.param(LOST_EDITS + 4, id="more", marks=pytest.mark.extended),
    ],
)
EDIT = """
from accounts.models import User
from shopping_list.models import ShoppingList
from shopping_list.recording.actor import acting_as
from uuid import uuid4
shopping_list = ShoppingList.objects.get(pk="{list}")
people = list(User.objects.filter(username__in=["ana", "bob"]).order_by("pk"))
for number in range({count}):
    with acting_as(people[number % 2]):
        if number % 3:
            item = shopping_list.items.order_by("created_at").first()
            item.note = f"{text} {{number}}"
            item.save()
        else:
            shopping_list.items.create(name=f"{text} {{uuid4()}}")
shopping_list.refresh_from_db()
print("VERSION", shopping_list.version)
"""


class Scenario:
    """An installation, and the copies of its database."""

    def __init__(self, installation: Installation, *, postgres: str | None) -> None:
        self.installation = installation
        self._postgres = postgres

    def copy_database(self) -> DatabaseCopy:
        if self._postgres is not None:
            return PostgresCopy(self._postgres)
        return SqliteCopy(self.installation.data)

    def edit(self, text: str, count: int) -> int:
        """Make this number of edits in another process, and return the version."""
        code = EDIT.format(list=self.installation.list_id, count=count, text=text)
        return int(self.installation.shell(code).split("VERSION ")[1])


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    """One process, SQLite, the layer in memory."""
    data = tmp_path_factory.mktemp("restored") / "data"
    installation = Installation(data, server="uvicorn", layer="memory", redis=None)
    yield Scenario(installation, postgres=None)
    installation.close()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory, postgres_url):
    """Two workers, PostgreSQL, Redis."""
    data = tmp_path_factory.mktemp("restored") / "data"
    with fresh_database(postgres_url) as database, Cluster(data, database=database) as cluster:
        yield Scenario(cluster, postgres=database)


@pytest.fixture(params=["sqlite", "postgres"])
def scenario(request):
    return request.getfixturevalue(request.param)


@NEW_EDITS
async def test_screens_equal_database_when_copy_is_put_back_under_running_process(
    scenario, new_edits
):
    """POS-2"""
    async with clients(scenario.installation, count=4) as everyone:
        copy = await asyncio.to_thread(scenario.copy_database)
        lost_version = await asyncio.to_thread(scenario.edit, "lost", LOST_EDITS)
        await eventually(lambda: all(client.version == lost_version for client in everyone))
        await asyncio.to_thread(copy.put_back)
        version = await asyncio.to_thread(scenario.edit, "new", new_edits)
        assert version == lost_version - LOST_EDITS + new_edits
        await wait_until_equal(scenario.installation, everyone, version=version)


@NEW_EDITS
async def test_screens_equal_database_when_copy_is_put_back_before_restart(scenario, new_edits):
    """POS-2"""
    server = scenario.installation.first_server
    async with clients(scenario.installation, count=4) as everyone:
        copy = await asyncio.to_thread(scenario.copy_database)
        lost_version = await asyncio.to_thread(scenario.edit, "lost", LOST_EDITS)
        await eventually(lambda: all(client.version == lost_version for client in everyone))
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(copy.put_back)
        version = await asyncio.to_thread(scenario.edit, "new", new_edits)
        await asyncio.to_thread(server.restart)
        await wait_until_equal(scenario.installation, everyone, version=version)
        assert all(client.recovered[-1] is False for client in everyone)
