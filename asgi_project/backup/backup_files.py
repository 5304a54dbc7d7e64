"""The names of backups in a folder, and how many are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

FOLDER = "backups"
"""The folder of the data directory with the backups."""
SUFFIX = ".jsonl.gz"
REGULAR = "trolley"
"""The prefix of the backups that the command writes."""
BEFORE_MIGRATION = "before-migration"
"""The prefix of the backups that the start writes before it changes the tables."""


def new_name(folder: Path, prefix: str) -> Path:
    """Return the path of a backup that is written now."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return folder / f"{prefix}-{stamp}{SUFFIX}"


def delete_old(folder: Path, prefix: str, keep: int) -> list[Path]:
    """Delete the oldest backups with this prefix; return them. Other files stay."""
    backups = sorted(folder.glob(f"{prefix}-*Z{SUFFIX}"))
    old = backups[: max(len(backups) - keep, 0)]
    for path in old:
        path.unlink()
    return old
