"""Small worlds: two processes, two writers, two clients, six events, in any order.

The same parts run as in a large world, but nothing is timed: whenever more than one thing can
happen next, it is chosen from outside (explorer.py, state_explorer.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from live.delivery import publisher
from tests.worlds.choices import ChoosingScheduler, Footprint, Pending
from tests.worlds.client import Client
from tests.worlds.database import Edit
from tests.worlds.incidents import Plan
from tests.worlds.product import Process, hooks_of
from tests.worlds.scheduler import ProcessLoop
from tests.worlds.world import World
from tests.worlds.writer import item_count
from trolley_check.history import Event, Invoked, Responded

SETUP_SECONDS = 0.1
READ_NO_LISTS = ("_identity_from_token", "_still_valid")
"""The questions to the database that have nothing to do with lists."""


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
        self, scenario: Scenario, choose: Callable[[tuple[Pending, ...]], Pending | None]
    ) -> None:
        plan = Plan(2, 2, 1, {}, {}, 16, ())
        self.choosing = ChoosingScheduler()
        super().__init__(0, repeated={}, plan=plan, scheduler=self.choosing)
        self._scenario, self._choose = scenario, choose
        self.on_happened: Callable[[Pending, Footprint], None] = lambda event, footprint: None
        self._edits: dict[str, list[str]] = {}
        self._edit_number = 0

    @property
    def left_edits(self) -> tuple[int, dict[str, list[str]]]:
        """The number of the last edit, and the edits of each writer that are not published."""
        return self._edit_number, self._edits

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
        if _reads_lists(event):
            touched.add(("database", "read"))
        if layer.sent_count != sent:
            assert event.label.startswith(("commit", "publish")), "`sufficient` relies on it"
            touched.add(("groups", "read"))
        if groups != {group: tuple(members) for group, members in layer.groups.items()}:
            touched.add(("groups", "write"))
        return frozenset(touched)

    def sufficient(self, enabled: tuple[Pending, ...]) -> tuple[Pending, ...]:
        """Return events of which one happens first, without loss of generality.

        A statement that reads what nobody changes any more makes no difference to anything else.
        Once nobody commits, publishes, or kills a process, no process changes what another one
        reads or gets: the order of what happens in different ones makes no difference.
        """
        for event in enabled:
            if event.label.startswith("_next_step") and not self._has_rival(event):
                return (event,)
        loops = [self._loop_of(event) for event in enabled]
        if not loops or None in loops:
            return enabled
        return tuple(event for event, loop in zip(enabled, loops, strict=True) if loop is loops[0])

    def _has_rival(self, statement: Pending) -> bool:
        """Tell whether something can still change what a statement reads, or its process."""
        kinds = {event.label.split()[0] for event in self.choosing.pending}
        is_final = not kinds & {"commit", "back"} and all(
            len(edits) < 2 for edits in self._edits.values()
        )
        return "kill" in kinds or (_reads_lists(statement) and not is_final)

    def _loop_of(self, event: Pending) -> ProcessLoop | None:
        """Return the process to which an event makes a difference; None: to several ones."""
        if event.run not in {self._subscribe_small, self._resubscribe_small}:
            return event.loop
        link = self.clients[event.args[0]].link
        return None if link is None else link.loop

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
        edit = Edit(list_id, kind, op=op, number=10 * int(writer) + number, now=number)
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


def _reads_lists(event: Pending) -> bool:
    is_statement = event.label.startswith("_next_step")
    return is_statement and event.args[0].__name__ not in READ_NO_LISTS
