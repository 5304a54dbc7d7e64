"""Decides by the facts about this machine what is wrong with an installation. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from live.doctor.findings import Finding

LOW_DISK_BYTES = 500_000_000
"""As for the verdict of the dashboard (live/metrics/verdict.py)."""
MAX_BACKUP_AGE = 8 * 86_400.0
"""Seconds: a week and a day."""


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on this machine.

    `redis_ms` is None if Redis did not answer; `redis_error` is None if it is not used.
    `backup_age` is in seconds, None if there is no file.
    """

    warnings: Sequence[str] = ()
    database: str = "SQLite"
    database_error: str | None = None
    is_writable: bool = True
    missing_migrations: int = 0
    unknown_migrations: Sequence[str] = ()
    uses_redis: bool = False
    redis_ms: float | None = None
    redis_error: str | None = None
    data: str = ""
    free_bytes: int = 0
    is_data_writable: bool = True
    backups: str = ""
    backup_age: float | None = None
    url: str = ""
    is_running: bool = False


def machine_findings_of(facts: MachineFacts) -> list[Finding]:
    """Return the result of each check of this machine, in their order."""
    return [
        _settings(facts),
        _database(facts),
        _migrations(facts),
        _redis(facts),
        _disk(facts),
        _backup(facts),
        _running(facts),
    ]


def _settings(facts: MachineFacts) -> Finding:
    if not facts.warnings:
        return Finding("settings", "ok", "settings_ok")
    return Finding("settings", "wrong", "settings_doubtful", {"lines": "; ".join(facts.warnings)})


def _database(facts: MachineFacts) -> Finding:
    if facts.database_error is not None:
        values = {"error": facts.database_error}
        return Finding("database", "wrong", "database_unreachable", values)
    if not facts.is_writable:
        return Finding("database", "wrong", "database_read_only")
    return Finding("database", "ok", "database_ok", {"vendor": facts.database})


def _migrations(facts: MachineFacts) -> Finding:
    if facts.database_error is not None:
        return Finding("migrations", "none", "needs_other", {"other": "Database"})
    if facts.unknown_migrations:
        names = {"names": ", ".join(facts.unknown_migrations)}
        return Finding("migrations", "wrong", "migrations_newer", names)
    if facts.missing_migrations:
        count = {"count": str(facts.missing_migrations)}
        return Finding("migrations", "wrong", "migrations_missing", count)
    return Finding("migrations", "ok", "migrations_ok")


def _redis(facts: MachineFacts) -> Finding:
    if not facts.uses_redis:
        return Finding("redis", "none", "redis_not_used")
    if facts.redis_ms is None:
        values = {"error": facts.redis_error or "no answer"}
        return Finding("redis", "wrong", "redis_unreachable", values)
    return Finding("redis", "ok", "redis_ok", {"ms": f"{facts.redis_ms:.1f}"})


def _disk(facts: MachineFacts) -> Finding:
    if not facts.is_data_writable:
        return Finding("disk", "wrong", "disk_read_only", {"path": facts.data})
    values = {"free": _size(facts.free_bytes), "path": facts.data}
    if facts.free_bytes < LOW_DISK_BYTES:
        return Finding("disk", "wrong", "disk_low", values)
    return Finding("disk", "ok", "disk_ok", values)


def _backup(facts: MachineFacts) -> Finding:
    if facts.backup_age is None:
        return Finding("backup", "none", "backup_none", {"path": facts.backups})
    values = {"path": facts.backups, "age": _duration(facts.backup_age)}
    if facts.backup_age > MAX_BACKUP_AGE:
        return Finding("backup", "wrong", "backup_old", values)
    return Finding("backup", "ok", "backup_ok", values)


def _running(facts: MachineFacts) -> Finding:
    values = {"url": facts.url}
    if facts.is_running:
        return Finding("running", "ok", "running_ok", values)
    return Finding("running", "none", "running_not", values)


def _size(size: int) -> str:
    return f"{size / 1e9:.0f} GB" if size >= 1e10 else f"{size / 1e6:.0f} MB"


def _duration(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
