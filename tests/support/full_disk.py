"""A disk that is full for a while, for running processes (native/full_disk.c)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from tests.support.native_library import compiled


class FullDisk:
    """The disk of a folder, for processes that were started with its environment, by any user."""

    def __init__(self, folder: Path) -> None:
        """While the disk is full, no file in `folder` grows. The folder may not exist yet."""
        self._folder = folder.resolve()

    def __enter__(self) -> Self:
        self._own = Path(mkdtemp(prefix="trolley-disk-"))
        self._own.chmod(0o755)
        self._library = compiled("full_disk", self._own)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._own)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process whose disk can be full."""
        return {
            "LD_PRELOAD": str(self._library),
            "FULL_DISK_FOLDER": str(self._folder),
            "FULL_DISK_SWITCH": str(self._switch),
        }

    @contextmanager
    def full(self) -> Iterator[None]:
        """Fill the disk in this block."""
        self._switch.touch()
        try:
            yield
        finally:
            self._switch.unlink()

    @property
    def _switch(self) -> Path:
        return self._own / "full"
