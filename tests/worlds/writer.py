"""One transaction of a request: lock, record, commit, publish, respond, each after a delay."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from uuid import UUID

from live.delivery import publisher
from tests.worlds.database import Database, Edit, LogRow
from tests.worlds.decisions import Decisions
from tests.worlds.product import Process, hooks_of
from tests.worlds.scheduler import Scheduler
from trolley_check.history import Event, Invoked, Responded

STEPS = (0.001, 0.0, 0.004, 0.02, 0.1, 0.5)
"""Seconds between two steps."""
OUTCOMES = ("commit", "rollback")


class Transaction:
    """Makes one edit in a thread of a process. A process that is killed leaves it where it is."""

    def __init__(
        self,
        key: str,
        *,
        list_id: UUID,
        kind: str,
        number: int,
        process: Process,
        database: Database,
        scheduler: Scheduler,
        decisions: Decisions,
        note: Callable[[Event], None],
    ) -> None:
        self._key, self._list_id, self._kind, self._number = key, list_id, kind, number
        self._process, self._database = process, database
        self._scheduler, self._decisions, self._note = scheduler, decisions, note
        self._hooks: list[Callable[[], None]] = []
        self._row: LogRow | None = None
        self._has_lock = self._is_over = False

    def start(self) -> None:
        """Send the request."""
        self._database.lock(self._list_id, self._on_locked)

    def on_killed(self) -> None:
        """Roll back what is not committed: the process is dead."""
        if self._has_lock:
            self._has_lock = False
            self._database.unlock(self._list_id)
        self._is_over = True

    def _on_locked(self) -> None:
        if self._is_over or self._process.loop.is_dead or self._database.is_down:
            self._database.unlock(self._list_id)
            return
        self._has_lock = True
        self._then(self._record)

    def _then(self, step: Callable[[], None]) -> None:
        key = f"write {self._key} {step.__name__[1:]}"
        seconds = STEPS[self._decisions.decide("write", key, len(STEPS))]
        self._scheduler.post(seconds, self._run, step)

    def _run(self, step: Callable[[], None]) -> None:
        if not self._process.loop.is_dead:
            step()

    def _record(self) -> None:
        edit = Edit(
            self._list_id,
            self._kind,
            op=self._key,
            number=self._number,
            now=self._scheduler.now,
        )
        row = self._row = edit.on(self._database.lists[self._list_id].current)
        if row is None:
            self.on_killed()
            return
        self._add(Invoked, items=item_count(row))
        activity = SimpleNamespace(**{**row.__dict__, "list_id": self._list_id})
        self._hooks = hooks_of(self._process, lambda: publisher.publish(activity))
        self._then(self._end)

    def _end(self) -> None:
        assert self._row is not None
        outcome = OUTCOMES[self._decisions.decide("outcome", f"outcome {self._key}", 2)]
        if outcome == "rollback" or self._database.is_down:
            self._add(Responded, status=409)
            self.on_killed()
            return
        self._database.commit(self._row)
        self._has_lock = False
        self._database.unlock(self._list_id)
        self._then(self._publish)

    def _publish(self) -> None:
        self._process.enter()
        for hook in self._hooks:
            hook()
        self._then(self._respond)

    def _respond(self) -> None:
        self._add(Responded, status=200)

    def _add(self, kind: type[Event], **values: object) -> None:
        self._note(
            kind(
                client=f"writer {self._key}",
                list=str(self._list_id),
                time=self._scheduler.now,
                op=self._key,
                **values,
            )
        )


def item_count(row: LogRow) -> int:
    """Return how many items a change has."""
    return sum("item" in change for change in row.changes)
