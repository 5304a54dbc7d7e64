"""A disk that forgets at a power cut what was not synced (native/synced_copies.c)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support.databases import SQLITE_FILE

SOURCE = Path(__file__).parent / "native" / "synced_copies.c"


class ForgetfulDisk:
    """The database files of a data directory, and what of them is synced."""

    def __init__(self, data: Path) -> None:
        """What `data` contains now counts as synced."""
        self._data = data
        self._synced = data.parent / f"{data.name}-synced"
        self._library = data.parent / "synced_copies.so"
        command = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
        subprocess.run([*command, "-o", self._library, SOURCE, "-ldl"], check=True)
        self._synced.mkdir()
        for path in self._files(data):
            shutil.copy(path, self._synced)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process whose syncs are noticed."""
        return {
            "LD_PRELOAD": str(self._library),
            "SYNCED_COPIES": str(self._synced),
            "SYNCED_NAME": SQLITE_FILE,
        }

    def cut_power(self) -> None:
        """Lose all unsynced writes. The process must have been killed before."""
        for path in self._files(self._data):
            path.unlink()
        for path in self._files(self._synced):
            if not path.name.endswith((".part", "-shm")):
                shutil.copy(path, self._data)

    def _files(self, folder: Path) -> list[Path]:
        return list(folder.glob(f"{SQLITE_FILE}*"))
