"""Clocks of processes that jump while they run (native/shifted_clock.c)."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from tests.support.native_library import compiled

SECONDS = struct.Struct("d")
ALL = "all"


class ShiftedClock:
    """The clocks of the processes that were started with its environment, by any user."""

    def __enter__(self) -> Self:
        self._folder = Path(mkdtemp(prefix="trolley-clock-"))
        self._library = compiled("shifted_clock", self._folder)
        self._set(ALL, 0)
        for path in (self._folder, self._folder / ALL):
            path.chmod(0o755)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process whose clock can be shifted."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_SHIFTS": str(self._folder)}

    @contextmanager
    def shifted(self, seconds: float, *, process: int | None = None) -> Iterator[None]:
        """Shift the clock of one process, or of all, in this block."""
        name = ALL if process is None else str(process)
        self._set(name, seconds)
        try:
            yield
        finally:
            self._set(name, 0)

    def _set(self, name: str, seconds: float) -> None:
        path = self._folder / name
        # In place: the processes have mapped it.
        with path.open("r+b" if path.exists() else "wb") as file:
            file.write(SECONDS.pack(seconds))
