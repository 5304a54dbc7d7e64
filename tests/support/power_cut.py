"""A disk that forgets at a power cut what was not synced (native/synced_copies.c)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.native_library import compiled


class ForgetfulDisk:
    """A folder of a database, and what of it is synced. The processes may be of another user."""

    def __init__(self, folder: Path) -> None:
        """What `folder` contains now counts as synced."""
        self._folder = folder.resolve()
        self._synced = folder.parent / f"{folder.name}-synced"
        self._library = compiled("synced_copies", folder.parent)
        self._copy(self._folder, self._synced)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process whose syncs are noticed."""
        return {
            "LD_PRELOAD": str(self._library),
            "SYNCED_FOLDER": str(self._folder),
            "SYNCED_COPIES": str(self._synced),
        }

    def cut_power(self) -> None:
        """Lose all unsynced writes. The processes must have been killed before."""
        shutil.rmtree(self._folder)
        self._copy(self._synced, self._folder)

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a folder with its owner, whom PostgreSQL checks."""
        subprocess.run(["cp", "-a", source, target], check=True)
