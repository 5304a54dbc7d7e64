"""The CPU time of the dashboard's own work in this process, on all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import thread_time
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class CpuMeter:
    """Adds up the CPU time of code that it runs. Waiting is no CPU time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds = 0.0

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count the CPU time of this thread in the block, which must not await."""
        started_at = thread_time()
        try:
            yield
        finally:
            seconds = thread_time() - started_at
            with self._lock:
                self.seconds += seconds

    def measured(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return a function that does the same, and is counted."""

        def measured_function(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.measuring():
                return function(*args, **kwargs)

        return measured_function


dashboard_cpu = CpuMeter()
"""The samples, their storage and the readings of the section Machine."""
