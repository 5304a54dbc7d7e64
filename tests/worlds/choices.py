"""What can happen next in a small world, in the place of times."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.worlds.layer import ChannelLayer
from tests.worlds.product import Process
from tests.worlds.scheduler import ProcessLoop, Scheduler

TICK = 1e-4
"""Seconds that pass with each choice."""
SHORT = 0.05
"""Seconds: timers up to this may go off at any moment, later ones when nothing else happens."""

Label = str
Footprint = frozenset[tuple[str, str]]
"""What an event has touched: resources, each with `read` or `write`."""


@dataclass(eq=False)
class Pending:
    """Something that can happen next."""

    label: Label
    run: Callable[..., object]
    args: tuple[Any, ...]
    loop: ProcessLoop | None = None
    """The loop of the process that it concerns."""
    group: str = ""
    """Of events of one group, one happens, and the others never."""
    delay: float = 0.0
    """Seconds: how long a timer waits."""

    @property
    def is_void(self) -> bool:
        """Whether it has no effect any more: its process is dead, or its timer is cancelled."""
        if self.loop is None:
            return False
        return self.loop.is_dead or (self.label.startswith("timer") and self.args[0].cancelled())


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
            self.choose(f"{name} {args[-1]}", run, *args, loop=owner.loop)
        elif isinstance(owner, ChannelLayer) and name == "deliver" and not _is_echo(args[-1]):
            loop = owner.loop_of(args[0])
            self.choose(f"deliver {args[-1]}", run, *args, loop=loop, group=args[-1])
            if self.can_lose_messages:
                self.choose(f"lose {args[-1]}", _lose, *args, loop=loop, group=args[-1])
        elif isinstance(owner, ProcessLoop) and name == "_on_timer":
            if time - self.now <= SHORT:
                self.choose(f"timer {owner.name}", run, *args, loop=owner)
                self.pending[-1].delay = time - self.now
            else:
                super().post_at(time, run, *args)
        else:
            super().post_at(self.now, run, *args)

    def choose(
        self,
        label: str,
        run: Callable[..., object],
        *args: Any,
        loop: ProcessLoop | None = None,
        group: str = "",
    ) -> None:
        """Add something that can happen next."""
        number = self._counts[label] = self._counts.get(label, 0) + 1
        label = f"{label} #{number}" if number > 1 else label
        self.pending.append(Pending(label, run, args, loop, group))

    def enabled(self) -> tuple[Pending, ...]:
        """Return what can happen next.

        A timer goes off after those of its process that were started before and wait shorter.
        """
        return tuple(
            event
            for place, event in enumerate(self.pending)
            if not any(_comes_before(earlier, event) for earlier in self.pending[:place])
        )

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
        self.pending = [each for each in self.pending if not each.is_void]
        return frozenset(self.touched)

    def run_due(self) -> None:
        """Run what is due: callbacks of processes, and the answers of the channel layer."""
        end = self.now + TICK / 2
        while self._events and self._events[0][0] <= end:
            _, _, run, args = heapq.heappop(self._events)
            self.events_run += 1
            run(*args)

    def later(self) -> list[tuple[float, int, Callable[..., object], tuple[Any, ...]]]:
        """Return what happens when nothing else does, in the order of time."""
        return sorted(self._events, key=lambda each: each[:2])

    def end_choices(self) -> None:
        """Go on by time."""
        self.is_choosing = False
        for each in self.pending:
            self.post(0.001, each.run, *each.args)
        self.pending = []


def _comes_before(earlier: Pending, event: Pending) -> bool:
    are_timers = earlier.delay and event.delay and earlier.loop is event.loop
    return bool(are_timers) and earlier.delay <= event.delay


def _lose(_channel: str, _content: bytes, _key: str) -> None:
    """Let a message never arrive."""


def _is_echo(key: str) -> bool:
    """Tell whether a message goes back to its sender, which drops it: it has the change already."""
    sender, _, receiver = key.split()[1].partition(">")
    return sender == receiver


def independent(first: Footprint, second: Footprint) -> bool:
    """Tell whether the order of two events makes no difference."""
    for resource, mode in first:
        for other_resource, other_mode in second:
            if resource == other_resource and "write" in (mode, other_mode):
                return False
    return True
