"""Writers of one process write to SQLite one after another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.utils import ConnectionHandler

from asgi_project.sqlite.base import DatabaseWrapper

pytestmark = pytest.mark.django_db
UNIT = 0.1  # seconds that a second writer waits at most


@pytest.fixture
def open_connection(tmp_path: Path) -> Iterator[Any]:
    opened: list[DatabaseWrapper] = []

    def connect(timeout: float = 20) -> DatabaseWrapper:
        handler = ConnectionHandler(
            {
                "default": {
                    "ENGINE": "asgi_project.sqlite",
                    "NAME": str(tmp_path / "turns.sqlite3"),
                    "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": timeout},
                }
            }
        )
        handler.thread_critical = False
        connection: Any = handler.create_connection("default")
        connection.inc_thread_sharing()
        opened.append(connection)
        return connection  # type: ignore[no-any-return]

    yield connect
    for connection in opened:
        connection.close()


def begin(connection: DatabaseWrapper) -> None:
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: DatabaseWrapper) -> None:
    connection.commit()
    connection.set_autocommit(True)


def test_second_writer_starts_after_first_writer_commits(open_connection: Any) -> None:
    first, second = open_connection(), open_connection()
    order: list[str] = []
    waiting = Event()

    def write() -> None:
        waiting.set()
        begin(second)
        order.append("second began")
        end(second)

    begin(first)
    thread = Thread(target=write)
    thread.start()
    waiting.wait(10)
    order.append("first commits")
    end(first)
    thread.join(10)
    assert order == ["first commits", "second began"]


@pytest.mark.parametrize("method", ["rollback", "close"])
def test_write_lock_is_released_when_transaction_ends(open_connection: Any, method: str) -> None:
    first, second = open_connection(), open_connection(timeout=UNIT)
    begin(first)
    getattr(first, method)()
    begin(second)
    end(second)


def test_waiting_writer_gets_sqlite_error_after_timeout(open_connection: Any) -> None:
    first, second = open_connection(), open_connection(timeout=UNIT)
    begin(first)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(second)
    second.close()
    end(first)
    third = open_connection(timeout=UNIT)
    begin(third)
    end(third)


def test_default_database_uses_the_sqlite_backend() -> None:
    if connections["default"].vendor == "sqlite":
        assert isinstance(connections["default"], DatabaseWrapper)
