"""The modes of the data directory and of its files: other users of the machine read nothing.

New files get their mode from the umask that manage.py sets. This module corrects what was
created before, or by another program.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

UMASK = 0o077
"""The rights that no new file gives: those of the group and of others."""
DIRECTORY_MODE = 0o700
OWN_FILES = (
    *("secret_key", "*.lock", "*.sqlite3", "*.sqlite3-wal", "*.sqlite3-shm"),
    *("backups", "backups/*.jsonl.gz"),
)


def make_private(data_dir: Path) -> list[Path]:
    """Take the rights of other users from the directory and its files; return the changed ones.

    Links, and what belongs to another user, are not changed. A directory with the sticky
    bit, such as /tmp, is shared on purpose: only our files in it are changed.
    """
    return [path for path in _own_paths(data_dir) if _restrict(path)]


def _own_paths(data_dir: Path) -> Iterator[Path]:
    if not data_dir.stat().st_mode & stat.S_ISVTX:
        yield data_dir
    for pattern in OWN_FILES:
        yield from sorted(data_dir.glob(pattern))


def _restrict(path: Path) -> bool:
    status = path.lstat()
    is_changeable = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    if not is_changeable or not status.st_mode & UMASK or status.st_uid != os.geteuid():
        return False
    path.chmod(stat.S_IMODE(status.st_mode) & ~UMASK)
    return True
