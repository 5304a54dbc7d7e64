"""One world: lists, processes, clients and faults of a seed, until everything has healed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from live.consumers import LiveConsumer
from live.delivery.readings import Position
from tests.worlds import incidents
from tests.worlds.client import Client
from tests.worlds.database import ANA, BOB, Database
from tests.worlds.decisions import Decisions, Recording
from tests.worlds.incidents import Incident, Plan
from tests.worlds.layer import ChannelLayer
from tests.worlds.link import Link
from tests.worlds.product import Process, forget_runtime, installed
from tests.worlds.scheduler import Scheduler
from tests.worlds.verdict import findings_of
from tests.worlds.writer import Transaction
from trolley_check.history import Event

HEAL_SECONDS = 16.0
"""Seconds in which everything must be right again after the last incident."""
CONNECTS = (0.0, 0.01, 0.2, 1.0)
"""Seconds that a client waits longer than it must before it connects."""

application: Any = LiveConsumer.as_asgi()


@dataclass
class Outcome:
    """What a world has done, and what it has broken."""

    seed: int
    decisions: dict[str, int]
    events: list[Event]
    findings: list[str]
    seconds: float
    callbacks: int
    commits: int

    @property
    def recording(self) -> Recording:
        """The file that repeats this world."""
        return Recording(self.seed, self.decisions, self.findings)


class World:
    """Holds the parts of one world. It decides nothing about what is right (verdict.py)."""

    def __init__(
        self,
        seed: int,
        *,
        repeated: dict[str, int] | None = None,
        plan: Plan | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        self.plan = plan = plan or incidents.plan_of(seed)
        self.seed = seed
        self.decisions = Decisions(seed, repeated=repeated)
        self.decisions.rates = dict(plan.rates)
        self.scheduler = scheduler or Scheduler()
        self.events: list[Event] = []
        self.problems: list[str] = []
        self.lost_ops: set[str] = set()
        list_ids = [UUID(int=number + (1 << 120)) for number in range(plan.lists)]
        self.database = Database(list_ids, lambda: self.scheduler.now)
        self.list_ids = list_ids
        self.layer = ChannelLayer(self.scheduler, self.decisions)
        self.processes: list[Process] = []
        self.dead: list[Process] = []
        self.clients: list[Client] = []
        self.links: dict[Process, list[Link]] = {}
        self._sockets: set[Any] = set()
        """The tasks that serve sockets."""
        self._transactions: dict[Process, list[Transaction]] = {}
        self._starts = self._connects = 0
        self.command = self._new_process("command")
        """A process without sockets and without a relay, like a shell."""
        self._heals: list[Callable[[], None]] = []
        self.is_abandoned = False
        """Whether the end does not matter."""

    def run(self) -> Outcome:
        """Run the world to its end."""
        with installed(
            self.scheduler,
            self.database,
            self.plan.limits,
            seed=self.seed,
            on_error=self.problems.append,
        ):
            self._begin()
            self._live()
            findings = [] if self.is_abandoned else self._end()
            self._dispose()
        return Outcome(
            seed=self.seed,
            decisions=self.decisions.taken,
            events=self.events,
            findings=findings,
            seconds=self.scheduler.now,
            callbacks=self.scheduler.events_run,
            commits=len(self.database.all_rows),
        )

    def _end(self) -> list[str]:
        """Let everything heal, and return what is wrong then."""
        self._heal()
        self.scheduler.run_until(self.scheduler.now + HEAL_SECONDS, self.is_converged)
        return findings_of(self)

    def _live(self) -> None:
        """Let everything happen, up to the time at which it heals."""
        self.scheduler.run_until(incidents.SECONDS)

    # Parts.

    def _begin(self) -> None:
        for _ in range(self.plan.processes):
            self._start_process()
        for number in range(self.plan.clients):
            self._add_client(number)
        for incident in self.plan.incidents:
            if self.decisions.has(incident.key):
                self.scheduler.post_at(incident.at, self._happen, incident)

    def _new_process(self, name: str) -> Process:
        process = Process(
            name,
            scheduler=self.scheduler,
            decisions=self.decisions,
            database=self.database,
            on_error=self.problems.append,
        )
        process.layer = self.layer.of_process(process.name, process.loop)
        process.on_killed = self._on_killed
        self.links[process], self._transactions[process] = [], []
        return process

    def _start_process(self) -> None:
        process = self._new_process(f"p{self._starts}")
        self._starts += 1
        self.processes.append(process)
        process.start()

    def _add_client(self, number: int) -> None:
        client = Client(
            f"c{number}",
            user_id=BOB if number % 2 else ANA,
            list_id=self.list_ids[number // 2 % len(self.list_ids)],
            has_list_address=number % 3 == 2,
            now=lambda: self.scheduler.now,
            note=self.events.append,
            connect=self._connect_later,
            on_delivered=self._check_delivered,
            has_gone_back=self._has_gone_back,
        )
        client.on_lost = self._ask_again_later
        self.clients.append(client)
        self._connect_later(client, 0.0)

    def _connect_later(self, client: Client, seconds: float) -> None:
        self._connects += 1
        key = f"connect {client.name} {self._connects}"
        wait = CONNECTS[self.decisions.decide("connect", key, len(CONNECTS))]
        self.scheduler.post(seconds + wait, self._connect, client)

    def _connect(self, client: Client) -> None:
        alive = [process for process in self.processes if not process.is_stopping]
        if client.is_over or client.link is not None:
            return
        if not alive:
            self._connect_later(client, 0.3)
            return
        process = self.choose_process(client, alive)
        self._connects += 1
        link = Link(
            f"{client.name}/{self._connects}",
            client,
            loop=process.loop,
            scheduler=self.scheduler,
            decisions=self.decisions,
            capacity=self.plan.capacity,
        )
        self.links[process].append(link)
        path, query = client.path
        kwargs = {"list_id": client.list_id} if client.has_list_address else {}
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {client.user_id}".encode())],
            "client": ("10.0.0.1", 4000),
            "url_route": {"kwargs": kwargs},
        }
        client.on_connected(link)
        with process.entered():
            task = process.loop.create_task(application(scope, link.receive, link.send))
        self._sockets.add(task)
        task.add_done_callback(lambda done: self._on_socket_ended(link, done))

    def choose_process(self, client: Client, alive: list[Process]) -> Process:
        """Return the process to which a client connects."""
        key = f"process {client.name} {self._connects}"
        return alive[self.decisions.decide("connect", key, len(alive))]

    def _on_socket_ended(self, link: Link, task: Any) -> None:
        link.end()
        if not task.cancelled() and task.exception() and not self.is_disconnect(task):
            self.problems.append(f"{link.name} ended with {task.exception()!r}")

    def is_disconnect(self, task: Any) -> bool:
        """Tell whether a socket ended because its client disconnected during the handshake.

        Servers expect this error of an application, and log nothing.
        """
        return task in self._sockets and isinstance(task.exception(), ConnectionError)

    def _ask_again_later(self, client: Client) -> None:
        """Let a client whose access has ended try again: perhaps only its role was lowered."""
        self.scheduler.post(0.05, client.subscribe_again)

    def _on_killed(self, process: Process) -> None:
        self.processes.remove(process)
        self.dead.append(process)
        for transaction in self._transactions[process]:
            transaction.on_killed()
        for link in self.links[process]:
            link.end()
        self._restart_later()

    def _restart_later(self) -> None:
        key = f"restart {self._starts + len(self.dead)}"
        seconds = (0.3, 0.05, 1.0)[self.decisions.decide("connect", key, 3)]
        self.scheduler.post(seconds, self._start_process)

    # Incidents.

    def _happen(self, incident: Incident) -> None:
        handle = getattr(self, f"_{incident.kind}", self._edit)
        handle(incident)

    def _edit(self, incident: Incident) -> None:
        process = [*self.processes, self.command][incident.which % (len(self.processes) + 1)]
        transaction = Transaction(
            incident.key,
            list_id=self.list_ids[incident.number % len(self.list_ids)],
            kind=incident.kind,
            number=incident.number,
            process=process,
            database=self.database,
            scheduler=self.scheduler,
            decisions=self.decisions,
            note=self.events.append,
        )
        self._transactions[process].append(transaction)
        transaction.start()

    def _client(self, incident: Incident) -> Client:
        return self.clients[incident.which % len(self.clients)]

    def _cut(self, incident: Incident) -> None:
        self._cut_client(self._client(incident), is_noticed=True)

    def _lose_connection(self, incident: Incident) -> None:
        self._cut_client(self._client(incident), is_noticed=False)

    def _cut_client(self, client: Client, *, is_noticed: bool) -> None:
        if client.link is not None:
            client.link.cut(is_noticed=is_noticed)

    def _stop_reading(self, incident: Incident) -> None:
        link = self._client(incident).link
        if link is not None:
            link.stop_reading()
            self.scheduler.post(incident.seconds * 5, link.go_on_reading)
            self._heals.append(link.go_on_reading)

    def _subscribe(self, incident: Incident) -> None:
        client = self._client(incident)
        if client.is_subscribed:
            client.subscribe()

    def _subscribe_anew(self, incident: Incident) -> None:
        client = self._client(incident)
        if client.is_subscribed:
            client.subscribe(has_position=False)

    def _unsubscribe(self, incident: Incident) -> None:
        self._client(incident).unsubscribe()

    def _reopen_page(self, incident: Incident) -> None:
        client = self._client(incident)
        self._cut_client(client, is_noticed=incident.number % 2 == 0)
        client.forget_changes(incident.number)

    def _new_page(self, incident: Incident) -> None:
        client = self._client(incident)
        self._cut_client(client, is_noticed=incident.number % 2 == 0)
        client.forget_all()

    def _process(self, incident: Incident) -> Process | None:
        alive = [process for process in self.processes if not process.is_stopping]
        return alive[incident.which % len(alive)] if alive else None

    def _kill(self, incident: Incident) -> None:
        process = self._process(incident)
        if process is not None:
            process.kill_in = incident.number % 40

    def _stop(self, incident: Incident) -> None:
        process = self._process(incident)
        if process is not None:
            process.stop()

    def _pause(self, incident: Incident) -> None:
        process = self._process(incident)
        if process is not None:
            process.pause(incident.seconds / 2)

    def _layer_down(self, incident: Incident) -> None:
        self.layer.go_down()
        self.scheduler.post(incident.seconds, self._layer_up, incident.number % 2 == 0)
        self._heals.append(lambda: self._layer_up(is_restarted=False))

    def _layer_up(self, is_restarted: bool) -> None:
        if is_restarted and not self.layer.is_up:
            self.layer.forget()
        self.layer.is_up = True

    def _layer_forgets(self, _incident: Incident) -> None:
        self.layer.forget()

    def _layer_forgets_channel(self, incident: Incident) -> None:
        self.layer.forget(incident.number)

    def _database_down(self, incident: Incident) -> None:
        self.database.is_down = True
        self.scheduler.post(incident.seconds, self._database_up)
        self._heals.append(self._database_up)

    def _database_up(self) -> None:
        self.database.is_down = False

    def _database_goes_back(self, incident: Incident) -> None:
        list_id = self.list_ids[incident.number % len(self.list_ids)]
        stored = self.database.lists[list_id]
        if not stored.is_locked:
            back = 1 + incident.number % 4
            self.lost_ops |= self.database.go_back(list_id, stored.current.version - back)

    def _new_epoch(self, incident: Incident) -> None:
        list_id = self.list_ids[incident.number % len(self.list_ids)]
        if not self.database.lists[list_id].is_locked:
            self.database.start_epoch(list_id)

    def _prune(self, incident: Incident) -> None:
        self.database.prune(self.list_ids[incident.number % len(self.list_ids)], 2)

    # The end.

    def _heal(self) -> None:
        self.decisions.rates = {}
        for heal in self._heals:
            heal()
        for process in self.processes:
            process.kill_in = None

    def is_converged(self) -> bool:
        """Tell whether nothing is left to do: every client has what the database has."""
        if any(stored.is_locked for stored in self.database.lists.values()):
            return False
        return all(self.has_all(client) for client in self.clients)

    def has_all(self, client: Client) -> bool:
        """Tell whether a client has what the database has, or knows that it may not see it."""
        current = self.database.lists[client.list_id].current
        if client.user_id not in current.member_ids:
            return not client.is_subscribed
        if not client.should_follow:
            return True
        at = client.replica
        is_same = at is not None and Position(at.epoch, at.version, at.digest) == current.position
        return is_same and client.is_subscribed and client.link is not None

    def _check_delivered(self, client: Client, position: Position) -> None:
        """Check at the moment of a delivery what is wrong for ever if it is wrong now."""
        branch = self.database.branches.get((client.list_id, position))
        if branch is None:
            self.problems.append(f"{client.name} got {position}, which was never committed")
            return
        if self.database.lists[client.list_id].has_gone_back:
            return  # what is known of the access may never have happened: see AccessTracker
        entries = self.database.memberships[client.list_id]
        later = [
            members
            for entry_branch, version, members in entries
            if entry_branch > branch or (entry_branch == branch and version >= position.version)
        ]
        if not any(client.user_id in members for members in later):
            self.problems.append(f"{client.name} got {position} after its access had ended")

    def _has_gone_back(self, client: Client, first: Position, second: Position) -> bool:
        return self.database.has_gone_back(client.list_id, first, second)

    def _dispose(self) -> None:
        """End what would go on, so that nothing of this world runs later."""
        for process in [*self.processes, *self.dead, self.command]:
            process.loop.is_dead = True
            forget_runtime(process)
            with process.entered():
                for task in process.loop.tasks:
                    if not task.done():
                        with suppress(BaseException):
                            task.get_coro().close()
            process.loop.tasks.clear()


def run_world(seed: int, *, repeated: dict[str, int] | None = None) -> Outcome:
    """Run the world of a seed, or one with the decisions of an earlier run."""
    return World(seed, repeated=repeated).run()
