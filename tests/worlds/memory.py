"""The memory of a process as a digest: of equal ones the same follows.

It is a walk through objects, suspended coroutines, futures and timers. What only measures is left
out. Times are `new` or what they are: all of a small world are closer to each other than any
interval of the product, so only those that the product compares with each other have an order.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import math
import re
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec
from django.conf import LazySettings

from tests.worlds.client import Client
from tests.worlds.database import START, Database
from tests.worlds.decisions import Decisions
from tests.worlds.layer import ChannelLayer
from tests.worlds.live_variables import live_variables
from tests.worlds.product import Process, _LeftOut
from tests.worlds.scheduler import ProcessLoop, Scheduler
from tests.worlds.world import World

MEASURING_MODULES = (
    "live.metrics",
    "live.history",
    "live.delivery_meter",
    "live.histogram",
    "live.cpu_meter",
    "live.counters",
    "logging",
    "contextvars",
)
"""Modules whose objects decide nothing."""
LEFT_OUT = frozenset(
    {
        *("committed_at", "received_at", "handed_at", "published_at", "sent_at", "opened_at"),
        *("age", "at", "seconds", "seconds_since_commit", "started_at", "_started_at", "_when"),
        *("_arrives_at", "_connects", "_lives", "_numbers", "_reads", "hops"),
    }
)
"""Names of times that are only measured, and of counters that only give names."""
COMPARED = frozenset({"doubted_at", "known_at", "read_at", "unlisted"})
"""Names of the times that are compared with each other."""
RANDOM_NAME = re.compile(r"c_[\w-]{12}|[0-9a-f]{12}")
"""The ids of processes and sockets."""
SETUP_END = 0.1
"""Seconds: what is later is a time of the small world."""
_CLOCKS = (0.0, 1000.0, START.timestamp())
"""Where the clocks of a world begin: of its event loops, monotonic, of the wall."""
_SUSPENDED: dict[type, tuple[str, str]] = {
    types.CoroutineType: ("cr_frame", "cr_await"),
    types.GeneratorType: ("gi_frame", "gi_yieldfrom"),
    types.AsyncGeneratorType: ("ag_frame", "ag_await"),
}
OUTSIDE = (
    *(Process, ProcessLoop, Scheduler, Decisions, Database, ChannelLayer, World, Client),
    *(_LeftOut, LazySettings, type, types.ModuleType, types.CodeType, weakref.ref),
)
"""What is not in the memory of a process, or the same in all worlds."""
_NO_STATE = (str, int, float, types.FunctionType, types.FrameType, types.CodeType)
"""What a suspended coroutine refers to besides its variables."""
_END = ")"


def digest_of(*values: Any, in_order: Iterable[Any] = ()) -> bytes:
    """Return the digest of values and of what they refer to.

    Objects in sets are visited in the order of `in_order`.
    """
    walk = _Walk(in_order)
    for value in values:
        walk.visit(value)
    return walk.digest()


class _Walk:
    """Writes what is reachable from some values as tokens. It visits each object once."""

    def __init__(self, in_order: Iterable[Any]) -> None:
        self._places = {id(each): place for place, each in enumerate(in_order)}
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []
        self._tokens: list[Any] = []
        self._is_compared = False

    def digest(self) -> bytes:
        """Return the digest. Times that are compared count by their rank."""
        times = sorted({each for each in self._tokens if type(each) is float})
        ranks = {each: f"rank {rank}" for rank, each in enumerate(times)}
        texts = [ranks[each] if type(each) is float else each for each in self._tokens]
        return blake2b("\x1f".join(texts).encode(), digest_size=16).digest()

    def visit(self, value: Any) -> None:
        """Write a value and all that it refers to."""
        kind = type(value)
        is_object, visit = _visitor(kind)
        if not is_object:
            visit(self, value)
        elif (number := self._numbers.get(id(value))) is not None:
            self._tokens.append(f"@{number}")
        else:
            self._numbers[id(value)] = len(self._numbers)
            self._kept.append(value)  # another object must not get its id
            self._tokens.append(kind.__qualname__)
            visit(self, value)

    # Values.

    def write(self, value: Any) -> None:
        self._tokens.append(repr(value))

    def write_text(self, value: str) -> None:
        self._tokens.append("*" if RANDOM_NAME.fullmatch(value) else value)

    def write_time(self, value: float) -> None:
        self._tokens.append(value if self._is_compared else _coarse(value))

    def write_kind(self, value: Any) -> None:
        self._tokens.append(type(value).__name__)

    # Objects.

    def visit_all(self, values: Iterable[Any]) -> None:
        for value in values:
            self.visit(value)
        self._tokens.append(_END)

    def _visit_names(self, items: Iterable[tuple[str, Any]]) -> None:
        was_compared = self._is_compared
        for name, value in items:
            if name not in LEFT_OUT:
                self._tokens.append(name)
                self._is_compared = was_compared or name in COMPARED
                self.visit(value)
                self._is_compared = was_compared
        self._tokens.append(_END)

    def visit_dict(self, content: dict[Any, Any]) -> None:
        was_compared = self._is_compared
        for key, value in content.items():
            if not (type(key) is str and key in LEFT_OUT):
                self.visit(key)
                self._is_compared = was_compared or key in COMPARED
                self.visit(value)
                self._is_compared = was_compared
        self._tokens.append(_END)

    def visit_named_tuple(self, content: Any) -> None:
        self._visit_names(zip(content._fields, content, strict=True))

    def visit_struct(self, content: Any) -> None:
        self._visit_names((name, getattr(content, name)) for name in content.__struct_fields__)

    def visit_set(self, content: Any) -> None:
        if all(isinstance(each, str | bytes | int | UUID) for each in content):
            self.visit_all(sorted(content, key=str))
        else:
            self.visit_all(sorted(content, key=lambda each: self._places.get(id(each), -1)))

    def visit_future(self, future: Any) -> None:
        if not future.done():
            if isinstance(future, asyncio.Task):
                task: Any = future
                self.visit_all((task.cancelling(), task.get_coro(), task._fut_waiter))
            self.visit_all(callback for callback, _ in future._callbacks or ())
        elif future.cancelled():
            self._tokens.append("cancelled")
        elif future._exception is not None:
            self._tokens.append(repr(future._exception))
        else:
            self.visit(future.result())

    def visit_handle(self, handle: Any) -> None:
        self._tokens.append(repr(handle.cancelled()))
        if not handle.cancelled():
            self.visit_all((handle._callback, *handle._args))

    def visit_suspended(self, suspended: Any) -> None:
        frame_name, waits_name = _SUSPENDED[type(suspended)]
        frame = getattr(suspended, frame_name)
        self._tokens.append(suspended.__qualname__)
        if frame is None:
            return
        self._tokens.append(repr(frame.f_lasti))
        live = live_variables(frame.f_code, frame.f_lasti) if frame.f_lasti >= 0 else None
        variables = frame.f_locals
        self._visit_names(
            (name, each) for name, each in variables.items() if live is None or name in live
        )
        self.visit(getattr(suspended, waits_name))
        # The rest is on its stack and has no name: iterators, context managers.
        ids = {id(each) for each in (variables, *variables.values())}
        rest = [each for each in gc.get_referents(suspended) if id(each) not in ids]
        self.visit_all(each for each in rest if not isinstance(each, _NO_STATE))

    def visit_method(self, method: Any) -> None:
        self.visit_all((method.__func__.__qualname__, method.__self__))

    def visit_builtin(self, function: Any) -> None:
        self.visit_all((function.__name__, function.__self__))

    def visit_function(self, function: Any) -> None:
        self.visit_all((function.__qualname__, *(function.__closure__ or ())))

    def visit_partial(self, partial: Any) -> None:
        self.visit_all((partial.func, partial.args, partial.keywords))

    def visit_cell(self, cell: types.CellType) -> None:
        try:
            self.visit(cell.cell_contents)
        except ValueError:
            self._tokens.append("empty")

    def visit_object(self, value: Any) -> None:
        slots = _slots(type(value))
        attributes = getattr(value, "__dict__", {})
        if slots:
            self._visit_names((name, getattr(value, name, None)) for name in slots)
        if attributes:
            self._visit_names(attributes.items())
        elif not slots:
            self._visit_opaque(value)

    def _visit_opaque(self, value: Any) -> None:
        """Visit an object that shows no attributes, such as an iterator."""
        length_hint = getattr(value, "__length_hint__", int)
        self._tokens.append(repr(length_hint()))
        self.visit_all(each for each in gc.get_referents(value) if not isinstance(each, _NO_STATE))


Visitor = Callable[[_Walk, Any], None]

_VISITORS: tuple[tuple[type | tuple[type, ...], bool, Visitor], ...] = (
    (str, False, _Walk.write_text),
    (float, False, _Walk.write_time),
    ((bool, int, bytes, type(None), UUID, date, Enum), False, _Walk.write),
    (OUTSIDE, False, _Walk.write_kind),
    (dict, True, _Walk.visit_dict),
    ((set, frozenset), True, _Walk.visit_set),
    ((tuple, list, deque), True, _Walk.visit_all),
    (asyncio.Future, True, _Walk.visit_future),
    (asyncio.Handle, True, _Walk.visit_handle),
    (tuple(_SUSPENDED), True, _Walk.visit_suspended),
    (types.MethodType, True, _Walk.visit_method),
    (types.FunctionType, True, _Walk.visit_function),
    (types.BuiltinFunctionType, True, _Walk.visit_builtin),
    (functools.partial, True, _Walk.visit_partial),
    (types.CellType, True, _Walk.visit_cell),
    (msgspec.Struct, True, _Walk.visit_struct),
)
"""How values of each type are written, and whether they can be reached twice as the same one."""


@functools.cache
def _visitor(kind: type) -> tuple[bool, Visitor]:
    if kind.__module__.startswith(MEASURING_MODULES):
        return False, _Walk.write_kind
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return True, _Walk.visit_named_tuple
    for kinds, is_object, visit in _VISITORS:
        if issubclass(kind, kinds):
            return is_object, visit
    return True, _Walk.visit_object


def _coarse(value: float) -> str:
    for clock in _CLOCKS:
        if clock + SETUP_END < value < clock + 2 * SETUP_END:
            return "new"
    return repr(value) if abs(value) < 900 or math.isinf(value) else "later"


@functools.cache
def _slots(kind: type) -> tuple[str, ...]:
    names: list[str] = []
    for owner in kind.__mro__:
        slots = owner.__dict__.get("__slots__", ())
        names += (slots,) if isinstance(slots, str) else slots
    return tuple(name for name in names if not name.startswith("__"))
