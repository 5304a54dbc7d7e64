"""Every order of small worlds: two processes, two writers, two clients, six events.

The same parts run as in a large world, but nothing is timed: whenever more than one thing can
happen next, each of them is tried. Orders that differ only in the order of things that have
nothing to do with each other are run once (sleep sets, Godefroid 1996).
"""

from __future__ import annotations

import gc
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from live.delivery import publisher
from tests.worlds.client import Client
from tests.worlds.database import Edit
from tests.worlds.incidents import Plan
from tests.worlds.layer import ChannelLayer
from tests.worlds.product import Process, hooks_of
from tests.worlds.scheduler import ProcessLoop, Scheduler
from tests.worlds.world import World
from tests.worlds.writer import item_count
from trolley_check.history import Event, Invoked, Responded

TICK = 1e-4
"""Seconds that pass with each choice."""
SHORT = 0.05
"""Seconds: timers up to this may go off at any moment, later ones when nothing else happens."""
SETUP_SECONDS = 0.1

Label = str
Footprint = frozenset[tuple[str, str]]
"""What an event has touched: resources, each with `read` or `write`."""


@dataclass
class Pending:
    """Something that can happen next."""

    label: Label
    run: Callable[..., object]
    args: tuple[Any, ...]
    lane: str
    """Of events of one lane, only the first can happen."""
    group: str = ""
    """Of events of one group, one happens, and the others never."""


class ChoosingScheduler(Scheduler):
    """Keeps what can happen next as a choice, in the place of a time.

    The callbacks of a process run to their end after each choice: they touch nothing but
    their own process.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_choosing = False
        self.can_lose_messages = False
        self.pending: list[Pending] = []
        self.touched: set[tuple[str, str]] = set()
        self._counts: dict[str, int] = {}

    def post_at(self, time: float, run: Callable[..., object], *args: Any) -> None:
        """Keep an event as a choice, or run it as soon as possible."""
        if not self.is_choosing:
            super().post_at(time, run, *args)
            return
        owner = getattr(run, "__self__", None)
        name = getattr(run, "__name__", "")
        if isinstance(owner, Process) and name in {"_next_step", "_answer"}:
            self.choose(f"{name} {args[-1]}", run, *args)
        elif isinstance(owner, ChannelLayer) and name == "deliver" and not _is_echo(args[-1]):
            self.choose(f"deliver {args[-1]}", run, *args, group=args[-1])
            if self.can_lose_messages:
                self.choose(f"lose {args[-1]}", lambda: None, group=args[-1])
        elif isinstance(owner, ProcessLoop) and name == "_on_timer":
            if time - self.now <= SHORT:
                self.choose(f"timer {owner.name}", run, *args)
            else:
                super().post_at(time, run, *args)
        else:
            super().post_at(self.now, run, *args)

    def choose(
        self, label: str, run: Callable[..., object], *args: Any, lane: str = "", group: str = ""
    ) -> None:
        """Add something that can happen next."""
        number = self._counts[label] = self._counts.get(label, 0) + 1
        label = f"{label} #{number}" if number > 1 else label
        self.pending.append(Pending(label, run, args, lane or label, group))

    def enabled(self) -> list[Pending]:
        """Return what can happen next."""
        lanes: set[str] = set()
        first = []
        for each in self.pending:
            if each.lane not in lanes:
                lanes.add(each.lane)
                first.append(each)
        return [each for each in first if not _is_cancelled(each)]

    def happen(self, event: Pending) -> Footprint:
        """Let an event happen, and all that follows from it at once."""
        self.pending = [
            each
            for each in self.pending
            if each is not event and not (event.group and each.group == event.group)
        ]
        self.touched = set()
        self.now += TICK
        event.run(*event.args)
        self.run_due()
        return frozenset(self.touched)

    def run_due(self) -> None:
        """Run what is due: callbacks of processes, and the answers of the channel layer."""
        end = self.now + TICK / 2
        while self._events and self._events[0][0] <= end:
            _, _, run, args = heapq.heappop(self._events)
            self.events_run += 1
            run(*args)

    def end_choices(self) -> None:
        """Go on by time."""
        self.is_choosing = False
        for each in self.pending:
            self.post(0.001, each.run, *each.args)
        self.pending = []


def _is_echo(key: str) -> bool:
    """Tell whether a message goes back to its sender, which drops it: it has the change already."""
    sender, _, receiver = key.split()[1].partition(">")
    return sender == receiver


def _is_cancelled(event: Pending) -> bool:
    handle = event.args[0] if event.args and event.label.startswith("timer") else None
    return handle is not None and handle.cancelled()


def independent(first: Footprint, second: Footprint) -> bool:
    """Tell whether the order of two events makes no difference."""
    for resource, mode in first:
        for other_resource, other_mode in second:
            if resource == other_resource and "write" in (mode, other_mode):
                return False
    return True


@dataclass(frozen=True)
class Scenario:
    """Six events. `edit 0 tick` is an edit by the first writer, `subscribe 1` by the second client.

    The edits of one writer follow each other. `following` are the clients that follow the list
    before the first event.
    """

    name: str
    events: tuple[str, ...]
    following: tuple[int, ...] = ()
    can_lose_messages: bool = False


SCENARIOS = (
    Scenario(
        "two clients subscribe",
        ("edit 0 add", "edit 1 tick", "subscribe 0", "subscribe 1"),
    ),
    Scenario(
        "a client subscribes again, and messages are lost",
        ("edit 0 add", "edit 1 tick", "resubscribe 0"),
        following=(0, 1),
        can_lose_messages=True,
    ),
    Scenario(
        "a member is removed who subscribes, and another client subscribes again",
        ("edit 0 dismiss", "edit 1 add", "subscribe 1", "resubscribe 0"),
        following=(0,),
    ),
    Scenario(
        "a process is killed whose client goes to the other one",
        ("edit 0 add", "edit 1 tick", "resubscribe 0", "kill 1"),
        following=(0, 1),
    ),
    Scenario(
        "the database goes back by one change, and a client subscribes again",
        ("edit 0 add", "edit 1 tick", "back 1", "resubscribe 1"),
        following=(0, 1),
    ),
)
"""Each has six events: an edit is a commit and a publication, and that messages are lost is one."""


class SmallWorld(World):
    """A world whose order is chosen from outside, event by event."""

    def __init__(
        self, scenario: Scenario, choose: Callable[[list[Pending]], Pending | None]
    ) -> None:
        plan = Plan(2, 2, 1, {}, {}, 16, ())
        self.choosing = ChoosingScheduler()
        super().__init__(0, repeated={}, plan=plan, scheduler=self.choosing)
        self._scenario, self._choose = scenario, choose
        self.on_happened: Callable[[Pending, Footprint], None] = lambda event, footprint: None
        self._edits: dict[str, list[str]] = {}
        self._edit_number = 0

    def choose_process(self, client: Client, alive: list[Process]) -> Process:
        """Let each client have a process of its own."""
        return alive[self.clients.index(client) % len(alive)]

    def _new_process(self, name: str) -> Process:
        process = super()._new_process(name)
        enter = process.enter

        def enter_and_note() -> None:
            self.choosing.touched.add((name, "write"))
            enter()

        process.loop.on_enter(enter_and_note)
        return process

    def _live(self) -> None:
        scheduler = self.choosing
        for number, client in enumerate(self.clients):
            client.should_follow = number in self._scenario.following
        scheduler.run_until(SETUP_SECONDS)
        scheduler.is_choosing = True
        scheduler.can_lose_messages = self._scenario.can_lose_messages
        for text in self._scenario.events:
            self._offer(text)
        while (event := self._choose(scheduler.enabled())) is not None:
            self.on_happened(event, self._let_happen(event))
        scheduler.end_choices()

    def _let_happen(self, event: Pending) -> Footprint:
        layer = self.layer
        groups = {group: tuple(members) for group, members in layer.groups.items()}
        sent = layer.sent_count
        touched = set(self.choosing.happen(event))
        if event.label.startswith("_next_step"):
            touched.add(("database", "read"))
        if layer.sent_count != sent:
            touched.add(("groups", "read"))
        if groups != {group: tuple(members) for group, members in layer.groups.items()}:
            touched.add(("groups", "write"))
        return frozenset(touched)

    # The six events.

    def _offer(self, text: str) -> None:
        kind, _, rest = text.partition(" ")
        if kind == "edit":
            writer, _, edit_kind = rest.partition(" ")
            edits = self._edits.setdefault(writer, [])
            edits.append(edit_kind)
            if len(edits) == 1:
                self._offer_edit(writer)
        else:
            self.choosing.choose(text, getattr(self, f"_{kind}_small"), int(rest or 0))

    def _offer_edit(self, writer: str) -> None:
        if self._edits[writer]:
            kind = self._edits[writer][0]
            self._edit_number += 1
            number = self._edit_number
            self.choosing.choose(f"commit {writer} {number}", self._commit, writer, kind, number)

    def _commit(self, writer: str, kind: str, number: int) -> None:
        list_id = self.list_ids[0]
        process = self.processes[int(writer) % len(self.processes)]
        op = f"{writer} {number}"
        edit = Edit(list_id, kind, op=op, number=10 * int(writer) + number, now=self.scheduler.now)
        self.choosing.touched.add(("database", "write"))
        row = edit.on(self.database.lists[list_id].current)
        hooks: list[Callable[[], None]] = []
        if row is not None:
            activity = SimpleNamespace(**row.__dict__)
            self._note(Invoked, op, items=item_count(row))
            hooks = hooks_of(process, lambda: publisher.publish(activity))
            self.database.commit(row)
        self.choosing.choose(f"publish {op}", self._publish, process, hooks, writer, op)

    def _publish(
        self, process: Process, hooks: list[Callable[[], None]], writer: str, op: str
    ) -> None:
        if not process.loop.is_dead:
            process.enter()
            for hook in hooks:
                hook()
            if hooks:
                self._note(Responded, op, status=200)
        self._edits[writer].pop(0)
        self._offer_edit(writer)

    def _note(self, kind: type[Event], op: str, **values: Any) -> None:
        list_id = str(self.list_ids[0])
        event = kind(
            client=f"writer {op[0]}", list=list_id, time=self.scheduler.now, op=op, **values
        )
        self.events.append(event)

    def _subscribe_small(self, number: int) -> None:
        client = self.clients[number]
        client.should_follow = True
        client.subscribe()

    def _resubscribe_small(self, number: int) -> None:
        self._subscribe_small(number)

    def _cut_small(self, number: int) -> None:
        link = self.clients[number].link
        if link is not None:
            link.cut(is_noticed=True)

    def _kill_small(self, number: int) -> None:
        for resource in ("p0", "p1", "database", "groups"):
            self.choosing.touched.add((resource, "write"))
        self.processes[number % len(self.processes)].kill()

    def _back_small(self, number: int) -> None:
        self.choosing.touched.add(("database", "write"))
        list_id = self.list_ids[0]
        version = self.database.lists[list_id].current.version
        self.lost_ops |= self.database.go_back(list_id, version - number)


@dataclass
class _Node:
    """A moment of an order at which something was chosen."""

    chosen: Label
    sleeping: dict[Label, Footprint]
    footprint: Footprint = frozenset()
    done: dict[Label, Footprint] = field(default_factory=dict)
    enabled: tuple[Label, ...] = ()


@dataclass
class Exploration:
    """What the orders of one scenario were, and what they broke."""

    name: str
    orders: int = 0
    repeated: int = 0
    """Orders that were given up: they differ from an earlier one in nothing that matters."""
    longest: int = 0
    is_complete: bool = True
    seconds: float = 0.0
    findings: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "scenario": self.name,
            "orders": self.orders,
            "given_up": self.repeated,
            "most_choices": self.longest,
            "all": self.is_complete,
            "seconds": round(self.seconds, 1),
            "findings": [
                {"order": order, "findings": findings} for order, findings in self.findings
            ],
        }


class Explorer:
    """Runs every order of one scenario, depth first, each from its beginning."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._path: list[_Node] = []
        self._depth = 0
        self._is_repeated = False

    def explore(self, *, max_runs: int | None = None) -> Exploration:
        """Run the orders, at most `max_runs`."""
        result = Exploration(self._scenario.name)
        begin = time.perf_counter()
        gc.disable()
        try:
            while True:
                runs = result.orders + result.repeated
                if max_runs is not None and runs >= max_runs:
                    result.is_complete = False
                    break
                self._run_once(result)
                if runs % 100 == 0:
                    gc.collect()
                if not self._go_back():
                    break
        finally:
            gc.enable()
        result.seconds = time.perf_counter() - begin
        return result

    def _run_once(self, result: Exploration) -> None:
        self._depth, self._is_repeated = 0, False
        world = SmallWorld(self._scenario, self._choose)
        world.on_happened = self._on_happened
        self._world = world
        outcome = world.run()
        if self._is_repeated:
            result.repeated += 1
            return
        result.orders += 1
        result.longest = max(result.longest, len(self._path))
        if outcome.findings:
            result.findings.append(([node.chosen for node in self._path], outcome.findings))

    def _choose(self, enabled: list[Pending]) -> Pending | None:
        """Repeat the path up to its last node; then take the first event that is not asleep."""
        if self._is_repeated:
            return None
        if self._depth < len(self._path):
            node = self._path[self._depth]
            return next(event for event in enabled if event.label == node.chosen)
        sleeping = self._sleeping()
        event = next((event for event in enabled if event.label not in sleeping), None)
        if event is not None:
            labels = tuple(each.label for each in enabled)
            self._path.append(_Node(event.label, sleeping, enabled=labels))
        else:
            self._is_repeated = self._world.is_abandoned = bool(enabled)
        return event

    def _sleeping(self) -> dict[Label, Footprint]:
        """Return the events that need not be tried next: an earlier order has tried them."""
        if not self._path:
            return {}
        node = self._path[-1]
        asleep = {**node.sleeping, **node.done}
        return {
            label: footprint
            for label, footprint in asleep.items()
            if independent(footprint, node.footprint)
        }

    def _on_happened(self, _event: Pending, footprint: Footprint) -> None:
        self._path[self._depth].footprint = footprint
        self._depth += 1

    def _go_back(self) -> bool:
        """Change the last choice that has an alternative; return False if none has."""
        while self._path:
            node = self._path[-1]
            node.done[node.chosen] = node.footprint
            rest = [
                label
                for label in node.enabled
                if label not in node.done and label not in node.sleeping
            ]
            if rest:
                node.chosen = rest[0]
                return True
            self._path.pop()
        return False


def run_all(
    *, on_progress: Callable[[int, int], None], max_runs: int | None = None
) -> dict[str, Any]:
    """Run every order of all scenarios, and return the report."""
    explorations = []
    for number, scenario in enumerate(SCENARIOS):
        explorations.append(Explorer(scenario).explore(max_runs=max_runs))
        on_progress(number + 1, len(SCENARIOS))
    return {
        "orders": sum(each.orders for each in explorations),
        "seconds": round(sum(each.seconds for each in explorations), 1),
        "broken": sum(len(each.findings) for each in explorations),
        "scenarios": [each.as_json() for each in explorations],
    }
