"""The state of a small world as a digest: from equal states the same can follow.

What each client has seen so far belongs to it. So an order whose state was seen before breaks
nothing that the earlier order does not break.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from tests.worlds.choices import Pending
from tests.worlds.client import Client
from tests.worlds.memory import LEFT_OUT, digest_of
from tests.worlds.product import Process
from tests.worlds.small import SmallWorld
from trolley_check.history import Responded


class State(NamedTuple):
    """The digest of a state, and what can happen next, each event with a name that is its own.

    A name does not depend on what happened before, so equal states have the same names.
    """

    digest: bytes
    events: dict[str, Pending]


class StateReader:
    """Reads the state of a world. `memories` has the digests of processes that are known."""

    def __init__(self, world: SmallWorld, memories: dict[str, bytes]) -> None:
        self._world = world
        self._memories = memories

    def read(self, enabled: Iterable[Pending]) -> State:
        """Return the state at this moment, and add to `memories` what was not known."""
        world = self._world
        names = _names(world)
        parts = [
            *(_database(world), _layer(world), sorted(names.values())),
            *(_client(world, client) for client in world.clients),
            *map(self._memory, (*world.processes, world.command)),
        ]
        digest = blake2b(repr(parts).encode(), digest_size=16).digest()
        return State(digest, {names[id(event)]: event for event in enabled})

    def _memory(self, process: Process) -> bytes:
        memory = self._memories.get(process.name)
        if memory is None:
            memory = self._memories[process.name] = _memory(self._world, process)
        return memory


def _database(world: SmallWorld) -> list[Any]:
    responded = sorted(event.op for event in world.events if isinstance(event, Responded))
    parts: list[Any] = [world.problems, responded, sorted(world.lost_ops), world.left_edits]
    for stored in world.database.lists.values():
        log = [(row.version, row.base, row.digest, row.op) for row in stored.log]
        parts += [stored.current.position, stored.current.exists, stored.branch, log]
    parts.append([(branch, row.op, row.version) for branch, row in world.database.all_rows])
    return parts


def _layer(world: SmallWorld) -> list[Any]:
    groups = {name: tuple(members) for name, members in world.layer.groups.items()}
    alive = [process.name for process in world.processes]
    return [groups, alive, [process.name for process in world.dead]]


def _names(world: SmallWorld) -> dict[int, str]:
    """Return the name of each pending event, by its id."""
    names: dict[int, str] = {}
    counts: dict[str, int] = {}
    for event in world.choosing.pending:
        name = _name(event)
        number = counts[name] = counts.get(name, 0) + 1
        names[id(event)] = f"{name} #{number}"
    return names


def _name(event: Pending) -> str:
    kind = event.label.split()[0]
    if event.group:
        channel, content, _ = event.args
        return f"{kind} {channel} {_message(content)}"
    if event.loop is not None:
        return f"{kind} {event.loop.name}"
    if kind == "publish":
        process, hooks, *_ = event.args
        return f"{event.label} {process.name} {digest_of(hooks).hex()}"
    return event.label


def _message(content: bytes) -> str:
    message = msgspec.msgpack.decode(content)
    return repr({key: value for key, value in message.items() if key not in LEFT_OUT})


def _client(world: SmallWorld, client: Client) -> list[Any]:
    first_name = client.name.partition(".")[0]
    history = [
        (type(event).__name__, {**vars(event), "client": None, "time": None})
        for event in world.events
        if event.client.partition(".")[0] == first_name
    ]
    places = [
        (process.name, links.index(client.link))
        for process, links in world.links.items()
        if client.link in links
    ]
    memory = {name: value for name, value in vars(client).items() if not callable(value)}
    memory.pop("link")
    return [history, places, digest_of(memory)]


def _memory(world: SmallWorld, process: Process) -> bytes:
    loop = process.loop
    pending = [
        (event.label.split()[0], event.args[:-1] if event.label[0] == "_" else event.args)
        for event in world.choosing.pending
        if event.loop is loop and not event.group
    ]
    later = [args for *_, run, args in world.choosing.later() if _owner(run) is loop]
    tasks = [task for task in loop.tasks if not task.done()]
    failed = [repr(task.exception()) for task in loop.tasks if task.done() and _has_failed(task)]
    inbox = process.layer._inbox, process.layer._receiving
    parts = [inbox, pending, later, tasks, failed, world.links[process], *_runtime_parts(process)]
    return digest_of(*parts, in_order=loop.tasks)


def _runtime_parts(process: Process) -> list[Any]:
    runtime = getattr(process, "runtime", None)
    if runtime is None:
        return []
    return [
        *(runtime.relay, runtime.hub, runtime.registry, runtime.access, runtime.presence),
        *(runtime.subscriptions, runtime.overview_topics, runtime.screens, _owed(runtime)),
    ]


def _owner(run: Any) -> Any:
    return getattr(run, "__self__", None)


def _has_failed(task: Any) -> bool:
    return bool(task._log_traceback) and not task.cancelled()


def _owed(runtime: Any) -> int:
    meter = runtime.meter
    became = meter.live + meter.resumed + meter.copied + meter.withdrawn
    return int(meter.promised - became)
